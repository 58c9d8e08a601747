"""What accounts have bought within a span of time beside usage: packages, boosters, a plan once.

For what looks at everybody's money at once (`plan try`). What was undone since is among it, as what
was used is. Nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import func, select

from accounting.pots import booster_name
from billing.booster import BOOSTER
from domain.ledger import Book, EntryKind
from domain.pot import PotKind
from store import schema
from store.database import Database
from store.rows import POTS

IMPORT: Final = "subscriber import"
_IDS_AT_ONCE = 500
# All keys of activation fees: ";" comes after ":".
_FIRST_KEY, _BEYOND_KEY = "activation:", "activation;"


class Boosted(NamedTuple):
    """A booster that was bought."""

    name: str
    at_us: int
    price_micros: int


async def packages(database: Database, from_us: int, until_us: int) -> dict[int, int]:
    """What packages that accounts bought in a span cost, in micros."""
    table = schema.purchases.c
    query = (
        select(table.account_id, func.sum(table.price_micros))
        .where(table.created_us >= from_us, table.created_us < until_us, table.kind != BOOSTER)
        .group_by(table.account_id)
    )
    async with database.reading() as connection:
        rows = (await connection.execute(query)).all()
    return {account_id: int(micros) for account_id, micros in rows}


async def boosters(database: Database, from_us: int, until_us: int) -> dict[int, list[Boosted]]:
    """The boosters that accounts bought in a span, in order."""
    table, pot = schema.purchases.c, schema.pots.c
    query = (
        select(table.price_micros, *POTS.columns)
        .join_from(
            schema.purchases,
            schema.pots,
            (pot.account_id == table.account_id) & (pot.purchase_id == table.purchase_id),
        )
        .where(table.created_us >= from_us, table.created_us < until_us, table.kind == BOOSTER)
        .where(pot.pot >= f"{PotKind.BOOSTER}/", pot.pot < f"{PotKind.BOOSTER}0")
        .order_by(table.created_us, table.purchase_id)
    )
    found: defaultdict[int, list[Boosted]] = defaultdict(list)
    async with database.reading() as connection:
        for price_micros, *row in await connection.execute(query):
            one = POTS.of_row(row)
            found[one.account_id].append(
                Boosted(booster_name(one), one.period_start_us, price_micros)
            )
    return dict(found)


async def activations(
    database: Database, account_ids: Iterable[int], span: tuple[int, int]
) -> dict[int, int]:
    """Of these accounts, what activation fees came to that were charged in a span, in micros."""
    one, posting, ids = schema.entries.c, schema.postings.c, list(account_ids)
    found: dict[int, int] = {}
    for at in range(0, len(ids), _IDS_AT_ONCE):
        query = (
            select(one.account_id, -func.sum(posting.amount_micros))
            .join_from(
                schema.entries,
                schema.postings,
                (posting.entry_account_id == one.account_id) & (posting.entry_id == one.entry_id),
            )
            .where(one.account_id.in_(ids[at : at + _IDS_AT_ONCE]))
            .where(one.key >= _FIRST_KEY, one.key < _BEYOND_KEY)
            .where(one.kind == EntryKind.ACTIVATION.value, posting.book == Book.CUSTOMER.value)
            .where(one.created_us >= span[0], one.created_us < span[1])
            .group_by(one.account_id)
        )
        async with database.reading() as connection:
            rows = (await connection.execute(query)).all()
        found |= {account_id: int(micros) for account_id, micros in rows}
    return found


async def newcomers(database: Database, from_us: int, until_us: int) -> dict[int, str]:
    """The accounts that were opened in a span, with their plan now; none that was imported."""
    one, deed = schema.subscribers.c, schema.audit.c
    moved_in = select(deed.row_id).where(
        deed.at_us >= from_us,
        deed.at_us < until_us,
        deed.action == IMPORT,
        deed.kind == "subscriber",
        deed.before == "{}",  # who was there already was only changed by it
    )
    opened = func.min(one.created_us)
    query = (
        select(one.account_id, func.min(one.plan_name))
        .where(one.subscriber_id.not_in(moved_in))
        .group_by(one.account_id)
        .having(opened >= from_us, opened < until_us)
    )
    async with database.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(query)}
