"""A flush answers for all commits before it, or for none from then on."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest

from aaa.ports import Changes, StoreUnavailable
from store.desk import DeskStore
from store.desk_sqlite import SqliteRoad
from store.flusher import Flusher
from tests.store.house import NOW_US, House, PlainSealer, Untold, session, settle_two
from tests.store.tasks import Tasks


class Thread:
    """A driver whose calls are made at once; counts them."""

    def __init__(self, error: sqlite3.Error | None = None) -> None:
        """With what a flush raises, if it does."""
        self.calls_n = 0
        self.error = error
        self._tx = self

    def put_nowait(self, job: tuple[asyncio.Future[None], Callable[[], None]]) -> None:
        """As the queue to a thread does."""
        end, call = job
        self.calls_n += 1
        try:
            call()
        except sqlite3.Error as error:
            end.set_exception(error)
        else:
            end.set_result(None)

    def flush(self) -> None:
        """As a writer does."""
        if self.error is not None:
            raise self.error

    def forgive(self) -> None:
        """As a writer does."""
        self.error = None

    async def close(self) -> None:
        """As a connection does."""


def flusher_of(thread: Any) -> Flusher:
    """A flusher on this thread."""
    return Flusher(thread, thread, thread)


async def flush(flusher: Flusher) -> None:
    """As it follows a commit."""
    begin, flushed = flusher.behind()
    begin()
    await flusher.answers(flushed)


def test_a_flush_that_succeeds_leaves_nothing_torn() -> None:
    thread = Thread()
    flusher = flusher_of(thread)
    asyncio.run(flush(flusher))
    assert thread.calls_n == 1 and not flusher.torn


def test_a1_after_a_flush_that_failed_none_answers_for_a_commit() -> None:
    thread = Thread(sqlite3.OperationalError("disk I/O error at a flush"))
    flusher = flusher_of(thread)
    with pytest.raises(StoreUnavailable, match="I/O error"):
        asyncio.run(flush(flusher))
    assert flusher.torn
    thread.error = None
    with pytest.raises(StoreUnavailable, match="earlier commit"):
        asyncio.run(flush(flusher))


def test_a1_a_flush_that_was_under_way_when_another_failed_answers_for_nothing() -> None:
    async def story() -> None:
        flusher = flusher_of(Thread())
        work = asyncio.ensure_future(flush(flusher))
        flusher.torn = True
        with pytest.raises(StoreUnavailable, match="earlier commit"):
            await work

    asyncio.run(story())


def test_after_a_mend_flushes_are_believed_again() -> None:
    thread = Thread(sqlite3.OperationalError("disk I/O error at a flush"))
    flusher = flusher_of(thread)
    with pytest.raises(StoreUnavailable):
        asyncio.run(flush(flusher))
    flusher.mended()
    asyncio.run(flush(flusher))
    assert thread.calls_n == 2 and not flusher.torn


def test_a1_a_flush_that_was_given_up_answers_for_nothing() -> None:
    async def story() -> None:
        flusher = flusher_of(Thread())
        _, flushed = flusher.behind()
        work = asyncio.ensure_future(flusher.answers(flushed))
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert flusher.torn

    asyncio.run(story())


def test_a_flush_follows_its_commit_while_the_loop_is_busy(house_sqlite_url: str) -> None:
    """It is begun by the writer's thread, and ends with nobody there to hear of it."""

    async def story() -> None:
        database = await Untold.open(house_sqlite_url)
        store = await DeskStore.open(database, PlainSealer(), spawn=Tasks())
        road = store._road
        assert isinstance(road, SqliteRoad) and road._flusher is not None
        begin, flushed = road._flusher.behind()
        threading.Thread(target=begin).start()
        over: queue.SimpleQueue[None] = queue.SimpleQueue()
        road._flusher._driver._tx.put_nowait((None, lambda: over.put(None)))
        over.get(timeout=60)  # the loop is not free until that
        assert not flushed.done()
        await road._flusher.answers(flushed)
        await store.close()
        await database.close()

    asyncio.run(story())


def test_a_store_that_is_closed_has_flushed_what_was_queued(house_sqlite_url: str) -> None:
    async def story() -> None:
        database = await Untold.open(house_sqlite_url)
        tasks = Tasks()
        store = await DeskStore.open(database, PlainSealer(), spawn=tasks)
        await settle_two(House(database, store))
        changes = [Changes(NOW_US, 0, sessions_new=[session(9 + n)]) for n in range(3)]
        first, *others = changes
        work = asyncio.ensure_future(store.commit(first))
        await asyncio.sleep(0)
        for one in others:
            store.prepare(one)
        await store.close()
        await asyncio.gather(work, *tasks.begun)
        await database.close()

    asyncio.run(story())
