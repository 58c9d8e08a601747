"""What must hold for whole plans: any plan, any history under it, any octets as a session's state.

The compiled walk and its reference agree on every number of a case, and a state that is read from
octets has one spelling and prices without surprise. An account's sessions, charged as the server
charges them, come to what the simulator's judge makes of the same history, which shares no line
with the rater, the timetable or the pots: to the micro, and row by row.
"""

from __future__ import annotations

import functools
import random
from collections import Counter
from dataclasses import dataclass, field

from accounting.charging import Total
from accounting.pot_terms import Terms
from accounting.pots import booster_pot
from accounting.uses import Sheet, faults, sheet_of, take
from cli.vocabulary import our_vocabulary
from domain.plan import Plan
from domain.pot import Pot, PotKind
from domain.session import Session, SessionState
from rating.plan_file import parse_plan
from rating.scheme import Rise, Scheme, Uses, charged, compile_scheme, price, reach, walk
from rating.timetable import Timetable
from tests.fuzz.properties.dice import Dice
from tests.ratings import cases
from tests.ratings.check import check as check_case
from tests.simulation import whole_draw, whole_walk
from tests.simulation.seams import EPOCH_US
from tests.simulation.whole_laws import unpacked
from tests.simulation.whole_rows import Row, Rows, Times
from tests.simulation.whole_text import OTHER, Whole, read_whole

SECOND_US = 1_000_000
HOUR_US, DAY_US = 3_600 * SECOND_US, 86_400 * SECOND_US
MOST = 2**63 - 1
STEPS_MAX = 12
SCHEMES_N = 64


def check_scheme(octets: bytes) -> None:
    """Any plan and up to four records of a session, on both raters."""
    check_case(cases.a_case(Dice(octets)))


def check_history(plan: Plan, seed: int) -> None:
    """A history that is drawn for a plan, on both raters; a plan without pricing has none."""
    if plan.pricing is not None:
        check_case(cases.a_history(random.Random(seed), plan))


# -------------------------------------------------------------------- states


@functools.cache
def _scheme(number: int) -> Scheme:
    """One of some schemes, of all kinds."""
    found = compile_scheme(cases.a_plan(random.Random(number)))
    assert found is not None
    return found


def check_uses(octets: bytes) -> None:
    """Octets as the state of a session: refused, or read and written alike, and priced."""
    first = octets[0] if octets else 0
    scheme = _scheme(first % SCHEMES_N)
    try:
        uses = Uses(scheme, octets[1:])
    except ValueError:
        return
    assert uses.pack() == octets[1:], "a state with two spellings"
    numbers = uses.numbers()
    assert len(numbers) == scheme.width and all(0 <= number <= MOST for number in numbers)
    assert Uses(scheme, uses.pack()) == uses == uses.copy() and uses.same_usage(uses.copy())
    try:
        lines, whole = price(scheme, uses, True), charged(scheme, uses, True)
    except OverflowError:
        return
    assert sum(lines) == whole and len(lines) == scheme.lines_n + 2
    band = first % scheme.bands_n
    for rise in (Rise(1, 2, 3, 0, 1), Rise(MOST, 0, 0, 0, 0), Rise(0, MOST, MOST, 5, 1)):
        after = uses.copy()
        try:
            walk(scheme, after, rise, ((0, band),), (), (), True, True)
        except (OverflowError, ValueError):
            assert after == uses, "a walk that was refused changed the state"
    try:
        reach(scheme, uses, 10**6, 0, band, (), (), True)
    except (OverflowError, ValueError):
        return


# -------------------------------------------------------------------- accounts


@dataclass(slots=True)
class Line:
    """A session, in the house and with the judge."""

    session: Session
    used: whole_walk.Used = field(default_factory=whole_walk.Used)
    fee: bool = False


@dataclass(slots=True)
class Both:
    """An account in the house and with the judge, under one plan."""

    sheet: Sheet
    plan: Whole
    terms: Terms
    times: Times
    pots: list[Pot] = field(default_factory=list)
    rows: Rows = field(default_factory=Rows)
    lines: list[Line] = field(default_factory=list)


def check_account(octets: bytes) -> None:
    """Several sessions of an account under a drawn plan, boosters bought in between."""
    dice = Dice(octets)
    both, at_us = _drawn(dice)
    if both is None:
        return
    timetable = Timetable.of(both.sheet.plan, both.times.zone)
    for _ in range(dice.randrange(STEPS_MAX) + 1):
        at_us += _later(dice)
        boosters = both.sheet.layout.boosters
        if boosters and dice.randrange(4) == 0:
            _buy(both, dice, at_us)
        else:
            _report(both, dice.choice(both.lines), dice, at_us, timetable)
            _compare(both)


def _drawn(dice: Dice) -> tuple[Both | None, int]:
    """A plan and an account; None for a plan of which the judge sees nothing but the plain part."""
    found, start_us = whole_draw.draw(dice, dice.randrange(400) * DAY_US, 3 * HOUR_US)
    at_us = EPOCH_US + start_us
    text = next(iter(found.texts.values()))
    house, plan = parse_plan(text, vocabulary=our_vocabulary()), read_whole(text)
    sheet = sheet_of(house)
    assert (sheet is None) == (plan is None), "whole to one and plain to the other"
    if sheet is None or plan is None:
        return None, at_us
    starts_us = sorted(
        {at_us + dice.randrange(-90, 90) * DAY_US for _ in range(dice.randrange(3) + 1)}
    )
    until_us = starts_us[-1] + dice.randrange(1, 60) * DAY_US if dice.randrange(2) else None
    account = (plan.zone, found.anchor_us, tuple(starts_us), until_us)
    both = Both(sheet, plan, Terms(7, *account), Times(*account))
    for number in range(dice.randrange(3) + 1):
        session = Session(number + 1, 7, 1, 1, house.plan_id, SessionState.OPEN, 1)
        both.lines.append(Line(session))
    return both, at_us


def _later(dice: Dice) -> int:
    """How long nothing happens; now and then a clock goes back."""
    kind = dice.randrange(8)
    if kind == 0:
        return -dice.randrange(2 * DAY_US)
    if kind <= 4:
        return dice.randrange(2 * HOUR_US)
    return dice.randrange(dice.choice((1, 3, 40, 400)) * DAY_US)


def _buy(both: Both, dice: Dice, at_us: int) -> None:
    pricing = both.sheet.plan.pricing
    assert pricing is not None
    booster = dice.choice(pricing.boosters)
    number = 1 + sum(pot.kind is PotKind.BOOSTER for pot in both.pots)
    pot = booster_pot(booster, both.terms, purchase_id=number, now_us=at_us)
    both.pots.append(pot)
    key = (pot.pot, pot.period_start_us)
    both.rows.stock[key] = Row(pot.granted, pot.until_us, pot.ends_us, number)


def _report(both: Both, line: Line, dice: Dice, at_us: int, timetable: Timetable) -> None:
    """One record of a session, charged by both."""
    session = line.session
    before = Total.of(session)
    up, down = (cases.quantity(dice, 10**9) for _ in range(2))
    seconds = cases.quantity(dice, 20_000)
    from_us = session.last_event_us or at_us - seconds * SECOND_US
    session.last_event_us = max(session.last_event_us, at_us)
    session.records_n += 1
    session.input_octets += up
    session.output_octets += down
    session.session_s += seconds
    session.fee_due = True
    view = both.sheet.pots.view(both.terms, both.pots, from_us, session.last_event_us)
    taken = take(session, before, both.sheet, view, timetable, from_us=from_us)
    both.pots += taken.opened
    charges = sum(charge.amount_micros for charge in taken.charges)
    rise = whole_walk.Rise(up, down, seconds, from_us, session.last_event_us)
    was = line.used.cost(both.plan, fee=line.fee)
    fees = (line.fee, True)
    if not (up or down or seconds) and line.fee:
        assert not taken.charges and not taken.moves, "a record without usage moves something"
        return
    whole_walk.walk(both.plan, line.used, rise, both.rows, both.times, fees=fees)
    line.fee = True
    cost = line.used.cost(both.plan, fee=True)
    assert session.charged_micros == cost, f"charged {session.charged_micros}, the judge: {cost}"
    assert charges == cost - was, "the charge rows are not what was charged"
    assert faults(both.sheet, session) == []


def _compare(both: Both) -> None:
    """Cells of every session, and every row of the account."""
    bands = (OTHER, *(one.name for one in both.plan.bands))
    classes_n = both.plan.classes_n
    seconds_at = 2 * len(bands) * classes_n
    for line in both.lines:
        numbers = unpacked(line.session.uses)
        numbers += [0] * (seconds_at + len(bands) - len(numbers))
        for n, band in enumerate(bands):
            at = 2 * n * classes_n
            kept = (numbers[at], numbers[at + 1], numbers[seconds_at + n])
            here = tuple(line.used.cells[band, flow] for flow in ("up", "down", "time"))
            assert kept == here, f"{kept} in {band}, the judge: {here}"
    stock = (PotKind.BUNDLE, PotKind.BOOSTER)
    kept_rows = {
        (pot.pot, pot.period_start_us): (pot.used, pot.lost)
        for pot in both.pots
        if pot.kind in stock and (pot.used or pot.lost)
    }
    judged = {key: (r.used, r.lost) for key, r in both.rows.stock.items() if r.used or r.lost}
    assert kept_rows == judged, f"used and lost: {kept_rows}, the judge: {judged}"
    counts = Counter(
        (_counted(pot.pot), pot.period_start_us, pot.used)
        for pot in both.pots
        if pot.kind not in stock and pot.used
    )
    ours = Counter((_counted(k), at, n) for (k, at), n in both.rows.counts.items() if n)
    assert counts == ours, f"counted {counts}, the judge: {ours}"
    for pot in both.pots:
        assert min(pot.used, pot.lost, pot.granted) >= 0, "a row below nothing"
        assert pot.kind not in stock or pot.used + pot.lost <= pot.granted, "more than it has"


def _counted(key: str) -> str:
    """Kind, period and plan: how prices are told apart within a plan is the house's own."""
    return "/".join(key.split("/")[:3])
