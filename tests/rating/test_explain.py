"""What is explained is what is charged."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.plan import Plan, Rounding, TimePrice, VolumePrice
from rating import Step, compile_tariff, price
from rating.explain import explain
from rating.reference import rounded

PLAN = Plan(
    plan_id=1,
    name="p",
    version=1,
    currency="USD",
    volume=VolumePrice(4_000_000, 2**30, increment_octets=65_536),
    time=TimePrice(1_000_000, 3_600, rounding=Rounding.UP),
    session_fee_micros=500_000,
)


def test_each_step_shows_its_quantity_increments_fraction_and_rounding() -> None:
    fee, volume, time = explain(
        compile_tariff(PLAN), 200_000, 10, free_octets=100_000, free_s=9, fee_due=True
    )
    assert (fee.step, fee.quantity, fee.exact, fee.micros) == (
        Step.FEE,
        1,
        Fraction(500_000),
        500_000,
    )
    assert volume.step is Step.VOLUME
    assert (volume.quantity, volume.free, volume.increments) == (200_000, 100_000, 2)
    assert volume.charged == 131_072
    assert volume.exact == Fraction(48828125, 100_000)
    assert (volume.rounding, volume.micros) == (Rounding.DOWN, 488)
    assert (time.step, time.charged, time.exact) == (Step.TIME, 1, Fraction(2_500, 9))
    assert (time.rounding, time.micros) == (Rounding.UP, 278)


def test_steps_that_do_not_apply_are_left_out() -> None:
    tariff = compile_tariff(PLAN)
    lines = explain(tariff, 5, 5, free_octets=9, free_s=9, fee_due=False)
    assert [(line.step, line.free, line.micros) for line in lines] == [
        (Step.VOLUME, 5, 0),
        (Step.TIME, 5, 0),
    ]


def test_what_cannot_be_priced_cannot_be_explained() -> None:
    with pytest.raises(OverflowError):
        explain(compile_tariff(PLAN), -1, 0, free_octets=0, free_s=0, fee_due=False)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), octets=st.integers(0, 10**13), seconds=st.integers(0, 10**8))
def test_the_lines_add_up_to_the_price_and_each_is_its_fraction_rounded(
    plans: st.SearchStrategy[Plan], data: st.DataObject, octets: int, seconds: int
) -> None:
    tariff = compile_tariff(data.draw(plans))
    free = data.draw(st.integers(0, octets))
    try:
        charged = price(tariff, octets, seconds, free, 0, True)
    except OverflowError:
        assume(False)
    lines = explain(tariff, octets, seconds, free_octets=free, free_s=0, fee_due=True)
    assert sum(line.micros for line in lines) == sum(charged)
    for line in lines:
        assert line.micros == charged[line.step] == rounded(line.exact, line.rounding)
        assert line.exact == Fraction(line.charged * line.amount_micros, line.unit)
