"""A plan is checked once, when it becomes a tariff."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from domain.plan import Counted, Plan, Rounding, TimePrice, VolumePrice
from rating import Step, compile_tariff
from rating.tariff import COUNTED, ROUNDINGS

PLAN = Plan(
    plan_id=1,
    name="p",
    version=1,
    currency="USD",
    volume=VolumePrice(10_000, 1_000_000, increment_octets=1024, rounding=Rounding.UP),
    time=TimePrice(2_400_000, 3_600, increment_s=60, rounding=Rounding.HALF_UP),
    session_fee_micros=500_000,
)


def test_a_plan_becomes_three_steps_in_the_order_of_step() -> None:
    tariff = compile_tariff(PLAN)
    assert tariff.step(Step.FEE) == (500_000, 1, 1, 0)
    assert tariff.step(Step.VOLUME) == (10_000, 1_000_000, 1024, 1)
    assert tariff.step(Step.TIME) == (2_400_000, 3_600, 60, 2)


def test_what_is_not_priced_has_no_amount() -> None:
    tariff = compile_tariff(dataclasses.replace(PLAN, volume=None, time=None))
    assert tariff.step(Step.VOLUME)[0] == tariff.step(Step.TIME)[0] == 0


def test_every_word_of_the_enumerations_has_its_number() -> None:
    assert set(COUNTED) == set(Counted)
    assert set(ROUNDINGS) == set(Rounding)


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_fee_micros": -1},
        {"session_fee_micros": 10**15 + 1},
        {"session_fee_micros": True},
        {"included_octets": -1},
        {"included_s": 1.0},
        {"included_octets": 10**18 + 1},
        {"volume": VolumePrice(-1, 1)},
        {"volume": VolumePrice(1, 0)},
        {"volume": VolumePrice(1, 10**15 + 1)},
        {"volume": VolumePrice(10**15 + 1, 1)},
        {"volume": VolumePrice(1, 1, increment_octets=0)},
        {"volume": VolumePrice(1, 1, increment_octets=10**12 + 1)},
        {"volume": VolumePrice(0.01, 1)},  # type: ignore[arg-type]
        {"volume": VolumePrice(1, 1, counted=Counted.DOWN), "counted": Counted.SUM},
        {"time": TimePrice(-1, 1)},
        {"time": TimePrice(1, 0)},
        {"time": TimePrice(1, 1, increment_s=86_401)},
        {"time": TimePrice(1, 366 * 86_400 + 1)},
    ],
)
def test_a_price_out_of_its_limits_is_refused_with_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        compile_tariff(dataclasses.replace(PLAN, **wrong))
    assert "\n" not in str(caught.value)
