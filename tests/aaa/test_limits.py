"""Slots, shares and grants: what a session may do, and what its device is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa import grants, limits
from aaa.limits import Deal
from accounting.hold import Reach
from domain.device import Device
from domain.plan import Counted, Hours, Plan, TimePrice, VolumePrice
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from tests.aaa.gate import SECRET
from tests.aaa.room import Room
from tests.accounting.makers import T0_US, at, plan

DAY_S = 86_400


def device(dialect: str = "mikrotik", **traits: Any) -> Device:
    return Device(1, "nas", SECRET, (), dialect, traits.pop("coa_port", 3799), **traits)


def deal(room: Room, **traits: Any) -> Deal:
    """An open session of the room's account with its deal."""
    one = room.open_session(**traits)
    found = limits.deal_of(room.turn(0), one)
    assert found is not None
    return found


def granted(room: Room, reach: Reach, *, spread: bool = False, t: int = 0) -> Any:
    return grants.grant_of(room.turn(t), deal(room), reach, start_us=T0_US, spread=spread)


# -- deals and slots


def test_a_deal_is_all_that_the_limits_of_a_session_depend_on() -> None:
    room = Room()
    found = deal(room)
    assert (found.account, found.plan, found.device) == (room.account, room.plan, room.device)
    assert found.subscriber.subscriber_id == 1 and found.dialect.name == "mikrotik"


@pytest.mark.parametrize(
    "traits",
    [{"account_id": 0}, {"account_id": 7}, {"subscriber_id": 7}, {"plan_id": 7}, {"device_id": 7}],
)
def test_a_session_that_lacks_an_owner_a_plan_or_a_device_has_no_deal(
    traits: dict[str, int],
) -> None:
    room = Room()
    assert limits.deal_of(room.turn(0), room.open_session(**traits)) is None


def test_f_41_a_login_keeps_its_slot_until_its_start_is_overdue() -> None:
    room = Room(plan(sessions_max=2))
    room.open_session(state=SessionState.ACCEPTED, slot_until_us=at(60))
    assert limits.free_slots(room.turn(59), 1, room.plan) == 1
    assert limits.free_slots(room.turn(60), 1, room.plan) == 2


def test_f_40_a_suspect_session_takes_no_slot() -> None:
    room = Room(plan(sessions_max=1))
    one = room.open_session(interim_s=300, session_s=60, last_seen_us=at(0))
    assert limits.free_slots(room.turn(0), 1, room.plan) == 0
    for t in range(0, 1_000, 60):
        room.hearing.note(1, at(t))
    assert room.hearing.suspect(one, room.settings.stale_min_s)
    assert limits.free_slots(room.turn(1_000), 1, room.plan) == 1


def test_sessions_that_are_to_go_and_such_that_have_ended_take_no_slot() -> None:
    room = Room(plan(sessions_max=2))
    one = room.open_session()
    room.open_session(state=SessionState.CLOSED)
    room.open_session(state=SessionState.LAPSED)
    assert limits.free_slots(room.turn(0), 1, room.plan) == 1
    assert limits.free_slots(room.turn(0), 1, room.plan, but=[one]) == 2


# -- holds


def test_decision_the_first_of_two_slots_holds_half_and_the_second_the_rest() -> None:
    room = Room(plan(sessions_max=2), balance_micros=1_001)
    first = room.login(0, acct_session_id="A")
    second = room.login(1, acct_session_id="B")
    assert isinstance(first, Session) and isinstance(second, Session)
    assert (first.held_micros, second.held_micros) == (500, 501)
    assert room.account.available_micros == 0


def test_l7_what_is_held_and_the_promise_reach_the_commit_together() -> None:
    room = Room(balance_micros=1_000, credit_limit_micros=50)
    room.login(0)
    (move,) = room.changes[-1].accounts
    assert (move.held_micros, move.promise, room.account.available_micros) == (1_050, True, 0)


def test_a_plan_of_a_fee_alone_holds_the_fee_and_no_more() -> None:
    room = Room(plan(volume=None, session_fee_micros=300), balance_micros=1_000)
    found = room.login(0)
    assert isinstance(found, Session)
    assert (found.held_micros, room.account.available_micros) == (300, 700)


def test_without_money_nothing_is_held() -> None:
    room = Room(balance_micros=0)
    assert limits.hold_more(room.turn(0), deal(room)) == 0
    assert room.account.held_micros == 0


def test_a_session_is_exhausted_where_the_next_octet_or_second_is_not_paid() -> None:
    room = Room(plan(time=TimePrice(1, 1)))
    one = deal(room, output_octets=999, session_s=99)
    assert not limits.exhausted(one, Reach(1_000, 100))
    assert limits.exhausted(one, Reach(999, 100)) and limits.exhausted(one, Reach(1_000, 99))
    assert not limits.exhausted(one, Reach(None, None))


def test_a_plan_without_prices_is_never_exhausted() -> None:
    room = Room(plan(volume=None))
    assert not limits.exhausted(deal(room, output_octets=10**12), Reach(0, 0))


def test_a_fee_that_was_granted_is_not_exhausted_and_one_that_was_not_is() -> None:
    room = Room(plan(volume=None, session_fee_micros=300))
    paid = deal(room, charged_micros=300, granted_micros=300, hold_state=HoldState.HELD)
    unpaid = deal(room, charged_micros=300)
    assert not limits.exhausted(paid, Reach(None, None))
    assert limits.exhausted(unpaid, Reach(None, None))


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
    one = deal(
        Room(sold),
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


def test_included_usage_is_promised_in_parts_to_sessions_at_once() -> None:
    room = Room(plan(included_octets=1_000, included_s=90, sessions_max=3))
    room.books.allowance(1, T0_US).used_octets = 400

    def left(one: limits.Deal) -> tuple[int, int]:
        return limits.included_left(room.books, one.session, one.plan, one.subscriber, T0_US)

    first = deal(room)
    assert left(first) == (600, 90)
    second = deal(room)
    assert left(second) == (300, 45)
    room.books.allowance(1, T0_US).used_octets = 2_000
    assert left(first)[0] == 0


def test_a_period_bought_ahead_refills_nothing_before_it_begins() -> None:
    room = Room(plan(included_octets=1_000))
    ahead_us = T0_US + 86_400 * US_PER_S
    room.books.allowance(1, T0_US).used_octets = 1_000
    one = deal(room)
    one.subscriber.periods_ahead_us = (ahead_us,)

    def left(now_us: int) -> int:
        told = (room.books, one.session, one.plan, one.subscriber, now_us)
        return limits.included_left(*told)[0]

    assert (left(T0_US), left(ahead_us - 1), left(ahead_us)) == (0, 0, 1_000)


def test_a_plan_that_includes_nothing_promises_nothing() -> None:
    room = Room()
    one = deal(room)
    assert limits.included_left(room.books, one.session, one.plan, one.subscriber, T0_US) == (0, 0)


def test_what_was_told_is_remembered_for_the_next_change() -> None:
    room = Room()
    one = deal(room)
    for reach, octets in ((Reach(5_000, 60), 5_000), (Reach(None, 60), 0)):
        grant = grants.grant_of(room.turn(0), one, reach, start_us=T0_US, spread=False)
        grants.told(one.session, grant)
        assert (one.session.timeout_s, one.session.limit_octets) == (60, octets)


def test_the_part_of_a_second_that_validity_leaves_is_not_granted() -> None:
    room = Room(valid_until_us=T0_US + 90 * US_PER_S + 999_999)
    assert granted(room, Reach(None, None)).session_timeout_s == 150
