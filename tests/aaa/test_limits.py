"""Slots, shares and grants: what a session may do, and what its device is told of it."""

from __future__ import annotations

import pytest

from aaa import limits
from accounting.hold import Reach
from domain.plan import Package, Span, TimePrice, Validity
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from tests.aaa.gate import Gate, reply_attributes
from tests.aaa.room import Room
from tests.accounting.makers import T0_US, at, plan

DAY_S = 86_400


# -- deals and slots


def test_a_deal_is_all_that_the_limits_of_a_session_depend_on() -> None:
    room = Room()
    found = room.deal()
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
    assert limits.hold_more(room.turn(0), room.deal()) == 0
    assert room.account.held_micros == 0


def test_a_session_is_exhausted_where_the_next_octet_or_second_is_not_paid() -> None:
    room = Room(plan(time=TimePrice(1, 1)))
    one = room.deal(output_octets=999, session_s=99)
    assert not limits.exhausted(one, Reach(1_000, 100))
    assert limits.exhausted(one, Reach(999, 100)) and limits.exhausted(one, Reach(1_000, 99))
    assert not limits.exhausted(one, Reach(None, None))


def test_a_plan_without_prices_is_never_exhausted() -> None:
    room = Room(plan(volume=None))
    assert not limits.exhausted(room.deal(output_octets=10**12), Reach(0, 0))


def test_a_fee_that_was_granted_is_not_exhausted_and_one_that_was_not_is() -> None:
    room = Room(plan(volume=None, session_fee_micros=300))
    paid = room.deal(charged_micros=300, granted_micros=300, hold_state=HoldState.HELD)
    unpaid = room.deal(charged_micros=300)
    assert not limits.exhausted(paid, Reach(None, None))
    assert limits.exhausted(unpaid, Reach(None, None))


def test_included_usage_is_promised_in_parts_to_sessions_at_once() -> None:
    room = Room(plan(included_octets=1_000, included_s=90, sessions_max=3))
    room.books.allowance(1, T0_US).used_octets = 400

    def left(one: limits.Deal) -> tuple[int, int]:
        return limits.included_left(room.books, one.session, one.plan, one.subscriber, T0_US)

    first = room.deal()
    assert left(first) == (600, 90)
    second = room.deal()
    assert left(second) == (300, 45)
    room.books.allowance(1, T0_US).used_octets = 2_000
    assert left(first)[0] == 0


def test_a_period_bought_ahead_refills_nothing_before_it_begins() -> None:
    room = Room(plan(included_octets=1_000))
    ahead_us = T0_US + 86_400 * US_PER_S
    room.books.allowance(1, T0_US).used_octets = 1_000
    one = room.deal()
    one.subscriber.periods_ahead_us = (ahead_us,)

    def left(now_us: int) -> int:
        told = (room.books, one.session, one.plan, one.subscriber, now_us)
        return limits.included_left(*told)[0]

    assert (left(T0_US), left(ahead_us - 1), left(ahead_us)) == (0, 0, 1_000)


def test_a_plan_that_includes_nothing_promises_nothing() -> None:
    room = Room()
    one = room.deal()
    assert limits.included_left(room.books, one.session, one.plan, one.subscriber, T0_US) == (0, 0)


# -- money that is not for usage

HYBRID = """
name = "hybrid"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
[package]
price = "18"
validity = "1mo"
grace = "1d"
pay = "after"
"""


def test_usage_of_a_hybrid_has_what_was_paid_in_and_not_the_credit_of_the_package(
    gate: Gate,
) -> None:
    gate.add_plan(HYBRID)
    gate.add_subscribers(
        ["ann", "ben", "cid"],
        plan="hybrid",
        credit_limit_micros=100_000_000,
        valid_until_us=T0_US + 1_000 * US_PER_S,
    )
    said = []
    for at_s, login in ((0, "ann"), (1, "ben"), (2_000, "cid")):  # the last one in its grace
        accept = reply_attributes(gate.at(at_s).accept(login, id=login))
        said.append(accept.vsa(14988, 17))
    # 5.00 were paid in; 18.00 are not due before the month is over, 82.00 are never for usage.
    assert said == [(2_300 * 10**6).to_bytes(4, "big")] * 2 + [(500 * 10**6).to_bytes(4, "big")]
    assert gate.check() == []


def test_a_hold_falls_when_the_price_of_the_package_is_due() -> None:
    sold = plan(package=Package(Validity(1, Span.MONTHS), 18_000_000, 86_400, pay_after=True))
    room = Room(sold)
    room.account.credit_limit_micros, room.account.posted_micros = 18_000_000, -13_000_000
    room.subscriber.valid_until_us = at(600)
    deal = room.deal()
    assert limits.for_usage(room.turn(599), deal) == 5_000_000
    assert limits.hold_more(room.turn(599), deal) == 5_000_000
    assert limits.for_usage(room.turn(599), deal) == 0
    assert limits.for_usage(room.turn(600), deal) == -18_000_000
    assert limits.hold_more(room.turn(600), deal) == 0
