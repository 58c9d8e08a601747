"""A plan beyond the plain one, read a second time: bands, ways of pricing, allowances, caps, steps.

Written from docs/plans.md and from nothing else; no reader, timetable or rater of the house is
imported here. Names stay names. A band is told from what the wall shows, minute by minute; where
clocks go back, a time that was shown before begins nothing anew.
"""

from __future__ import annotations

import math
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.simulation.quantities import DURATIONS, VOLUMES, micros, quantity, speed

OTHER = "other"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_US = 60_000_000
DAY_US = 1_440 * MINUTE_US
FAR_US = 366 * DAY_US  # what lies farther back is in the band of that instant
FLOWS = {"sum": ("down", "up"), "down": ("down",), "up": ("up",), "larger": ("larger",)}


class Tier(NamedTuple):
    """From this quantity on: so many micros for a unit."""

    since: int
    amount: int
    unit: int


class Way(NamedTuple):
    """One way in which flows are priced; equal ones are one."""

    flows: tuple[str, ...]
    tiers: tuple[Tier, ...]
    mode: str
    period: str
    increment: int
    minimum: int
    rounding: str

    @property
    def of_account(self) -> bool:
        """Do its tiers or packages go by what the account has used in a period?"""
        return self.period != "session" and (self.mode != "graduated" or len(self.tiers) > 1)


class Rate(NamedTuple):
    """Ways by flow, where its bands hold; none named: everywhere."""

    bands: frozenset[str]
    ways: tuple[tuple[str, Way], ...]
    parts: tuple[tuple[str, str], ...]  # under which section of the file, by flow


class Allowance(NamedTuple):
    """A bundle or a booster."""

    name: str
    booster: bool
    timed: bool
    size: int
    flows: tuple[str, ...]
    bands: frozenset[str]
    period: str
    priority: int
    most: int  # carried into the next period; -1: nothing is carried
    periods: int

    def covers(self, band: str, flow: str) -> bool:
        """Is it about this flow in this band?"""
        return flow in self.flows and (not self.bands or band in self.bands)


class Cap(NamedTuple):
    """The most that usage costs over a period."""

    period: str
    most: int
    stops: bool


class Step(NamedTuple):
    """Slower from a volume on, in some bands; (up, down) in bits a second."""

    above: int
    bands: frozenset[str]
    speeds: tuple[int, int]


class Band(NamedTuple):
    """A part of the week: windows of (days, first minute, end), and what holidays are to it."""

    name: str
    windows: tuple[tuple[frozenset[int], int, int], ...]
    holidays: str

    def holds(self, weekday: int, minute: int, feast: bool) -> bool:
        """Does it hold at this minute of the wall, on such a day?"""
        if self.holidays == "also" and feast:
            return True
        if self.holidays in ("only", "never") and feast is (self.holidays == "never"):
            return False
        for days, first, end in self.windows:
            if first < end:
                if weekday in days and first <= minute < end:
                    return True
            elif (weekday in days and minute >= first) or (
                (weekday - 1) % 7 in days and minute < end
            ):
                return True
        return False


@dataclass(frozen=True, eq=False)
class Whole:
    """A plan file, as far as money and speeds go."""

    name: str
    zone: str
    larger: bool
    bands: tuple[Band, ...]
    feasts: frozenset[tuple[int, int]]
    rates: tuple[Rate, ...]
    allowances: tuple[Allowance, ...]  # bundles, then boosters
    caps: tuple[Cap, ...]
    fair_period: str  # "" without fair use
    fair: Allowance | None  # what it counts
    steps: tuple[Step, ...]
    fee: int
    speeds: tuple[int, int]  # (up, down); 0: not said
    classes_n: int
    booster_micros: tuple[int, ...]  # what each costs
    of_classes: tuple[Way, ...]  # of traffic that no router here tells apart

    @property
    def ways(self) -> list[Way]:
        """All ways, each once."""
        return list(dict.fromkeys(way for rate in self.rates for _, way in rate.ways))

    @property
    def flows(self) -> tuple[str, ...]:
        """What is counted, in the order in which it meets allowances."""
        return ("larger", "time") if self.larger else ("down", "up", "time")

    def name_of(self, way: Way) -> str:
        """What a way is known by as long as rates stay where they are, whatever they cost."""
        for rate in self.rates:
            for flow, one in rate.ways:
                if one == way:
                    return f"{dict(rate.parts)[flow]}/{'+'.join(sorted(rate.bands))}"
        raise AssertionError("a way of another plan")

    def way(self, band: str, flow: str) -> Way | None:
        """What prices a flow in a band."""
        for rate in self.rates:
            if not rate.bands or band in rate.bands:
                return dict(rate.ways).get(flow)
        return None

    @cached_property
    def periods(self) -> frozenset[str]:
        """What something is counted over, of the account: where one ends, a report is cut."""
        bands = (OTHER, *(one.name for one in self.bands))
        ways = [self.way(band, flow) for band in bands for flow in ("down", "up", "larger", "time")]
        counted = {way.period for way in (*ways, *self.of_classes) if way and way.of_account}
        return frozenset({*counted, *(cap.period for cap in self.caps), self.fair_period}) - {
            "",
            "session",
        }

    def dearest_micros(self, octets: int, seconds: int) -> int:
        """What so much costs at most, wherever it falls: each way's dearest tier, once.

        With an increment, a package or a minimum more, and where all of it becomes dearer at a
        tier, that as well.
        """
        found = 0
        for way in dict.fromkeys((*self.ways, *self.of_classes)):
            amount = seconds if way.flows == ("time",) else octets
            steps = way.increment * max(1, len(way.tiers))
            per = max(Fraction(tier.amount, tier.unit) for tier in way.tiers)
            if way.mode == "package":
                found += (amount // way.tiers[0].unit + 2) * way.tiers[0].amount
                continue
            found += math.ceil(per * (amount + steps + way.minimum)) + 2 * len(way.tiers)
            if way.mode == "volume":
                found += math.ceil(per * way.tiers[-1].since)
        return found

    # ---------------------------------------------------------------- time

    def band_at(self, us: int) -> str:
        """The band that holds an instant."""
        if not self.bands:
            return OTHER
        begins, names = _day(self, datetime.fromtimestamp(us // 10**6, ZoneInfo(self.zone)).date())
        return names[max(bisect_right(begins, us) - 1, 0)]

    def cuts(self, from_us: int, to_us: int) -> list[int]:
        """Instants between two at which another band begins."""
        if not self.bands:
            return []
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(max(from_us, to_us - FAR_US) // 10**6, zone).date()
        last = datetime.fromtimestamp(to_us // 10**6, zone).date()
        found: list[int] = []
        before = _day(self, day - timedelta(days=1))[1][-1]
        while day <= last:
            for us, name in zip(*_day(self, day), strict=True):
                if name != before and from_us < us < to_us:
                    found.append(us)
                before = name
            day += timedelta(days=1)
        return found


@lru_cache(maxsize=512)
def _day(plan: Whole, day: date) -> tuple[list[int], list[str]]:
    """Where bands begin on a local day, and which: each minute that passes is looked at."""
    feast = (day.month, day.day) in plan.feasts
    begins: list[int] = []
    names: list[str] = []
    shown = -1
    for us, minute in _minutes(plan, day):
        shown = max(shown, minute)
        found = (one.name for one in plan.bands if one.holds(day.weekday(), shown, feast))
        name = next(found, OTHER)
        if not names or names[-1] != name:
            begins.append(us)
            names.append(name)
    return begins, names


def _minutes(plan: Whole, day: date) -> Iterator[tuple[int, int]]:
    """When a minute of a local day begins, and what the wall shows then, as minutes of the day.

    Where no clock is changed, only those at which a window begins or ends: nothing else can be
    another band's beginning.
    """
    zone = ZoneInfo(plan.zone)
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    at = first.astimezone(UTC)
    hours = (at + timedelta(hours=n) for n in range(25))
    if len({hour.astimezone(zone).utcoffset() for hour in hours}) == 1:
        begin_us = int(at.timestamp()) * 10**6
        edges = {minute for one in plan.bands for window in one.windows for minute in window[1:]}
        yield from ((begin_us + n * MINUTE_US, n) for n in sorted({0, *edges} - {1_440}))
        return
    for _ in range(30 * 60):
        here = at.astimezone(zone)
        if here.date() > day:
            return
        yield int(at.timestamp()) * 10**6, here.hour * 60 + here.minute
        at += timedelta(minutes=1)


# -------------------------------------------------------------------- reading


def _plain(plan: dict[str, Any]) -> bool:
    """Does a file say nothing beyond a plain plan?"""
    price = plan.get("price", {})
    beyond = ("holiday", "band", "class", "rate", "bundle", "booster", "cap", "fair_use")
    tiered = ("mode", "period", "minimum", "tier")
    return (
        not any(key in plan for key in beyond)
        and not {"down", "up", "activation"} & price.keys()
        and not any(key in price.get(one, {}) for one in ("volume", "time") for key in tiered)
    )


@lru_cache(maxsize=64)
def read_whole(text: str) -> Whole | None:
    """What a file says; None if it says nothing beyond a plain plan."""
    plan = tomllib.loads(text)
    if _plain(plan):
        return None
    price = plan.get("price", {})
    count = price.get("volume", {}).get("count", "sum")
    base = _ways(price, (), count)
    rates = [
        _rate(_names(table, "bands"), table, base, count)
        for table in plan.get("rate", [])
        if OTHER in _names(table, "classes") or "classes" not in table
    ]
    rates.append(_rate(frozenset(), price, (), count))
    others = [_rate(frozenset(), one, base, count) for one in plan.get("rate", [])]
    fair = plan.get("fair_use")
    speeds = plan.get("speeds", {})
    included = plan.get("included", {})
    bundles = [
        {"name": name, key: included[key]}
        for key, name in (("volume", "included"), ("time", "included-time"))
        if key in included
    ]
    return Whole(
        name=plan["name"],
        zone=plan.get("timezone", "UTC"),
        larger=count == "larger",
        bands=tuple(_band(table) for table in plan.get("band", [])),
        feasts=frozenset(
            (int(one[-5:-3]), int(one[-2:]))
            for table in plan.get("holiday", [])
            for one in _list(table["date"])
        ),
        rates=tuple(rates),
        allowances=(
            *(_allowance(one, count) for one in (*bundles, *plan.get("bundle", []))),
            *(_allowance(one, count, booster=True) for one in plan.get("booster", [])),
        ),
        caps=tuple(
            Cap(one["period"], micros(one["most"]), one.get("then", "free") == "stop")
            for one in plan.get("cap", [])
        ),
        fair_period=fair.get("period", "session") if fair else "",
        fair=_allowance({"name": "fair", "volume": 0, **fair}, count) if fair else None,
        steps=tuple(
            Step(
                quantity(one.get("above", 0), VOLUMES),
                _names(one, "bands"),
                (speed(one.get("up", 0)), speed(one.get("down", 0))),
            )
            for one in (fair or {}).get("step", [])
        ),
        fee=micros(price["session"]["fee"]) if "session" in price else 0,
        speeds=(speed(speeds.get("up", 0)), speed(speeds.get("down", 0))),
        classes_n=len(plan.get("class", [])) + 1,
        booster_micros=tuple(micros(one["price"]) for one in plan.get("booster", [])),
        of_classes=tuple(way for rate in others for _, way in rate.ways),
    )


Named = tuple[tuple[str, str, Way], ...]  # flow, section, way


def _rate(bands: frozenset[str], table: dict[str, Any], base: Named, count: str) -> Rate:
    """A rate, less what costs nothing in it."""
    ways = [one for one in _ways(table, base, count) if any(tier.amount for tier in one[2].tiers)]
    return Rate(
        bands,
        tuple((flow, way) for flow, _, way in ways),
        tuple((flow, part) for flow, part, _ in ways),
    )


def _ways(table: dict[str, Any], base: Named, count: str) -> Named:
    """The ways of a section; what it leaves out is the base's."""
    kept = {flow: (flow, part, way) for flow, part, way in base}
    found: dict[str, tuple[str, str, Way]] = {}
    if "volume" in table:
        flows = FLOWS[table["volume"].get("count", count)]
        way = _way(table["volume"], flows, VOLUMES, "increment")
        found |= {flow: (flow, "volume", way) for flow in flows}
    elif "down" in table or "up" in table:
        for flow in ("down", "up"):
            if flow in table:
                found[flow] = (flow, flow, _way(table[flow], (flow,), VOLUMES, "increment"))
            elif flow in kept:
                found[flow] = kept[flow]
    else:
        found |= {flow: one for flow, one in kept.items() if flow != "time"}
    if "time" in table:
        found["time"] = ("time", "time", _way(table["time"], ("time",), DURATIONS, "increment_s"))
    elif "time" in kept:
        found["time"] = kept["time"]
    return tuple(found.values())


def _way(
    table: dict[str, Any], flows: tuple[str, ...], units: dict[str, int], increment: str
) -> Way:
    per = quantity(table.get("per", 1), units)
    tiers = [Tier(0, micros(table["amount"]), per)]
    for one in table.get("tier", []):
        unit = quantity(one["per"], units) if "per" in one else per
        tiers.append(Tier(quantity(one["from"], units), micros(one["amount"]), unit))
    return Way(
        flows,
        tuple(tiers),
        table.get("mode", "graduated"),
        table.get("period", "session"),
        quantity(table.get(increment, 1), units),
        quantity(table.get("minimum", 0), units),
        table.get("rounding", "down"),
    )


def _allowance(table: dict[str, Any], count: str, *, booster: bool = False) -> Allowance:
    timed = "time" in table
    rollover = table.get("rollover")
    units = DURATIONS if timed else VOLUMES
    about = not table.get("classes") or OTHER in _names(table, "classes")
    flows = ("time",) if timed else FLOWS[table.get("count", count)]
    return Allowance(
        name=table["name"],
        booster=booster,
        timed=timed,
        size=quantity(table["time" if timed else "volume"], units),
        flows=flows if about else (),
        bands=_names(table, "bands"),
        period=table.get("period", "validity"),
        priority=table.get("priority", 200 if booster else 100),
        most=quantity(rollover["most"], units) if rollover else -1,
        periods=rollover.get("periods", 1) if rollover else 0,
    )


def _band(table: dict[str, Any]) -> Band:
    windows = table.get("hours", [table])
    return Band(
        table["name"],
        tuple(
            (
                _days(one.get("days", "mon-sun")),
                _minute(one.get("from", "00:00")),
                _minute(one.get("until", "24:00")),
            )
            for one in windows
        ),
        table.get("holidays", "as-weekday"),
    )


def _days(written: str) -> frozenset[int]:
    found: set[int] = set()
    for part in written.replace(",", " ").split():
        first, _, last = part.partition("-")
        begin, end = WEEK.index(first), WEEK.index(last or first)
        found |= {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _minute(written: str) -> int:
    hours, minutes = written.split(":")
    return int(hours) * 60 + int(minutes)


def _names(table: dict[str, Any], key: str) -> frozenset[str]:
    return frozenset(_list(table.get(key, [])))


def _list(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else list(written)
