"""One case on both raters: the compiled one and the reference must agree on every number.

State, takings, counters, price before and after, refusals. Besides, what holds of any walk: cells
add up to the rise, flows are what was covered, what is in lines and what was free; a state has
one spelling; a spread alone gives the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.pricing import Period, Pricing
from rating import scheme_reference
from rating.price_reference import counts_account
from rating.scheme import Draw, Meter, Rise, Scheme, Uses, charged, compile_scheme, price, spread
from rating.scheme import walk as compiled_walk
from rating.scheme_layout import Layout, allowances, layout_of
from rating.scheme_reference import Counter, Pot, Walk, lines_micros
from tests.ratings.cases import Case, Step

FIRST_US, LAST_US = 0, 2_000
TIERS, FAIR, CAP = range(3)


@dataclass
class Twins:
    """A session on both raters."""

    scheme: Scheme
    layout: Layout
    uses: Uses
    walk: Walk
    draws: list[Draw]
    meters: list[Meter]
    fee_was: bool = False


def check(case: Case) -> int:
    """Play a case on both. How many of its records were priced; AssertionError if they differ."""
    twins = _begin(case)
    return sum(_play(twins, step) for step in case.steps)


def _begin(case: Case) -> Twins:
    """Both at the beginning."""
    pricing = case.plan.pricing
    scheme = compile_scheme(case.plan)
    assert scheme is not None and pricing is not None
    layout = layout_of(pricing)
    sold = allowances(pricing)
    reached = [*layout.bundles, *layout.boosters]
    walk = Walk(case.plan, scheme_reference.State())
    walk.pots = [
        Pot(sold[each.allowance], each.left, each.from_us, each.until_us) for each in case.pots
    ]
    draws = [
        Draw(each.left, *reached[each.allowance], each.from_us, each.until_us) for each in case.pots
    ]
    counters: list[Counter] = []
    meters: list[Meter] = []
    for (measures, index, of), used in zip(_counted(pricing, layout), case.used, strict=False):
        for number, (from_us, until_us) in enumerate(
            ((FIRST_US, case.turn_us), (case.turn_us, LAST_US))
        ):
            counters.append(Counter(of, used[number], from_us, until_us))
            meters.append(Meter(measures, index, used[number], from_us, until_us))
    walk.counters = counters
    return Twins(scheme, layout, Uses(scheme), walk, draws, meters)


def _counted(
    pricing: Pricing, layout: Layout
) -> list[tuple[int, int, scheme_reference.Way | int | None]]:
    """What of a plan needs an account's counter."""
    found: list[tuple[int, int, scheme_reference.Way | int | None]] = [
        (TIERS, number, _way(layout, number))
        for number, family in enumerate(layout.families)
        if counts_account(family.part.price)
    ]
    found += [
        (CAP, number, number)
        for number, cap in enumerate(pricing.caps)
        if cap.period is not Period.SESSION
    ]
    if pricing.fair_use and pricing.fair_use.period is not Period.SESSION:
        found.append((FAIR, 0, None))
    return found


def _way(layout: Layout, family: int) -> scheme_reference.Way:
    """A family as the reference calls it."""
    part = layout.families[family].part
    return tuple(("down", "up", "larger", "time")[flow] for flow in part.flows), part.price


def _play(twins: Twins, step: Step) -> bool:
    """One record on both. Was it priced?"""
    rise = step.rise
    up, down = (sum(octets[way] for octets in rise.octets) for way in (0, 1))
    fitting = up < 2**63 and down < 2**63
    bands = [twins.layout.bands[band] for _until, band in step.pieces]
    named = [(until, band) for (until, _), band in zip(step.pieces, bands, strict=True)]
    for pot in twins.walk.pots:
        pot.took = 0
    for counter in twins.walk.counters:
        counter.moved = 0
    expected: tuple[int, int] | None = None
    found: tuple[int, int] | None = None
    before = twins.uses.copy()
    cells = twins.uses.copy()
    try:
        expected = twins.walk.go(rise, named, twins.fee_was, step.fee_due)
    except OverflowError:
        pass
    if not fitting:
        return False
    compact = Rise(up, down, rise.seconds, rise.from_us, rise.to_us, rise.octets[1:])
    arguments = step.pieces, twins.draws, twins.meters, twins.fee_was, step.fee_due
    try:
        found = compiled_walk(twins.scheme, twins.uses, compact, *arguments)
    except OverflowError:
        assert twins.uses == before, "a refused walk changed the state"
    assert found == expected, f"price: compiled {found}, reference {expected}"
    numbers = _numbers(twins)
    assert twins.uses.numbers() == numbers, f"state: {twins.uses.numbers()}, reference {numbers}"
    took, pots = [draw.took for draw in twins.draws], [pot.took for pot in twins.walk.pots]
    assert took == pots, f"taken: {took}, reference {pots}"
    moved, counted = [m.moved for m in twins.meters], [c.moved for c in twins.walk.counters]
    assert moved == counted, f"moved: {moved}, reference {counted}"
    if found is None:
        return False
    assert found[1] >= found[0], "T1: the price fell"
    assert Uses(twins.scheme, twins.uses.pack()) == twins.uses
    spread(twins.scheme, cells, compact, step.pieces)
    assert cells.same_usage(twins.uses), "a spread gives other cells than a walk"
    _check_price(twins, found[1], fee_due=step.fee_due)
    _check_sums(twins, before, (up, down, rise.seconds), sum(took))
    _go_on(twins, fee_due=step.fee_due)
    return True


def _check_price(twins: Twins, micros: int, *, fee_due: bool) -> None:
    """Is the price of the state what the walk said, line by line (A2)?"""
    priced = price(twins.scheme, twins.uses, fee_due)
    assert sum(priced) == micros == charged(twins.scheme, twins.uses, fee_due)
    reference = lines_micros(twins.walk.plan, twins.walk.state, fee_due=fee_due)
    lines = [
        reference.get((_way(twins.layout, family), tier), 0) for family, tier in twins.layout.lines
    ]
    waived = twins.walk.state.waived_micros
    assert priced == (reference["fee"], *lines, -waived), f"{priced}, reference {reference}"


def _check_sums(twins: Twins, before: Uses, rise: tuple[int, int, int], taken: int) -> None:
    """Do the cells add up, and does every octet and second lie somewhere, once?"""
    totals = zip(twins.uses.totals, before.totals, strict=True)
    assert tuple(now - was for now, was in totals) == rise, "T3: the pieces do not add up"
    slots = range(twins.scheme.slots_n)
    assert sum(twins.uses.covered(n) - before.covered(n) for n in slots) == taken
    charged_for = sum(
        twins.uses.quantity(n) - before.quantity(n) for n in range(len(twins.layout.families))
    )
    flows = _flows(twins.uses, twins) - _flows(before, twins)
    assert charged_for + taken >= flows, "less was charged or covered than was used"
    if twins.walk.pricing.fair_use is None:
        assert charged_for + taken == flows, "more was charged or covered than was used"


def _flows(uses: Uses, twins: Twins) -> int:
    """All that costs something: octets and seconds, whichever."""
    found = 0
    classes_n = twins.scheme.classes_n
    for cell in range(len(twins.layout.ways) // 4):
        up, down = uses.octets(cell)
        sizes = down, up, max(up, down), uses.seconds(cell // classes_n)
        found += sum(
            size for flow, size in enumerate(sizes) if twins.layout.ways[4 * cell + flow] >= 0
        )
    return found


def _numbers(twins: Twins) -> tuple[int, ...]:
    """The state of the reference in the order of the compiled one."""
    state, layout = twins.walk.state, twins.layout
    cells = [(band, name) for band in layout.bands for name in layout.classes]
    octets = [n for cell in cells for n in (state.up.get(cell, 0), state.down.get(cell, 0))]
    seconds = [state.seconds.get(band, 0) for band in layout.bands]
    ways = [_way(layout, number) for number in range(len(layout.families))]
    lines = [state.lines.get((ways[family], tier), 0) for family, tier in layout.lines]
    tallies = [
        state.quantities.get(way, 0) for way in ways if way[1].mode.value in ("volume", "package")
    ]
    names = [bundle.name for bundle in twins.walk.pricing.bundles]
    if twins.walk.pricing.boosters:
        names += ["boosters of octets", "boosters of seconds"]
    covered = [state.covered.get(name, 0) for name in names]
    return (*octets, *seconds, *lines, *tallies, *covered, state.waived_micros)


def _go_on(twins: Twins, *, fee_due: bool) -> None:
    """Keep what was taken and counted, for the next record."""
    for draw, pot in zip(twins.draws, twins.walk.pots, strict=True):
        draw.left -= draw.took
        pot.left -= pot.took
    for meter, counter in zip(twins.meters, twins.walk.counters, strict=True):
        meter.used += meter.moved
        counter.used += counter.moved
    twins.fee_was = fee_due
