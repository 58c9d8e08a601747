"""A write that is queued behind another: begun when that has ended well, and only then."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aaa.ports import Changes, Conflict, StoreUnavailable
from domain.session import Session
from store import desk_sqlite
from store.desk import DeskStore
from store.desk_sqlite import Packed, SqliteRoad
from store.feed import record_change
from store.queued import Write
from store.writing import Step
from tests.store.house import NOW_US, House, PlainSealer, Untold, session, settle_two
from tests.store.tasks import Tasks

NO_CONNECTION: Any = None


def tell(url: str, story: Callable[[House], Awaitable[None]]) -> None:
    """Run a story in a house whose commits may be queued."""

    async def told() -> None:
        database = await Untold.open(url)
        tasks = Tasks()
        store = await DeskStore.open(database, PlainSealer(), spawn=tasks)
        try:
            await story(House(database, store))
            assert all(task.done() for task in tasks.begun)
            assert tasks.begun or database.dialect != "sqlite"
        finally:
            await store.close()
            await database.close()

    asyncio.run(told())


def failing(_connection: sqlite3.Connection) -> int:
    """What is not committed."""
    raise sqlite3.OperationalError("database is locked")


def test_a_write_behind_one_that_came_to_nothing_is_not_begun() -> None:
    first, alone = Write(), Write()
    second = Write(first)
    third = Write(second)
    with pytest.raises(sqlite3.OperationalError):
        first.on_thread(NO_CONNECTION, failing)
    assert [one.on_thread(NO_CONNECTION, lambda _: 7) for one in (second, third)] == [0, 0]
    assert not second.well and not third.well
    assert alone.on_thread(NO_CONNECTION, lambda _: 7) == 7


def test_only_what_was_committed_is_followed_by_its_flush() -> None:
    flushed: list[str] = []
    first, second = Write(), Write()
    behind = Write(second)
    first.on_thread(NO_CONNECTION, lambda _: 1, lambda: flushed.append("first"))
    with pytest.raises(sqlite3.OperationalError):
        second.on_thread(NO_CONNECTION, failing, lambda: flushed.append("second"))
    behind.on_thread(NO_CONNECTION, lambda _: 1, lambda: flushed.append("behind"))
    assert flushed == ["first"]


def test_a_write_behind_one_that_ended_well_keeps_nothing_of_it() -> None:
    first = Write()
    second = Write(first)
    first.on_thread(NO_CONNECTION, lambda _: 1)
    assert second.on_thread(NO_CONNECTION, lambda _: 2) == 2
    assert second.well and second._before is None


def test_the_outcome_is_what_the_thread_answered_or_raised() -> None:
    async def answer(write: Write, carry: Callable[[sqlite3.Connection], int]) -> int:
        return write.on_thread(NO_CONNECTION, carry)

    async def story() -> None:
        first = Write()
        second = Write(first)
        await second.ends(answer(second, lambda _: 9))
        assert await second.outcome() is None, "it was not begun"
        await first.ends(answer(first, lambda _: 9))
        assert await first.outcome() == 9
        third = Write()
        await third.ends(answer(third, failing))
        with pytest.raises(sqlite3.OperationalError):
            await third.outcome()

    asyncio.run(story())


def test_a_write_whose_task_was_cancelled_has_an_unknown_outcome() -> None:
    async def story() -> None:
        write = Write()
        task = asyncio.ensure_future(write.ends(asyncio.Event().wait()))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(StoreUnavailable, match="given up"):
            await write.outcome()

    asyncio.run(story())


async def begun(house: House, changes: Changes) -> asyncio.Task[None]:
    """A commit that is under way."""
    work = asyncio.ensure_future(house.store.commit(changes))
    await asyncio.sleep(0)
    return work


def have_log_moved(house: House) -> None:
    """The next commit moves the rest of the log first."""
    road = house.store._road
    assert isinstance(road, SqliteRoad)
    road._tidied = True


async def losing(house: House, *, log_moves: bool = False) -> asyncio.Task[None]:
    """Session 9 is there, and a commit is under way that knows another version of it."""
    await settle_two(house)
    first = session(9)
    await house.store.commit(Changes(NOW_US, 0, sessions_new=[first]))
    if log_moves:
        have_log_moved(house)
    return await begun(house, Changes(NOW_US, 0, sessions=[outdated(first)]))


def outdated(one: Session) -> Session:
    """What is written of a session by who knows another version of it."""
    return replace(one, version=7, output_octets=5)


async def ids(house: House) -> list[int]:
    """The sessions that there are."""
    return [row[0] for row in await house.table("session_facts")]


def test_what_was_prepared_is_there_when_it_is_asked_for(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        work = await begun(house, Changes(NOW_US, 0, sessions_new=[session(10)]))
        second = Changes(NOW_US, 0, sessions_new=[session(11)])
        house.store.prepare(second)
        await work
        third = Changes(NOW_US, 0, sessions_new=[session(12)])
        commit = await begun(house, second)
        house.store.prepare(third)
        await commit
        await house.store.commit(third)
        assert await ids(house) == [10, 11, 12]
        assert await house.findings() == []

    tell(house_url, story)


def test_what_stands_on_a_commit_that_lost_a_race_is_not_written(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        async with house.database.office() as connection:
            await record_change(connection, "account", 1)
        work = await begun(house, Changes(NOW_US, 0, sessions_new=[session(10)]))
        house.store.prepare(Changes(NOW_US, 1, sessions_new=[session(11)]))
        with pytest.raises(Conflict):
            await work
        (change,) = await house.store.feed(0)
        again = Changes(NOW_US, change.seq, sessions_new=[session(12)])
        await house.store.commit(again)
        assert await ids(house) == [12], "11 would have found the change that it wanted"

    tell(house_url, story)


def test_a_queued_commit_may_lose_a_race_of_its_own(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        first = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[first]))
        work = await begun(house, Changes(NOW_US, 0, sessions_new=[session(11)]))
        second = Changes(NOW_US, 0, sessions=[outdated(first)])
        house.store.prepare(second)
        await work
        with pytest.raises(Conflict):
            await house.store.commit(second)
        assert await ids(house) == [10, 11]

    tell(house_url, story)


def test_where_the_log_has_to_be_moved_first_nothing_is_queued(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        road = house.store._road
        assert isinstance(road, SqliteRoad)
        steps = [Step("note", [("tests", "here")])]
        road._latest.well = True
        packed = road.pack(None, steps)
        assert isinstance(packed, Packed) and packed.queued is not None
        await packed.queued.outcome()
        monkeypatch.setattr(desk_sqlite, "CHECKPOINT_PAGES", -1)
        packed = road.pack(None, steps)
        assert isinstance(packed, Packed) and packed.queued is None

    tell(house_sqlite_url, story)


def test_a1_a_database_that_was_removed_acknowledges_no_queued_commit(
    house_sqlite_url: str,
) -> None:
    remove = Path(house_sqlite_url.removeprefix("sqlite:///")).unlink

    async def story(house: House) -> None:
        await settle_two(house)
        work = await begun(house, Changes(NOW_US, 0, sessions_new=[session(10)]))
        second = Changes(NOW_US, 0, sessions_new=[session(11)])
        house.store.prepare(second)
        remove()
        with pytest.raises(StoreUnavailable, match="gone from under the server"):
            await work
        with pytest.raises(StoreUnavailable, match="gone from under the server"):
            await house.store.commit(second)

    tell(house_sqlite_url, story)


def test_what_is_prepared_while_the_log_is_moved_for_its_ground_is_not_written_before_that(
    house_sqlite_url: str,
) -> None:
    """The commit before waits for the log, and would lose its race."""

    async def story(house: House) -> None:
        work = await losing(house, log_moves=True)
        house.store.prepare(Changes(NOW_US, 0, sessions_new=[session(11)]))
        with pytest.raises(Conflict):
            await work
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[session(12)]))
        assert await ids(house) == [9, 12]

    tell(house_sqlite_url, story)


def test_a_write_behind_one_that_moves_the_log_first_is_begun_in_its_turn(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies on the thread already when the log has been moved."""
    alone: list[int] = []
    written = SqliteRoad._written

    async def counted(road: SqliteRoad, *args: Any) -> int:
        alone.append(1)
        return await written(road, *args)

    async def story(house: House) -> None:
        await settle_two(house)
        monkeypatch.setattr(SqliteRoad, "_written", counted)
        have_log_moved(house)
        work = await begun(house, Changes(NOW_US, 0, sessions_new=[session(10)]))
        second = Changes(NOW_US, 0, sessions_new=[session(11)])
        house.store.prepare(second)
        await work
        await house.store.commit(second)
        assert await ids(house) == [10, 11]
        assert alone == [1], "the second one was queued"

    tell(house_sqlite_url, story)


def test_a_small_write_in_between_is_not_what_a_batch_stands_on(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        work = await losing(house)
        mark = asyncio.ensure_future(house.store.mark_feed(0))
        await asyncio.sleep(0)
        house.store.prepare(Changes(NOW_US, 0, sessions_new=[session(11)]))
        with pytest.raises(Conflict):
            await work
        await mark
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[session(12)]))
        assert await ids(house) == [9, 12]

    tell(house_sqlite_url, story)
