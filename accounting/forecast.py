"""What becomes of an account if it goes on as it has: how long bundles, caps and money last.

The future is walked as the past was charged: usage at the pace passes, hour by hour, by the pots of
the account in their order; bands change, periods begin, and an hour costs what the rater says. So a
forecast differs from what is charged later only by what the subscriber does otherwise. Usage lies
in bands as it lately did; where nothing tells, evenly over the time.

Rows come in as copies, and are moved here only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from accounting.pot_terms import Terms
from accounting.pots import View
from accounting.standing import counted_until_us, drawn_end_us
from accounting.uses import Sheet
from domain.pot import Pot, PotKind
from domain.seams import US_PER_S
from rating.scheme import Rise, Uses, walk
from rating.timetable import Timetable

STEP_US: Final = 3_600 * US_PER_S
STEPS_MAX: Final = 24 * 62

Key = tuple[str, int]  # a row: its pot and the beginning of its period


class Amount(NamedTuple):
    """Octets up and down, and seconds on line."""

    up: int
    down: int
    seconds: int


class Pace(NamedTuple):
    """What was used within a span, its fees, and how it lay in bands (by their number)."""

    used: Amount
    fees_micros: int
    from_us: int
    to_us: int
    bands: tuple[Amount, ...]  # whatever is known of it, as weights; nothing: evenly


@dataclass(frozen=True, slots=True)
class Lasting:
    """A bundle, booster, cap or fair-use counter as it stands now."""

    key: Key
    kind: PotKind
    name: str
    timed: bool
    used: int
    granted: int | None  # a cap's most; None: it only counts
    left: int | None
    until_us: int | None


@dataclass(slots=True)
class Forecast:
    """What comes of a pace until an instant."""

    cost_micros: int = 0  # from now on, with fees
    money_out_us: int | None = None
    out_us: dict[Key, int] = field(default_factory=dict)  # when a row is used up
    steps_us: dict[int, int] = field(default_factory=dict)  # when a step of fair use is reached


def lasting(sheet: Sheet, terms: Terms, rows: Sequence[Pot], now_us: int) -> list[Lasting]:
    """What an account has now, in the order of consumption; then caps and fair use."""
    view = sheet.pots.view(terms, rows, now_us, now_us)
    found = [
        Lasting(
            _key(one.pot),
            one.pot.kind,
            one.allowance.name,
            bool(one.allowance.seconds),
            one.pot.used,
            one.pot.granted,
            one.draw.left,
            drawn_end_us(one, terms),
        )
        for one in view.drawn
    ]
    pricing = sheet.plan.pricing
    assert pricing is not None
    most = {str(cap.period): cap.most_micros for cap in pricing.caps}
    for pot, _meter in view.metered:
        kind, period = pot.kind, pot.pot.split("/")[1]
        if kind is PotKind.TIER:
            continue
        granted = most[period] if kind is PotKind.CAP else None
        left = None if granted is None else max(granted - pot.used, 0)
        end_us = counted_until_us(pot, terms, now_us)
        found.append(Lasting(_key(pot), kind, period, False, pot.used, granted, left, end_us))
    return found


def forecast(
    sheet: Sheet, terms: Terms, rows: Sequence[Pot], uses: Uses, pace: Pace,
    *, timetable: Timetable, now_us: int, until_us: int, money_micros: int,
) -> Forecast:  # fmt: skip
    """Walk a pace from now to an instant; `rows` and `uses` are moved, so they are copies.

    `money_micros` is what may be spent. Raises OverflowError for a pace that no book can hold.
    """
    found, kept = Forecast(), list(rows)
    rates = _rates(pace, timetable)
    rest = [Fraction(0)] * 3
    fees = Fraction(pace.fees_micros, max(pace.to_us - pace.from_us, STEP_US))
    at_us, usage_micros = now_us, 0
    for _ in range(STEPS_MAX):
        if at_us >= until_us:
            break
        end_us = min(at_us + STEP_US, until_us)
        rise = _rise(rates[timetable.band_at((at_us + end_us) // 2)], rest, at_us, end_us)
        view = sheet.pots.view(terms, kept, at_us, end_us)
        pieces = timetable.pieces(at_us, end_us)
        was, now = walk(sheet.scheme, uses, rise, pieces, view.draws, view.meters, True, True)
        _note(found, sheet, view, (at_us, end_us))
        kept += view.opened
        for move in view.moves():
            move.pot.used += move.used
            move.pot.lost += move.lost
        before = found.cost_micros
        usage_micros += now - was
        found.cost_micros = usage_micros + int(fees * (end_us - now_us))
        if found.money_out_us is None and found.cost_micros > max(money_micros, 0):
            rose = found.cost_micros - before
            found.money_out_us = at_us + (end_us - at_us) * max(money_micros - before, 0) // rose
        at_us = end_us
    return found


def _note(found: Forecast, sheet: Sheet, view: View, span: tuple[int, int]) -> None:
    """Take down what this step of time has used up."""
    from_us, length_us = span[0], span[1] - span[0]
    for one in view.drawn:
        took, left = one.draw.took, one.draw.left
        if took and took >= left:
            found.out_us.setdefault(_key(one.pot), span[1])
    pricing = sheet.plan.pricing
    assert pricing is not None
    fair = pricing.fair_use
    most = {str(cap.period): cap.most_micros for cap in pricing.caps}
    for pot, meter in view.metered:
        moved = meter.moved
        if not moved:
            continue
        if pot.kind is PotKind.CAP and meter.used + moved >= most[pot.pot.split("/")[1]]:
            found.out_us.setdefault(_key(pot), span[1])
        for step in fair.steps if fair and pot.kind is PotKind.FAIR_USE else ():
            lacking = step.above_octets - meter.used
            if 0 < lacking <= moved:
                found.steps_us.setdefault(step.above_octets, from_us + length_us * lacking // moved)


def _rates(pace: Pace, timetable: Timetable) -> list[tuple[Fraction, ...]]:
    """Octets up, down, and seconds in a microsecond, by band."""
    length_us = max(pace.to_us - pace.from_us, STEP_US)
    times: dict[int, int] = {}
    since_us = pace.to_us - length_us
    for until_us, band in timetable.pieces(since_us, pace.to_us):
        times[band] = times.get(band, 0) + until_us - since_us
        since_us = until_us
    even = tuple(Fraction(number, length_us) for number in pace.used)
    found = []
    for band in range(max(len(pace.bands), max(times) + 1)):
        weights = [pace.bands[band] if band < len(pace.bands) else Amount(0, 0, 0)]
        rate = []
        for n, number in enumerate(pace.used):
            # Of what lay in bands that the span does not hold, nothing tells how fast it was.
            all_of_it = sum(pace.bands[b][n] for b in times if b < len(pace.bands))
            if not all_of_it or band not in times:
                rate.append(even[n])
            else:
                rate.append(Fraction(number * weights[0][n], all_of_it * times[band]))
        found.append(tuple(rate))
    return found


def _rise(rates: Sequence[Fraction], rest: list[Fraction], from_us: int, to_us: int) -> Rise:
    """Whole numbers of a step; what is left of them is kept for the next one."""
    whole = []
    for n, rate in enumerate(rates):
        rest[n] += rate * (to_us - from_us)
        whole.append(int(rest[n]))
        rest[n] -= whole[-1]
    return Rise(whole[0], whole[1], whole[2], from_us, to_us)


def _key(pot: Pot) -> Key:
    return pot.pot, pot.period_start_us
