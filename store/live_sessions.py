"""Whose sessions are live, and who was at a station: the conditions that an index answers.

On SQLite a login that was accepted is in no index of accounts or stations before it begins: logins
come in storms, many never begin, and each such index is one more page, anywhere, to write. Open
ones have an index of their accounts; the accepted ones have one of their own in the order of their
ids, so that it is written at its end. Those of one account lie among what that account has had
since the oldest that is still accepted, which is minutes ago. PostgreSQL has one index of all that
live and one of stations, and there each condition is the plain one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, select, text, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

from store.schema_sessions import (
    ACCEPTED,
    BEGUN,
    LIVE,
    OPEN,
    STATION,
    session_facts,
    sessions,
)

_S, _F = sessions.c, session_facts.c
_ONE: ColumnElement[int] = literal_column("1")


class _Either(ColumnElement[bool]):
    """The same condition in the words that suit SQLite, and in those that suit others."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - read by SQLAlchemy, which declares its own so
        ("sqlite", InternalTraversal.dp_clauseelement),
        ("others", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, sqlite: ColumnElement[bool], others: ColumnElement[bool]) -> None:
        self.sqlite, self.others = sqlite.self_group(), others.self_group()


@compiles(_Either)
def _for_others(one: _Either, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(one.others, **kw))


@compiles(_Either, "sqlite")
def _for_sqlite(one: _Either, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(one.sqlite, **kw))


def _is(words: str, table: Any) -> Any:
    """Said of a table in the words of the partial index, which serves no others."""
    return text(f"{table.name}.{words}")


def of_account(account_id: Any) -> ColumnElement[bool]:
    """Of `sessions`: accepted or open, and of this account."""
    return _under(lambda column: column == account_id)


def of_accounts(account_ids: Sequence[int]) -> ColumnElement[bool]:
    """Of `sessions`: accepted or open, and of one of these accounts."""
    return _under(lambda column: column.in_(account_ids))


def _under(fits: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> ColumnElement[bool]:
    opened, accepted = session_facts.alias("opened"), session_facts.alias("accepted")
    waiting = session_facts.alias("waiting")
    oldest = select(func.min(waiting.c.session_id)).where(_is(ACCEPTED, waiting))
    ids = union_all(
        select(opened.c.session_id).where(fits(opened.c.account_id), _is(OPEN, opened)),
        select(accepted.c.session_id).where(
            fits(accepted.c.account_id),
            accepted.c.session_id >= oldest.scalar_subquery(),
            # By a sum, or all that are accepted are walked for this one account.
            accepted.c.state + literal_column("0") == literal_column("0"),
        ),
    )
    return _Either(_S.session_id.in_(ids), and_(fits(_S.account_id), _is(LIVE, sessions)))


def has_some(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Has the account of this column a live session? For very many accounts at once."""
    opened, accepted = session_facts.alias("opened"), session_facts.alias("accepted")
    ids = union_all(
        select(opened.c.account_id).where(_is(OPEN, opened)),
        select(accepted.c.account_id).where(_is(ACCEPTED, accepted)),
    )
    live = select(_S.account_id).where(_is(LIVE, sessions))
    return _Either(account_id.in_(ids), account_id.in_(live))


def has_none(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Has it none? An open one is looked for by key; the accepted ones are walked once for all."""
    opened, accepted = session_facts.alias("opened"), session_facts.alias("accepted")
    table: Any = account_id.table
    is_open = select(_ONE).where(opened.c.account_id == account_id, _is(OPEN, opened))
    waiting = select(accepted.c.account_id).where(_is(ACCEPTED, accepted))
    live = select(_ONE).where(_S.account_id == account_id, _is(LIVE, sessions))
    return _Either(
        and_(~is_open.correlate(table).exists(), account_id.not_in(waiting)),
        ~live.correlate(table).exists(),
    )


def at_station(mac: str, dialect: str) -> list[list[ColumnElement[bool]]]:
    """Of `session_facts`: who was at a MAC. One list of conditions for each index to be asked."""
    at = [_is(STATION, session_facts), _F.mac == mac]
    if dialect != "sqlite":
        return [at]
    accepted = session_facts.alias("accepted")
    waiting = select(accepted.c.session_id).where(_is(ACCEPTED, accepted), accepted.c.mac == mac)
    return [[*at, _is(BEGUN, session_facts)], [_F.session_id.in_(waiting)]]
