"""A plan says by itself whether using it costs money."""

from __future__ import annotations

import dataclasses

import pytest

from domain.plan import Counted, Package, Plan, Rounding, TimePrice, Validity, VolumePrice

FREE = Plan(plan_id=1, name="free", version=1, currency="USD")


def test_a_plan_is_free_until_something_is_priced() -> None:
    assert not FREE.priced
    assert not dataclasses.replace(
        FREE, included_octets=10**9, package=Package(Validity(30))
    ).priced


@pytest.mark.parametrize(
    "part",
    [
        {"volume": VolumePrice(10_000, 1_000_000)},
        {"time": TimePrice(1_000_000, 3_600)},
        {"session_fee_micros": 1},
    ],
)
def test_each_price_alone_makes_it_cost_money(part: dict[str, object]) -> None:
    assert dataclasses.replace(FREE, **part).priced  # type: ignore[arg-type]


def test_a_version_of_a_plan_cannot_be_edited() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FREE.currency = "EUR"  # type: ignore[misc]


def test_prices_count_both_directions_by_the_octet_and_round_down_unless_told_otherwise() -> None:
    volume = VolumePrice(10_000, 1_000_000)
    assert (volume.counted, volume.increment_octets) == (Counted.SUM, 1)
    assert volume.rounding is TimePrice(1, 1).rounding is Rounding.DOWN
