"""Where everything of a plan lies in its scheme: bands, classes, families, lines, slots, scopes.

A scheme has only numbers. This says which number is whose, from the plan alone, so that the rater's
callers, the books' pots and the words for people cannot disagree: band 0 is the time outside of all
named bands, class 0 all other traffic, a cell is band * classes + class, and of each cell the first
rate that fits gives the prices. A price whose every tier is 0 prices nothing and is no family.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.plan_words import Counted
from domain.pricing import OTHER, Booster, Bundle, Period, Price, Pricing, Rate, Scope, TierMode

BASE: Final = OTHER  # the name of band 0 and of class 0

# Flows by their number, as the rater has them; a mask of flows has bit 1 << number.
DOWN, UP, LARGER, TIME = range(4)
FLOWS_OF: Final = {
    Counted.DOWN: (DOWN,),
    Counted.UP: (UP,),
    Counted.SUM: (DOWN, UP),
    Counted.LARGER: (LARGER,),
}


class Part(NamedTuple):
    """One price of a rate: which, and what it says."""

    name: str  # volume, down, up or time
    flows: tuple[int, ...]
    price: Price


class Family(NamedTuple):
    """One priced way: a price that some cells have, by one rate or by several that say the same."""

    rate: int  # the position of the first of them among the plan's rates
    part: Part
    first_line: int

    @property
    def key(self) -> str:
        """Its name within the plan, such as `0.volume`."""
        return f"{self.rate}.{self.part.name}"

    @property
    def same(self) -> tuple[tuple[int, ...], Price]:
        """What makes two prices of a plan one family."""
        return self.part.flows, self.part.price

    @property
    def tiers_by_line(self) -> int:
        """How many lines it has: one for each tier if these are graduated."""
        price = self.part.price
        return len(price.tiers) if price.mode is TierMode.GRADUATED else 1


class Reached(NamedTuple):
    """What an allowance may pay for, as `Draw` takes it: masks of cells and flows, and its slot."""

    cells: int
    flows: int
    slot: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one plan's scheme."""

    bands: tuple[str, ...]  # names by number
    classes: tuple[str, ...]
    larger: bool
    families: tuple[Family, ...]
    ways: tuple[int, ...]  # by 4 * cell + flow: the family, or -1
    bundles: tuple[Reached, ...]
    boosters: tuple[Reached, ...]
    fair: tuple[int, int, int, int] | None  # by flow: the mask of cells that fair use counts

    @property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """By line: its family and its tier within it."""
        return tuple(
            (number, tier)
            for number, family in enumerate(self.families)
            for tier in range(family.tiers_by_line)
        )

    def named(self, cell: int) -> tuple[str, str]:
        """The names of a cell's band and class."""
        band, traffic = divmod(cell, len(self.classes))
        return self.bands[band], self.classes[traffic]


def layout_of(pricing: Pricing) -> Layout:
    """Return the layout of a plan's pricing, whose names all exist."""
    bands = (BASE, *(band.name for band in pricing.bands))
    classes = (BASE, *(each.name for each in pricing.classes))
    cells = [(band, traffic) for band in bands for traffic in classes]
    larger = any(counted is Counted.LARGER for counted in counted_of(pricing))
    rate_of_cell = [
        next((i for i, rate in enumerate(pricing.rates) if fits(rate, *cell)), None)
        for cell in cells
    ]
    families = _families(pricing, rate_of_cell)
    ways = [-1] * (4 * len(cells))
    numbers = {family.same: number for number, family in enumerate(families)}
    for cell, rate in enumerate(rate_of_cell):
        for part in () if rate is None else parts(pricing.rates[rate]):
            number = numbers.get((part.flows, part.price))
            if number is None or (part.name == "time" and cells[cell][1] != BASE):
                continue
            for flow in part.flows:
                ways[4 * cell + flow] = number
    bundles_n = len(pricing.bundles)
    fair = pricing.fair_use
    return Layout(
        bands=bands,
        classes=classes,
        larger=larger,
        families=families,
        ways=tuple(ways),
        bundles=tuple(_reached(each, cells, i) for i, each in enumerate(pricing.bundles)),
        boosters=tuple(
            _reached(each, cells, bundles_n + (0 if each.octets else 1))
            for each in pricing.boosters
        ),
        fair=_fair(fair.scope, cells) if fair else None,
    )


def allowances(pricing: Pricing) -> list[Bundle | Booster]:
    """Return the bundles and the boosters of a plan."""
    return [*pricing.bundles, *pricing.boosters]


def parts(rate: Rate) -> tuple[Part, ...]:
    """Return the prices that a rate has, in the order of their lines."""
    return tuple(
        Part(name, flows, price)
        for name, flows, price in (
            ("volume", FLOWS_OF[rate.counted], rate.volume),
            ("down", (DOWN,), rate.down),
            ("up", (UP,), rate.up),
            ("time", (TIME,), rate.time),
        )
        if price is not None
    )


def fits(named: Rate | Scope, band: str, traffic: str) -> bool:
    """Does a rate or a scope hold in this band and for this class?"""
    return (not named.bands or band in named.bands) and (
        not named.classes or traffic in named.classes
    )


def counted_of(pricing: Pricing) -> list[Counted]:
    """Return which directions the parts of a plan count, wherever it counts volume."""
    found = [rate.counted for rate in pricing.rates if rate.volume]
    found += [Counted.DOWN for rate in pricing.rates if rate.down]
    found += [Counted.UP for rate in pricing.rates if rate.up]
    found += [each.scope.counted for each in allowances(pricing) if each.octets]
    if pricing.fair_use:
        found.append(pricing.fair_use.scope.counted)
    return found


def metered(price: Price) -> bool:
    """Does it need an account's counter over its period? One graduated tier is the same from 0."""
    return price.period is not Period.SESSION and (
        len(price.tiers) > 1 or price.mode is not TierMode.GRADUATED
    )


def _families(pricing: Pricing, rate_of_cell: Iterable[int | None]) -> tuple[Family, ...]:
    """Return every price that some cell has and that is not all free, in the order of the plan."""
    reached = sorted({rate for rate in rate_of_cell if rate is not None})
    families: dict[tuple[tuple[int, ...], Price], Family] = {}
    lines = 0
    for rate in reached:
        for part in parts(pricing.rates[rate]):
            family = Family(rate, part, lines)
            if family.same in families or not any(t.amount_micros for t in part.price.tiers):
                continue
            families[family.same] = family
            lines += family.tiers_by_line
    return tuple(families.values())


def _reached(allowance: Bundle | Booster, cells: list[tuple[str, str]], slot: int) -> Reached:
    """Return what an allowance may pay for."""
    flows = FLOWS_OF[allowance.scope.counted] if allowance.octets else (TIME,)
    return Reached(_mask(allowance.scope, cells), sum(1 << flow for flow in flows), slot)


def _fair(scope: Scope, cells: list[tuple[str, str]]) -> tuple[int, int, int, int]:
    """Return what fair use counts: a mask of cells for each flow."""
    mask = _mask(scope, cells)
    counted = FLOWS_OF[scope.counted]
    down, up, larger = (mask if flow in counted else 0 for flow in (DOWN, UP, LARGER))
    return down, up, larger, 0


def _mask(scope: Scope, cells: list[tuple[str, str]]) -> int:
    """Return a bit for each cell in which a scope holds."""
    return sum(1 << number for number, cell in enumerate(cells) if fits(scope, *cell))
