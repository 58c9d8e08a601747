"""Natural group commit: the next batch is whatever arrived while the last one was committed.

No timer: an idle server commits a single packet at once, a busy one shares each commit among many.
After a batch its replies go out and the orders it made durable are carried out.

While a batch is being committed this thread has nothing to do, so as soon as about as much has come
as that batch holds, the desk decides it behind that one (`aaa.desk.Desk.ahead`); then its commit
begins when the other ends, and the answers of that one are signed beside it. What the desk cannot
decide ahead is held, and more may join it until its turn comes.

The desk never raises for what a packet or a store does. Should it raise all the same, the batch
ends in silence, which is always safe: devices repeat what was not answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from aaa.outcome import FAILED, Outcome
from aaa.request import Item, Request, Sweep
from domain.grant import Order
from domain.seams import Clock, Spawn
from server._road import settle_all, shed_all
from server.chore import Chore
from server.logs import Log
from server.meters import Meters
from server.one_at_a_time import CountedLock
from server.parked import Parked
from server.ports import Desk
from server.queue import Errand, Queue, Rank
from server.readiness import Readiness
from server.walk import DEAF, Batch, Ears, beside, share_of

_SHED_AS: Final = tuple((rank.name.lower(),) for rank in Rank)
TASK_RETRY_US: Final = 1_000_000  # doubled with each failure, up to the next
TASK_RETRY_MAX_US: Final = 10_000_000


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
        ahead_min_n: int,
        clock: Clock,
        spawn: Spawn,
        meters: Meters,
        readiness: Readiness,
        carry: Callable[[Sequence[Order]], None],
        done: Callable[[Item], None],
        turnstile: CountedLock,
        log: Log,
        ears: Ears = DEAF,
    ) -> None:
        self._ears = ears
        self._turnstile = turnstile
        self._desk = desk
        self._queue = queue
        self._batch_max_n = batch_max_n
        self._ahead_min_n = ahead_min_n
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
        self._under_way: Batch | None = None  # at the desk
        self._behind: Batch | None = None  # decided behind it
        self._held: Batch | None = None  # taken from the queue, to be decided in its turn
        self.parked = Parked(spawn, log, join=self._join, shed=self._shed, moved=self._work.set)

    def offer(self, errand: Errand) -> None:
        """Take a request in; what has to go for lack of room is shed and counted."""
        self._join(errand)

    def offer_all(self, errands: Sequence[Errand]) -> None:
        """Take in the requests of a burst."""
        shed = self._queue.offer_all(errands)
        if shed:
            shed_all(shed, self._meters.shed, _SHED_AS)
        self._has_come()

    def task(self, item: Item) -> None:
        """Take in a task of our own."""
        chore = Chore(item, self._again, self._done)
        chore.entered_us = self._clock.monotonic_us()
        self._join(chore)

    def collect(self) -> None:
        """Take in what the desk wants done next."""
        for item in self._desk.pending():
            self.task(item)

    @property
    def busy(self) -> bool:
        """Is a batch at the desk, so that what comes has to wait?"""
        return self._under_way is not None

    def lengths(self) -> dict[Rank, int]:
        """How many wait, by rank."""
        return self._queue.lengths()

    async def quiet(self) -> None:
        """Return when nothing waits and nothing is being decided."""
        await self._quiet.wait()

    async def run(self) -> None:
        """Serve batches for ever."""
        while True:
            self._ears.poll()
            if not self._queue and self._held is None:
                if not self.parked:
                    self._quiet.set()
                self._ears.listen()
                self._work.clear()
                await self._work.wait()
            batch = self._take(0)
            if batch.errands:
                await self._serve(batch)

    # ---------------------------------------------------------------- at the desk

    def _take(self, before_n: int) -> Batch:
        """What was held, and what has come since, as far as there is room; of a crowd its share."""
        now_us = self._clock.monotonic_us()
        held, self._held = self._held, None
        errands, covered_n, began_us = held if held is not None else Batch([], 0, now_us)
        room_n = self._batch_max_n - len(errands)
        if room_n > 0:
            enough_n = room_n
            if not errands and self._queue.is_crowd:
                enough_n = share_of(before_n, len(self._queue), self._ahead_min_n)
            found, stale, found_covered_n = self._queue.take(room_n, now_us, enough_n)
            shed_all(stale, self._meters.shed, _SHED_AS)
            errands, covered_n = errands + found, covered_n + found_covered_n
        return Batch(errands, covered_n, began_us)

    async def _serve(self, batch: Batch) -> None:
        """Serve a batch, and those that are decided behind it, one behind the other."""
        async with self._turnstile:
            self._under_way = batch
            items = [errand.item for errand in batch.errands]
            served = self._decide(batch, self._desk.serve(items, self._clock.now_us()))
            if len(self._queue) >= self._ahead_min_n:
                outcomes = await beside(self._spawn, served, self._look_ahead)
            else:
                outcomes = await served
            while self._behind is not None:
                then = partial(self._relay, batch, outcomes)
                batch, self._behind = self._behind, None
                self._under_way = batch
                served = self._decide(batch, self._desk.follow())
                outcomes = await beside(self._spawn, served, then)
            self._under_way = None
        self._hand_out(batch, outcomes)

    def _relay(self, done: Batch, outcomes: Sequence[Outcome]) -> None:
        """The batch behind `done` is being committed: hand out what became of that."""
        self._hand_out(done, outcomes)
        self._desk.catch_up()  # meanwhile those who were answered ask for more
        self._ears.poll()
        self._look_ahead()

    async def _decide(
        self, batch: Batch, served: Awaitable[Sequence[Outcome]]
    ) -> Sequence[Outcome]:
        items_n = len(batch.errands)
        try:
            outcomes = await served
            assert len(outcomes) == items_n, "one outcome for each item"
        except Exception as error:  # noqa: BLE001 - silence is safe, a dead server is not
            self._log.error("batch failed", items=items_n, error=repr(error), exc_info=error)
            return [FAILED] * items_n
        return outcomes

    def _look_ahead(self) -> None:
        """Have the desk decide what has come, while the batch before it is being committed.

        Who comes later waits for one more commit, so it is done late: at half of the batch before
        it the median wait was twice as long on PostgreSQL, and no more got through. But a crowd of
        logins takes as long to decide as to commit.
        Not while others wait for the store: then this row of batches ends with the next commit.
        """
        before = self._under_way
        if before is None or self._behind is not None or self._held is not None:
            return
        before_n = len(before.errands)
        enough_n = before_n // 2 if self._queue.is_crowd else before_n * 7 // 8
        if len(self._queue) < max(self._ahead_min_n, enough_n):
            return
        if self._turnstile.waiting_n or not self._desk.may_look_ahead:
            return
        batch = self._take(before_n)
        items = [errand.item for errand in batch.errands]
        if items and self._desk.ahead(items, self._clock.now_us()):
            self._behind = batch
        elif items:  # not all that waited were logins, and too old
            self._held = batch

    # ---------------------------------------------------------------- after the desk

    def _hand_out(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        """Answer a batch, and carry out what it ordered."""
        errands, ended_us = batch.errands, self._clock.monotonic_us()
        self._meters.batch_times[()].observe(ended_us - batch.began_us)
        self._meters.batch_sizes[()].observe(len(errands))
        if batch.covered_n:
            self._meters.coalesced[()] += batch.covered_n
        if all(outcome.label == FAILED.label for outcome in outcomes):
            self._meters.failed_batches[()] += 1
            self._readiness.store_failed(self._desk.trouble)
        elif any(isinstance(errand.item, Request) for errand in errands):
            self._readiness.store_proved(ended_us)  # our own tasks may have changed nothing
        for errand, outcome, error in settle_all(errands, outcomes, ended_us):
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
                self.parked.hash(errand, outcome.check)
            elif outcome.again_us:
                self.parked.put_off(errand, outcome.again_us)
            else:
                errand.settle(outcome, now_us)
        except Exception as error:  # noqa: BLE001 - a dead batcher would be silence for all
            self._mistold(errand, error)

    def _mistold(self, errand: Errand, error: Exception) -> None:
        self._log.error("an answer failed", error=repr(error), exc_info=error)
        if isinstance(errand.item, Request):
            errand.shed()

    def _join(self, errand: Errand) -> None:
        shed = self._queue.offer(errand)
        if shed is not None:
            self._shed(shed)
        self._has_come()

    def _has_come(self) -> None:
        self._quiet.clear()
        self._work.set()
        self._look_ahead()

    def _shed(self, errand: Errand) -> None:
        self._meters.shed[_SHED_AS[errand.rank]] += 1
        errand.shed()

    def _again(self, chore: Chore) -> None:
        """Try a task once more, later and later; a sweep comes again by itself."""
        self._meters.failed_tasks[type(chore.item).__name__.lower(),] += 1
        if not isinstance(chore.item, Sweep):
            delay_us = min(TASK_RETRY_US << min(chore.failures_n - 1, 10), TASK_RETRY_MAX_US)
            self._spawn.later(delay_us, partial(self._join, chore))
