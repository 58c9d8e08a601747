"""The server as a whole: what is started in which order, and how it comes to rest.

`Server` needs seams, a store and a desk, and no reactor: it runs under any asyncio loop, a
simulated one included. `server.process` puts it into a real process, with signals and HTTP.

Nothing is taken in before everything that a packet may need is there; at the end nothing that
was decided is left unanswered. What a crash cuts short is safe as well: only what was committed
was acknowledged, and orders are rows that the next start carries out.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from aaa.ports import StoreUnavailable
from aaa.request import Item, Recheck, Settled, Sweep
from radius.duplicates import Duplicates
from server.batcher import Batcher
from server.door import ACCT_CODES, AUTH_CODES, Door
from server.feed import Feed
from server.foyer import Foyer
from server.knocks import Knocks, flush
from server.limits import Limits, Seams
from server.logs import Log
from server.meters import Meters
from server.observing import OBSERVATIONS_CHORES_N, Observing, write_down
from server.one_at_a_time import CountedLock, OneAtATime
from server.orders import OrderSender
from server.pace import Pace
from server.pages import Page, Pages
from server.ports import Desk, Packages, Store
from server.queue import Queue, Rank
from server.readiness import Readiness
from server.renewals import Renewals
from server.roster import Roster
from server.timers import Every, LoopLag, pause, within

KNOCKS_CHORES_N: Final = 5  # knocks are kept at every fifth chore
DRAIN_LOOK_US: Final = 10_000
NO_IPV6: Final = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


class Server:
    """The rim around a desk. `start()`, then `drain()`; `pages()` for the HTTP port."""

    def __init__(
        self,
        seams: Seams,
        limits: Limits,
        *,
        store: Store,
        desk: Desk,
        log: Log,
        meters: Meters | None = None,
        version: str = "",
        packages: Packages | None = None,
    ) -> None:
        self._seams = seams
        self._limits = limits
        self._turnstile = CountedLock()
        self._store: Store = OneAtATime(store, self._turnstile)
        self._desk = desk
        self._log = log
        self._version = version
        self._stops: list[Callable[[], None]] = []
        self._doors: list[Door] = []
        self.meters = meters or Meters()
        self.readiness = Readiness(proof_us=limits.proof_us)
        self.roster = Roster()
        self.knocks = Knocks()
        self.observing = Observing()
        self.orders = self._build_orders()
        self.batcher = self._build_batcher()
        self.renewals = None if packages is None else self._build_renewals(packages)
        self.feed = self._build_feed()
        self.nudge = self.feed.nudge  # to be called when the database says that something changed
        self.foyer = self._build_foyer()
        desk.broke = self._item_broke
        self.readiness.told = self._store_told
        self.lag = LoopLag(limits.chore_us, clock=seams.clock, spawn=seams.spawn)

    # ---------------------------------------------------------------- parts

    def _build_orders(self) -> OrderSender:
        return OrderSender(
            self.roster,
            clock=self._seams.clock,
            randomness=self._seams.randomness,
            datagrams=self._seams.datagrams,
            spawn=self._seams.spawn,
            meters=self.meters,
            settle=lambda settled: self.batcher.task(settled),
            sockets_n=self._limits.order_sockets_n,
        )

    def _build_batcher(self) -> Batcher:
        return Batcher(
            self._desk,
            Queue(self._limits.queue_max_n, self._limits.login_age_max_us, self._desk.urgent),
            batch_max_n=self._limits.batch_max_n,
            ahead_min_n=self._limits.ahead_min_n,
            clock=self._seams.clock,
            spawn=self._seams.spawn,
            meters=self.meters,
            readiness=self.readiness,
            carry=self.orders.carry,
            done=self._done,
            turnstile=self._turnstile,
            log=self._log,
            ears=self,
        )

    def _build_feed(self) -> Feed:
        return Feed(
            self._store,
            self._desk,
            spawn=self._seams.spawn,
            readiness=self.readiness,
            devices_changed=self._load_devices,
            orders_changed=self._load_orders,
            collect=self.batcher.collect,
            log=self._log,
            poll_us=self._limits.feed_poll_us,
            heard=self.renewals.hear if self.renewals is not None else None,
        )

    def _build_renewals(self, packages: Packages) -> Renewals:
        return Renewals(
            packages,
            clock=self._seams.clock,
            spawn=self._seams.spawn,
            meters=self.meters,
            log=self._log,
            renewed=lambda: self.feed.nudge(),
            period_us=self._limits.renewals_us,
        )

    def _build_foyer(self) -> Foyer:
        limits = self._limits
        return Foyer(
            roster=self.roster,
            duplicates=Duplicates(keep_us=limits.reply_keep_us, limit=limits.replies_max_n),
            readiness=self.readiness,
            knocks=self.knocks,
            observing=self.observing,
            meters=self.meters,
            clock=self._seams.clock,
            spawn=self._seams.spawn,
            offer_all=self.batcher.offer_all,
            busy=lambda: self.batcher.busy,
            statuses=Pace(per_s=limits.status_per_s, burst_n=limits.status_per_s),
        )

    # ---------------------------------------------------------------- start

    async def start(self) -> None:
        """Load, prove the store, open the doors, carry out old orders.

        Raises StoreUnavailable, or OSError when an address is taken; then nothing is left open.
        """
        await self.feed.begin()
        await self._load_devices()
        await self._desk.warm()
        await self._store.probe(self._seams.clock.now_us())
        self.readiness.store_proved(self._seams.clock.monotonic_us())
        self._look_at_disk()
        try:
            self._open_doors()
        except OSError:
            self.close()
            raise
        spawn = self._seams.spawn
        self._stops.append(spawn.task(self._lasting(self.batcher.run), "batcher"))
        self._stops.append(spawn.task(self._lasting(self.feed.run), "feed"))
        self.batcher.collect()
        await self._load_orders()
        limits = self._limits
        knocks_us = KNOCKS_CHORES_N * limits.chore_us
        observed_us = OBSERVATIONS_CHORES_N * limits.chore_us
        works = (
            *(self._sweep, self._probe, self._tidy),
            *(self._flush_knocks, self._flush_observations),
        )
        periods = (limits.sweep_us, limits.probe_us, limits.tidy_us, knocks_us, observed_us)
        chores = zip(periods, works, strict=True)
        for period_us, work in chores:
            every = Every(period_us, work, name=work.__name__, spawn=spawn)
            every.start()
            self._stops.append(every.stop)
        if self.renewals is not None:
            self._stops.append(spawn.task(self._lasting(self.renewals.run), "renewals"))
        self.lag.start()
        self._stops.append(self.lag.stop)
        self.readiness.started = True
        auth, acct = ([door.address for door in self._doors[n::2]] for n in (0, 1))
        self._log.info("serving", devices=len(self.roster.names()), auth=auth, acct=acct)

    def broke(self, name: str, error: BaseException) -> None:
        """A task ended by an exception (for the spawn seam): say so, and stop being ready."""
        self._log.error("a task has failed", task=name, error=repr(error), exc_info=error)
        if name in ("batcher", "feed"):
            self.readiness.broke(name)

    def _store_told(self, up: bool, why: str) -> None:
        if up:
            self._log.info("the database is back")
            self._seams.spawn.task(self._find_orders(), "orders")
        else:
            self._log.error("the database is away, nobody is answered", why=why)

    async def _find_orders(self) -> None:
        """A commit whose fate was not known may have left orders that nobody has sent."""
        try:
            await self._load_orders()
        except StoreUnavailable as error:
            self.readiness.store_failed(str(error))  # at the end of this outage it comes again

    def _item_broke(self, item: Item, error: BaseException) -> None:
        """The desk could not decide about one item: it stays unanswered, and is looked into."""
        kind = type(item).__name__.lower()
        self._log.error("a decision broke", item=kind, error=repr(error), exc_info=error)

    def _open_doors(self) -> None:
        ports = ((AUTH_CODES, self._limits.auth_port), (ACCT_CODES, self._limits.acct_port))
        for host in self._limits.listen:
            try:
                self.orders.open(host)
            except OSError as error:
                if host == "::" and error.errno in NO_IPV6:
                    self._log.warning("this machine has no IPv6; serving IPv4 only")
                    continue
                raise OSError(error.errno, f"cannot listen on {host}: {error.strerror}") from None
            for codes, port in ports:
                door = Door(self.foyer, codes, len(self._doors))
                self._doors.append(door)
                door.open(self._seams.datagrams, host, port)

    def poll(self) -> None:
        """Take in what waits in the kernel while the desk is busy."""
        for door in self._doors:
            door.poll()

    def listen(self) -> None:
        """Be woken by the next datagram."""
        for door in self._doors:
            door.listen()

    # ---------------------------------------------------------------- stop

    async def drain(self) -> None:
        """No new logins, then no new packets, then every decision answered.

        Takes `drain_max_us` at most; what is not done by then is safe to leave (A1).
        """
        self.readiness.draining = True
        self._log.info("draining")
        limit_us = self._limits.drain_max_us
        if not await within(limit_us, self._settle_down(), "drain", self._seams.spawn):
            self._log.warning("drain took too long", limit_s=limit_us / 1_000_000)
        self.close()
        self._log.info("stopped")

    def close(self) -> None:
        """Stop everything at once and give the ports back."""
        self.foyer.closed = True
        for stop in self._stops:
            stop()
        self._stops.clear()
        self.orders.close()
        for door in self._doors:
            door.close()
        self._doors.clear()

    async def _settle_down(self) -> None:
        await pause(self._limits.drain_linger_us, self._seams.spawn)
        self.foyer.closed = True
        await self.batcher.quiet()
        while self.foyer.delayed_n:
            await pause(DRAIN_LOOK_US, self._seams.spawn)
        await self._flush_knocks()
        await self._flush_observations()

    # ---------------------------------------------------------------- chores

    async def _lasting(self, work: Callable[[], Awaitable[None]]) -> None:
        """A task that is not meant to end."""
        await work()
        raise AssertionError("a lasting task has ended")

    async def _load_devices(self) -> None:
        devices = await self._store.load_devices()
        try:
            self.roster.replace(devices)
            self._desk.equip(devices)
        except ValueError as error:  # two devices claim one prefix: the old ones stay
            self._log.error("devices not reloaded", error=str(error))
        self.meters.forget_clients(self.roster.names())

    async def _load_orders(self) -> None:
        pending = await self._store.pending_orders()
        if not self.foyer.closed:
            self.orders.carry(pending)

    def _done(self, item: Item) -> None:
        if isinstance(item, Settled):
            self.orders.forget(item.order_id)
        elif isinstance(item, Recheck):
            self.feed.nudge()  # it may have been the last one that a change asked for
        elif isinstance(item, Sweep) and item.more:
            self._sweep_now()

    async def _sweep(self) -> None:
        self._sweep_now()

    def _sweep_now(self) -> None:
        """Have the desk look at what time has decided about; packets go between two such looks."""
        if not self.batcher.lengths()[Rank.TASK]:  # while tasks pile up, sweeping adds nothing
            for item in self._desk.due(self._seams.clock.now_us()):
                self.batcher.task(item)

    async def _probe(self) -> None:
        """Have the store prove itself, and look at the disk."""
        self._look_at_disk()
        try:
            await self._store.probe(self._seams.clock.now_us())
        except StoreUnavailable as error:
            self.readiness.store_failed(str(error))
        else:
            self.readiness.store_proved(self._seams.clock.monotonic_us())

    async def _tidy(self) -> None:
        """Have the store do beside the batches what would hold them up one day."""
        try:
            await self._store.tidy()
        except StoreUnavailable as error:
            self._log.warning("the store could not be tidied up", why=str(error))

    def _look_at_disk(self) -> None:
        if self._seams.disk_free_octets is not None:
            self.readiness.disk_free_octets = self._seams.disk_free_octets()

    async def _flush_knocks(self) -> None:
        await flush(self.knocks, self._store, self._seams.clock.monotonic_us(), self._log)

    async def _flush_observations(self) -> None:
        now_us = self._seams.clock.now_us()
        await write_down(self.observing, self._desk, self._store, now_us)

    def pages(self) -> Mapping[str, Page]:
        """The pages of the HTTP port: name to a function giving status, type and body."""
        return Pages(
            self, self._desk, self._seams.clock, self._limits, version=self._version
        ).by_name()

    def doors(self) -> Sequence[Door]:
        """The open doors, for the figures that their sockets have."""
        return self._doors
