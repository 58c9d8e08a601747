"""The sessions of accounts, live or all, and who was at a station: the conditions that an index
answers.

On SQLite a login that was accepted is in no index of accounts or stations before it begins: logins
come in storms, many never begin, and each such index is one more page, anywhere, to write. All
others have an index of their accounts, the open ones a small one; the accepted ones have one of
their own, which is a few queues (`schema_sessions.QUEUE`), so that it is written at the ends of
these, and one queue is walked to find those of one account. PostgreSQL has its key, one index of
all that live and one of stations, and there each condition is the plain one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select, text, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

from store.columns import INT64
from store.schema_sessions import (
    ACCEPTED,
    BEGUN,
    LIVE,
    OPEN,
    QUEUE,
    QUEUES_N,
    STATION,
    session_facts,
    sessions,
)

_S, _F = sessions.c, session_facts.c
_ONE: ColumnElement[int] = literal_column("1")
_QUEUES_N: ColumnElement[int] = literal_column(str(QUEUES_N), INT64)


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
    mine = _One(account_id)
    return _either(_live(mine), and_(mine.fits(_S.account_id), _is(LIVE, sessions)))


def of_accounts(account_ids: Sequence[int]) -> ColumnElement[bool]:
    """Of `sessions`: accepted or open, and of one of these accounts."""
    ours = _Several(account_ids)
    return _either(_live(ours), and_(ours.fits(_S.account_id), _is(LIVE, sessions)))


def ever_of_account(account_id: Any) -> ColumnElement[bool]:
    """Of `sessions`: in whatever state, and of this account."""
    mine = _One(account_id)
    return _either(_ever(mine), mine.fits(_S.account_id))


def ever_of_accounts(account_ids: Sequence[int]) -> ColumnElement[bool]:
    """Of `sessions`: in whatever state, and of one of these accounts."""
    ours = _Several(account_ids)
    return _either(_ever(ours), ours.fits(_S.account_id))


def newest_of(accounts: Select[Any]) -> Select[Any]:
    """The newest session of each of these accounts, in whatever state."""
    begun, accepted = session_facts.alias("begun"), session_facts.alias("accepted")
    wanted = accounts.cte("accounts_wanted")
    each = union_all(
        *(
            select(one.c.account_id, one.c.session_id).where(
                one.c.account_id.in_(select(wanted.c.account_id)), _is(state, one)
            )
            for one, state in ((begun, BEGUN), (accepted, ACCEPTED))
        )
    ).subquery("each_session")
    return select(func.max(each.c.session_id)).group_by(each.c.account_id)


class _One:
    """One account, and the queue that its accepted sessions are in."""

    def __init__(self, account_id: Any) -> None:
        self._account_id = account_id

    def fits(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column == self._account_id
        return found

    def queued(self, queue: ColumnElement[int]) -> ColumnElement[bool]:
        found: ColumnElement[bool] = queue == self._account_id % _QUEUES_N
        return found


class _Several:
    """Several accounts, and their queues."""

    def __init__(self, account_ids: Sequence[int]) -> None:
        self._account_ids = list(account_ids)

    def fits(self, column: ColumnElement[int]) -> ColumnElement[bool]:
        return column.in_(self._account_ids)

    def queued(self, queue: ColumnElement[int]) -> ColumnElement[bool]:
        return queue.in_(sorted({account_id % QUEUES_N for account_id in self._account_ids}))


def _either(ids: Sequence[Select[Any]], others: ColumnElement[bool]) -> ColumnElement[bool]:
    return _Either(_S.session_id.in_(union_all(*ids)), others)


def _live(whose: _One | _Several) -> list[Select[Any]]:
    opened = session_facts.alias("opened")
    mine = whose.fits(opened.c.account_id)
    return [select(opened.c.session_id).where(mine, _is(OPEN, opened)), _accepted(whose)]


def _ever(whose: _One | _Several) -> list[Select[Any]]:
    begun = session_facts.alias("begun")
    mine = whose.fits(begun.c.account_id)
    return [select(begun.c.session_id).where(mine, _is(BEGUN, begun)), _accepted(whose)]


def _accepted(whose: _One | _Several) -> Select[Any]:
    accepted = session_facts.alias("accepted")
    queue: ColumnElement[int] = literal_column(f"accepted.{QUEUE}", INT64)
    return select(accepted.c.session_id).where(
        whose.queued(queue), whose.fits(accepted.c.account_id), _is(ACCEPTED, accepted)
    )


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
