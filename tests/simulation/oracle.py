"""What the truth costs: a price list read and applied a second time, on exact fractions.

Written from docs/plans.md and the rules of included usage, and from nothing else: no rater, no
plan reader and no session of the house is imported here, so that a mistake in one of them cannot
be made again by the judge. Slow and plain on purpose; the simulator asks only for what changed.

Volume counts in one way of four, included usage comes off first, what is left is raised to whole
increments, priced, and rounded once, on the total. Money is whole micros of the currency unit,
usage whole octets and seconds.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from tests.simulation.quantities import DURATIONS, VOLUMES, micros, parts, quantity
from tests.simulation.quantities import speed as bits
from tests.simulation.whole_text import Whole, read_whole

WALLS = {1: "on_expired", 2: "on_no_credit", 3: "on_suspended"}


@dataclass(frozen=True)
class Priced:
    """What one way of using costs: so many micros for a unit, by started increments."""

    per_unit: Fraction  # micros of one octet or one second
    increment: int
    rounding: str

    def price_micros(self, used: int, free: int) -> int:
        """The price of a total of which `free` is included."""
        paid = max(used - free, 0)
        exact = self.per_unit * self.increment * math.ceil(Fraction(paid, self.increment))
        if self.rounding == "up":
            return math.ceil(exact)
        return math.floor(exact + (Fraction(1, 2) if self.rounding == "half-up" else 0))


NOTHING = Priced(Fraction(0), 1, "down")


class Usage(NamedTuple):
    """A total: `input` is what the subscriber sent, `output` what he received."""

    input_octets: int
    output_octets: int
    session_s: int

    @property
    def any(self) -> bool:
        """Was anything used?"""
        return bool(self.input_octets or self.output_octets or self.session_s)


@dataclass(frozen=True)
class PriceList:
    """A plan file as far as money goes."""

    name: str
    volume: Priced
    time: Priced
    fee_micros: int
    count: str  # "down", "up", "sum", "larger"
    free_octets: int  # per account and period
    free_s: int
    sessions_max: int
    rate_bps: int  # down and up together; 0: not policed
    package_micros: int = 0  # what its time costs
    validity: tuple[int, str] | None = None  # such as (30, "d"); None: it is not sold by the day
    grace_s: int = 0
    auto_renew: bool = False
    gardens: frozenset[int] = frozenset()  # the walls behind which there is one
    whole: Whole | None = None  # what it says beyond one price of volume and one of time

    @property
    def usage_priced(self) -> bool:
        """Does using it cost money, a fee aside?"""
        if self.whole is not None:
            return bool(self.whole.ways)
        return self.volume != NOTHING or self.time != NOTHING

    @property
    def priced(self) -> bool:
        """Does it cost money at all?"""
        return self.usage_priced or self.fee_micros > 0

    def counted(self, usage: Usage) -> int:
        """The octets that count, as the plan counts them."""
        both = (usage.input_octets, usage.output_octets)
        return {"up": both[0], "down": both[1], "sum": sum(both), "larger": max(both)}[self.count]

    def price_micros(
        self, usage: Usage, free_octets: int = 0, free_s: int = 0, *, fee: bool = True
    ) -> int:
        """What a session of this total costs, of which so much was included.

        `fee`: it began, so it owes the session fee.
        """
        return (
            (self.fee_micros if fee else 0)
            + self.volume.price_micros(self.counted(usage), free_octets)
            + self.time.price_micros(usage.session_s, free_s)
        )

    def price_at_full_speed_micros(self, rate_bps: int, seconds: Fraction) -> int:
        """What that long costs at most, at that speed: every counted octet, every increment."""
        if self.whole is not None:
            return self.whole.dearest_micros(math.ceil(rate_bps * seconds / 8), math.ceil(seconds))
        octets = math.ceil(rate_bps * seconds / 8)
        return (
            self.volume.price_micros(octets, 0)
            + self.time.price_micros(math.ceil(seconds), 0)
            + 2  # each step is rounded once, and what it went on from was rounded as well
        )

    def next_step_micros(self) -> int:
        """The dearest of the next increments: with less nothing more can be used."""
        if self.whole is not None:
            return self.whole.dearest_micros(1, 1)
        steps = [p for p in (self.volume, self.time) if p != NOTHING]
        return max((math.ceil(p.per_unit * p.increment) for p in steps), default=0)


def spread_included(price_list: PriceList, used: Iterable[Usage]) -> tuple[int, int]:
    """The included octets and seconds that these sessions of one account and period took.

    Whoever uses first takes first, so only the sum is certain: all of it, or all that was used.
    """
    totals = list(used)
    octets = sum(price_list.counted(one) for one in totals)
    seconds = sum(one.session_s for one in totals)
    return min(price_list.free_octets, octets), min(price_list.free_s, seconds)


def account_bounds_micros(price_list: PriceList, used: list[Usage]) -> tuple[int, int]:
    """Between which sums the sessions of an account cost, whoever took the included usage.

    Exact where nothing is included. Each session rounds once and starts one increment at most.
    """
    free_octets, free_s = spread_included(price_list, used)
    full = sum(price_list.price_micros(one) for one in used)
    if not free_octets and not free_s:
        return full, full
    saved = free_octets * price_list.volume.per_unit + free_s * price_list.time.per_unit
    slack = len(used) * (1 + price_list.next_step_micros())
    return math.floor(full - saved) - slack, math.ceil(full - saved) + slack


@lru_cache(maxsize=256)
def read(text: str) -> PriceList:
    """The price list of a plan file. The file is taken to be sound: the house has loaded it."""
    plan = tomllib.loads(text)
    price = plan.get("price", {})
    volume, time = price.get("volume"), price.get("time")
    whole = read_whole(text)
    if whole is not None:
        volume = time = None  # they are the whole's
    included, speed = {} if whole else plan.get("included", {}), plan.get("speeds", {})
    speeds = [bits(speed[way]) for way in ("down", "up") if way in speed]
    return PriceList(
        name=plan["name"],
        volume=_priced(volume, "increment", VOLUMES),
        time=_priced(time, "increment_s", DURATIONS),
        fee_micros=micros(price["session"]["fee"]) if "session" in price else 0,
        count=price.get("volume", {}).get("count", "sum"),
        free_octets=quantity(included.get("volume", 0), VOLUMES),
        free_s=quantity(included.get("time", 0), DURATIONS),
        sessions_max=plan.get("sessions", 1),
        rate_bps=sum(speeds) if len(speeds) == 2 else 0,
        whole=whole,
        **_package(plan.get("package")),
        gardens=frozenset(number for number, name in WALLS.items() if name in plan),
    )


def _package(table: dict[str, Any] | None) -> dict[str, Any]:
    if table is None:
        return {}
    number, unit = parts(table["validity"])
    return {
        "package_micros": micros(table.get("price", 0)),
        "validity": (int(number), unit),
        "grace_s": quantity(table.get("grace", 0), DURATIONS),
        "auto_renew": table.get("auto_renew", False),
    }


def _priced(table: dict[str, Any] | None, increment: str, units: dict[str, int]) -> Priced:
    if table is None:
        return NOTHING
    return Priced(
        per_unit=Fraction(micros(table["amount"]), quantity(table["per"], units)),
        increment=quantity(table.get(increment, 1), units),
        rounding=table.get("rounding", "down"),
    )
