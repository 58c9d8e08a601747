"""What a subscriber is entitled to: every wall at its instant, and which session fits no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aaa import entitled
from domain.account import MacMode, Status
from domain.plan import Garden, Package, TimePrice, Validity
from domain.session import Walled
from tests.accounting.makers import CENT_PER_MB, at, plan, session, subscriber

GRACE = plan(package=Package(Validity(30), grace_s=600))


@pytest.mark.parametrize(
    ("traits", "t", "wall"),
    [
        ({}, 0, Walled.NO),
        ({"valid_until_us": at(100)}, 699, Walled.NO),
        ({"valid_until_us": at(100)}, 700, Walled.EXPIRED),
        ({"valid_until_us": at(100), "status": Status.SUSPENDED}, 700, Walled.SUSPENDED),
        ({"status": Status.SUSPENDED}, 0, Walled.SUSPENDED),
    ],
)
def test_the_wall_is_that_of_status_then_of_expiry_and_grace(
    traits: dict[str, Any], t: int, wall: Walled
) -> None:
    assert entitled.wall_of(subscriber(**traits), GRACE, at(t)) is wall


def test_without_a_package_there_is_no_grace_and_without_an_end_nothing_to_look_at() -> None:
    ending = subscriber(valid_until_us=at(100))
    assert entitled.ends_us(ending, plan()) == at(100)
    assert entitled.next_look_us(ending, GRACE, at(699)) == at(700)
    assert entitled.next_look_us(ending, GRACE, at(700)) is None
    assert entitled.next_look_us(subscriber(), GRACE, at(0)) is None


def test_each_wall_has_its_own_garden_and_no_wall_has_none() -> None:
    gardens = [Garden(60 * n) for n in (1, 2, 3)]
    sold = plan(on_suspended=gardens[0], on_expired=gardens[1], on_no_credit=gardens[2])
    walls = (Walled.SUSPENDED, Walled.EXPIRED, Walled.NO_CREDIT)
    assert [entitled.garden_of(sold, wall) for wall in walls] == gardens
    assert entitled.garden_of(sold, Walled.NO) is None
    assert set(entitled.REFUSAL_OF) == set(entitled.REASON_OF) == set(walls)


@pytest.mark.parametrize(
    ("bound", "traits", "reason"),
    [
        ({"status": Status.CLOSED}, {}, "closed"),
        ({"device_ids": (2, 3)}, {}, "wrong-nas"),
        ({"device_ids": (1, 3)}, {}, ""),
        ({"mac": "aa", "mac_mode": MacMode.FIXED}, {"mac": "bb"}, "wrong-mac"),
        ({"mac": "aa", "mac_mode": MacMode.FIXED}, {"mac": "aa"}, ""),
        ({"mac": "aa", "mac_mode": MacMode.FIXED}, {"mac": None}, ""),
        ({"mac": "aa", "mac_mode": MacMode.ANY}, {"mac": "bb"}, ""),
    ],
)
def test_a_session_that_its_subscriber_is_bound_away_from_is_unfit(
    bound: dict[str, Any], traits: dict[str, Any], reason: str
) -> None:
    assert entitled.unfit(subscriber(**bound), session(**traits)) == reason


def test_plans_without_prices_are_alike_and_others_by_every_part_of_their_price() -> None:
    free = plan(volume=None)
    assert entitled.same_prices(free, replace(free, included_octets=7, name="other"))
    assert entitled.same_prices(plan(), plan(name="other", down_bps=1))
    for other in (free, plan(volume=replace(CENT_PER_MB, amount_micros=1)),
                  plan(time=TimePrice(1, 60)), plan(session_fee_micros=1),
                  plan(included_octets=1), plan(included_s=1), plan(currency="EUR")):  # fmt: skip
        assert not entitled.same_prices(plan(), other)


def test_a_session_is_untouched_while_all_of_it_is_unrated() -> None:
    walled = {"output_octets": 7, "unrated_output": 7, "session_s": 9, "unrated_s": 9}
    assert entitled.untouched(session(**walled))
    for rated in ({"input_octets": 1}, {"free_s": 1}, {"charged_micros": 1}, {"unrated_s": 8}):
        assert not entitled.untouched(session(**(walled | rated)))
