"""What the HTTP port shows: figures for Prometheus, signs of life, and why we are not ready.

The pages are plain functions; `server.http` puts them on a port. The gauges that nobody counts
are looked up here, when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from domain.seams import Clock
from server.batcher import Batcher
from server.door import Door
from server.limits import Limits
from server.meters import Meters
from server.metrics import CONTENT_TYPE, Gauge, Labels, render
from server.orders import OrderSender
from server.ports import Desk
from server.readiness import Readiness
from server.roster import Roster
from server.timers import LoopLag

Page = Callable[[], tuple[int, str, bytes]]
"""What a GET gets: status, content type, body."""

PLAIN: Final = "text/plain; charset=utf-8"
LIVE_LAG_US: Final = 1_000_000  # a loop that is later than this is not well


class Shown(Protocol):
    """The parts of a server that have figures."""

    meters: Meters
    readiness: Readiness
    roster: Roster
    batcher: Batcher
    orders: OrderSender
    lag: LoopLag

    def doors(self) -> Sequence[Door]:
        """The open doors."""


class Pages:
    """The three pages of one server."""

    def __init__(
        self, server: Shown, desk: Desk, clock: Clock, limits: Limits, *, version: str
    ) -> None:
        self._server = server
        self._desk = desk
        self._clock = clock
        self._limits = limits
        self._version = version

    def by_name(self) -> Mapping[str, Page]:
        """Path segment to page."""
        return {"metrics": self.metrics, "livez": self.livez, "readyz": self.readyz}

    def metrics(self) -> tuple[int, str, bytes]:
        """Every figure in the Prometheus text format."""
        return 200, CONTENT_TYPE, render(self._server.meters, self.gauges())

    def livez(self) -> tuple[int, str, bytes]:
        """Does the loop turn in time?"""
        if self._server.lag.lag_us > LIVE_LAG_US:
            return 503, PLAIN, b"the event loop is late\n"
        return 200, PLAIN, b"alive\n"

    def readyz(self) -> tuple[int, str, bytes]:
        """May we be relied on, and if not, why?"""
        reasons = self._server.readiness.reasons(self._clock.monotonic_us())
        if reasons:
            return 503, PLAIN, "".join(f"{reason}\n" for reason in reasons).encode()
        return 200, PLAIN, b"ready\n"

    def gauges(self) -> dict[str, Gauge]:
        """The figures that are looked up, by the source named in `server.metrics`."""
        server = self._server
        return {
            "queue_length": lambda: {
                (rank.name.lower(),): n for rank, n in server.batcher.lengths().items()
            },
            "hash_queue_length": lambda: {(): server.batcher.parked.hashes_n},
            "sessions_active": self._sessions,
            "desk_figures": lambda: {(name,): n for name, n in self._desk.figures().items()},
            "desk_notes": lambda: {(word,): n for word, n in self._desk.notes.items()},
            "orders_pending": lambda: {(): server.orders.pending_n},
            "db_up": lambda: {(): int(server.readiness.store_up(self._clock.monotonic_us()))},
            "ready": lambda: {(): int(server.readiness.ready(self._clock.monotonic_us()))},
            "disk_free": self._disk,
            "loop_lag": lambda: {(): server.lag.lag_us},
            "socket_drops": self._drops,
            "receive_buffers": self._buffers,
            "receive_buffer_wanted": lambda: {(): self._limits.receive_buffer_octets},
            "build_info": lambda: {(self._version,): 1},
        }

    def _sessions(self) -> dict[Labels, float]:
        found: dict[Labels, float] = {}
        for device_id, count_n in self._desk.live_counts().items():
            device = self._server.roster.by_id(device_id)
            key = (device.name if device else "removed",)
            found[key] = found.get(key, 0) + count_n
        return found

    def _drops(self) -> dict[Labels, float]:
        """By port; the sockets of several addresses are added up."""
        found: dict[Labels, float] = {}
        for door in self._server.doors():
            key = (str(door.port_n),)
            found[key] = found.get(key, 0) + door.drops()
        return found

    def _buffers(self) -> dict[Labels, float]:
        """By port; the smallest where it has the sockets of several addresses."""
        found: dict[Labels, float] = {}
        for door in self._server.doors():
            key, octets = (str(door.port_n),), door.receive_buffer_octets()
            found[key] = min(found.get(key, octets), octets)
        return found

    def _disk(self) -> dict[Labels, float]:
        free_octets = self._server.readiness.disk_free_octets
        return {} if free_octets is None else {(): free_octets}
