"""What a rise does to a session under a whole plan, said as plainly as it can be: the oracle.

Written from the rules and not from the rater: on the plan itself, by names instead of numbers, with
fractions, and slow. It knows nothing of schemes and layouts. What a price costs is in
`rating.price_reference`. It is never a fallback: where the
compiled rater is missing, the house does not start.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from domain.plan import Plan
from domain.plan_words import Counted
from domain.pricing import (
    OTHER,
    Booster,
    Bundle,
    Period,
    Price,
    Pricing,
    Rate,
    Scope,
    TierMode,
)
from rating.price_reference import counts_account, family_micros, fit, rises
from rating.reference import LARGEST

Cell = tuple[str, str]  # names of band and class
Way = tuple[tuple[str, ...], Price]  # equal prices of the same flows are one


class Rise(NamedTuple):
    """What a record brought, by class in the plan's order, the first being all other traffic."""

    octets: Sequence[tuple[int, int]]  # (up, down)
    seconds: int
    from_us: int
    to_us: int


@dataclass
class Pot:
    """Something left of an allowance, while it lasts, and what was taken."""

    allowance: Bundle | Booster
    left: int
    from_us: int
    until_us: int
    took: int = 0


@dataclass
class Counter:
    """What an account has used of a price's tiers, of the cap at a position, or of fair use."""

    of: Way | int | None
    used: int
    from_us: int
    until_us: int
    moved: int = 0

    def move(self, quantity: int) -> None:
        """Go on; at the most that can be counted it stays."""
        self.moved = min(self.moved + quantity, LARGEST - self.used)


@dataclass
class State:
    """The numbers of one session."""

    up: dict[Cell, int] = field(default_factory=dict)
    down: dict[Cell, int] = field(default_factory=dict)
    seconds: dict[str, int] = field(default_factory=dict)
    lines: dict[tuple[Way, int], int] = field(default_factory=dict)
    quantities: dict[Way, int] = field(default_factory=dict)
    covered: dict[str, int] = field(default_factory=dict)  # by bundle; boosters by what they bring
    waived_micros: int = 0

    def copy(self) -> State:
        """The same numbers."""
        found = State(dict(self.up), dict(self.down), dict(self.seconds), dict(self.lines))
        found.quantities, found.covered = dict(self.quantities), dict(self.covered)
        found.waived_micros = self.waived_micros
        return found


@dataclass
class Walk:
    """One plan, one session, and what stands around them while a rise passes."""

    plan: Plan
    state: State
    pots: Sequence[Pot] = ()
    counters: Sequence[Counter] = ()

    @property
    def pricing(self) -> Pricing:
        """The plan's; a walk is only of plans that have one."""
        assert self.plan.pricing is not None
        return self.plan.pricing

    def go(
        self, rise: Rise, pieces: Sequence[tuple[int, str]], fee_was: bool, fee_due: bool
    ) -> tuple[int, int]:
        """Let a rise pass; the price before and after. After an OverflowError all is as before."""
        kept = self.state.copy()
        try:
            was = sum(lines_micros(self.plan, self.state, fee_due=fee_was).values())
            last_us = self._pass(rise, pieces)
            now = sum(lines_micros(self.plan, self.state, fee_due=fee_due).values())
        except OverflowError:
            self.state = kept
            for pot in self.pots:
                pot.took = 0
            for counter in self.counters:
                counter.moved = 0
            raise
        session = was - self.state.waived_micros
        due = now - was
        for number, cap in enumerate(self.pricing.caps):
            if cap.period is Period.SESSION:
                spent = session
            else:
                spent = self._counter(number, last_us).used
            due = min(due, max(cap.most_micros - spent, 0))
        self.state.waived_micros += now - was - due
        for number, cap in enumerate(self.pricing.caps):
            if cap.period is not Period.SESSION:
                self._counter(number, last_us).move(due)
        return session, session + due

    def _pass(self, rise: Rise, pieces: Sequence[tuple[int, str]]) -> int:
        """Cut the rise where something changes; where its last part begins."""
        if rise.from_us >= rise.to_us:
            self._part(rise.octets, rise.seconds, pieces[-1][1], rise.to_us)
            return rise.to_us
        bounds = [until_us for until_us, _band in pieces[:-1]]
        bounds += [pot.from_us for pot in self.pots] + [pot.until_us for pot in self.pots]
        for counter in self.counters:
            bounds += [counter.from_us, counter.until_us]
        inside = sorted({us for us in bounds if rise.from_us < us < rise.to_us})
        cuts = [rise.from_us, *inside, rise.to_us]
        for begin_us, end_us in itertools.pairwise(cuts):
            octets = [
                (_between(rise, up, begin_us, end_us), _between(rise, down, begin_us, end_us))
                for up, down in rise.octets
            ]
            seconds = _between(rise, rise.seconds, begin_us, end_us)
            band = next((band for until, band in pieces if begin_us < until), pieces[-1][1])
            self._part(octets, seconds, band, begin_us)
        return cuts[-2]

    def _part(self, octets: Sequence[tuple[int, int]], seconds: int, band: str, at_us: int) -> None:
        """One part of a rise, in one band."""
        state = self.state
        names = [OTHER, *(each.name for each in self.pricing.classes)]
        for name, (up, down) in zip(names, octets, strict=True):
            cell = band, name
            before = max(state.up.get(cell, 0), state.down.get(cell, 0))
            state.up[cell] = fit(state.up.get(cell, 0) + up)
            state.down[cell] = fit(state.down.get(cell, 0) + down)
            if _counts_larger(self.pricing):
                rest = max(state.up[cell], state.down[cell]) - before
                self._flow(cell, "larger", rest, at_us)
            else:
                self._flow(cell, "down", down, at_us)
                self._flow(cell, "up", up, at_us)
            if name == OTHER:
                state.seconds[band] = fit(state.seconds.get(band, 0) + seconds)
                self._flow(cell, "time", seconds, at_us)

    def _flow(self, cell: Cell, flow: str, quantity: int, at_us: int) -> None:
        """What one flow of a cell rose by: allowances, fair use, then the price."""
        fair_use = self.pricing.fair_use
        way = _way(self.pricing, cell, flow)
        fair = fair_use is not None and flow != "time" and _about(fair_use.scope, cell, flow)
        rest = unboosted = quantity
        for pot in self.pots:
            boosts = isinstance(pot.allowance, Booster)
            if way is None and not (boosts and fair):
                continue
            if not pot.from_us <= at_us < pot.until_us or not _pays(pot.allowance, cell, flow):
                continue
            taken = min(rest, max(pot.left - pot.took, 0))
            kind = "octets" if pot.allowance.octets else "seconds"
            slot = f"boosters of {kind}" if boosts else pot.allowance.name
            self.state.covered[slot] = fit(self.state.covered.get(slot, 0) + taken)
            pot.took += taken
            rest -= taken
            if boosts:
                unboosted -= taken
        if fair and fair_use and fair_use.period is not Period.SESSION and unboosted:
            self._counter(None, at_us).move(unboosted)
        if way is not None and rest:
            self._fill(way, rest, at_us)

    def _fill(self, way: Way, quantity: int, at_us: int) -> None:
        """Let a quantity flow into the lines of its price."""
        price = way[1]
        before = self.state.quantities.get(way, 0)
        self.state.quantities[way] = fit(before + quantity)
        if counts_account(price):
            counter = self._counter(way, at_us)
            before = counter.used + counter.moved
            fit(before + quantity)
            counter.move(quantity)
        for number, rise in enumerate(rises(price, before, before + quantity)):
            line = self.state.lines.get((way, number), 0)
            self.state.lines[way, number] = fit(line + rise)

    def _counter(self, of: Way | int | None, at_us: int) -> Counter:
        """The account's counter that holds at an instant."""
        return next(
            each
            for each in self.counters
            if each.of == of and each.from_us <= at_us < each.until_us
        )


def lines_micros(plan: Plan, state: State, *, fee_due: bool) -> dict[tuple[Way, int] | str, int]:
    """Return the micros of the fee and of each line before caps. Raises OverflowError."""
    micros: dict[tuple[Way, int] | str, int] = {"fee": plan.session_fee_micros if fee_due else 0}
    for way, quantity in state.quantities.items():
        price = way[1]
        lines_n = len(price.tiers) if price.mode is TierMode.GRADUATED else 1
        lines = [state.lines.get((way, number), 0) for number in range(lines_n)]
        for number, line in enumerate(family_micros(price, lines, used=quantity > 0)):
            micros[way, number] = line
    fit(sum(micros.values()))
    return micros


def _way(pricing: Pricing, cell: Cell, flow: str) -> Way | None:
    """What prices a flow of a cell: of the first rate that fits; None if it costs nothing."""
    band, name = cell
    for rate in pricing.rates:
        if (not rate.bands or band in rate.bands) and (not rate.classes or name in rate.classes):
            return _of_rate(rate, cell, flow)
    return None


def _of_rate(rate: Rate, cell: Cell, flow: str) -> Way | None:
    """What prices a flow under this rate."""
    prices: list[tuple[tuple[str, ...], Price | None]] = [
        (_flows(rate.counted), rate.volume),
        (("down",), rate.down),
        (("up",), rate.up),
        (("time",), rate.time if cell[1] == OTHER else None),
    ]
    for flows, price in prices:
        if price and flow in flows and any(tier.amount_micros for tier in price.tiers):
            return flows, price
    return None


def _pays(allowance: Bundle | Booster, cell: Cell, flow: str) -> bool:
    """Is an allowance about a flow of a cell?"""
    if allowance.octets:
        return flow != "time" and _about(allowance.scope, cell, flow)
    return flow == "time" and _about(allowance.scope, cell, None)


def _about(scope: Scope, cell: Cell, flow: str | None) -> bool:
    """Is a scope about a cell, and about this flow of it?"""
    return (
        (not scope.bands or cell[0] in scope.bands)
        and (not scope.classes or cell[1] in scope.classes)
        and (flow is None or flow in _flows(scope.counted))
    )


def _flows(counted: Counted) -> tuple[str, ...]:
    """Which flows a word means."""
    return ("down", "up") if counted is Counted.SUM else (counted.value,)


def _counts_larger(pricing: Pricing) -> bool:
    """Does the plan count the larger direction? Then it does so everywhere."""
    scopes = [each.scope for each in pricing.bundles if each.octets]
    scopes += [each.scope for each in pricing.boosters if each.octets]
    if pricing.fair_use:
        scopes.append(pricing.fair_use.scope)
    words = [rate.counted for rate in pricing.rates if rate.volume]
    return Counted.LARGER in [*words, *(scope.counted for scope in scopes)]


def _between(rise: Rise, quantity: int, begin_us: int, end_us: int) -> int:
    """The part of a quantity between two instants: of shares, each rounded down, the difference."""
    whole = rise.to_us - rise.from_us
    begin, end = (
        math.floor(Fraction(quantity * (us - rise.from_us), whole)) for us in (begin_us, end_us)
    )
    return end - begin
