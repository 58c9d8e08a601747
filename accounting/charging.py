"""What usage costs: the price of a session's new total less the price of what was charged.

Because both prices are of totals, it does not matter in how many pieces, how often or in which
order the usage was reported (A2, T1), and rounding happens once, on the total (T2). Included
usage is taken from the account's allowance first and never given back, whatever reconnects.
Usage that is nobody's to pay (behind a wall, before adoption) is taken off before any of this.
"""

from __future__ import annotations

from typing import NamedTuple

from accounting.ledger import AMOUNT_MAX_MICROS
from domain.account import Allowance
from domain.period import day_number
from domain.plan import Plan
from domain.session import Charge, Session
from rating import Step, Tariff, allowance, counted_octets, price

BEYOND = "the price of a session exceeds what the books can hold"
_STEPS = tuple(map(int, Step))  # as plain numbers, which index and compare several times faster
_VOLUME, _TIME = int(Step.VOLUME), int(Step.TIME)


class Total(NamedTuple):
    """What is priced of a session: its rated totals and the included usage it has consumed.

    Rated is what was counted less what is nobody's to pay; what is unrated only grows with the
    counters, so a rated total never falls either.
    """

    input_octets: int
    output_octets: int
    session_s: int
    free_octets: int
    free_s: int
    fee_due: bool

    @classmethod
    def of(cls, session: Session) -> Total:
        """The session's rated totals as they stand."""
        return cls(
            session.input_octets - session.unrated_input,
            session.output_octets - session.unrated_output,
            session.session_s - session.unrated_s,
            session.free_octets,
            session.free_s,
            session.fee_due,
        )


def price_of(tariff: Tariff, total: Total) -> tuple[int, int, int]:
    """Micros of fee, volume and time for a total."""
    return price(
        tariff,
        counted_octets(tariff, total.input_octets, total.output_octets),
        total.session_s,
        total.free_octets,
        total.free_s,
        total.fee_due,
    )


def leave_unrated(session: Session, before: Total) -> None:
    """The rise from `before` to now is nobody's to pay: the rated totals stay where they were."""
    session.unrated_input = session.input_octets - before.input_octets
    session.unrated_output = session.output_octets - before.output_octets
    session.unrated_s = session.session_s - before.session_s


def begun(session: Session, *, walled: bool) -> bool:
    """Has the session used anything that is rated, or started as one that will be (F-42)?"""
    if (
        session.input_octets != session.unrated_input
        or session.output_octets != session.unrated_output
        or session.session_s != session.unrated_s
    ):
        return True
    return session.start_seen and not walled


def charged(tariff: Tariff, total: Total) -> int:
    """Micros of a total, all steps. Raises OverflowError where no book can hold them."""
    micros = sum(price_of(tariff, total))
    if micros > AMOUNT_MAX_MICROS:
        raise OverflowError(BEYOND)
    return micros


def take_included(
    session: Session, before: Total, plan: Plan, tariff: Tariff, used: Allowance
) -> tuple[int, int]:
    """Let the rise in usage consume what is left of the included volume and time.

    Raises the session's `free_*` and the allowance's `used_*` and answers by how much.
    """
    if not plan.included_octets and not plan.included_s:
        return 0, 0
    after = Total.of(session)
    octets = seconds = 0
    if plan.included_octets:
        left = max(plan.included_octets - used.used_octets, 0)
        octets = allowance.take(
            left,
            counted_octets(tariff, before.input_octets, before.output_octets),
            counted_octets(tariff, after.input_octets, after.output_octets),
        )
    if plan.included_s:
        left = max(plan.included_s - used.used_s, 0)
        seconds = allowance.take(left, before.session_s, after.session_s)
    session.free_octets += octets
    session.free_s += seconds
    used.used_octets += octets
    used.used_s += seconds
    return octets, seconds


def give_back_included(session: Session, used: Allowance, taken: tuple[int, int]) -> None:
    """Undo a `take_included` whose usage could not be priced."""
    session.free_octets -= taken[0]
    session.free_s -= taken[1]
    used.used_octets -= taken[0]
    used.used_s -= taken[1]


def charges(session: Session, before: Total, plan: Plan, tariff: Tariff) -> list[Charge]:
    """Charge the rise from `before` to now; raises the session's `charged_micros`.

    Answers what to add to the open charge rows, one for each step that moved, on the local day
    of the session's newest event. A total never costs less than before: that would be a refund.
    Raises OverflowError for a price that no book can hold; then nothing was changed.
    """
    after = Total.of(session)
    was, now = price_of(tariff, before), price_of(tariff, after)
    was_micros, now_micros = sum(was), sum(now)
    if now_micros > AMOUNT_MAX_MICROS:
        raise OverflowError(BEYOND)
    assert was_micros == session.charged_micros, "A2: charged is not the price of the watermark"
    if after == before:
        return []
    rows = []
    for step in _STEPS:
        amount_micros = now[step] - was[step]
        assert amount_micros >= 0, "T1: a price fell as usage rose"
        up = down = seconds = 0
        if step == _VOLUME and plan.volume is not None:
            up = after.input_octets - before.input_octets
            down = after.output_octets - before.output_octets
        elif step == _TIME and plan.time is not None:
            seconds = after.session_s - before.session_s
        if amount_micros or up or down or seconds:
            day = day_number(session.last_event_us, plan.timezone)
            named = (session.account_id, session.session_id, session.part, step, day, plan.plan_id)
            rows.append(Charge(*named, up, down, seconds, amount_micros))
    session.charged_micros += now_micros - was_micros
    return rows
