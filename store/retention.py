"""What is kept for a time of its own: which tables, how old a row is, and which may go.

One shelf for each class that `[retention]` in the settings names. What may go is said as SQL, so
that the same words count rows, find them and look again before they are taken (`store.purging`).
The ledger, purchases and the audit have no shelf.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, case, exists, func, select, text

from domain.session import HoldState, SessionState
from store import schema

_S, _C, _O = schema.sessions.c, schema.charges.c, schema.orders.c
_X, _J, _D, _K = schema.suspense.c, schema.journal.c, schema.decisions.c, schema.knocks.c
_LIVE = text("sessions.state < 2")  # as the partial index says it
_OPEN = text("suspense.state = 'open'")


class Kind(enum.StrEnum):
    """What is kept for a time of its own."""

    SESSIONS = "sessions"
    JOURNAL = "journal"
    DECISIONS = "decisions"
    ORDERS = "orders"
    SUSPENSE = "suspense"
    KNOCKS = "knocks"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One class: its table, the key that it is walked by, the age of a row, and which may go.

    Where `walk` is a row id, rows lie in the order in which they were made, and the walk ends where
    younger ones begin; else it is the age itself, which has an index.
    """

    table: Table
    key: tuple[Column[Any], ...]
    walk: Column[Any]
    made: Column[Any]
    at: ColumnElement[int]
    may_go: Callable[[int], ColumnElement[bool]]


def _session_may_go(before_us: int) -> ColumnElement[bool]:
    """Ended long ago, and nothing waits for it: no charge, suspense, order or later session."""
    open_charge = exists().where(
        _C.account_id == _S.account_id,
        _C.session_id == _S.session_id,
        _C.entry_id.is_(None),
        _C.amount_micros != 0,
    )
    open_suspense = exists().where(_X.session_id == _S.session_id, _OPEN)
    pending = exists().where(_O.session_id == _S.session_id, _O.state == "pending")
    heirs = schema.sessions.alias("heirs")
    inherited = select(heirs.c.class_session_id).where(text("heirs.state < 2")).correlate(None)
    return and_(
        _S.state.in_((int(SessionState.CLOSED), int(SessionState.LAPSED))),
        ENDED < before_us,
        _S.charged_micros == _S.closed_micros,
        _S.hold_state != int(HoldState.HELD),
        ~open_charge,
        ~open_suspense,
        ~pending,
        _S.session_id.not_in(inherited),
    )


def _order_may_go(before_us: int) -> ColumnElement[bool]:
    """Done, and not about a session that runs."""
    of_live = exists().where(_S.session_id == _O.session_id, _LIVE)
    return and_(_O.state != "pending", _O.created_us < before_us, ~of_live)


ENDED: ColumnElement[int] = func.coalesce(
    _S.stop_us, case((_S.last_seen_us > _S.created_us, _S.last_seen_us), else_=_S.created_us)
)
SHELVES = {
    Kind.SESSIONS: Shelf(
        schema.sessions,
        (_S.account_id, _S.session_id),
        _S.session_id,
        _S.created_us,
        ENDED,
        _session_may_go,
    ),
    Kind.JOURNAL: Shelf(
        schema.journal,
        (_J.journal_id,),
        _J.journal_id,
        _J.created_us,
        _J.created_us,
        lambda before_us: _J.created_us < before_us,
    ),
    Kind.ORDERS: Shelf(
        schema.orders,
        (_O.account_id, _O.order_id),
        _O.order_id,
        _O.created_us,
        _O.created_us,
        _order_may_go,
    ),
    Kind.SUSPENSE: Shelf(
        schema.suspense,
        (_X.suspense_id,),
        _X.suspense_id,
        _X.created_us,
        _X.updated_us,
        lambda before_us: and_(
            _X.state != "open", func.coalesce(_X.resolved_us, _X.updated_us) < before_us
        ),
    ),
    Kind.DECISIONS: Shelf(
        schema.decisions,
        (_D.n,),
        _D.decided_us,
        _D.decided_us,
        _D.decided_us,
        lambda before_us: _D.decided_us < before_us,
    ),
    Kind.KNOCKS: Shelf(
        schema.knocks,
        (_K.address,),
        _K.last_us,
        _K.last_us,
        _K.last_us,
        lambda before_us: _K.last_us < before_us,
    ),
}
