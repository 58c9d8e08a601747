"""The hot road on SQLite when the disk is full or somebody holds the lock."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import func, select

from aaa.ports import Changes, StoreUnavailable
from store import beside, desk_sqlite, schema, wal
from tests.store.house import (
    NOW_US,
    House,
    tell,
)


def test_a_full_disk_is_an_outage_and_nothing_is_left_of_the_batch(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        pages = house.store._road._raw.execute("PRAGMA page_count").fetchone()[0]
        limit = house.store._road._raw.execute
        limit(f"PRAGMA max_page_count={pages + 2}")
        before = await house.everything()
        big = Changes(NOW_US, 0, journal_id=70, journal=random.Random(7).randbytes(200_000))
        with pytest.raises(StoreUnavailable, match="full"):
            await house.store.commit(big)
        assert await house.everything() == before
        limit(f"PRAGMA max_page_count={pages + 2000}")
        await house.store.commit(big)
        assert len(await house.table("journal")) == 1

    tell(house_sqlite_url, story)


def test_a_lock_that_is_not_given_up_is_an_outage(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        house.store._road._raw.execute("PRAGMA busy_timeout=50")
        async with house.database.office():
            with pytest.raises(StoreUnavailable, match="locked"):
                await house.store.probe()
        await house.store.probe()

    tell(house_sqlite_url, story)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a1_nothing_is_acknowledged_into_files_that_were_removed(
    house_sqlite_url: str, suffix: str
) -> None:
    remove = Path(house_sqlite_url.removeprefix("sqlite:///") + suffix).unlink

    async def story(house: House) -> None:
        await house.store.probe()
        remove()
        for n in range(2):
            with pytest.raises(StoreUnavailable, match="gone from under the server"):
                await house.store.commit(Changes(NOW_US, 0, journal_id=70 + n, journal=b"x"))
            with pytest.raises(StoreUnavailable, match="gone from under the server"):
                await house.store.probe()

    tell(house_sqlite_url, story)


def test_a1_nothing_is_acknowledged_into_a_file_that_was_replaced(
    house_sqlite_url: str, tmp_path: Path
) -> None:
    file = Path(house_sqlite_url.removeprefix("sqlite:///"))
    other = tmp_path / "restored.db"

    def replace() -> None:
        other.write_bytes(file.read_bytes())
        other.replace(file)

    async def story(house: House) -> None:
        await house.store.probe()
        replace()
        with pytest.raises(StoreUnavailable, match="restart the server"):
            await house.store.probe()

    tell(house_sqlite_url, story)


def test_a_relative_name_means_the_same_file_wherever_the_server_goes(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(house_sqlite_url.removeprefix("sqlite:///"))
    monkeypatch.chdir(file.parent)

    async def story(house: House) -> None:
        monkeypatch.chdir("/")
        await house.store.probe()

    tell(f"sqlite:///{file.name}", story)


def lot(number: int) -> Changes:
    """A commit of some five pages."""
    return Changes(NOW_US, 0, journal_id=number, journal=random.Random(number).randbytes(10_000))


def test_most_of_the_wal_is_moved_beside_the_commits_and_it_begins_anew(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_sqlite, "TIDY_PAGES", 20)

    async def story(house: House) -> None:
        road = house.store._road
        assert isinstance(road, desk_sqlite.SqliteRoad)
        longest = 0
        for n in range(60):
            # Both at once: whichever comes first, nothing of a commit is lost or waits for ever.
            await asyncio.gather(house.store.tidy(), house.store.commit(lot(1000 + n)))
            longest = max(longest, road._pages_n)
        assert 20 < longest < 80, "the log is written from its beginning again"
        async with house.database.reading() as connection:
            kept = await connection.scalar(select(func.count()).select_from(schema.journal))
        assert kept == 60

    tell(house_sqlite_url, story)


def test_a_long_reader_does_not_have_the_store_tidy_up_all_the_time(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_sqlite, "TIDY_PAGES", 20)
    monkeypatch.setattr(beside, "REST_PAGES", 5)
    monkeypatch.setattr(desk_sqlite, "HELD_PAGES", 5)
    moves: list[int] = []
    moved = wal.moved

    def counted(connection: sqlite3.Connection) -> int:
        moves.append(moved(connection))
        return moves[-1]

    for room in (desk_sqlite, wal):  # beside the commits, and between them
        monkeypatch.setattr(room, "moved", counted)

    async def story(house: House) -> None:
        async with house.database.reading() as connection:
            await connection.execute(select(func.count()).select_from(schema.journal))
            for n in range(40):
                await house.store.commit(lot(1000 + n))
                await house.store.tidy()
        assert 1 < len(moves) <= 15 and moves[-1] > moves[0] > 5, moves
        for n in range(40):
            await house.store.commit(lot(2000 + n))
            await house.store.tidy()
        assert moves[-1] <= 5, "everything is moved once the reader is gone"

    tell(house_sqlite_url, story)


def test_a_long_reader_does_not_cost_a_checkpoint_for_every_commit(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_sqlite, "CHECKPOINT_PAGES", 20)

    async def story(house: House) -> None:
        tried: list[int] = []
        moved = wal.moved

        def counted(connection: sqlite3.Connection) -> int:
            tried.append(moved(connection))
            return tried[-1]

        monkeypatch.setattr(desk_sqlite, "moved", counted)
        async with house.database.reading() as connection:
            await connection.execute(select(func.count()).select_from(schema.journal))
            for n in range(40):  # 40 commits of some 5 pages each
                await house.store.commit(lot(70 + n))
        assert 1 < len(tried) <= 15, tried
        assert tried == sorted(tried) and tried[-1] > tried[0] > 0
        for n in range(40):
            await house.store.commit(lot(170 + n))
        assert tried[-1] == 0, "everything is moved once the reader is gone"

    tell(house_sqlite_url, story)
