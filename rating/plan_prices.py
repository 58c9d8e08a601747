"""One form for every price of a plan: by volume or by time, in [price] and in each [[rate]].

The first tier is the section's own `amount` and `per`; each [[...tier]] below it says from which
quantity on another one holds. Settings that change nothing are faults: a period without tiers to
count, an increment of a package, a minimum of what is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.plan import Counted, Rounding
from domain.pricing import Period, Price, Tier, TierMode
from rating import plan_values
from rating.plan_amounts import TIME, VOLUME, Kind, read_micros, read_quantity, within
from rating.plan_lines import Table

TIERS_MAX: Final = 16

_SHARED: Final = ("rounding", "mode", "period", "minimum", "tier")
_FLOW: Final = ("amount", "per", "increment", *_SHARED)
_VOLUME: Final = ("amount", "per", "count", "increment", *_SHARED)
_TIME: Final = ("amount", "per", "increment_s", *_SHARED)
_TIER: Final = ("from", "amount", "per")
PRICE_KEYS: Final[dict[str, tuple[str, ...]]] = {
    f"{section}.{name}{inner}": keys if not inner else _TIER
    for section in ("price", "rate")
    for name, keys in (("volume", _VOLUME), ("time", _TIME), ("down", _FLOW), ("up", _FLOW))
    for inner in ("", ".tier")
}
BEYOND_PLAIN: Final = ("mode", "period", "minimum", "tier")
"""The keys that a plain price, which has one tier and counts over a session, does not have."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What one section says, None for what it does not; `counted` is of its `volume`."""

    volume: Price | None = None
    counted: Counted | None = None
    down: Price | None = None
    up: Price | None = None
    time: Price | None = None


def read_prices(section: Table, *, free: bool) -> Prices:
    """[price.volume] and its like of one section. Raises PlanError.

    `free`: a price of nothing may be written; in [price] it is left out instead.
    """
    down, up = section.table("down"), section.table("up")
    volume, time = section.table("volume"), section.table("time")
    if volume is not None and (down is not None or up is not None):
        name = section.name
        raise section.fault(
            "volume",
            f"[{name}.volume] stands beside [{name}.{'up' if down is None else 'down'}]; "
            f"write [{name}.down] and [{name}.up], or [{name}.volume] alone",
        )
    return Prices(
        volume=_price(volume, VOLUME, free=free),
        counted=None if volume is None else volume.read("count", plan_values.one_of(Counted)),
        down=_price(down, VOLUME, free=free),
        up=_price(up, VOLUME, free=free),
        time=_price(time, TIME, free=free),
    )


def is_plain(table: Table | None) -> bool:
    """Does a section, if it is there, say a price of one tier that counts over a session?"""
    return table is None or not any(table.has(key) for key in BEYOND_PLAIN)


def _price(table: Table | None, kind: Kind, *, free: bool) -> Price | None:
    """One such section."""
    if table is None:
        return None
    leave = f"leave [{table.name}] out if {kind.word} costs nothing"
    instead = None if free or table.has("tier") else leave
    amount_micros = read_micros(table, "amount", instead)
    unit = read_quantity(table, "per", kind, kind.unit_max)
    if unit is None and amount_micros == 0 and not table.has("tier"):
        unit = kind.unit
    unit = table.required("per", unit, f'per = "{kind.example}"')
    mode = table.read("mode", plan_values.one_of(TierMode)) or TierMode.GRADUATED
    tiers = (Tier(0, amount_micros, unit), *_tiers(table, kind, unit))
    price = Price(
        tiers=tiers,
        mode=mode,
        period=table.read("period", plan_values.one_of(Period)) or Period.SESSION,
        increment=_increment(table, kind),
        minimum=read_quantity(table, "minimum", kind, kind.increment_max) or 0,
        rounding=table.read("rounding", plan_values.one_of(Rounding)) or Rounding.DOWN,
    )
    if not free and not any(tier.amount_micros for tier in tiers):
        raise table.fault(None, f"no tier costs anything; {leave}")
    _refuse_idle(table, price, kind)
    return price


def _increment(table: Table, kind: Kind) -> int:
    """Started ones of these are charged whole: `increment_s` for time, else `increment`."""
    if kind is TIME:
        return table.whole("increment_s", 1, kind.increment_max) or 1
    written = table.text_or_whole("increment")
    if isinstance(written, str):
        written = table.read("increment", kind.read)
    increment = 1 if written is None else int(written)
    within(table, "increment", increment, kind.increment_max)
    return increment


def _tiers(table: Table, kind: Kind, unit: int) -> list[Tier]:
    """[[...tier]]: each begins further up than the one before it."""
    found: list[Tier] = []
    since = 0
    for inner in table.tables("tier", TIERS_MAX - 1):
        read = read_quantity(inner, "from", kind)
        begins = inner.required("from", read, f'from = "100 {kind.example}"')
        if begins <= since:
            raise inner.fault("from", "tiers must rise: write them in the order of from")
        since = begins
        amount_micros = read_micros(inner, "amount", None)
        per = read_quantity(inner, "per", kind, kind.unit_max)
        found.append(Tier(since, amount_micros, unit if per is None else per))
    return found


def _refuse_idle(table: Table, price: Price, kind: Kind) -> None:
    """Does every setting change something?"""
    tiers = f"[[{table.name}.tier]]"
    increment = "increment_s" if kind is TIME else "increment"
    if price.mode is TierMode.PACKAGE:
        if table.has("tier"):
            raise table.fault("tier", f"packages have one price: leave {tiers} or mode out")
        for key in (increment, "minimum"):
            if table.has(key):
                raise table.fault(
                    key, f"a started package is charged whole: leave {key} out, per is its size"
                )
        return
    if len(price.tiers) == 1:
        if price.mode is TierMode.VOLUME:
            raise table.fault("mode", f'mode = "volume" needs tiers: write {tiers}')
        if price.period is not Period.SESSION:
            raise table.fault("period", f"period says over what tiers count: write {tiers}")
    if price.minimum and price.mode is TierMode.VOLUME:
        raise table.fault("minimum", 'mode = "volume" has no minimum: leave one of them out')
    if price.minimum and not price.tiers[0].amount_micros:
        raise table.fault("minimum", "the minimum is of what is free: leave it out")
