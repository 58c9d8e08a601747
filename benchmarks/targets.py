"""What the speed of Tollhouse is judged by: each line of the table, what it must and should reach.

A line asks a question of the figures and gets a number or None (not measured). Ratios compare
servers in one run on one machine, each at its best window, so they mean something elsewhere too.
Nothing here knows how it was measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.figures import DETAIL, FILES, POSTGRESQL, SQL, SQL_STORED, SQLITE, Figures, Steady


@dataclass(frozen=True)
class Target:
    """One line: what is asked, in which unit, and its two bounds (None: only reported)."""

    work: str
    ask: Callable[[Figures], float | None]
    unit: str  # ×, ms, B, s, ns
    least: float | None
    aim: float | None
    low_is_good: bool = False

    def verdict(self, value: float | None) -> str:
        """In one word."""
        if value is None:
            return "not measured"
        if self.least is None or self.aim is None:
            return "reported"
        sign = -1 if self.low_is_good else 1
        if value * sign >= self.aim * sign:
            return "aim"
        return "reached" if value * sign >= self.least * sign else "missed"


def ratio(work: str, one: str, other: str) -> Callable[[Figures], float | None]:
    """How many times the other's rate."""
    return lambda figures: figures.ratio(work, one, other)


def cost(work: str, server: str) -> Callable[[Figures], float | None]:
    """How many times as long as PAP."""
    return lambda figures: figures.cost(work, "pap", server)


def steady_ms(
    server: str, pick: Callable[[Steady], list[int]]
) -> Callable[[Figures], float | None]:
    """A waiting time at half the top rate, the median over the rounds."""

    def ask(figures: Figures) -> float | None:
        told = figures.steady.get(server)
        waits = pick(told) if told else []
        return statistics.median(waits) / 1000 if waits else None

    return ask


def scale_cost(order: str) -> Callable[[Figures], float | None]:
    """How much more an interim costs with very many sessions."""
    return lambda figures: figures.scale[SQLITE].cost(order) if SQLITE in figures.scale else None


def memory(figures: Figures) -> float | None:
    """Octets of the server for each open session."""
    return figures.scale[SQLITE].octets_per_session if SQLITE in figures.scale else None


def start(figures: Figures) -> float | None:
    """Seconds from the start of the process to the full rate of interims."""
    told = figures.scale[SQLITE].full_rate_s if SQLITE in figures.scale else []
    return statistics.median(told) if told else None


INTERIMS, PAP = "interims", "pap"
TARGETS = (
    Target("interims, SQLite : FreeRADIUS files", ratio(INTERIMS, SQLITE, FILES), "×", 0.6, 1.5),
    Target("interims, SQLite : FreeRADIUS detail", ratio(INTERIMS, SQLITE, DETAIL), "×", 1.2, 3),
    Target("interims, SQLite : FreeRADIUS sql", ratio(INTERIMS, SQLITE, SQL), "×", 20, 50),
    Target("interims, PostgreSQL : FreeRADIUS sql", ratio(INTERIMS, POSTGRESQL, SQL), "×", 8, 20),
    Target("PAP logins, SQLite : FreeRADIUS files", ratio(PAP, SQLITE, FILES), "×", 0.5, 1.2),
    Target("PAP logins, SQLite : FreeRADIUS sql", ratio(PAP, SQLITE, SQL), "×", 8, 8),
    Target(
        "PAP logins, SQLite : FreeRADIUS sql, logins stored",
        *(ratio(PAP, SQLITE, SQL_STORED), "×", 8, 8),
    ),
    Target("PAP logins, PostgreSQL : FreeRADIUS sql", ratio(PAP, POSTGRESQL, SQL), "×", None, None),
    Target(
        "PAP logins, PostgreSQL : FreeRADIUS sql, logins stored",
        *(ratio(PAP, POSTGRESQL, SQL_STORED), "×", None, None),
    ),
    Target("CHAP login : PAP login, cost", cost("chap", SQLITE), "×", 1.5, 1.5, True),
    Target("MS-CHAPv2 login : PAP login, cost", cost("mschap", SQLITE), "×", 3, 3, True),
    Target(
        "p99 of interims at half the top rate, SQLite",
        *(steady_ms(SQLITE, lambda one: one.p99_us), "ms", 10, 3, True),
    ),
    Target(
        "p99 of interims at half the top rate, PostgreSQL",
        *(steady_ms(POSTGRESQL, lambda one: one.p99_us), "ms", 10, 3, True),
    ),
    Target(
        "p99 from exhausting interim to Disconnect, SQLite",
        *(steady_ms(SQLITE, lambda one: one.disconnect_p99_us), "ms", 50, 10, True),
    ),
    Target(
        "p99 from exhausting interim to Disconnect, PostgreSQL",
        *(steady_ms(POSTGRESQL, lambda one: one.disconnect_p99_us), "ms", 50, 10, True),
    ),
    Target("interim, many open : few open, login order", scale_cost("login"), "×", 1.5, 1.2, True),
    Target("interim, many open : few open, random", scale_cost("random"), "×", None, 2, True),
    Target("memory for each open session", memory, "B", 1000, 400, True),
    Target("from start to the full rate, many open", start, "s", 30, 8, True),
    Target("two workers : one, PostgreSQL", lambda figures: figures.gain(), "×", None, None),
    Target(
        "one price: included usage, volume, time and fee",
        *(lambda figures: figures.rater_ns.get("call"), "ns", 100, 100, True),
    ),
    Target(
        "one price of the same, in bulk",
        *(lambda figures: figures.rater_ns.get("bulk"), "ns", 100, 100, True),
    ),
)
