"""Nobody steps into a batch's transaction."""

from __future__ import annotations

import asyncio

from aaa.ports import Change
from server.one_at_a_time import CountedLock, OneAtATime
from tests.server.fakes import Store, device


class Narrow(Store):
    """A store that breaks when two are inside."""

    inside = 0

    async def enter(self) -> None:
        assert self.inside == 0, "two at a time"
        self.inside += 1
        for _ in range(3):
            await asyncio.sleep(0)
        self.inside -= 1

    async def feed_seq(self) -> int:
        await self.enter()
        return await super().feed_seq()

    async def probe(self, at_us: int) -> None:
        await self.enter()


def test_questions_and_batches_take_turns() -> None:
    async def story() -> None:
        lock = CountedLock()
        narrow = Narrow()
        store = OneAtATime(narrow, lock)

        async def batch() -> None:
            async with lock:
                await narrow.enter()

        calls = (batch, lambda: store.probe(1), store.feed_seq)
        await asyncio.gather(*(call() for _ in range(5) for call in calls))

    asyncio.run(story())


def test_every_question_comes_through_unchanged() -> None:
    async def story() -> None:
        inner = Store([device(4)])
        store = OneAtATime(inner, CountedLock())
        assert await store.load_devices() == inner.devices
        assert await store.pending_orders() == []
        assert await store.feed(0) == []
        await store.knocked([])
        await store.mark_feed(4)
        assert await store.feed_mark() == inner.mark == 4

    asyncio.run(story())


def test_while_batches_follow_one_another_a_commit_answers_for_the_feed() -> None:
    async def story() -> None:
        lock, inner = CountedLock(), Store()
        store = OneAtATime(inner, lock)
        inner.changes, inner.proof = [Change(8, "account", 1)], 7
        assert len(await store.feed(7)) == 1, "nobody is inside: it is asked"
        async with lock:
            assert await store.feed(7) == [], "what a commit has found"
            asking = asyncio.ensure_future(store.feed(7))
            await asyncio.sleep(0)
            assert lock.waiting_n == 1, "a proof is good for once"
        assert len(await asking) == 1
        inner.proof = 8
        async with lock:
            asking = asyncio.ensure_future(store.feed(7))
            await asyncio.sleep(0)
            assert lock.waiting_n == 1, "it proves nothing about an earlier place"
        assert len(await asking) == 1

    asyncio.run(story())
