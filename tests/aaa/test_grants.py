"""What a device is told: time, octets in its own count, guard bands, speeds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa import grants, limits
from accounting.hold import Reach
from domain.device import Device
from domain.plan import Counted, Hours, Plan, VolumePrice
from domain.seams import US_PER_S
from tests.aaa.gate import SECRET
from tests.aaa.room import Room
from tests.accounting.makers import T0_US, at, plan

DAY_S = 86_400


def device(dialect: str = "mikrotik", **traits: Any) -> Device:
    return Device(1, "nas", SECRET, (), dialect, traits.pop("coa_port", 3799), **traits)


def granted(room: Room, reach: Reach, *, spread: bool = False, t: int = 0) -> Any:
    return grants.grant_of(room.turn(t), room.deal(), reach, start_us=T0_US, spread=spread)


# -- what the device is told


def test_decision_session_timeout_is_the_least_of_money_validity_hours_and_the_longest() -> None:
    until_noon = (Hours(frozenset(range(1, 8)), 0, 12 * 3600),)  # T0 is at 08:53:20 UTC
    assert granted(Room(plan(max_session_s=5_000)), Reach(None, None)).session_timeout_s == 5_000
    assert granted(Room(), Reach(None, 777)).session_timeout_s == 777
    room = Room(valid_until_us=at(900))
    assert granted(room, Reach(None, 1_000)).session_timeout_s == 960, "and a minute to renew in"
    deaf = Room(valid_until_us=at(900), device=device(coa_port=0))
    assert granted(deaf, Reach(None, 1_000)).session_timeout_s == 900, "nothing else can end it"
    room = Room(plan(hours=until_noon))
    assert granted(room, Reach(None, None)).session_timeout_s == 11_200
    assert granted(room, Reach(None, None), t=600).session_timeout_s == 11_200, "since its start"


def test_hours_without_an_end_and_a_plan_without_hours_limit_nothing() -> None:
    always = (Hours(frozenset(range(1, 8)), 0, DAY_S),)
    for sold in (plan(), plan(hours=always)):
        assert granted(Room(sold), Reach(None, None)).session_timeout_s == 7 * DAY_S


def test_a_session_timeout_is_never_zero_which_devices_read_as_no_limit() -> None:
    assert granted(Room(), Reach(None, 0)).session_timeout_s == 1
    assert granted(Room(valid_until_us=at(-65)), Reach(None, None)).session_timeout_s == 1


def test_f_36_the_longest_session_and_the_interval_are_spread_in_an_accept_only() -> None:
    room = Room()
    found = {granted(room, Reach(None, None), spread=True).session_timeout_s for _ in range(50)}
    assert len(found) > 10
    assert all(abs(seconds - 7 * DAY_S) <= 7 * DAY_S // 10 for seconds in found)
    told = granted(room, Reach(None, 777), spread=True)
    assert told.session_timeout_s == 777, "what money pays is not spread"
    assert 270 <= told.interim_s <= 330
    assert granted(room, Reach(None, None)).interim_s == 300


@pytest.mark.parametrize(
    ("sold", "box", "interim_s"),
    [(600, 120, 600), (None, 120, 120), (None, None, 300)],
)
def test_the_interval_is_the_plans_else_the_devices_else_the_settings(
    sold: int | None, box: int | None, interim_s: int
) -> None:
    room = Room(plan(interim_s=sold), device=device(interim_s=box))
    assert granted(room, Reach(None, None)).interim_s == interim_s


@pytest.mark.parametrize(
    ("counted", "limits_told"),
    [
        (Counted.SUM, (None, None, 5_000)),
        (Counted.DOWN, (None, 5_000, None)),
        (Counted.UP, (5_000, None, None)),
        (Counted.LARGER, (5_000, 5_000, None)),
    ],
)
def test_octets_are_limited_in_the_direction_that_the_plan_counts(
    counted: Counted, limits_told: tuple[int | None, ...]
) -> None:
    sold = plan(volume=VolumePrice(10_000, 1_000_000, counted=counted), counted=counted)
    found = granted(Room(sold), Reach(5_000, None))
    assert (
        found.input_limit_octets,
        found.output_limit_octets,
        found.total_limit_octets,
    ) == limits_told


@pytest.mark.parametrize(
    ("counted", "limits_told"),
    # 300 up and 4,000 down of the session are nobody's to pay; 5,000 rated octets are paid.
    [
        (Counted.SUM, (None, None, 9_300)),
        (Counted.DOWN, (None, 9_000, None)),
        (Counted.UP, (5_300, None, None)),
        (Counted.LARGER, (5_300, 9_000, None)),
    ],
)
def test_a_device_counts_from_its_start_so_it_is_told_what_is_unrated_on_top(
    counted: Counted, limits_told: tuple[int | None, ...]
) -> None:
    sold = plan(volume=VolumePrice(10_000, 1_000_000, counted=counted), counted=counted)
    one = Room(sold).deal(
        input_octets=300, unrated_input=300, output_octets=4_000, unrated_output=4_000,
        session_s=70, unrated_s=70,
    )  # fmt: skip
    grant = grants.grant_of(
        Room(sold).turn(0), one, Reach(5_000, 600), start_us=T0_US, spread=False
    )
    grants.told(one.session, grant)
    found = (grant.input_limit_octets, grant.output_limit_octets, grant.total_limit_octets)
    assert (*found, grant.session_timeout_s) == (*limits_told, 670)
    assert grants.rated_limit(one.session, sold) == 5_000
    assert not limits.exhausted(one, Reach(1, 1)), "nothing of it was rated"


@pytest.mark.parametrize("dialect", ["standard", "cisco"])
def test_a_device_that_keeps_no_octet_limit_is_told_none(dialect: str) -> None:
    found = granted(Room(device=device(dialect)), Reach(5_000, None))
    assert found.total_limit_octets is None
    assert found.session_timeout_s == 7 * DAY_S, "it can be told to disconnect"


def test_decision_volume_becomes_time_only_where_nothing_else_can_end_the_session() -> None:
    sold = plan(down_bps=6_000_000, up_bps=2_000_000)
    found = granted(Room(sold, device=device("standard", coa_port=0)), Reach(10**9, None))
    # A gigabyte at a megabyte a second, less the second in which nobody looks.
    assert found.session_timeout_s == 999


@given(st.integers(0, 10**12), st.integers(1, 10**10))
def test_1_3_the_guard_band_is_what_passes_unnoticed_and_never_more_than_half(
    octets: int, bps: int
) -> None:
    room = Room(device=device(line_rate_bps=bps))
    told = granted(room, Reach(octets, None)).total_limit_octets
    unnoticed = 2 * bps * 1 // 8  # RouterOS looks once a second
    assert told == octets - min(unnoticed, octets // 2)


def test_the_speeds_of_the_plan_are_granted() -> None:
    sold: Plan = plan(down_bps=10**7, up_bps=10**6, policy_down="D", policy_up="U")
    found = granted(Room(sold), Reach(None, None))
    assert (found.down_bps, found.up_bps) == (10**7, 10**6)
    assert (found.policy_down, found.policy_up) == ("D", "U")


def test_what_was_told_is_remembered_for_the_next_change() -> None:
    room = Room()
    one = room.deal()
    for reach, octets in ((Reach(5_000, 60), 5_000), (Reach(None, 60), 0)):
        grant = grants.grant_of(room.turn(0), one, reach, start_us=T0_US, spread=False)
        grants.told(one.session, grant)
        assert (one.session.timeout_s, one.session.limit_octets) == (60, octets)


def test_the_part_of_a_second_that_validity_leaves_is_not_granted() -> None:
    room = Room(valid_until_us=T0_US + 90 * US_PER_S + 999_999)
    assert granted(room, Reach(None, None)).session_timeout_s == 150
