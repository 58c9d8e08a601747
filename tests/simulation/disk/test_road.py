"""The store's own road to SQLite on the faulty disk: what a failed flush and a full disk do to it.

These are the faults that the store cannot make happen by itself. The commits here are its probes
and plain rows of an office; what they mean does not matter, only whether they are there.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from pysqlite3 import dbapi2

from aaa.ports import Changes, StoreUnavailable, Want
from store import desk_sqlite
from store.database import Database
from store.desk import DeskStore
from store.desk_sqlite import SqliteRoad
from store.flusher import Flusher
from store.upgrade import upgrade
from tests.simulation.disk.disk import Disk, Fault, be_default
from tests.simulation.disk.writer import life
from tests.store.tasks import Tasks

FILE = "tollhouse.db"
LAID_OCTETS = 300_000
WROTE = "INSERT INTO meta (key, value) VALUES ('row-{}', 'there')"
ROWS = "SELECT count(*) FROM meta WHERE key LIKE 'row-%'"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, which was closed well."""
    path = tmp_path_factory.mktemp("template") / FILE
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@asynccontextmanager
async def opened(
    directory: Path, laid_octets: int = 0, spawn: Tasks | None = None
) -> AsyncIterator[tuple[Database, DeskStore]]:
    """The store of a server on a directory that a disk has."""
    database = await Database.open(f"sqlite:///{directory / FILE}")
    try:
        store = await DeskStore.open(database, laid_octets=laid_octets, spawn=spawn)
        try:
            yield database, store
        finally:
            await store.close()
    finally:
        await database.close()


async def put(database: Database, number: int) -> None:
    """Commit one row, as office work does."""
    async with database.office() as connection:
        await connection.exec_driver_sql(WROTE.format(number))


async def killed_after_a_failed_flush(disk: Disk, into: Path) -> None:
    """Row 0 is refused because its flush fails; the server dies before it writes anything else."""
    async with opened(disk.directory) as (database, store):
        await store.probe()
        disk.arm(Fault.EIO_SYNC)
        with pytest.raises(StoreUnavailable):
            await put(database, 0)
        disk.die()
        disk.after_kill(into)


async def restarted_then_cut(disk: Disk, into: Path, seeds_n: int, laid_octets: int = 0) -> None:
    """The next server acknowledges rows 1 to 3; then the power is cut in several ways."""
    async with opened(disk.directory, laid_octets) as (database, _store):
        for number in (1, 2, 3):
            await put(database, number)
        disk.die()
        for seed in range(seeds_n):
            disk.after_power_cut(into / str(seed), random.Random(seed))


def check_cuts(into: Path) -> None:
    """Every row that was acknowledged survived each of the cuts."""
    for left in sorted(into.iterdir()):
        connection = dbapi2.connect(left / FILE)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (rows_n,) = connection.execute(ROWS).fetchone()
        connection.close()
        assert rows_n >= 3, f"cut {left.name} lost an acknowledged commit"


def test_a1_a_wal_that_was_laid_out_ahead_loses_nothing_in_a_power_cut(
    tmp_path: Path, template: Path
) -> None:
    be_default()
    (tmp_path / "lived").mkdir()
    shutil.copyfile(template, tmp_path / "lived" / FILE)
    with life(tmp_path / "lived") as disk:
        asyncio.run(restarted_then_cut(disk, tmp_path / "cut", 12, LAID_OCTETS))
        assert (tmp_path / "lived" / f"{FILE}-wal").stat().st_size >= LAID_OCTETS
    check_cuts(tmp_path / "cut")


def test_where_there_is_no_room_the_wal_is_not_laid_out_and_all_goes_on(
    tmp_path: Path, template: Path
) -> None:
    async def story() -> None:
        disk.arm(Fault.FULL, 2)
        async with opened(tmp_path, LAID_OCTETS) as (_database, store):
            assert disk.figures()["full"] == 1
            assert (tmp_path / f"{FILE}-wal").stat().st_size == 0
            disk.heal()
            await store.probe()

    be_default()
    shutil.copyfile(template, tmp_path / FILE)
    with life(tmp_path) as disk:
        asyncio.run(story())


def test_what_was_moved_beside_commits_is_flushed_and_a_failure_is_told(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader keeps a commit from being moved, so that SQLite itself flushes nothing."""
    monkeypatch.setattr(desk_sqlite, "TIDY_PAGES", 1)

    async def story() -> None:
        async with opened(tmp_path) as (database, store):
            await store.probe()
            async with database.reading() as reader:
                await reader.exec_driver_sql(ROWS)
                await store.probe()
                disk.arm(Fault.EIO_SYNC, 1)  # the one after that of the WAL
                with pytest.raises(StoreUnavailable, match="I/O error at a flush"):
                    await store.tidy()
                disk.heal()
                before = disk.figures()["syncs"]
                await store.tidy()  # there is nothing left that it may move
                assert disk.figures()["syncs"] == before + 1

    be_default()
    shutil.copyfile(template, tmp_path / FILE)
    with life(tmp_path) as disk:
        asyncio.run(story())


def test_a1_a_commit_refused_by_a_failed_flush_takes_none_along_that_follow_a_restart(
    tmp_path: Path, template: Path
) -> None:
    be_default()
    (tmp_path / "lived").mkdir()
    shutil.copyfile(template, tmp_path / "lived" / FILE)
    with life(tmp_path / "lived") as disk:
        asyncio.run(killed_after_a_failed_flush(disk, tmp_path / "killed"))
    with life(tmp_path / "killed") as disk:
        asyncio.run(restarted_then_cut(disk, tmp_path / "cut", 12))
    check_cuts(tmp_path / "cut")


def test_a_probe_writes_to_the_disk_and_so_notices_a_full_one(
    tmp_path: Path, template: Path
) -> None:
    async def probe() -> None:
        async with opened(tmp_path) as (_database, store):
            for _ in range(3):
                before = disk.figures()
                await store.probe()
                after = disk.figures()
                assert after["writes"] > before["writes"]
                assert after["syncs"] > before["syncs"]
            disk.arm(Fault.FULL)
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="full"):
                    await store.probe()
            disk.heal()
            await store.probe()

    be_default()
    shutil.copyfile(template, tmp_path / FILE)
    with life(tmp_path) as disk:
        asyncio.run(probe())


JOURNALED = "SELECT count(*) FROM journal"
NOW_US = 1_760_000_000_000_000


def lot(number: int) -> Changes:
    """A commit of one row of the journal."""
    return Changes(NOW_US, 0, journal_id=number, journal=random.Random(number).randbytes(9_000))


async def begun(store: DeskStore, changes: Changes) -> asyncio.Task[None]:
    """A commit that is under way."""
    work = asyncio.ensure_future(store.commit(changes))
    await asyncio.sleep(0)
    return work


async def queued_and_cut(disk: Disk, into: Path, commits_n: int) -> None:
    """Each commit is queued behind the one before; the power may be cut after each."""
    async with opened(disk.directory, LAID_OCTETS, Tasks()) as (_database, store):
        work = await begun(store, lot(1))
        for number in range(2, commits_n + 1):
            following = lot(number)
            store.prepare(following)
            await work
            for seed in range(4):
                disk.after_power_cut(into / f"{number - 1}-{seed}", random.Random(seed))
            work = await begun(store, following)
        await work


def lost_n(into: Path) -> int:
    """In how many of the cuts is less than was acknowledged? Its number begins their names."""
    lost = 0
    for left in into.iterdir():
        connection = dbapi2.connect(left / FILE)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (rows_n,) = connection.execute(JOURNALED).fetchone()
        connection.close()
        lost += rows_n < int(left.name.partition("-")[0])
    return lost


@pytest.mark.parametrize("flushed", [True, False], ids=["as shipped", "control"])
def test_a1_a_queued_commit_is_acknowledged_when_it_is_on_the_disk(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch, flushed: bool
) -> None:
    async def nothing(_self: Flusher, _flushed: Awaitable[None]) -> None:
        """A flush that is not waited for, and said to have been done."""

    def never(_self: Flusher) -> tuple[Callable[[], None], asyncio.Future[None]]:
        """No flush."""
        return lambda: None, asyncio.get_running_loop().create_future()

    if not flushed:
        monkeypatch.setattr(Flusher, "behind", never)
        monkeypatch.setattr(Flusher, "answers", nothing)
    be_default()
    (tmp_path / "lived").mkdir()
    shutil.copyfile(template, tmp_path / "lived" / FILE)
    with life(tmp_path / "lived") as disk:
        asyncio.run(queued_and_cut(disk, tmp_path / "cut", 8))
    assert lost_n(tmp_path / "cut") == 0 if flushed else lost_n(tmp_path / "cut") > 0


def held_up(store: DeskStore) -> threading.Event:
    """The thread that flushes waits for this."""
    go_on = threading.Event()
    flusher = cast(SqliteRoad, store._road)._flusher
    assert flusher is not None
    # aiosqlite's own queue, as `Flusher.behind` uses it.
    flusher._driver._tx.put_nowait((asyncio.get_running_loop().create_future(), go_on.wait))
    return go_on


async def torn(disk: Disk, store: DeskStore) -> None:
    """The flush of a queued commit fails: it fails, and what is queued behind it."""
    await store.probe()  # the head of the log is flushed
    disk.arm(Fault.EIO_SYNC, 1)  # the one after that of the first commit
    go_on = held_up(store)  # so that the third is queued before the second has failed
    work = await begun(store, lot(1))
    second, third = lot(2), lot(3)
    store.prepare(second)
    await work
    work = await begun(store, second)
    store.prepare(third)
    go_on.set()
    with pytest.raises(StoreUnavailable, match="I/O error"):
        await work
    with pytest.raises(StoreUnavailable, match="flush"):
        await store.commit(third)
    assert disk.figures()["eio_sync"] == 1


@pytest.mark.parametrize("first", ["read", "write"])
def test_a1_after_a_failed_flush_all_that_can_be_read_is_made_durable_before_it_is_read(
    tmp_path: Path, template: Path, first: str
) -> None:
    """Or a report whose commit came to be would be taken for a repeat, and acknowledged."""

    async def story() -> None:
        async with opened(tmp_path / "lived", LAID_OCTETS, Tasks()) as (_database, store):
            await torn(disk, store)
            if first == "read":
                await store.load(Want(account_ids={1}))
            else:
                await store.commit(lot(4))
            for seed in range(12):
                into = tmp_path / "cut" / f"{3 if first == 'read' else 4}-{seed}"
                disk.after_power_cut(into, random.Random(seed))

    be_default()
    (tmp_path / "lived").mkdir()
    shutil.copyfile(template, tmp_path / "lived" / FILE)
    with life(tmp_path / "lived") as disk:
        asyncio.run(story())
    assert lost_n(tmp_path / "cut") == 0


def test_a1_while_a_reader_keeps_a_failed_flush_from_being_mended_nothing_is_answered(
    tmp_path: Path, template: Path
) -> None:
    async def story() -> None:
        async with opened(tmp_path, LAID_OCTETS, Tasks()) as (database, store):
            store._road._raw.execute("PRAGMA busy_timeout=0")
            async with database.reading() as reader:
                await reader.exec_driver_sql(JOURNALED)
                await torn(disk, store)
                for _ in range(2):
                    with pytest.raises(StoreUnavailable, match="long reader"):
                        await store.load(Want(account_ids={1}))
                    with pytest.raises(StoreUnavailable, match="long reader"):
                        await store.commit(lot(5))
            await store.commit(lot(6))
            async with database.reading() as reader:
                assert (await reader.exec_driver_sql(JOURNALED)).scalar_one() == 4

    be_default()
    shutil.copyfile(template, tmp_path / FILE)
    with life(tmp_path) as disk:
        asyncio.run(story())


def test_a1_a_failure_that_another_flush_of_the_log_was_told_of_is_not_forgotten(
    tmp_path: Path, template: Path
) -> None:
    """The system tells of a failed write once, to whoever flushes first."""

    async def story() -> None:
        async with opened(tmp_path, LAID_OCTETS, Tasks()) as (_database, store):
            await store.probe()
            disk.arm(Fault.EIO_SYNC)
            with pytest.raises(StoreUnavailable):
                await store.probe()
            work = await begun(store, lot(1))
            second = lot(2)
            store.prepare(second)
            await work
            with pytest.raises(StoreUnavailable, match="I/O error at a flush"):
                await store.commit(second)
            await store.commit(lot(3))
            work = await begun(store, lot(4))
            fifth = lot(5)
            store.prepare(fifth)
            await work
            await store.commit(fifth)

    be_default()
    shutil.copyfile(template, tmp_path / FILE)
    with life(tmp_path) as disk:
        asyncio.run(story())
