"""Holds: promised once, used, resolved at most once, and never more than there is (L6, L7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from accounting import hold
from accounting.charging import Total, price_of
from domain.plan import Package, Span, TimePrice, Validity
from domain.session import HoldState, Session
from rating import compile_tariff
from tests.accounting.makers import CENT_PER_MB, T0_US, account, plan, session, subscriber

NOTHING_INCLUDED = (0, 0)
RESOLVED = sorted(hold.RESOLVED)


def held(granted_micros: int, charged_micros: int = 0, **traits: Any) -> Session:
    one = session(charged_micros=charged_micros, **traits)
    hold.take(one, account(granted_micros), granted_micros)
    return one


# -- taking, using, giving back


def test_a_hold_takes_what_it_is_granted_from_what_others_may_spend() -> None:
    one, purse = session(), account(500)
    purse.held_micros += hold.take(one, purse, 300)
    assert (one.hold_state, one.granted_micros, one.held_micros) == (HoldState.HELD, 300, 300)
    assert purse.available_micros == 200


def test_a_session_that_owes_no_fee_is_carried_by_all_of_its_hold() -> None:
    sold = plan(volume=CENT_PER_MB, session_fee_micros=50_000)
    tariff = compile_tariff(sold)
    for traits, octets in (
        ({}, 0),
        ({"adopted": True}, 4_999_999),
        ({"class_session_id": 7}, 4_999_999),
    ):
        one = held(49_999, **traits)
        found = hold.reach(one, sold, tariff, NOTHING_INCLUDED).octets
        assert found is not None and abs(found - octets) <= 100


def test_l7_more_than_is_available_cannot_be_promised() -> None:
    for purse in (account(299), account(1000, held_micros=701), account(-5)):
        with pytest.raises(AssertionError, match="L7"):
            hold.take(session(), purse, 300)


def test_l7_the_credit_limit_may_be_promised_too() -> None:
    one = session()
    assert hold.take(one, account(100, credit_limit_micros=200), 300) == 300
    assert one.held_micros == 300


def test_usage_makes_the_hold_smaller_and_never_less_than_nothing() -> None:
    one = held(300)
    one.charged_micros = 120
    assert hold.use(one) == 120
    assert (one.used_micros, one.held_micros) == (120, 180)
    one.charged_micros = 450
    assert hold.use(one) == 180
    assert (one.used_micros, one.held_micros) == (300, 0), "post <= hold (L6)"
    assert hold.use(one) == 0


def test_a_session_without_a_hold_uses_none() -> None:
    one = session(charged_micros=50)
    assert hold.use(one) == 0
    assert (one.used_micros, one.held_micros) == (0, 0)


def test_a_second_promise_starts_above_what_was_charged_beyond_the_first() -> None:
    one = held(300)
    one.charged_micros = 450
    hold.use(one)
    assert hold.take(one, account(100), 100) == 100
    assert (one.granted_micros, one.used_micros, one.held_micros) == (550, 450, 100)


def test_only_what_is_unused_can_be_given_back() -> None:
    one = held(300)
    one.charged_micros = 250
    hold.use(one)
    assert hold.give_back(one, 80) == 50
    assert (one.granted_micros, one.held_micros) == (250, 0)
    assert hold.give_back(one, 1) == 0


@pytest.mark.parametrize("state", RESOLVED)
def test_l6_a_hold_is_resolved_once_and_what_was_unused_goes_back(state: HoldState) -> None:
    one = held(300)
    one.charged_micros = 100
    hold.use(one)
    assert hold.resolve(one, state) == 200
    assert (one.hold_state, one.held_micros) == (state, 0)
    for again in RESOLVED:
        assert hold.resolve(one, again) == 0
        assert one.hold_state is state, "the first end of a hold is its only one"


@pytest.mark.parametrize("state", [HoldState.NONE, HoldState.HELD])
def test_l6_a_hold_cannot_be_resolved_into_no_end(state: HoldState) -> None:
    with pytest.raises(AssertionError):
        hold.resolve(held(300), state)


# -- shares


@given(st.integers(-(10**12), 10**12), st.integers(-3, 50))
def test_the_shares_of_all_free_slots_never_exceed_what_is_available(
    available: int, slots: int
) -> None:
    left, shares = available, []
    for free in range(slots, 0, -1):
        shares.append(hold.share(left, free))
        left -= shares[-1]
    assert sum(shares) <= max(available, 0)
    assert all(part >= 0 for part in shares)
    if shares and available > 0:
        assert sum(shares) == available, "the last slot gets the rest"
        assert max(shares) - min(shares) <= 1
    assert hold.share(available, 0) == max(available, 0)


# -- how far it goes


def test_the_sample_plan_goes_a_hundred_octets_a_micro() -> None:
    found = hold.reach(held(5_000_000), plan(), compile_tariff(plan()), NOTHING_INCLUDED)
    assert (found.octets, found.seconds, found.nothing) == (500_000_000, None, False)


def test_included_usage_comes_on_top_of_what_the_money_buys() -> None:
    sold = plan(included_octets=1000)
    one = held(10)
    one.free_octets = 400
    found = hold.reach(one, sold, compile_tariff(sold), (600, 0))
    assert found.octets == 1000 + 1000


def test_included_usage_alone_is_something() -> None:
    sold = plan(included_octets=1000)
    assert not hold.reach(session(), sold, compile_tariff(sold), (1, 0)).nothing
    assert hold.reach(session(), sold, compile_tariff(sold), (0, 0)).nothing


def test_the_fee_comes_first_and_what_it_leaves_buys_usage() -> None:
    sold = plan(session_fee_micros=100)
    tariff = compile_tariff(sold)
    assert hold.reach(held(110), sold, tariff, NOTHING_INCLUDED).octets == 1000
    assert hold.reach(held(99), sold, tariff, (10**9, 0)).nothing, "without the fee there is none"


def test_money_that_time_has_used_buys_no_octets_and_the_other_way_round() -> None:
    sold = plan(time=TimePrice(10, 1))
    one = held(100, session_s=4, output_octets=3_000)  # 40 for time, 30 for volume
    found = hold.reach(one, sold, compile_tariff(sold), NOTHING_INCLUDED)
    assert (found.octets, found.seconds) == (6_000, 7)


@given(
    granted=st.integers(0, 10**9),
    included=st.tuples(st.integers(0, 10**9), st.just(0)),
    increment=st.integers(1, 10**6),
)
def test_a_session_that_stops_where_its_hold_ends_never_costs_more_than_it_held(
    granted: int, included: tuple[int, int], increment: int
) -> None:
    sold = plan(
        volume=replace(CENT_PER_MB, increment_octets=increment),
        included_octets=included[0],
    )
    tariff = compile_tariff(sold)
    one = held(granted)
    found = hold.reach(one, sold, tariff, included)
    assert found.octets is not None
    free = min(included[0], found.octets)
    assert sum(price_of(tariff, Total(0, found.octets, 0, free, 0, False))) <= granted
    beyond = sum(price_of(tariff, Total(0, found.octets + 2 * 100 * increment, 0, free, 0, False)))
    assert beyond > granted, "and not less than it could have had"


# -- a purse and its sessions, in any order of events


class Purse(RuleBasedStateMachine):
    """One account: logins promise, records use, ends resolve, top-ups add, whatever comes next."""

    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.account = account(10_000, credit_limit_micros=500)
        self.all: list[Session] = []
        self.unheld = 0  # facts that no hold paid for
        self.ends: dict[int, HoldState] = {}

    @rule(target=sessions, slots=st.integers(1, 3))
    def login(self, slots: int) -> Session:
        one = session(session_id=len(self.all) + 1)
        amount = hold.share(self.account.available_micros, slots)
        self.account.held_micros += hold.take(one, self.account, amount)
        self.all.append(one)
        return one

    @rule(one=sessions, slots=st.integers(1, 3))
    def hold_more(self, one: Session, slots: int) -> None:
        if one.session_id in self.ends:
            return
        amount = hold.share(self.account.available_micros, slots)
        self.account.held_micros += hold.take(one, self.account, amount)

    @rule(one=sessions, rise=st.integers(0, 8_000))
    def report(self, one: Session, rise: int) -> None:
        """A fact: it posts in full, whether the hold covers it or not (L8)."""
        one.charged_micros += rise
        back = hold.use(one)
        assert 0 <= back <= rise, "a hold pays for usage and for nothing else"
        self.unheld += rise - back
        self.account.open_micros += rise
        self.account.held_micros -= back

    @rule(one=sessions, amount=st.integers(0, 5_000))
    def shrink(self, one: Session, amount: int) -> None:
        if one.hold_state is HoldState.HELD:
            self.account.held_micros -= hold.give_back(one, amount)

    @rule(one=sessions, state=st.sampled_from(RESOLVED))
    def end(self, one: Session, state: HoldState) -> None:
        self.account.held_micros -= hold.resolve(one, state)
        self.ends.setdefault(one.session_id, state)

    @rule(amount=st.integers(1, 5_000))
    def top_up(self, amount: int) -> None:
        self.account.posted_micros += amount

    @invariant()
    def l3_what_the_account_holds_is_what_its_sessions_hold(self) -> None:
        assert self.account.held_micros == sum(one.held_micros for one in self.all)

    @invariant()
    def l6_a_hold_ends_once_and_never_pays_more_than_it_was(self) -> None:
        for one in self.all:
            assert 0 <= one.used_micros <= one.granted_micros
            assert 0 <= one.held_micros
            assert one.hold_state is self.ends.get(one.session_id, HoldState.HELD)

    @invariant()
    def l7_promises_alone_never_go_below_the_floor(self) -> None:
        """Only facts beyond a hold can, by no more than they are."""
        assert self.account.available_micros >= -self.unheld


TestPurse = Purse.TestCase


# -- what is for the package alone

MODES = """
# pay    limit  balance  runs  | for usage
  ahead  0      500      yes   | 500
  ahead  0      500      no    | 500
  ahead  10000  -1800    yes   | 8200
  ahead  10000  -1800    no    | 8200
  after  1800   -1800    yes   | 0
  after  1800   -1800    no    | -1800
  after  1800   -1300    yes   | 500
  after  1800   -1300    no    | -1300
  after  1800   500      yes   | 2300
  after  1800   500      no    | 500
  after  3600   -3600    yes   | -1800
  after  0      700      yes   | 700
  after  500    200      yes   | 700
"""


def modes() -> list[list[str]]:
    lines = [line for line in MODES.splitlines() if line.strip() and "#" not in line]
    return [line.replace("|", " ").split() for line in lines]


@pytest.mark.parametrize(("pay", "limit", "balance", "runs", "usage"), modes())
def test_a_credit_limit_is_for_all_or_for_the_package_that_is_paid_after_its_time(
    pay: str, limit: str, balance: str, runs: str, usage: str
) -> None:
    purse = account(int(balance), credit_limit_micros=int(limit))
    package = Package(Validity(1, Span.MONTHS), 1800, pay_after=pay == "after")
    until_us = T0_US + (1 if runs == "yes" else 0)
    kept = hold.kept_for_package(purse, subscriber(valid_until_us=until_us), package, T0_US)
    assert kept >= 0 and purse.available_micros - kept == int(usage)


def test_without_a_package_or_an_end_nothing_runs() -> None:
    purse = account(0, credit_limit_micros=1800)
    package = Package(Validity(1, Span.MONTHS), 1800, pay_after=True)
    assert hold.kept_for_package(purse, subscriber(), None, T0_US) == 0
    assert hold.kept_for_package(purse, subscriber(valid_until_us=None), package, T0_US) == 1800
