"""Natural group commit: the next batch is whatever arrived while the last one was committed.

One coroutine, one batch at a time, no timer: an idle server commits a single packet at once, a
busy one shares each commit among many. After a batch its replies go out and the orders it made
durable are carried out in the same turn of the loop.

The desk never raises for what a packet or a store does. Should it raise all the same, the batch
ends in silence, which is always safe: devices repeat what was not answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from aaa.outcome import FAILED, Outcome
from aaa.request import Item, Request, Sweep
from domain.grant import Order
from domain.seams import Clock, Spawn
from server._road import settle_all, shed_all
from server.logs import Log
from server.meters import Meters
from server.ports import Desk
from server.queue import Errand, Queue, Rank
from server.readiness import Readiness

HASHES_MAX: Final = 256  # logins whose password hash is being computed or waits for it
_SHED_AS: Final = tuple((rank.name.lower(),) for rank in Rank)
TASK_RETRY_US: Final = 1_000_000  # doubled with each failure, up to the next
TASK_RETRY_MAX_US: Final = 10_000_000


class Chore:
    """One task of our own on its way to the desk; it is tried until it succeeds."""

    __slots__ = ("_again", "_done", "arrival_n", "entered_us", "failures_n", "item", "rank")

    def __init__(
        self, item: Item, again: Callable[[Chore], None], done: Callable[[Item], None]
    ) -> None:
        self.item = item
        self.rank = Rank.TASK
        self.arrival_n = 0
        self.entered_us = 0
        self.failures_n = 0
        self._again = again
        self._done = done

    def settle(self, outcome: Outcome, now_us: int) -> None:
        """Durable, or to be tried again."""
        if outcome.label == FAILED.label:
            self.failures_n += 1
            self._again(self)
        else:
            self._done(self.item)

    def shed(self) -> None:
        """Tasks are never shed."""
        raise AssertionError("a task was shed")


class Batcher:
    """Queues errands and feeds them to the desk.

    `carry(orders)` carries out what a batch ordered; `done(item)` hears of each task that has
    become durable. `turnstile` is held while the desk is at the store.
    """

    def __init__(
        self,
        desk: Desk,
        queue: Queue,
        *,
        batch_max_n: int,
        clock: Clock,
        spawn: Spawn,
        meters: Meters,
        readiness: Readiness,
        carry: Callable[[Sequence[Order]], None],
        done: Callable[[Item], None],
        turnstile: asyncio.Lock,
        log: Log,
    ) -> None:
        self._turnstile = turnstile
        self._desk = desk
        self._queue = queue
        self._batch_max_n = batch_max_n
        self._clock = clock
        self._spawn = spawn
        self._meters = meters
        self._readiness = readiness
        self._carry = carry
        self._done = done
        self._log = log
        self._work = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.hashes_n = 0

    def offer(self, errand: Errand) -> None:
        """Take a request in; what has to go for lack of room is shed and counted."""
        self._join(errand)

    def offer_all(self, errands: Sequence[Errand]) -> None:
        """Take in the requests of a burst."""
        shed = self._queue.offer_all(errands)
        if shed:
            shed_all(shed, self._meters.shed, _SHED_AS)
        self._quiet.clear()
        self._work.set()

    def task(self, item: Item) -> None:
        """Take in a task of our own."""
        chore = Chore(item, self._again, self._done)
        chore.entered_us = self._clock.monotonic_us()
        self._join(chore)

    def collect(self) -> None:
        """Take in what the desk wants done next."""
        for item in self._desk.pending():
            self.task(item)

    def lengths(self) -> dict[Rank, int]:
        """How many wait, by rank."""
        return self._queue.lengths()

    async def quiet(self) -> None:
        """Return when nothing waits and nothing is being decided."""
        await self._quiet.wait()

    async def run(self) -> None:
        """Serve batches for ever."""
        while True:
            if not self._queue:
                if not self.hashes_n:
                    self._quiet.set()
                self._work.clear()
                await self._work.wait()
            await self._serve()

    async def _serve(self) -> None:
        began_us = self._clock.monotonic_us()
        batch, stale, covered_n = self._queue.take(self._batch_max_n, began_us)
        shed_all(stale, self._meters.shed, _SHED_AS)
        if not batch:
            return
        outcomes = await self._decide(batch)
        ended_us = self._clock.monotonic_us()
        self._meters.batch_times[()].observe(ended_us - began_us)
        self._meters.batch_sizes[()].observe(len(batch))
        if covered_n:
            self._meters.coalesced[()] += covered_n
        if all(outcome.label == FAILED.label for outcome in outcomes):
            self._meters.failed_batches[()] += 1
            self._readiness.store_failed(self._desk.trouble)
        elif any(isinstance(errand.item, Request) for errand in batch):
            self._readiness.store_proved(ended_us)  # our own tasks may have changed nothing
        for errand, outcome, error in settle_all(batch, outcomes, ended_us):
            if error is None:
                self._tell(errand, outcome, ended_us)
            else:
                self._mistold(errand, error)
        orders = self._desk.take_orders()
        if orders:
            try:
                self._carry(orders)
            except Exception as error:  # noqa: BLE001 - they are rows: the next start sends them
                self._log.error("orders failed", orders=len(orders), error=repr(error))
        self.collect()

    def _tell(self, errand: Errand, outcome: Outcome, now_us: int) -> None:
        """Hand out one outcome; what goes wrong with it costs nobody else an answer."""
        try:
            if outcome.check is not None:
                self._hash(errand, outcome.check)
            else:
                errand.settle(outcome, now_us)
        except Exception as error:  # noqa: BLE001 - a dead batcher would be silence for all
            self._mistold(errand, error)

    def _mistold(self, errand: Errand, error: Exception) -> None:
        self._log.error("an answer failed", error=repr(error), exc_info=error)
        if isinstance(errand.item, Request):
            errand.shed()

    async def _decide(self, batch: Sequence[Errand]) -> Sequence[Outcome]:
        items = [errand.item for errand in batch]
        try:
            async with self._turnstile:
                outcomes = await self._desk.serve(items, self._clock.now_us())
            assert len(outcomes) == len(items), "one outcome for each item"
        except Exception as error:  # noqa: BLE001 - silence is safe, a dead server is not
            self._log.error("batch failed", items=len(items), error=repr(error), exc_info=error)
            return [FAILED] * len(items)
        return outcomes

    def _join(self, errand: Errand) -> None:
        shed = self._queue.offer(errand)
        if shed is not None:
            self._shed(shed)
        self._quiet.clear()
        self._work.set()

    def _shed(self, errand: Errand) -> None:
        self._meters.shed[_SHED_AS[errand.rank]] += 1
        errand.shed()

    def _hash(self, errand: Errand, slow: Callable[[], bool]) -> None:
        if self.hashes_n >= HASHES_MAX:
            self._shed(errand)
            return
        self.hashes_n += 1
        self._quiet.clear()
        self._spawn.task(self._hashed(errand, slow), "password hash")

    async def _hashed(self, errand: Errand, slow: Callable[[], bool]) -> None:
        assert isinstance(errand.item, Request)
        try:
            errand.item.hash_ok = await self._spawn.thread(slow)
        except Exception as error:  # noqa: BLE001 - an unreadable hash must not stop the door
            self._log.error("password hash failed", error=type(error).__name__)
            errand.shed()
        else:
            self._join(errand)
        finally:
            self.hashes_n -= 1
            self._work.set()

    def _again(self, chore: Chore) -> None:
        """Try a task once more, later and later; a sweep comes again by itself."""
        self._meters.failed_tasks[type(chore.item).__name__.lower(),] += 1
        if not isinstance(chore.item, Sweep):
            delay_us = min(TASK_RETRY_US << min(chore.failures_n - 1, 10), TASK_RETRY_MAX_US)
            self._spawn.later(delay_us, partial(self._join, chore))
