"""What was taken out of one database is in the new one, or there is no new one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from aaa.ports import StoreUnavailable
from domain.account import Purchase
from domain.ledger import EntryKind
from store import rows, schema
from store.books_check import check_books
from store.database import Database
from store.feed import record_change
from store.restoring import Filler, NotEmpty, empty_place
from store.snapshot import columns_of, rows_in_order, tables_in_order
from store.upgrade import current_revision
from tests.peers.postgres import PostgresCluster
from tests.store.house import NOW_US, House, account, full_batch, settle_two, tell, top_up
from tests.store.test_snapshot import read_all

Everything = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_cluster: PostgresCluster
) -> Iterator[str]:
    """Where nothing is."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'new.db'}"
        return
    with postgres_cluster.database() as url:
        yield url


@pytest.fixture
def other_url(house_url: str, tmp_path: Path, postgres_cluster: PostgresCluster) -> Iterator[str]:
    """Where nothing is, on the other kind of database."""
    if not house_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'new' / 'new.db'}"
        return
    with postgres_cluster.database() as url:
        yield url


def taken_from(url: str) -> Everything:
    """All rows of a house with something in every table of the books."""
    found: Everything = {}

    async def story(house: House) -> None:
        await settle_two(house)
        await house.store.commit(full_batch())
        bought = ("k", "renewal", 7, 0, None, None, NOW_US, NOW_US, "")
        await house.add(rows.PURCHASES, Purchase(80, 1, 1001, *bought))
        async with house.database.office() as connection:
            await record_change(connection, "plan", 7)
            await record_change(connection, "plan", 7)
        found.update(await read_all(house))

    tell(url, story)
    return found


async def put(url: str, everything: Everything, *, fail: bool = False) -> None:
    """Restore it."""
    async with empty_place(url, schema.REVISION) as filler:
        for table, found in everything.items():
            await filler.add(table, columns_of(table), found)
        await filler.finish()
        if fail:
            raise RuntimeError("on the way")


def test_everything_arrives_and_the_books_are_sound(house_url: str, other_url: str) -> None:
    everything = taken_from(house_url)
    asyncio.run(put(other_url, everything))

    async def story(house: House) -> None:
        assert await read_all(house) == everything
        assert everything["audit"] and everything["purchases"]
        async with house.database.reading() as connection:
            seen = await connection.scalars(text("SELECT username FROM radacct"))
            assert sorted(seen) == ["user1", "user2"]
        assert await check_books(house.database) == []
        async with house.database.office() as connection:
            await record_change(connection, "plan", 7)
        newest = [row[0] for row in (await read_all(house))["changes"]]
        assert newest == [1, 2, 3], "numbers go on where they were"

    tell(other_url, story)


def test_a_failure_on_the_way_leaves_nothing(
    house_sqlite_url: str, new_url: str, tmp_path: Path
) -> None:
    everything = taken_from(house_sqlite_url)
    with pytest.raises(RuntimeError):
        asyncio.run(put(new_url, everything, fail=True))
    assert asyncio.run(current_revision(new_url)) is None
    assert list(tmp_path.glob("new/*")) == []
    asyncio.run(put(new_url, everything))
    assert asyncio.run(current_revision(new_url)) == schema.REVISION


def test_where_something_is_nothing_is_put(house_url: str) -> None:
    everything = taken_from(house_url)
    with pytest.raises(NotEmpty):
        asyncio.run(put(house_url, everything))


@pytest.mark.parametrize("suffix", ["", "-wal", "-journal"])
def test_no_file_is_taken_for_nothing_not_even_a_left_over_log(tmp_path: Path, suffix: str) -> None:
    left = tmp_path / f"new.db{suffix}"
    left.touch()
    with pytest.raises(NotEmpty):
        asyncio.run(put(f"sqlite:///{tmp_path / 'new.db'}", {}))
    assert list(tmp_path.iterdir()) == [left]


def test_a_database_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    async def story() -> None:
        async with empty_place(f"sqlite:///{path}", schema.REVISION) as filler:
            await filler.finish()
            path.write_text("mine")

    with pytest.raises(NotEmpty):
        asyncio.run(story())
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_is_its_owners_only_and_complete_without_a_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    asyncio.run(put(url, {}))
    (path,) = tmp_path.iterdir()
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert asyncio.run(current_revision(url)) == schema.REVISION


def test_a_correction_may_have_a_lower_id_than_what_it_corrects(
    house_url: str, other_url: str
) -> None:
    found: Everything = {}

    async def story(house: House) -> None:
        await house.settle(posted_micros=5_000_000)
        first = top_up(account(1), 5_000_000, seq=1)
        second = top_up(
            account(1),
            -1,
            seq=2,
            entry_id=1,
            kind=EntryKind.CORRECTION,
            corrects_entry_id=first.entry_id,
        )
        await house.add(rows.ENTRIES, second)
        found.update(await read_all(house))

    tell(house_url, story)
    assert [row[0] for row in found["entries"]] == [101, 1]
    asyncio.run(put(other_url, found))
    assert asyncio.run(all_rows(other_url)) == found


async def all_rows(url: str) -> Everything:
    """What is in a database."""
    database = await Database.open(url)
    try:
        async with database.reading() as connection:
            return {
                table: [
                    tuple(row) async for some in rows_in_order(connection, table) for row in some
                ]
                for table in tables_in_order()
            }
    finally:
        await database.close()


def test_a_server_that_is_away_is_said_to_be(postgres_cluster: PostgresCluster) -> None:
    with pytest.raises(StoreUnavailable):
        asyncio.run(put(postgres_cluster.url("nobody"), {}))


def test_rows_of_no_table_are_refused(new_url: str) -> None:
    async def story() -> None:
        async with empty_place(new_url, schema.REVISION) as filler:
            await add_to_nowhere(filler)

    with pytest.raises(Exception, match="nowhere"):
        asyncio.run(story())
    assert asyncio.run(current_revision(new_url)) is None


async def add_to_nowhere(filler: Filler) -> None:
    """A row of a table that there is not."""
    await filler.add("nowhere", ["a"], [(1,)])
