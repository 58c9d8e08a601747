"""Seams, a desk and a store that tests hold in their hands: time stands still unless moved."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from aaa.hearing import Reports
from aaa.outcome import SILENT, Outcome
from aaa.ports import Change, StoreUnavailable
from aaa.request import Item, Request
from domain.device import Device, Observation
from domain.grant import Order, OrderKind
from server.ports import Knock

SECRET = b"testing123-testing123"


@dataclass
class Clock:
    """One instant for both clocks, until somebody moves it."""

    us: int = 1_700_000_000_000_000

    def now_us(self) -> int:
        return self.us

    def monotonic_us(self) -> int:
        return self.us


class Randomness:
    """No surprises."""

    def octets(self, length: int) -> bytes:
        return bytes(length)

    def below(self, limit: int) -> int:
        return limit // 2


class Spawn:
    """Timers that fire when the clock is moved past them; tasks are collected, not run."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tasks: list[Coroutine[Any, Any, None]] = []
        self._order = itertools.count()
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()

    def task(self, work: Coroutine[Any, Any, None], name: str) -> Callable[[], None]:
        self.tasks.append(work)
        return work.close

    def later(self, delay_us: int, call: Callable[[], None]) -> Callable[[], None]:
        n = next(self._order)
        heapq.heappush(self._timers, (self.clock.us + max(delay_us, 0), n, call))
        return lambda: self._cancelled.add(n)

    def thread(self, call: Callable[[], Any]) -> Awaitable[Any]:
        async def run() -> Any:
            return call()

        return run()

    def advance(self, by_us: int) -> None:
        """Move the clock, firing on the way what is due, at its own instant."""
        until = self.clock.us + by_us
        while self._timers and self._timers[0][0] <= until:
            at, n, call = heapq.heappop(self._timers)
            if n not in self._cancelled:
                self.clock.us = max(at, self.clock.us)
                call()
        self.clock.us = until


class Datagram(NamedTuple):
    """What a port was told to send."""

    octets: bytes
    address: tuple[str, int]
    source: str | None
    port: Port


@dataclass(repr=False, eq=False)
class Port:
    """A bound socket of the fake network."""

    host: str
    port: int
    received: Callable[[bytes, tuple[str, int], str], None]
    sent: list[Datagram]  # of the whole network, in order
    closed: bool = False

    def send(self, octets: bytes, address: tuple[str, int], source: str | None) -> None:
        self.sent.append(Datagram(octets, address, source, self))

    def close(self) -> None:
        self.closed = True


class Datagrams:
    """Binds ports that keep what they are told to send."""

    def __init__(self) -> None:
        self.ports: list[Port] = []
        self.sent: list[Datagram] = []

    def bind(
        self, host: str, port: int, received: Callable[[bytes, tuple[str, int], str], None]
    ) -> Port:
        made = Port(host, port or 40_000 + len(self.ports), received, self.sent)
        self.ports.append(made)
        return made


class Log:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append(("warning", event, facts))

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append(("error", event, facts))

    def events(self, level: str) -> list[str]:
        return [event for of, event, _ in self.lines if of == level]


class Desk:
    """Answers by `decide`; keeps every batch. `before` is awaited in each one.

    `looks_ahead`: it is asked to decide ahead, which it does if `ahead_ok`.
    """

    def __init__(self, decide: Callable[[Item], Outcome] | None = None) -> None:
        self.decide = decide or answer_all
        self.batches: list[list[Item]] = []
        self.before: Callable[[], Awaitable[None]] | None = None
        self.orders: list[Order] = []
        self.caught_up_n = 0
        self.wishes: list[Item] = []
        self.sweeps: list[Item] = []
        self.reports: dict[int, Reports] = {}
        self.absorbed: list[Change] = []
        self.equipped: list[Device] = []
        self.slow: Callable[[Request], Callable[[], bool] | None] = lambda request: None
        self.pressing: Callable[[Request], bool] = lambda request: False
        self.warmed = False
        self.looks_ahead, self.ahead_ok, self.at_store = False, True, False
        self.behind: list[Item] = []
        self.tried: list[list[Item]] = []  # what was to be decided ahead
        self.notes: Counter[str] = Counter()
        self.trouble = ""
        self.looked_seq = 0
        self.broke: Callable[[Item, BaseException], None] = lambda item, error: None

    async def warm(self) -> None:
        self.warmed = True

    def equip(self, devices: Sequence[Device]) -> None:
        self.equipped = list(devices)

    async def serve(self, batch: Sequence[Item], now_us: int) -> list[Outcome]:
        self.batches.append(list(batch))
        if self.before is not None:
            self.at_store = True
            await self.before()
            self.at_store = False
        return [self._outcome(item) for item in batch]

    @property
    def may_look_ahead(self) -> bool:
        return self.looks_ahead and self.at_store

    def ahead(self, batch: Sequence[Item], now_us: int) -> bool:
        self.tried.append(list(batch))
        if self.ahead_ok:
            self.behind = list(batch)
        return self.ahead_ok

    async def follow(self) -> list[Outcome]:
        batch, self.behind = self.behind, []
        return await self.serve(batch, 0)

    def catch_up(self) -> None:
        self.caught_up_n += 1

    def take_orders(self) -> list[Order]:
        orders, self.orders = self.orders, []
        return orders

    def pending(self) -> list[Item]:
        wishes, self.wishes = self.wishes, []
        return wishes

    def due(self, now_us: int) -> list[Item]:
        return list(self.sweeps)

    def absorb(self, changes: Sequence[Change]) -> None:
        self.absorbed += changes

    def _outcome(self, item: Item) -> Outcome:
        if isinstance(item, Request) and item.packet.code == 1 and item.hash_ok is None:
            check = self.slow(item)
            if check is not None:
                return Outcome(None, label="slow", check=check)
        return self.decide(item)

    def urgent(self, request: Request) -> bool:
        return self.pressing(request)

    def take_reports(self) -> dict[int, Reports]:
        taken, self.reports = self.reports, {}
        return taken

    def live_counts(self) -> dict[int, int]:
        return {1: 3}

    def figures(self) -> dict[str, int]:
        return {"sessions_live": 3}

    @property
    def items(self) -> list[Item]:
        return [item for batch in self.batches for item in batch]


def answer_all(item: Item) -> Outcome:
    """Accept every login, acknowledge every record."""
    if not isinstance(item, Request):
        return SILENT
    if item.packet.code == 1:
        return Outcome(2, label="accepted")
    return Outcome(5, label="interim")


class Store:
    """Devices, orders and a feed in lists; `away` makes everything fail."""

    def __init__(self, devices: Sequence[Device] = ()) -> None:
        self.devices = list(devices)
        self.orders: list[Order] = []
        self.changes: list[Change] = []
        self.knocks: list[Knock] = []
        self.observations: list[Observation] = []
        self.away = False
        self.mark: int | None = None
        self.proof = -1

    def proved(self, since_seq: int) -> bool:
        proof, self.proof = self.proof, -1
        return proof == since_seq

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("the database is away")

    async def load_devices(self) -> list[Device]:
        self._check()
        return list(self.devices)

    async def pending_orders(self) -> list[Order]:
        self._check()
        return list(self.orders)

    async def feed(self, since_seq: int) -> list[Change]:
        self._check()
        return [change for change in self.changes if change.seq > since_seq]

    async def feed_seq(self) -> int:
        self._check()
        return self.changes[-1].seq if self.changes else 0

    async def feed_mark(self) -> int | None:
        self._check()
        return self.mark

    async def mark_feed(self, seq: int) -> None:
        self._check()
        self.mark = seq

    async def probe(self, at_us: int) -> None:
        self._check()

    async def tidy(self) -> None:
        self._check()

    async def knocked(self, knocks: Sequence[Knock]) -> None:
        self._check()
        self.knocks += knocks

    async def observed(self, observations: Sequence[Observation]) -> None:
        self._check()
        self.observations += observations


def device(device_id: int = 1, *, prefix: str = "192.0.2.0/24", **fields: Any) -> Device:
    """A device whose secret is SECRET."""
    return Device(
        device_id=device_id,
        name=fields.pop("name", f"nas{device_id}"),
        secret=fields.pop("secret", SECRET),
        prefixes=(prefix,),
        dialect="standard",
        coa_port=3799,
        **fields,
    )


def order(order_id: int, session_id: int = 1, **fields: Any) -> Order:
    """A Disconnect for a session of device 1, at 192.0.2.1."""
    return Order(
        order_id=order_id,
        account_id=1,
        session_id=session_id,
        device_id=fields.pop("device_id", 1),
        kind=fields.pop("kind", OrderKind.DISCONNECT),
        reason=fields.pop("reason", "exhausted"),
        attributes=fields.pop("attributes", b"\x2c\x05abc"),
        address=fields.pop("address", "192.0.2.1"),
        port=fields.pop("port", 3799),
        created_us=fields.pop("created_us", Clock().us),
        **fields,
    )
