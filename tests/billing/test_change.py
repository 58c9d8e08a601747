"""A change of plan: what becomes of the time that is left, by the word of the plan that is left."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from billing.change import Change, change_plan, move_to, unpaid, unused_micros
from billing.payment import Declined, customer_micros
from domain.account import Account, Purchase, Subscriber
from domain.ledger import Book, EntryKind
from domain.period import DAY_US
from domain.plan import Left, Package, Plan, Validity
from domain.pricing import Pricing, Rate
from tests.accounting import makers

NOW_US = 1_770_000_000_000_000
HALF_US = NOW_US - 15 * DAY_US  # a package of 30 days was bought then
END_US = NOW_US + 15 * DAY_US
OTHER = makers.plan(plan_id=2, name="other", package=Package(Validity(30), 20_000_000))
FREE = makers.plan(plan_id=3, name="free", package=Package(Validity(7)))
ENDLESS = makers.plan(plan_id=4, name="endless")


class Ids:
    """Numbers that rise."""

    def __init__(self) -> None:
        self._numbers = itertools.count(100)

    def next(self) -> int:
        return next(self._numbers)


def home(left: Left) -> Plan:
    return makers.plan(name="home", package=Package(Validity(30), 10_000_000), on_change=left)


def owner(**traits: Any) -> Subscriber:
    said = {"plan_name": "home", "period_start_us": HALF_US, "valid_until_us": END_US}
    return makers.subscriber(**{**said, **traits})


def renewal(n: int, created_us: int, until_us: int, **traits: Any) -> Purchase:
    made = Purchase(n, 1, 1, f"k{n}", "renewal", 1, 10_000_000, n, None, until_us, created_us)
    return replace(made, **traits)


HAD = [renewal(7, HALF_US, END_US)]


def changed(
    left: Left,
    plan: Plan = OTHER,
    account: Account | None = None,
    one: Subscriber | None = None,
    **more: Any,
) -> Change | Declined:
    before = one or owner()
    moved = replace(before)
    move_to(moved, plan, NOW_US)
    said: dict[str, Any] = {"purchases": HAD, "activate": False, **more}
    return change_plan(
        before,
        moved,
        account or makers.account(1_000_000),
        plans=(home(left), plan),
        ids=Ids(),
        now_us=NOW_US,
        **said,
    )


def done(result: Change | Declined) -> Change:
    assert isinstance(result, Change), result
    return result


def test_kept_time_goes_on_under_the_other_plan() -> None:
    made = done(changed(Left.KEEP))
    assert (made.left, made.payments, made.purchase) == (Left.KEEP, [], None)
    one = made.subscriber
    assert (one.plan_name, one.valid_until_us, one.period_start_us) == ("other", END_US, HALF_US)


def test_forfeited_time_ends_and_the_other_plan_has_to_be_bought() -> None:
    made = done(changed(Left.FORFEIT))
    one = made.subscriber
    assert (one.valid_until_us, one.period_start_us) == (NOW_US, NOW_US)
    assert made.payments == [] and made.purchase is not None
    told = made.purchase
    assert (told.kind, told.before_us, told.until_us) == ("change", END_US, NOW_US)
    assert (told.price_micros, told.entry_id, told.plan_id) == (0, None, home(Left.KEEP).plan_id)


def test_refunded_time_brings_its_part_of_the_price_back() -> None:
    made = done(changed(Left.REFUND))
    assert made.refunded is not None and made.subscriber.valid_until_us == NOW_US
    entry = made.refunded.entry
    assert entry.kind is EntryKind.REFUND and customer_micros(entry) == 5_000_000
    assert {(p.book, p.amount_micros) for p in entry.postings} == {
        (Book.CUSTOMER, 5_000_000), (Book.REVENUE, -5_000_000),
    }  # fmt: skip
    assert made.account.posted_micros == 6_000_000


@pytest.mark.parametrize("left", [Left.FORFEIT, Left.REFUND])
@pytest.mark.parametrize(("plan", "days"), [(FREE, 7), (ENDLESS, None)])
def test_a_plan_without_a_price_begins_its_own_time(
    left: Left, plan: Plan, days: int | None
) -> None:
    one = done(changed(left, plan)).subscriber
    assert one.valid_until_us == (None if days is None else NOW_US + days * DAY_US)
    assert (one.period_start_us, one.periods_ahead_us) == (NOW_US, ())


@pytest.mark.parametrize(
    "more",
    [
        {"keep": True},  # an end was given with the change
        {"one": owner(valid_until_us=NOW_US)},  # nothing is left
        {"one": owner(valid_until_us=None)},
    ],
)
def test_where_no_time_is_left_to_treat_nothing_is_given_back(more: dict[str, Any]) -> None:
    made = done(changed(Left.REFUND, **more))
    assert (made.left, made.payments, made.purchase) == (None, [], None)


def test_the_same_plan_again_is_no_change() -> None:
    made = done(changed(Left.REFUND, home(Left.REFUND)))
    assert made.left is None and made.subscriber.valid_until_us == END_US


def test_the_activation_fee_can_be_paid_from_the_refund() -> None:
    pricing = Pricing(rates=(Rate(),), activation_fee_micros=6_000_000)
    dear = replace(OTHER, pricing=pricing)
    made = done(changed(Left.REFUND, dear, activate=True))
    assert [one.entry.kind for one in made.payments] == [EntryKind.REFUND, EntryKind.ACTIVATION]
    assert [one.entry.seq for one in made.payments] == [1, 2]
    assert made.account.posted_micros == 0
    assert isinstance(changed(Left.FORFEIT, dear, activate=True), Declined)


def test_what_is_left_is_what_was_bought_last() -> None:
    ahead = renewal(
        8, NOW_US - DAY_US, END_US + 30 * DAY_US, before_us=END_US, price_micros=12_000_000
    )
    until_us = END_US + 30 * DAY_US
    assert unused_micros([ahead, *HAD], until_us, NOW_US) == 12_000_000 + 5_000_000
    gift = renewal(
        9, NOW_US - 1, until_us + DAY_US, before_us=until_us, price_micros=0, kind="extension"
    )
    assert unused_micros([gift, ahead, *HAD], until_us + DAY_US, NOW_US) == 17_000_000
    undone = replace(ahead, price_micros=0)
    assert unused_micros([undone, *HAD], until_us, NOW_US) == 5_000_000
    given_up = renewal(10, NOW_US, NOW_US, kind="change", price_micros=0)
    assert unused_micros([given_up, *HAD], END_US, NOW_US) == 0
    assert unused_micros([], END_US, NOW_US) == 0


def test_a_refund_is_never_more_than_was_paid() -> None:
    assert unused_micros(HAD, END_US + DAY_US, HALF_US - DAY_US) == 10_000_000
    assert unused_micros(HAD, NOW_US + 1, NOW_US) == 0  # rounded down


def test_an_end_that_was_set_by_hand_is_no_time_that_was_bought() -> None:
    assert unused_micros(HAD, NOW_US + 400 * DAY_US, NOW_US) == 5_000_000
    assert unused_micros(HAD, NOW_US + 5 * DAY_US, NOW_US) == 1_666_666
    late = renewal(8, NOW_US - 5 * DAY_US, NOW_US + 25 * DAY_US)  # after an end that came early
    late = replace(late, before_us=NOW_US - 5 * DAY_US)
    assert unused_micros([late, *HAD], NOW_US + 25 * DAY_US, NOW_US) == 8_333_333


def test_who_has_to_buy_time() -> None:
    assert [unpaid(one) for one in (OTHER, FREE, ENDLESS)] == [True, False, False]
