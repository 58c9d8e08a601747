"""A snapshot is every row of every table as it was at one moment, equal from both databases."""

from __future__ import annotations

import asyncio
from typing import Any

from store import rows, schema, snapshot
from store.snapshot import columns_of, rows_in_order, tables_in_order
from tests.store.house import (
    House,
    account,
    full_batch,
    interim_changes,
    session,
    settle_two,
    subscriber,
    tell,
)


async def read_all(house: House) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    async with house.database.reading() as connection:
        return {
            table: [tuple(row) async for some in rows_in_order(connection, table) for row in some]
            for table in tables_in_order()
        }


def test_both_databases_give_the_same_plain_values(
    house_sqlite_url: str, house_postgresql_url: str
) -> None:
    found: list[dict[str, list[tuple[Any, ...]]]] = []

    async def story(house: House) -> None:
        await settle_two(house)
        await house.add(rows.SUBSCRIBERS, subscriber(3, account_id=2, device_ids=(5, 6)))
        await house.store.commit(full_batch())
        found.append(await read_all(house))

    for url in (house_sqlite_url, house_postgresql_url):
        tell(url, story)
    assert found[0] == found[1]
    assert all(table in found[0] and columns_of(table) for table in schema.METADATA.tables)
    kinds = {type(value) for some in found[0].values() for row in some for value in row}
    assert kinds == {int, str, bytes, bool, type(None)}
    where = columns_of("subscribers").index("device_ids")
    assert "5,6" in [row[where] for row in found[0]["subscribers"]]


def test_tables_that_are_pointed_at_come_first() -> None:
    order = tables_in_order()
    for table in schema.METADATA.sorted_tables:
        for key in table.foreign_keys:
            assert order.index(key.column.table.name) <= order.index(table.name)


def test_it_is_one_moment_however_much_is_written_meanwhile(
    house_url: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(snapshot, "CHUNK_N", 1)

    async def story(house: House) -> None:
        await house.settle(accounts_n=3, posted_micros=5_000_000)
        one = session(10)
        await house.add(rows.SESSIONS, one)
        before = await read_all(house)
        seen: dict[str, list[tuple[Any, ...]]] = {}
        async with house.database.reading() as connection:
            for table in tables_in_order():
                seen[table] = []
                async for some in rows_in_order(connection, table):
                    seen[table] += [tuple(row) for row in some]
                    if table == "accounts" and len(seen[table]) == 1:
                        at_once = house.store.commit(
                            interim_changes(
                                account(1, posted_micros=5_000_000, entries_n=1), one, 70, 7_000
                            )
                        )
                        await asyncio.wait_for(at_once, 60)  # a writer is not held off
        assert seen == before
        assert await read_all(house) != before

    tell(house_url, story)
