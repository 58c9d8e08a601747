"""[included], [[bundle]], [[booster]] and [[cap]]: what costs nothing, or nothing more.

A bundle comes with every period, a booster is bought; both cover usage before it meets a price, so
one that can meet none is a fault. What [included] says is a bundle of the validity period, with a
name that no other may have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.plan import Counted
from domain.plan_words import Validity
from domain.pricing import AtCap, Booster, Bundle, Cap, Period, Rate, Rollover, Scope
from rating import plan_values
from rating.plan_amounts import TIME, VOLUME, Kind, read_micros, read_quantity
from rating.plan_bands import Names, read_name
from rating.plan_lines import Table
from rating.plan_rates import cells_of, prices_of, rate_at, read_counted
from rating.plan_validity import read_span
from rating.plan_whole import INCLUDED, INCLUDED_TIME

BUNDLES_MAX: Final = 30  # two more are [included]
BOOSTERS_MAX: Final = 32
PRIORITY: Final = (1, 1_000)
ROLLOVER_PERIODS: Final = (1, 60)
ACCOUNT_PERIODS: Final = (Period.DAY, Period.WEEK, Period.MONTH, Period.VALIDITY)

_SCOPED: Final = ("name", "volume", "time", "count", "bands", "classes")
ALLOWANCE_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "included": ("volume", "time"),
    "bundle": (*_SCOPED, "period", "priority", "rollover"),
    "bundle.rollover": ("most", "periods"),
    "booster": (*_SCOPED, "price", "priority", "validity"),
    "cap": ("period", "most", "then"),
}


@dataclass(frozen=True, slots=True)
class Places:
    """What allowances are checked against."""

    names: Names
    rates: tuple[Rate, ...]
    slowed: bool  # is there fair use, which a booster lifts?


def read_bundles(top: Table, places: Places) -> tuple[Bundle, ...]:
    """[included] and [[bundle]]. Raises PlanError."""
    found = _included(top, places)
    taken = dict.fromkeys([one.name for one in found], top)
    for table in top.tables("bundle", BUNDLES_MAX):
        name = read_name(table, taken, "night-20")
        taken[name] = table
        kind, quantity, scope = _covers(table, places)
        refuse_idle(table, scope, kind, places)
        period = table.read("period", plan_values.one_of(ACCOUNT_PERIODS)) or Period.VALIDITY
        found.append(
            Bundle(
                name,
                octets=quantity if kind is VOLUME else 0,
                seconds=quantity if kind is TIME else 0,
                scope=scope,
                period=period,
                priority=table.whole("priority", *PRIORITY) or 100,
                rollover=_rollover(table, kind, period, ends=top.has("package")),
            )
        )
    return tuple(found)


def read_boosters(top: Table, bundles: tuple[Bundle, ...], places: Places) -> tuple[Booster, ...]:
    """[[booster]]. Raises PlanError."""
    found: list[Booster] = []
    taken = dict.fromkeys([one.name for one in bundles], top)
    for table in top.tables("booster", BOOSTERS_MAX):
        name = read_name(table, taken, "boost-5")
        taken[name] = table
        kind, quantity, scope = _covers(table, places)
        if not places.slowed or kind is TIME:
            refuse_idle(table, scope, kind, places)
        found.append(
            Booster(
                name,
                price_micros=read_micros(table, "price", None),
                octets=quantity if kind is VOLUME else 0,
                seconds=quantity if kind is TIME else 0,
                scope=scope,
                priority=table.whole("priority", *PRIORITY) or 200,
                validity=_validity(table),
            )
        )
    return tuple(found)


def read_caps(top: Table, *, priced: bool) -> tuple[Cap, ...]:
    """[[cap]], one for each period. Raises PlanError."""
    found: list[Cap] = []
    for table in top.tables("cap", len(Period)):
        read = table.read("period", plan_values.one_of(Period))
        period = table.required("period", read, 'period = "month"')
        if any(one.period is period for one in found):
            raise table.fault("period", f"there is a cap of that period already: {period}")
        if not priced:
            raise table.fault(None, "usage costs nothing in this plan: leave [[cap]] out")
        most_micros = read_micros(table, "most", "leave [[cap]] out if usage costs nothing")
        then = table.read("then", plan_values.one_of(AtCap)) or AtCap.FREE
        found.append(Cap(period, most_micros, then))
    return tuple(found)


def refuse_idle(table: Table, scope: Scope, kind: Kind, places: Places) -> None:
    """Is there a price that such an allowance could cover? Raises PlanError."""
    for cell in sorted(cells_of(scope.bands, scope.classes, places.names)):
        rate = rate_at(places.rates, cell)
        meets = (rate.time,) if kind is TIME else prices_of(rate, scope.counted)
        if any(tier.amount_micros for price in meets if price for tier in price.tiers):
            return
    key = kind.word
    raise table.fault(
        key, f"no price counts this {key}: it is free without being included; leave it out"
    )


def _included(top: Table, places: Places) -> list[Bundle]:
    """[included] as bundles."""
    table = top.table("included")
    if table is None:
        return []
    scope = Scope(places.rates[-1].counted)
    octets, seconds = read_quantity(table, "volume", VOLUME), read_quantity(table, "time", TIME)
    found: list[Bundle] = []
    if octets is not None:
        refuse_idle(table, scope, VOLUME, places)
        found.append(Bundle(INCLUDED, octets=octets, scope=scope))
    if seconds is not None:
        refuse_idle(table, scope, TIME, places)
        found.append(Bundle(INCLUDED_TIME, seconds=seconds, scope=scope))
    return found


def _covers(table: Table, places: Places) -> tuple[Kind, int, Scope]:
    """How much of what an allowance covers."""
    octets, seconds = read_quantity(table, "volume", VOLUME), read_quantity(table, "time", TIME)
    if octets is not None and seconds is not None:
        raise table.fault("time", "an allowance is of volume or of time; write two of them")
    counted = read_counted(
        table, places.rates[-1], table.read("count", plan_values.one_of(Counted))
    )
    bands, classes = places.names.read_bands(table), places.names.read_classes(table)
    if seconds is None:
        volume = table.required("volume", octets, 'volume = "20 GB"')
        return VOLUME, volume, Scope(counted, bands, classes)
    for key in ("count", "classes"):
        if table.has(key):
            raise table.fault(key, f"{key} is about volume, and this is time: leave it out")
    return TIME, seconds, Scope(counted, bands)


def _rollover(table: Table, kind: Kind, period: Period, *, ends: bool) -> Rollover | None:
    """`rollover` of a bundle."""
    inner = table.table("rollover")
    if inner is None:
        return None
    if period is Period.VALIDITY and not ends:
        raise table.fault(
            "rollover", "this bundle's period never ends: write period, or [package] for the plan"
        )
    most = read_quantity(inner, "most", kind)
    return Rollover(
        inner.required("most", most, f'most = "40 {"GB" if kind is VOLUME else "hours"}"'),
        inner.whole("periods", *ROLLOVER_PERIODS) or 1,
    )


def _validity(table: Table) -> Validity | None:
    """`validity` of a booster."""
    found = read_span(table)
    return None if found is None else Validity(*found)
