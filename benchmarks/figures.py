"""What a comparison measured, as values: kept as JSON, and asked questions by the table.

A curve is what one server did at one kind of work, window by window, a figure for each round. The
rate that counts is that of the server's best window: the highest median over the rounds among the
windows in which every request was answered rightly. Nothing here measures or prints.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

FLOOR = "echo"
FILES, DETAIL, SQL = "FreeRADIUS files", "FreeRADIUS detail", "FreeRADIUS sql"
SQL_STORED = "FreeRADIUS sql, logins stored"
SQLITE, POSTGRESQL = "Tollhouse SQLite", "Tollhouse PostgreSQL"
CONTESTANTS = (FLOOR, FILES, DETAIL, SQL, SQL_STORED, SQLITE, POSTGRESQL)


@dataclass
class Point:
    """One window: answers a second and waiting times, a figure for each round."""

    window: int
    rates: list[float] = field(default_factory=list)
    p50_us: list[int] = field(default_factory=list)
    p99_us: list[int] = field(default_factory=list)
    again: int = 0  # requests that had to be sent again
    troubles: int = 0  # requests lost, refused, or answered wrongly

    @property
    def rate(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.rates)


@dataclass
class Steady:
    """A server at half its top rate: latency, and how soon sessions are ended; each round's."""

    rates: list[float] = field(default_factory=list)
    p50_us: list[int] = field(default_factory=list)
    p99_us: list[int] = field(default_factory=list)
    max_us: list[int] = field(default_factory=list)
    disconnect_p50_us: list[int] = field(default_factory=list)
    disconnect_p99_us: list[int] = field(default_factory=list)
    exhausted: int = 0
    disconnected: int = 0
    troubles: int = 0


class Waited(Protocol):
    """A distribution of waiting times, as `benchmarks.traffic.Waits` is one."""

    @property
    def p50_us(self) -> int:
        """The median."""

    @property
    def p99_us(self) -> int:
        """What one in a hundred waits for, or longer."""

    @property
    def max_us(self) -> int:
        """The longest."""


@dataclass
class Pace:
    """A server in one of its moments, at a constant rate or its top; a figure for each round.

    `queued_cores` is how many threads of the server were ready to run and had no processor.
    """

    moment: str
    rates: list[float] = field(default_factory=list)
    p50_us: list[int] = field(default_factory=list)
    p99_us: list[int] = field(default_factory=list)
    max_us: list[int] = field(default_factory=list)
    lost_n: int = 0
    server_cores: list[float] = field(default_factory=list)  # without the database's
    own_cores: list[float] = field(default_factory=list)  # of the generator
    queued_cores: list[float] = field(default_factory=list)

    def note(self, waits: Waited, *, rate: float, lost_n: int) -> None:
        """Add a round."""
        self.rates.append(rate)
        self.p50_us.append(waits.p50_us)
        self.p99_us.append(waits.p99_us)
        self.max_us.append(waits.max_us)
        self.lost_n += lost_n


@dataclass
class Flood:
    """A server that is offered `factor` times its top rate; a figure for each round.

    `turned` is what was turned away a second, by rank or reason; `dropped` what the kernel had no
    room for. `cores` are those that the server and the generator kept busy. `starts` were sent
    beside the flood, by another router of few words; `started` of them were answered.
    """

    factor: float
    offered: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    p99_us: list[int] = field(default_factory=list)
    dropped: list[float] = field(default_factory=list)
    turned: dict[str, list[float]] = field(default_factory=dict)
    server_cores: list[float] = field(default_factory=list)
    own_cores: list[float] = field(default_factory=list)
    starts: int = 0
    started: int = 0
    start_p99_us: list[int] = field(default_factory=list)


@dataclass
class Crew:
    """So many workers at one port; a figure for each round."""

    rates: list[float] = field(default_factory=list)
    p99_us: list[int] = field(default_factory=list)
    server_cores: list[float] = field(default_factory=list)  # without the database's
    own_cores: list[float] = field(default_factory=list)  # of the generators
    database_cores: list[float] = field(default_factory=list)


@dataclass
class Scale:
    """One server with few and with very many open sessions, at a window of 256."""

    few_n: int
    many_n: int
    rates: dict[str, list[float]] = field(default_factory=dict)  # "few login", "many random" ...
    resident_octets: dict[str, int] = field(default_factory=dict)  # "few" and "many", all touched
    serving_s: list[float] = field(default_factory=list)  # until it says that it is ready
    full_rate_s: list[float] = field(default_factory=list)  # until interims go at the full rate

    def cost(self, order: str) -> float | None:
        """How much more an interim costs with many sessions than with few, in one order."""
        few, many = self.rates.get(f"few {order}"), self.rates.get(f"many {order}")
        if not few or not many or not statistics.median(many):
            return None
        return statistics.median(few) / statistics.median(many)

    @property
    def octets_per_session(self) -> float | None:
        """Memory that one more open session takes in the server."""
        if len(self.resident_octets) < 2:
            return None
        more = self.resident_octets["many"] - self.resident_octets["few"]
        return more / (self.many_n - self.few_n)


@dataclass
class Figures:
    """Everything of one comparison."""

    date: str
    commit: str
    machine: dict[str, str]
    conditions: dict[str, str]
    per_packet: dict[str, dict[str, str]] = field(default_factory=dict)
    curves: dict[str, dict[str, list[Point]]] = field(default_factory=dict)  # work, server
    steady: dict[str, Steady] = field(default_factory=dict)  # by server
    paces: dict[str, list[Pace]] = field(default_factory=dict)  # by server
    flushes_us: dict[str, list[int]] = field(default_factory=dict)  # "p50", "p99" and "max"
    scale: dict[str, Scale] = field(default_factory=dict)
    floods: dict[str, list[Flood]] = field(default_factory=dict)  # by server
    crews: dict[str, dict[str, Crew]] = field(default_factory=dict)  # by way and workers
    rater_ns: dict[str, float] = field(default_factory=dict)  # "call" and "bulk"

    def point(self, work: str, server: str, window: int) -> Point:
        """The point of a curve, made if it is not there."""
        curve = self.curves.setdefault(work, {}).setdefault(server, [])
        for one in curve:
            if one.window == window:
                return one
        curve.append(Point(window))
        return curve[-1]

    def pace(self, server: str, moment: str) -> Pace:
        """A moment of a server, made if it is not there."""
        paces = self.paces.setdefault(server, [])
        for one in paces:
            if one.moment == moment:
                return one
        paces.append(Pace(moment))
        return paces[-1]

    def flood(self, server: str, factor: float) -> Flood:
        """What a server did with so many times its top rate, made if it is not there."""
        floods = self.floods.setdefault(server, [])
        for one in floods:
            if one.factor == factor:
                return one
        floods.append(Flood(factor))
        return floods[-1]

    def gain(self) -> float | None:
        """How many times the rate of one worker two have, where that helps most."""
        gains = [
            statistics.median(crew["2"].rates) / statistics.median(crew["1"].rates)
            for crew in self.crews.values()
            if "1" in crew and "2" in crew
        ]
        return max(gains, default=None)

    def best(self, work: str, server: str) -> Point | None:
        """The server's best window; of those with troubles only if there is no other."""
        curve = [one for one in self.curves.get(work, {}).get(server, []) if one.rates]
        sound = [one for one in curve if not one.troubles]
        return max(sound or curve, key=lambda one: one.rate, default=None)

    def ratio(self, work: str, one: str, other: str) -> float | None:
        """How many times the rate of the other, each at its best."""
        ours, theirs = self.best(work, one), self.best(work, other)
        return ours.rate / theirs.rate if ours and theirs and theirs.rate else None

    def cost(self, work: str, against: str, server: str) -> float | None:
        """How many times as long one kind of work takes as another, on one server."""
        dear, cheap = self.best(work, server), self.best(against, server)
        return cheap.rate / dear.rate if dear and cheap and dear.rate else None

    def save(self, path: Path) -> None:
        """Write everything."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Figures:
        """Read what was saved."""
        told = json.loads(path.read_text())
        told["curves"] = {
            work: {server: [Point(**one) for one in curve] for server, curve in servers.items()}
            for work, servers in told["curves"].items()
        }
        told["steady"] = {server: Steady(**one) for server, one in told["steady"].items()}
        told["paces"] = {
            server: [Pace(**one) for one in paces]
            for server, paces in told.get("paces", {}).items()
        }
        told["floods"] = {
            server: [Flood(**one) for one in floods]
            for server, floods in told.get("floods", {}).items()
        }
        told["crews"] = {
            way: {workers: Crew(**one) for workers, one in crews.items()}
            for way, crews in told.get("crews", {}).items()
        }
        told["scale"] = {server: Scale(**one) for server, one in told["scale"].items()}
        return cls(**told)


def full_rate_s(tenths: list[int] | tuple[int, ...], *, share: float = 0.9) -> float | None:
    """When answers first came at the full rate, in seconds; None if they never settled.

    The full rate is the median of the last third; it is reached at the end of the first whole
    second that had `share` of it. Answers come in bursts, so a tenth alone would prove nothing.
    """
    if len(tenths) < 30:
        return None
    full = statistics.median(tenths[-(len(tenths) // 3) :]) * 10
    if not full:
        return None
    for end in range(10, len(tenths) + 1):
        if sum(tenths[end - 10 : end]) >= share * full:
            return end / 10
    return None
