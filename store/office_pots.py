"""Pots as the office opens them: those of a period in which nothing was used.

A row is opened by the first usage of its period, in the transaction of that usage. What a bundle
carries over is kept in the row that granted it, so a period that ends without one would carry
nothing: the renewal that follows it opens its rows, in its own transaction. So does a renewal that
buys a newer version, for a session that runs on has an older one. The server may open
the same row at the same time; both say the same, and the second one changes nothing. What older
rows lose by it is lost once: of two that are at it at once, one looks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from billing.succession import Carries, Opens, carried, granted
from domain.account import Subscriber
from domain.pot import Pot, PotKind
from domain.pricing import Period
from store import schema
from store.office_money import Raced, values
from store.rows import POTS

_T = schema.pots.c


async def keep_unused(connection: AsyncConnection, carries: Carries) -> None:
    """Open the rows of the period that is followed by another, if it has none.

    Raises Raced when usage has moved a row that loses by it since it was read.
    """
    rows = await _rows(connection, carries.terms.account_id, carries.keys)
    await _write(connection, *carried(carries, rows))


async def open_bought(connection: AsyncConnection, opens: Opens) -> None:
    """Open the rows of a period that was bought as a newer version. Raises Raced, as above."""
    rows = await _rows(connection, opens.terms.account_id, opens.keys)
    await _write(connection, *granted(opens, rows))


async def move_ahead(
    connection: AsyncConnection, one: Subscriber, moved_us: Sequence[tuple[int, int]]
) -> None:
    """Rows of periods that were bought ahead begin where these do now: later, by an extension."""
    kind = f"{PotKind.BUNDLE}/{Period.VALIDITY}/{one.plan_name}/"
    for was_us, is_us in sorted(moved_us, reverse=True):
        change = update(schema.pots).where(
            _T.account_id == one.account_id,
            _T.period_start_us == was_us,
            _T.pot.startswith(kind, autoescape=True),
            _T.used == 0,
        )
        await connection.execute(change.values(period_start_us=is_us))


async def _rows(connection: AsyncConnection, account_id: int, keys: Sequence[str]) -> list[Pot]:
    query = select(*POTS.columns).where(_T.account_id == account_id, _T.pot.in_(keys))
    return [POTS.of_row(row) for row in await connection.execute(query)]


async def _write(
    connection: AsyncConnection, opened: Iterable[Pot], losing: Iterable[tuple[Pot, int]]
) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for pot in opened:
        await connection.execute(
            insert(schema.pots).values(values(POTS, pot)).on_conflict_do_nothing()
        )
    for pot, lost in losing:
        change = update(schema.pots).where(
            _T.account_id == pot.account_id,
            _T.pot == pot.pot,
            _T.period_start_us == pot.period_start_us,
            _T.used == pot.used,
            _T.lost == pot.lost,
        )
        if (await connection.execute(change.values(lost=_T.lost + lost))).rowcount != 1:
            raise Raced
