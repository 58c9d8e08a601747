"""The store behind a turnstile: one of a batch, a poll, a probe at a time.

The desk's store is one connection, on which a batch is one transaction; what the rim asks for in
between must not step into it. The batcher holds the turnstile while the desk serves a batch, and
every question of the rim passes it alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aaa.ports import Change
from domain.device import Device, Observation
from domain.grant import Order
from server.ports import Knock, Store


class CountedLock:
    """Lets one through at a time, in order, and tells how many wait."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.waiting_n = 0

    @property
    def taken(self) -> bool:
        """Is somebody inside?"""
        return self._lock.locked()

    async def __aenter__(self) -> None:
        """Wait until nobody else is inside."""
        self.waiting_n += 1
        try:
            await self._lock.acquire()
        finally:
            self.waiting_n -= 1

    async def __aexit__(self, *_: object) -> None:
        """Let the next one in."""
        self._lock.release()


class OneAtATime:
    """A `server.ports.Store` that waits for `turnstile` before each call."""

    def __init__(self, store: Store, turnstile: CountedLock) -> None:
        self._store = store
        self._turnstile = turnstile

    async def load_devices(self) -> Sequence[Device]:
        """Every device with its secret opened and its latches."""
        async with self._turnstile:
            return await self._store.load_devices()

    async def pending_orders(self) -> Sequence[Order]:
        """Orders that no device has been seen to carry out."""
        async with self._turnstile:
            return await self._store.pending_orders()

    async def feed(self, since_seq: int) -> list[Change]:
        """Changes made elsewhere after `since_seq`, oldest first.

        Every commit looks whether there are any. While one batch follows another that is enough,
        and to let somebody in between takes as long as a batch.
        """
        if self._turnstile.taken and self._store.proved(since_seq):
            return []
        async with self._turnstile:
            return await self._store.feed(since_seq)

    def proved(self, since_seq: int) -> bool:
        """Has a commit found, since this was asked last, that nothing came after this change?"""
        return self._store.proved(since_seq)

    async def feed_seq(self) -> int:
        """The newest change number."""
        async with self._turnstile:
            return await self._store.feed_seq()

    async def feed_mark(self) -> int | None:
        """How far the feed was looked into."""
        async with self._turnstile:
            return await self._store.feed_mark()

    async def mark_feed(self, seq: int) -> None:
        """Say how far the feed was looked into."""
        async with self._turnstile:
            await self._store.mark_feed(seq)

    async def probe(self, at_us: int) -> None:
        """Commit something small."""
        async with self._turnstile:
            await self._store.probe(at_us)

    async def tidy(self) -> None:
        """Tidy up; the one call that needs no turn, for it is made to go on beside batches."""
        await self._store.tidy()

    async def knocked(self, knocks: Sequence[Knock]) -> None:
        """Add to the bounded record of who knocked."""
        async with self._turnstile:
            await self._store.knocked(knocks)

    async def observed(self, observations: Sequence[Observation]) -> None:
        """Add to what each device has been seen to do."""
        async with self._turnstile:
            await self._store.observed(observations)
