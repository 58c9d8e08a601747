"""A flush answers for all commits before it, or for none from then on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from aaa.ports import StoreUnavailable
from store.flusher import Flusher


class Thread:
    """A driver whose calls are made at once; counts them."""

    def __init__(self, error: sqlite3.Error | None = None) -> None:
        """With what a flush raises, if it does."""
        self.calls_n = 0
        self.error = error

    async def _execute(self, call: Callable[[], None]) -> None:
        self.calls_n += 1
        call()

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


def test_a_flush_that_succeeds_leaves_nothing_torn() -> None:
    thread = Thread()
    flusher = flusher_of(thread)
    asyncio.run(flusher.flush())
    assert thread.calls_n == 1 and not flusher.torn


def test_a1_after_a_flush_that_failed_none_answers_for_a_commit() -> None:
    thread = Thread(sqlite3.OperationalError("disk I/O error at a flush"))
    flusher = flusher_of(thread)
    with pytest.raises(StoreUnavailable, match="I/O error"):
        asyncio.run(flusher.flush())
    assert flusher.torn
    thread.error = None
    with pytest.raises(StoreUnavailable, match="earlier commit"):
        asyncio.run(flusher.flush())
    assert thread.calls_n == 1


def test_a1_a_flush_that_was_under_way_when_another_failed_answers_for_nothing() -> None:
    async def story() -> None:
        flusher = flusher_of(Thread())
        work = asyncio.ensure_future(flusher.flush())
        flusher.torn = True
        with pytest.raises(StoreUnavailable, match="earlier commit"):
            await work

    asyncio.run(story())


def test_after_a_mend_flushes_are_believed_again() -> None:
    thread = Thread(sqlite3.OperationalError("disk I/O error at a flush"))
    flusher = flusher_of(thread)
    with pytest.raises(StoreUnavailable):
        asyncio.run(flusher.flush())
    flusher.mended()
    asyncio.run(flusher.flush())
    assert thread.calls_n == 2 and not flusher.torn


def test_a1_a_flush_that_was_given_up_answers_for_nothing() -> None:
    class Slow(Thread):
        async def _execute(self, call: Callable[[], None]) -> None:
            await asyncio.Event().wait()

    async def story() -> None:
        flusher = flusher_of(Slow())
        work = asyncio.ensure_future(flusher.flush())
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert flusher.torn

    asyncio.run(story())


def test_a_flusher_that_is_closed_flushes_nothing() -> None:
    async def story() -> None:
        thread = Thread()
        flusher = flusher_of(thread)
        await flusher.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            await flusher.flush()
        assert thread.calls_n == 0

    asyncio.run(story())
