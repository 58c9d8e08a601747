"""What a rise costs under a whole plan, in fractions: cut, covered, counted, priced, capped.

Written from docs/plans.md ("In which order things are used up"), on names and dictionaries, slow
and plain. An account's rows are `whole_rows`; a session here is what it has used in each band, what
is left to pay in each way, and what caps let go. Nothing of the house is imported.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from tests.simulation.whole_rows import Draw, Rows, Times, count_key, draws, period_of, rows_opened
from tests.simulation.whole_text import Way, Whole


@dataclass(slots=True)
class Used:
    """The numbers of one session; quantities by band and flow, and by way."""

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[Way] = field(default_factory=Counter)  # what no allowance covered
    lines: Counter[tuple[Way, int]] = field(default_factory=Counter)
    waived: int = 0

    def price(self, plan: Whole, *, fee: bool) -> int:
        """Fee and lines, before what caps let go."""
        found = plan.fee if fee else 0
        for way in plan.ways:
            if self.left[way]:
                found += _family(way, [self.lines[way, n] for n in range(len(way.tiers))])
        return found

    def cost(self, plan: Whole, *, fee: bool) -> int:
        """What it is charged."""
        return self.price(plan, fee=fee) - self.waived


@dataclass(slots=True)
class Rise:
    """What a record brought, and over which time."""

    up: int
    down: int
    seconds: int
    from_us: int
    to_us: int


def walk(
    plan: Whole, used: Used, rise: Rise, rows: Rows, times: Times, *, fees: tuple[bool, bool]
) -> None:
    """Let a rise pass: moves the session and the account's rows. `fees`: due before, and now."""
    was = used.price(plan, fee=fees[0])
    session = was - used.waived
    rows_opened(plan, rows, times, rise.from_us, rise.to_us)
    open_draws = draws(plan, rows, times, rise.from_us, rise.to_us)
    at_us = rise.to_us
    for at_us, up, down, seconds in _parts(plan, rise, times, open_draws):
        _part(plan, used, (up, down, seconds), at_us, (rows, times, rise, open_draws))
    for one in open_draws:
        one.settle()
    due = used.price(plan, fee=fees[1]) - was
    fresh = due
    for cap in plan.caps:
        spent = session
        if cap.period != "session":
            spent = rows.counted(
                count_key("cap", cap.period, plan), _start(cap.period, times, rise, at_us)
            )
        due = min(due, max(cap.most - spent, 0))
    used.waived += fresh - due
    for cap in plan.caps:
        if cap.period != "session" and due:
            rows.count(
                count_key("cap", cap.period, plan), _start(cap.period, times, rise, at_us), due
            )


def _parts(
    plan: Whole, rise: Rise, times: Times, open_draws: list[Draw]
) -> list[tuple[int, int, int, int]]:
    """(when it begins, up, down, seconds): shares of time, rounded down cumulatively (T3)."""
    if rise.from_us >= rise.to_us:
        return [(rise.to_us, rise.up, rise.down, rise.seconds)]
    inside = set(plan.cuts(rise.from_us, rise.to_us))
    for draw in open_draws:
        inside |= {draw.from_us, draw.ends_us}
    for period in plan.periods:
        inside |= set(times.starts(period, rise.from_us, rise.to_us))
    cuts = [
        rise.from_us,
        *sorted(us for us in inside if rise.from_us < us < rise.to_us),
        rise.to_us,
    ]
    whole = rise.to_us - rise.from_us
    up, down, seconds = [
        [math.floor(Fraction(amount * (us - rise.from_us), whole)) for us in cuts]
        for amount in (rise.up, rise.down, rise.seconds)
    ]
    return [
        (cuts[n], up[n + 1] - up[n], down[n + 1] - down[n], seconds[n + 1] - seconds[n])
        for n in range(len(cuts) - 1)
    ]


def _part(
    plan: Whole,
    used: Used,
    amounts: tuple[int, int, int],
    at_us: int,
    around: tuple[Rows, Times, Rise, list[Draw]],
) -> None:
    """What lies in one band and in one period of everything."""
    up, down, seconds = amounts
    rise = around[2]
    band = plan.band_at(max(at_us, rise.to_us - _FAR_US) if rise.from_us < rise.to_us else at_us)
    cells = used.cells
    before = max(cells[band, "up"], cells[band, "down"])
    cells[band, "up"] += up
    cells[band, "down"] += down
    cells[band, "time"] += seconds
    rises = {"down": down, "up": up, "time": seconds}
    rises["larger"] = max(cells[band, "up"], cells[band, "down"]) - before
    for flow in plan.flows:
        _flow(plan, used, (band, flow), rises[flow], at_us, around)


def _flow(
    plan: Whole,
    used: Used,
    cell: tuple[str, str],
    amount: int,
    at_us: int,
    around: tuple[Rows, Times, Rise, list[Draw]],
) -> None:
    """Allowances first, then fair use, then the price."""
    rows, times, rise, open_draws = around
    way = plan.way(*cell)
    fair = plan.fair is not None and cell[1] != "time" and plan.fair.covers(*cell)
    rest = unboosted = amount
    for draw in open_draws:
        allowance = draw.allowance
        if way is None and not (allowance.booster and fair):
            continue  # what costs nothing uses nothing up
        if not draw.from_us <= at_us < draw.ends_us or not allowance.covers(*cell):
            continue
        taken = draw.take(rest)
        rest -= taken
        if allowance.booster:
            unboosted -= taken
    if fair and plan.fair_period != "session" and unboosted:
        start = _start(plan.fair_period, times, rise, at_us)
        rows.count(count_key("fair-use", plan.fair_period, plan), start, unboosted)
    if way is None or not rest:
        return
    before = used.left[way]
    used.left[way] += rest
    if way.of_account:
        key, start = (
            count_key("tier", way.period, plan, way),
            _start(way.period, times, rise, at_us),
        )
        before = rows.counted(key, start)
        rows.count(key, start, rest)
    for n, more in enumerate(_filled(way, before, before + rest)):
        used.lines[way, n] += more


_FAR_US = 366 * 86_400 * 10**6


def _start(period: str, times: Times, rise: Rise, at_us: int) -> int:
    """Where the period begins in which something is counted."""
    return period_of(times, period, rise.from_us, rise.to_us, at_us)


# -------------------------------------------------------------------- prices


def _filled(way: Way, before: int, after: int) -> list[int]:
    """By how much lines rise: octets or seconds, packages, or micros."""
    if way.mode == "package":
        size = way.tiers[0].unit
        return [-(-after // size) - -(-before // size)]
    if way.mode == "volume":
        return [_dearest(way, after) - _dearest(way, before)]
    ends = [*(tier.since for tier in way.tiers[1:]), after]
    return [
        max(min(after, end) - max(before, tier.since), 0)
        for tier, end in zip(way.tiers, ends, strict=True)
    ]


def _dearest(way: Way, used: int) -> int:
    """The most that all of any quantity up to this costs at the tier that it reaches."""
    ends = [tier.since - 1 for tier in way.tiers[1:] if tier.since <= used]
    found = 0
    for amount in (*ends, used):
        number = max(n for n, tier in enumerate(way.tiers) if tier.since <= amount)
        found = max(found, _rounded(way, number, amount))
    return found


def _rounded(way: Way, number: int, amount: int) -> int:
    tier = way.tiers[number]
    exact = Fraction(-(-amount // way.increment) * way.increment * tier.amount, tier.unit)
    if way.rounding == "up":
        return math.ceil(exact)
    return math.floor(exact + (Fraction(1, 2) if way.rounding == "half-up" else 0))


def _family(way: Way, lines: list[int]) -> int:
    """What all lines of a way cost; at least its minimum, as something was used."""
    if way.mode == "volume":
        return lines[0]
    if way.mode == "package":
        return lines[0] * way.tiers[0].amount
    total = sum(_rounded(way, n, amount) for n, amount in enumerate(lines))
    return max(total, _rounded(way, 0, way.minimum))
