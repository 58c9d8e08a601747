"""Packages that are bought again by themselves: when they end, and when the money comes.

Ends are walked in their order, each once, from the oldest on: a moment before an end comes the
package is bought, so that a session never notices. Who has no money then is left to expire, and is
tried again at once when the change feed says that the account or the subscriber has changed; whose
account was moved by something else in the same moment is tried again soon. All of it happens in
short transactions of the office, never at the desk, which hears of it by the same feed. Nothing is
remembered here that a restart would miss: the first walk passes every end there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aaa.ports import Change, StoreUnavailable
from domain.seams import Clock, Spawn
from server.logs import Log
from server.meters import Meters
from server.ports import Packages

AHEAD_US: Final = 60_000_000  # so long before its end a package is bought again
LOOKED_AT_N: Final = 500  # ends that are looked at in one snapshot
BOUGHT_AT_ONCE_N: Final = 20  # renewals in one transaction: packets wait for it on SQLite
HELD_EVERY_N: Final = 5  # rounds between two tries for who lost a race
HELD_MAX_N: Final = 100_000

_EVER: Final = (-1, -1)  # before every end
_RENEWED, _HELD, _NOT_DUE = "renewed", "held", "not-due"


class Renewals:
    """Renews what ends: `run` for ever, `hear` of changes."""

    def __init__(
        self,
        packages: Packages,
        *,
        clock: Clock,
        spawn: Spawn,
        meters: Meters,
        log: Log,
        renewed: Callable[[], None],
        period_us: int,
    ) -> None:
        """`renewed()` is called when something was written that the feed tells."""
        self._packages = packages
        self._clock = clock
        self._spawn = spawn
        self._period_us = period_us
        self._meters = meters
        self._log = log
        self._renewed = renewed
        self._after = _EVER
        self._subscribers: set[int] = set()  # to be tried: they have changed
        self._accounts: set[int] = set()
        self._held: set[int] = set()
        self._rounds_n = 0
        self._wake = asyncio.Event()

    def hear(self, changes: Iterable[Change]) -> None:
        """Note what has changed; who has is tried at once."""
        for change in changes:
            if change.kind == "subscriber":
                self._subscribers.add(change.row_id)
            elif change.kind == "account":
                self._accounts.add(change.row_id)
            elif change.kind in ("plan", "everything"):
                self._after = _EVER  # another price, or nobody knows what: look at all of them
        if self._subscribers or self._accounts:
            self._wake.set()

    async def run(self) -> None:
        """Renew each period, and whenever somebody has changed, for ever."""
        while True:
            try:
                await self.round()
            except StoreUnavailable as error:
                self._log.warning("renewals wait for the database", why=str(error))
            except Exception as error:  # noqa: BLE001 - or nobody is renewed until a restart
                self._meters.failed_tasks["renewals",] += 1
                self._log.error("renewals failed", error=repr(error), exc_info=error)
            cancel = self._spawn.later(self._period_us, self._wake.set)
            await self._wake.wait()
            cancel()
            self._wake.clear()

    async def round(self) -> None:
        """Try who has changed, then who ends. What the store interrupts, the next round does."""
        await self._changed()
        await self._ending()

    async def _changed(self) -> None:
        self._rounds_n += 1
        again = self._held if self._rounds_n % HELD_EVERY_N == 0 else set()
        if not self._subscribers and not self._accounts and not again:
            return
        subscribers, accounts = self._subscribers | again, self._accounts
        self._subscribers, self._accounts = set(), set()
        try:
            owners = await self._packages.subscribers_of(accounts) if accounts else []
            wanted = sorted(subscribers | set(owners))
            for at in range(0, len(wanted), LOOKED_AT_N):
                await self._try(wanted[at : at + LOOKED_AT_N], self._until_us(), first=False)
        except StoreUnavailable:
            self._subscribers |= subscribers
            self._accounts |= accounts
            raise

    async def _ending(self) -> None:
        until_us = self._until_us()
        while True:
            ends = await self._packages.ending(self._after, until_us, LOOKED_AT_N)
            await self._try([subscriber_id for _, subscriber_id in ends], until_us, first=True)
            if len(ends) < LOOKED_AT_N:
                break
            self._after = ends[-1]
        # Whoever is given an earlier end than this later on is heard of.
        self._after = max(self._after, (until_us, 1 << 62))

    async def _try(self, subscriber_ids: Sequence[int], until_us: int, *, first: bool) -> None:
        """Renew those who can be; `first`: their end has not been looked at before."""
        if not subscriber_ids:
            return
        fates = await self._packages.promising(subscriber_ids, until_us)
        buyers = [key for key in subscriber_ids if fates.get(key) == _RENEWED]
        for at in range(0, len(buyers), BOUGHT_AT_ONCE_N):
            some = buyers[at : at + BOUGHT_AT_ONCE_N]
            done = await self._packages.renew(some, self._clock.now_us(), until_us)
            fates.update(done)
            if _RENEWED in done.values():
                self._renewed()
        for key in subscriber_ids:
            self._count(key, fates.get(key, _NOT_DUE), first=first)

    def _count(self, subscriber_id: int, fate: str, *, first: bool) -> None:
        if fate == _HELD and len(self._held) < HELD_MAX_N:
            self._held.add(subscriber_id)
        elif fate != _HELD:
            self._held.discard(subscriber_id)
        if fate == _RENEWED or (first and fate != _NOT_DUE):
            self._meters.renewals[fate,] += 1

    def _until_us(self) -> int:
        return self._clock.now_us() + AHEAD_US
