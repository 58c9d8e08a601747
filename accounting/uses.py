"""What usage costs by a plan with bands, tiers, bundles and caps (`domain.pricing`).

As in `accounting.charging` the price is one of a session's totals and never of a difference, but
the totals are more: octets of each cell, seconds of each band, what each price has to charge for,
what bundles and boosters have covered and what caps have let go. All of it is the session's `uses`,
which the compiled walk moves (`rating.scheme`); charged is the price of that and nothing else (A2).

What other sessions of the account take part in comes in as a view of its pots (`accounting.pots`):
what bundles and boosters have left, what tiers, caps and fair use have counted. The walk says by
how much each moves; where they are kept is not known here.

Charge rows: the fee has step 0, a line 3 and its number; one of step 1 and no amount keeps what was
used that day, whether it cost anything or not. What a cap lets go is taken off the last lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from accounting import strands
from accounting.charging import BEYOND, Total
from accounting.ledger import AMOUNT_MAX_MICROS
from accounting.pots import Move, Pots, View
from domain.period import day_number
from domain.plan import Plan
from domain.pot import Pot
from domain.seams import US_PER_S
from domain.session import Charge, Session
from domain.usage import Usage
from rating.scheme import CAP, TIERS, Rise, Scheme, Uses, charged, compile_scheme, price, walk
from rating.scheme_layout import Layout, layout_of
from rating.timetable import Timetable

FEE_STEP: Final = 0
USED_STEP: Final = 1
LINE_STEP: Final = 3  # of line 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A plan version with what was compiled of it."""

    plan: Plan
    scheme: Scheme
    layout: Layout
    pots: Pots
    classes: Mapping[str, int]  # by the names of services


def sheet_of(plan: Plan) -> Sheet | None:
    """What a plan's pricing compiles to; None for a simple plan, which is a tariff."""
    scheme = compile_scheme(plan)
    if scheme is None or plan.pricing is None:
        return None
    layout = layout_of(plan.pricing)
    return Sheet(plan, scheme, layout, Pots(plan, layout), classes_of(plan))


def classes_of(plan: Plan) -> dict[str, int]:
    """The number of a plan's class, from 1 on, by each service that is of it."""
    classes = plan.pricing.classes if plan.pricing is not None else ()
    return {name: n for n, one in enumerate(classes, 1) for name in one.services}


class Taken(NamedTuple):
    """What charging a rise changes besides the session: charge rows to add to, and pots."""

    charges: list[Charge]
    moves: list[Move]  # by how much pots move, which they have already
    opened: list[Pot]  # the pots that are to be kept from now on, moved or not


def since_us(session: Session, usage: Usage, at_us: int) -> int:
    """Since when the session has used what a record raises it by: since the event before it.

    To be asked before the record moves the session. Of the first record: since the time that it
    says the session has lasted. A journal knows both, so that a replay cuts where this did.
    """
    if session.records_n and session.last_event_us:
        return session.last_event_us
    return at_us - (usage.session_s or 0) * US_PER_S


def rise_of(session: Session, before: Total, sheet: Sheet, from_us: int) -> tuple[Rise, str]:
    """The rise of a session's rated totals since an instant, and what its strands are after it.

    What they have counted by now is of their classes, as far as the rise goes.
    """
    after = Total.of(session)
    up = after.input_octets - before.input_octets
    down = after.output_octets - before.output_octets
    classes: Sequence[tuple[int, int]] = ()
    kept = session.strands
    if kept:
        found = strands.read(kept)
        classes_n = len(sheet.layout.classes) - 1
        classes = strands.classes_of_rise(found, sheet.classes, classes_n, (up, down))
        kept = strands.written(found)
    seconds = after.session_s - before.session_s
    return Rise(up, down, seconds, from_us, session.last_event_us, classes), kept


def take(
    session: Session,
    before: Total,
    sheet: Sheet,
    view: View,
    timetable: Timetable,
    *,
    from_us: int,
) -> Taken:
    """Charge the rise from `before` to now: raises `uses`, `charged_micros` and what pots count.

    `view` is that of the account's pots between `from_us` and the session's newest event. Raises
    OverflowError for a price that no book can hold; then nothing was changed.
    """
    scheme, after, to_us = sheet.scheme, Total.of(session), session.last_event_us
    if after == before:
        return Taken([], [], [])
    uses = Uses(scheme, session.uses)
    was = price(scheme, uses, before.fee_due)
    rise, counted = rise_of(session, before, sheet, from_us)
    pieces = timetable.pieces(from_us, to_us)
    fees = before.fee_due, after.fee_due
    was_micros, now_micros = walk(scheme, uses, rise, pieces, view.draws, view.meters, *fees)
    if now_micros > AMOUNT_MAX_MICROS:
        raise OverflowError(BEYOND)
    assert was_micros == session.charged_micros, "A2: charged is not the price of the uses"
    now = price(scheme, uses, after.fee_due)
    assert sum(now) == now_micros, "A2: lines and waived do not add up to the price"
    session.uses, session.strands = uses.pack(), counted
    session.charged_micros = now_micros
    rows = _rows(session, sheet.plan, _amounts(was, now))
    used = [after[n] - before[n] for n in range(3)]
    if any(used):
        rows.insert(0, _row(session, sheet.plan, USED_STEP, used, 0))
    moves = view.moves()
    for pot, more, lost in moves:
        pot.used += more
        pot.lost += lost
    moved = [(move.pot.pot, move.pot.period_start_us) for move in moves]
    written = {*moved, *((pot.pot, pot.period_start_us) for pot in view.kept)}
    opened = [pot for pot in view.opened if (pot.pot, pot.period_start_us) in written]
    return Taken(rows, moves, opened)


def _amounts(was: tuple[int, ...], now: tuple[int, ...]) -> list[int]:
    """By how much each line rose, the fee first, less what was let go of it."""
    rises = [after - before for before, after in zip(was, now, strict=True)]
    free = -rises.pop()
    assert free >= 0 and min(rises) >= 0, "T1: a price fell as usage rose"
    for n in reversed(range(len(rises))):
        let_go = min(rises[n], free)
        rises[n] -= let_go
        free -= let_go
    assert free == 0, "a cap let go of more than the usage cost"
    return rises


def _rows(session: Session, plan: Plan, amounts: list[int]) -> list[Charge]:
    """A charge row for each line that rose."""
    steps = (FEE_STEP, *range(LINE_STEP, LINE_STEP + len(amounts) - 1))
    return [
        _row(session, plan, step, (0, 0, 0), amount)
        for step, amount in zip(steps, amounts, strict=True)
        if amount
    ]


def _row(
    session: Session, plan: Plan, step: int, used: Sequence[int], amount_micros: int
) -> Charge:
    """What to add to the row of the local day of the session's newest event."""
    day = day_number(session.last_event_us, plan.timezone)
    named = (session.account_id, session.session_id, session.part, step, day, plan.plan_id)
    up, down, seconds = used
    return Charge(*named, up, down, seconds, amount_micros)


class Tally(NamedTuple):
    """By how much a session has moved a counter of its account: from `least` to `most`."""

    key: str
    least: int
    most: int


def tallies(sheet: Sheet, session: Session) -> list[Tally]:
    """What a session charged by this plan has counted towards tiers, caps and fair use.

    Fair use does not count what a booster covered. What of that it would have counted is not kept,
    so with boosters the number is known only to lie between two.
    """
    uses, found = Uses(sheet.scheme, session.uses), []
    for counter in sheet.pots.counters:
        if counter.measures == TIERS:
            least = most = uses.quantity(counter.number)
        elif counter.measures == CAP:
            least = most = session.charged_micros
        else:
            most = fairly_counted(sheet, uses)
            by_boosters = len(sheet.layout.bundles)
            boosted = uses.covered(by_boosters) if sheet.layout.boosters else 0
            least = max(most - boosted, 0)
        found.append(Tally(counter.key, least, most))
    return found


def fairly_counted(sheet: Sheet, uses: Uses) -> int:
    """The octets of a session that lie in what fair use counts, whatever covered them."""
    masks, total = sheet.layout.fair, 0
    assert masks is not None, "a plan with fair use counts something for it"
    for cell in range(sheet.scheme.bands_n * sheet.scheme.classes_n):
        up, down = uses.octets(cell)
        by_flow = (down, up, max(up, down), 0)
        total += sum(octets for flow, octets in enumerate(by_flow) if masks[flow] >> cell & 1)
    return total


def faults(sheet: Sheet, session: Session) -> list[str]:
    """What is not as it must be of a session charged by this plan: sentences, none if sound."""
    try:
        uses = Uses(sheet.scheme, session.uses)
    except ValueError as error:
        return [f"what it used cannot be read: {error}"]
    found = []
    total = Total.of(session)
    rated = (total.input_octets, total.output_octets, total.session_s)
    if uses.totals != rated:
        found.append(
            f"its cells come to {uses.totals} (input and output octets, seconds), its rated "
            f"totals are {rated}"
        )
    found += _unaccounted(sheet, session, uses)
    try:
        micros = charged(sheet.scheme, uses, session.fee_due)
    except OverflowError:
        return [*found, "what it used costs more than any book can hold"]
    if micros != session.charged_micros:
        found.append(f"it is charged {session.charged_micros} micros, what it used costs {micros}")
    return found


def _unaccounted(sheet: Sheet, session: Session, uses: Uses) -> list[str]:
    """What of its classes its device has not counted apart: sentences, none if all was."""
    try:
        kept = strands.read(session.strands)
    except ValueError as error:
        return [str(error)]
    if any(min(one.waiting) < 0 for one in kept.rows):
        return ["more was given to its classes than its services have counted"]
    names, found = sheet.layout.classes, []
    cells_n = len(sheet.layout.bands) * len(names)
    for n in range(1, 1 if kept.let_go_us else len(names)):
        cells = [uses.octets(cell) for cell in range(n, cells_n, len(names))]
        given = [
            (one.given_input, one.given_output)
            for one in kept.rows
            if strands.class_of(sheet.classes, one.name) == n
        ]
        lay = tuple(sum(octets[way] for octets in cells) for way in (0, 1))
        had = tuple(sum(octets[way] for octets in given) for way in (0, 1))
        if any(one > other for one, other in zip(lay, had, strict=True)):
            found.append(f"class {names[n]} has {lay} octets up and down, its services gave {had}")
    return found
