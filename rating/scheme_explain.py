"""The way from a session's state to its price under a whole plan, for people to check.

Where the traffic lay, what allowances have covered of it, and then one line for each thing that
cost money, with the exact fraction beside the micros that are charged; what lies between them is
the rounding, once for each line (T2), or a minimum. What caps have let go is said at the end. The
sum is what the session costs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from domain.plan import Plan
from domain.plan_words import Rounding
from domain.pricing import Period, Price, TierMode
from rating._lines import price
from rating._scheme import Scheme, Uses
from rating.scheme_layout import Layout, layout_of, metered


class Used(NamedTuple):
    """What a session used in one cell. `seconds` only of other traffic, since time has no class."""

    band: str
    traffic: str
    up: int
    down: int
    seconds: int


class Covered(NamedTuple):
    """What one allowance has paid for; boosters are named `boosters`."""

    allowance: str
    octets: int
    seconds: int


class Line(NamedTuple):
    """One thing that costs money.

    `quantity` is octets, seconds or, of packages, how many were started. Volume tiers have one line
    for all of it; `tier` is the one that the session's own quantity reached, or the first if the
    account's decides over `reached_in`. `exact` is None there: what is charged never falls, so it
    can be more than the tier's fraction.
    """

    cells: tuple[tuple[str, str], ...]  # names of bands and classes that have this price
    counts: str  # volume, down, up or time
    mode: TierMode
    tier: int
    since: int  # where the tier begins
    quantity: int
    increments: int
    increment: int
    amount_micros: int
    unit: int
    exact: Fraction | None  # micros before rounding
    rounding: Rounding
    micros: int  # charged, with the minimum
    reached_in: Period | None = None  # volume tiers: the account's period that decides the tier

    @property
    def raised(self) -> bool:
        """Is more charged than the quantity costs, because of a minimum?"""
        return self.exact is not None and self.micros > self.exact + 1


class Explained(NamedTuple):
    """A session's price, taken apart. Fee plus lines less waived is what it costs."""

    used: tuple[Used, ...]
    covered: tuple[Covered, ...]
    fee_micros: int
    lines: tuple[Line, ...]
    waived_micros: int

    @property
    def micros(self) -> int:
        """What the session costs."""
        return self.fee_micros + sum(line.micros for line in self.lines) - self.waived_micros


def explain(plan: Plan, scheme: Scheme, uses: Uses, *, fee_due: bool) -> Explained:
    """Return how a state's price comes about. Raises OverflowError as `price` does.

    `scheme` is the compiled `plan`, which has pricing. Cells, allowances and lines without anything
    are left out.
    """
    assert plan.pricing is not None
    layout = layout_of(plan.pricing)
    micros = price(scheme, uses, fee_due)
    names = [bundle.name for bundle in plan.pricing.bundles]
    return Explained(
        used=_used(layout, uses),
        covered=_covered(plan, uses, names),
        fee_micros=micros[0],
        lines=tuple(
            _line(layout, uses, number, micros[1 + number])
            for number in range(scheme.lines_n)
            if uses.line(number) or micros[1 + number]
        ),
        waived_micros=uses.waived_micros,
    )


def _used(layout: Layout, uses: Uses) -> tuple[Used, ...]:
    """Where the traffic and the time lay."""
    found = []
    classes_n = len(layout.classes)
    for cell in range(len(layout.bands) * classes_n):
        band, traffic = divmod(cell, classes_n)
        up, down = uses.octets(cell)
        seconds = uses.seconds(band) if traffic == 0 else 0
        if up or down or seconds:
            found.append(Used(*layout.named(cell), up, down, seconds))
    return tuple(found)


def _covered(plan: Plan, uses: Uses, names: list[str]) -> tuple[Covered, ...]:
    """What each allowance has paid for."""
    assert plan.pricing is not None
    found = []
    for slot, bundle in enumerate(plan.pricing.bundles):
        much = uses.covered(slot)
        if much:
            found.append(Covered(names[slot], *((much, 0) if bundle.octets else (0, much))))
    if plan.pricing.boosters:
        octets, seconds = uses.covered(len(names)), uses.covered(len(names) + 1)
        if octets or seconds:
            found.append(Covered("boosters", octets, seconds))
    return tuple(found)


def _line(layout: Layout, uses: Uses, number: int, micros: int) -> Line:
    """One line of the state."""
    family_number, tier_number = layout.lines[number]
    family = layout.families[family_number]
    said: Price = family.part.price
    quantity = uses.line(number)
    if said.mode is TierMode.VOLUME:
        quantity = uses.quantity(family_number)
        if not metered(said):
            tier_number = max(n for n, t in enumerate(said.tiers) if t.since <= quantity)
    tier = said.tiers[tier_number]
    increments = -(-quantity // said.increment)
    exact: Fraction | None = Fraction(increments * said.increment * tier.amount_micros, tier.unit)
    if said.mode is TierMode.PACKAGE:
        exact = Fraction(quantity * tier.amount_micros)
    elif said.mode is TierMode.VOLUME:
        exact = None
    return Line(
        cells=tuple(
            layout.named(cell)
            for cell in range(len(layout.ways) // 4)
            if family_number in layout.ways[4 * cell : 4 * cell + 4]
        ),
        counts=family.part.name,
        mode=said.mode,
        tier=tier_number,
        since=tier.since,
        quantity=quantity,
        increments=increments,
        increment=said.increment,
        amount_micros=tier.amount_micros,
        unit=tier.unit,
        exact=exact,
        rounding=said.rounding,
        micros=micros,
        reached_in=said.period if said.mode is TierMode.VOLUME and metered(said) else None,
    )
