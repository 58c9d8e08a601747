"""The way from a session's total to its price, one line for each step, for people to check.

The fraction is computed anew, exactly, and the micros are those that the rater charges; what lies
between them is the rounding, once for each step (T2).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from domain.plan import Rounding
from rating._rater import Tariff, price
from rating.tariff import ROUNDINGS, Step


class Line(NamedTuple):
    """One price step of one total. Quantities are octets (VOLUME), seconds (TIME) or 1 (FEE)."""

    step: Step
    quantity: int  # the total that counts
    free: int  # of it, covered by an allowance
    increments: int  # started increments of what is left
    increment: int  # size of one
    amount_micros: int  # for each unit
    unit: int
    exact: Fraction  # micros before rounding
    rounding: Rounding
    micros: int  # micros charged

    @property
    def charged(self) -> int:
        """The quantity that costs money: whole increments."""
        return self.increments * self.increment


def explain(
    tariff: Tariff,
    counted_octets: int,
    session_s: int,
    *,
    free_octets: int,
    free_s: int,
    fee_due: bool,
) -> tuple[Line, ...]:
    """Return the lines of a total, in the order of `Step`; their micros add up to its price.

    Steps that the plan does not have are left out, and the fee where it is not due. Raises
    OverflowError as `price` does.
    """
    charged_micros = price(tariff, counted_octets, session_s, free_octets, free_s, fee_due)
    totals = {
        Step.FEE: (int(fee_due), 0),
        Step.VOLUME: (counted_octets, free_octets),
        Step.TIME: (session_s, free_s),
    }
    return tuple(
        _line(tariff, step, totals[step], charged_micros[step])
        for step in Step
        if tariff.step(step)[0] and (step is not Step.FEE or fee_due)
    )


def _line(tariff: Tariff, step: Step, total: tuple[int, int], micros: int) -> Line:
    """One line; `total` is (quantity, how much an allowance has covered)."""
    amount_micros, unit, increment, rounding = tariff.step(step)
    quantity, free = total
    free = min(free, quantity)
    increments = -(-(quantity - free) // increment)
    return Line(
        step=step,
        quantity=quantity,
        free=free,
        increments=increments,
        increment=increment,
        amount_micros=amount_micros,
        unit=unit,
        exact=Fraction(increments * increment * amount_micros, unit),
        rounding=ROUNDINGS[rounding],
        micros=micros,
    )
