"""What others changed: the command line, a web page, another node.

The database keeps a feed of changes. It is read every 200 ms, and at once when the database can
say that there is something (PostgreSQL's NOTIFY). Devices are reloaded, new orders carried out,
and the desk forgets what it had cached, so that a top-up or a new router works without a restart.

How far that has come is marked in the database, once the sessions that a change concerns were
looked at and what follows is durable: the command line waits for it, and the next start goes on
from there, so what was changed while no server ran is dealt with as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aaa.ports import Change, StoreUnavailable
from domain.seams import Spawn
from server.logs import Log
from server.ports import Desk, Store
from server.readiness import Readiness

EVERYTHING: Final = "everything"  # the kind that says: some changes are gone, trust nothing


class Feed:
    """Reads the feed and tells those concerned. `collect` moves the desk's wishes to the queue."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        *,
        spawn: Spawn,
        readiness: Readiness,
        devices_changed: Callable[[], Awaitable[None]],
        orders_changed: Callable[[], Awaitable[None]],
        collect: Callable[[], None],
        log: Log,
        heard: Callable[[list[Change]], None] | None = None,
        poll_us: int = 200_000,
    ) -> None:
        self._poll_us = poll_us
        self._store = store
        self._desk = desk
        self._spawn = spawn
        self._readiness = readiness
        self._devices_changed = devices_changed
        self._orders_changed = orders_changed
        self._collect = collect
        self._heard = heard
        self._log = log
        self._wake = asyncio.Event()
        self._seq = 0
        self._marked = 0

    async def begin(self) -> None:
        """Start where the last run ended: what it did not get to is looked at now."""
        newest = await self._store.feed_seq()
        marked = await self._store.feed_mark()
        if marked is None or marked > newest:  # a new database, or one that was restored
            await self._store.mark_feed(newest)
            marked = newest
        self._seq = self._marked = marked

    def nudge(self) -> None:
        """There may be something to read."""
        self._wake.set()

    async def run(self) -> None:
        """Follow the feed for ever."""
        while True:
            cancel = self._spawn.later(self._poll_us, self._wake.set)
            await self._wake.wait()
            cancel()
            self._wake.clear()
            try:
                await self.read()
            except StoreUnavailable as error:
                self._readiness.store_failed(str(error))
            except Exception as error:  # noqa: BLE001 - to be deaf for good would be worse
                self._readiness.store_failed()
                self._log.error("the feed could not be read", error=repr(error), exc_info=error)

    async def read(self) -> None:
        """Read once. The place in the feed moves on only when all have heard."""
        changes = await self._store.feed(self._seq)
        if changes:
            await self._hear(changes)
        looked = min(self._desk.looked_seq, self._seq)
        if looked > self._marked:
            await self._store.mark_feed(looked)
            self._marked = looked

    async def _hear(self, changes: list[Change]) -> None:
        kinds = {change.kind for change in changes}
        if kinds & {"device", EVERYTHING}:
            await self._devices_changed()
        self._absorb(changes)
        if kinds & {"order", EVERYTHING}:
            await self._orders_changed()
        self._seq = changes[-1].seq
        if self._heard is not None:
            self._heard(changes)

    def _absorb(self, changes: list[Change]) -> None:
        self._desk.absorb(changes)
        self._collect()
