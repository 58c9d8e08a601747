"""What happened to one subscriber, from every table that knows of it: for one list by time.

Each kind is read newest first along an index of the subscriber or account, within a span and up to
a limit, so that a question about one subscriber costs the same in a house of a million. Putting it
into words and one order is the business of the command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Decision
from domain.account import Purchase, Subscriber
from domain.deed import Deed
from domain.grant import Order
from domain.ledger import Book
from domain.session import Session
from store import live_sessions, office_boosters, schema
from store.rows import DECISIONS, DEEDS, ORDERS, PURCHASES, SESSIONS

_S, _O, _E, _P = schema.sessions.c, schema.orders.c, schema.entries.c, schema.postings.c
_D, _B, _A = schema.decisions.c, schema.purchases.c, schema.audit.c


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (UTC micros, both within), and how many of each kind, the newest ones."""

    since_us: int
    until_us: int
    limit: int

    def holds(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        """Is an instant within?"""
        return column.between(self.since_us, self.until_us)


@dataclass(frozen=True, slots=True)
class Booked:
    """What an entry did to the purse of the account that was asked about."""

    entry_id: int
    seq: int
    kind: str
    created_us: int
    reason: str
    session_id: int | None
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Happened:
    """All that is known of a subscriber within a span, each kind newest first."""

    decisions: list[Decision]
    sessions: list[Session]
    orders: list[Order]
    booked: list[Booked]
    purchases: list[Purchase]
    boosters: dict[int, str]  # what purchases of boosters bought, by their ids
    deeds: list[Deed]


async def of_subscriber(connection: AsyncConnection, one: Subscriber, span: Span) -> Happened:
    """Everything that happened to a subscriber."""
    purchases = await _records(
        connection,
        PURCHASES,
        [_B.subscriber_id == one.subscriber_id, span.holds(_B.created_us)],
        (_B.created_us, span.limit),
    )
    return Happened(
        decisions=await _decisions(connection, one, span),
        sessions=await _records(
            connection, SESSIONS, _sessions(one, span), (_S.session_id, span.limit)
        ),
        orders=await _records(
            connection,
            ORDERS,
            [_O.account_id == one.account_id, span.holds(_O.created_us)],
            (_O.order_id, span.limit),
        ),
        booked=await _booked(connection, one.account_id, span),
        purchases=purchases,
        boosters=await office_boosters.names(connection, purchases),
        deeds=await _deeds(connection, one, span),
    )


async def _decisions(connection: AsyncConnection, one: Subscriber, span: Span) -> list[Decision]:
    """What let a session begin has its id; the others are found by the login."""
    mine = [live_sessions.ever_of_account(one.account_id), _S.subscriber_id == one.subscriber_id]
    begun = select(_S.session_id).where(*mine, span.holds(_S.created_us))
    within, newest = span.holds(_D.decided_us), (_D.n, span.limit)
    found = [
        *await _records(
            connection, DECISIONS, [_D.login == one.login, _D.session_id != _D.n, within], newest
        ),
        *await _records(connection, DECISIONS, [_D.n.in_(begun), within], newest),
    ]
    return sorted(found, key=lambda one: -one.n)[: span.limit]


async def _records(
    connection: AsyncConnection,
    shape: Any,
    where: list[ColumnElement[bool]],
    newest: tuple[ColumnElement[int], int],
) -> list[Any]:
    """The newest records of a table that fit."""
    order, limit = newest
    query = select(*shape.columns).where(*where).order_by(order.desc()).limit(limit)
    return [shape.of_row(row) for row in await connection.execute(query)]


def _sessions(one: Subscriber, span: Span) -> list[ColumnElement[bool]]:
    """Those that began or ended within the span."""
    return [
        live_sessions.ever_of_account(one.account_id),
        _S.subscriber_id == one.subscriber_id,
        or_(span.holds(_S.created_us), span.holds(_S.start_us), span.holds(_S.stop_us)),
    ]


async def _booked(connection: AsyncConnection, account_id: int, span: Span) -> list[Booked]:
    """Entries that moved the purse, also those that were booked under another account (L11)."""
    named = (_P.entry_id, _E.seq, _E.kind, _E.created_us, _E.reason, _E.session_id)
    query: Select[Any] = (
        select(*named, func.sum(_P.amount_micros))
        .join_from(
            schema.postings,
            schema.entries,
            (_E.account_id == _P.entry_account_id) & (_E.entry_id == _P.entry_id),
        )
        .where(
            _P.account_id == account_id,
            _P.book == Book.CUSTOMER.value,
            span.holds(_E.created_us),
        )
        .group_by(*named)
        .order_by(_P.entry_id.desc())
        .limit(span.limit)
    )
    found: list[Booked] = []
    for entry_id, seq, kind, created_us, reason, session_id, micros in await connection.execute(
        query
    ):
        found.append(Booked(entry_id, seq, kind, created_us, reason, session_id, int(micros)))
    return found


async def _deeds(connection: AsyncConnection, one: Subscriber, span: Span) -> list[Deed]:
    """What people did to the subscriber or its account; each way to it has an index."""
    ways: list[list[ColumnElement[bool]]] = [
        [_A.subject == one.login],
        [_A.kind == "subscriber", _A.row_id == one.subscriber_id],
        [_A.kind == "account", _A.row_id == one.account_id],
    ]
    found: dict[int, Deed] = {}
    for way in ways:
        where = [*way, span.holds(_A.at_us)]
        for deed in await _records(connection, DEEDS, where, (_A.seq, span.limit)):
            found[deed.seq] = deed
    return [found[seq] for seq in sorted(found, reverse=True)][: span.limit]
