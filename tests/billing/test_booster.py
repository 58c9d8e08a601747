"""Boosters: what one costs and brings, how long it lasts, and who is not sold one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from billing.booster import Boost, boost, boosters_of
from billing.payment import Declined, Stamp
from domain.account import Account, Status, Subscriber
from domain.ledger import Book, EntryKind
from domain.period import DAY_US, parse_instant
from domain.plan import Package, Plan, Validity
from domain.pot import PotKind
from domain.pricing import Booster, Pricing, Rate
from tests.accounting import makers

BERLIN = "Europe/Berlin"
NOW_US = parse_instant("2026-03-28 10:00", BERLIN)  # clocks go forward the night after
GB = 1_000_000_000
MORE = Booster("more", 3_500_000, octets=5 * GB)
WEEK = Booster("week", 1_000_000, seconds=3_600, validity=Validity(7))
GIFT = Booster("gift", 0, octets=GB)


def sold(**traits: Any) -> Plan:
    """Thirty days with three boosters."""
    pricing = Pricing(rates=(Rate(),), boosters=(MORE, WEEK, GIFT))
    bundle = Package(Validity(30), 10_000_000, grace_s=3_600)
    said = {"timezone": BERLIN, "volume": None, "package": bundle, "pricing": pricing}
    return makers.plan(**{**said, **traits})


def owner(**traits: Any) -> Subscriber:
    """Alice, who has some days left."""
    said = {"valid_until_us": NOW_US + 9 * DAY_US, "period_start_us": NOW_US - DAY_US, **traits}
    return makers.subscriber(**said)


def bought(
    name: str = "more",
    one: Subscriber | None = None,
    plan: Plan | None = None,
    account: Account | None = None,
) -> Boost | Declined:
    stamp = Stamp(entry_id=50, key="ref:4711", created_us=NOW_US, reason="r")
    purse = account or makers.account(4_000_000)
    return boost(one or owner(), purse, plan or sold(), name, purchase_id=60, stamp=stamp)


def done(result: Boost | Declined) -> Boost:
    assert isinstance(result, Boost), result
    return result


def test_a_booster_debits_its_price_to_revenue_and_brings_one_pot() -> None:
    made = done(bought())
    assert made.payment is not None
    entry = made.payment.entry
    assert (entry.kind, entry.entry_id, entry.key) == (EntryKind.BOOSTER, 50, "ref:4711")
    assert {(p.book, p.amount_micros) for p in entry.postings} == {
        (Book.CUSTOMER, -3_500_000), (Book.REVENUE, 3_500_000),
    }  # fmt: skip
    pot, told = made.pot, made.purchase
    assert (pot.kind, pot.pot, pot.purchase_id) == (PotKind.BOOSTER, "booster/more/60", 60)
    assert (pot.granted, pot.left, pot.period_start_us) == (5 * GB, 5 * GB, NOW_US)
    assert (told.kind, told.price_micros, told.entry_id) == ("booster", 3_500_000, 50)
    assert (told.key, told.reason, told.created_us) == ("ref:4711", "r", NOW_US)
    assert told.until_us is pot.until_us is None  # it ends with the package's time


def test_one_with_a_validity_of_its_own_ends_on_its_local_day() -> None:
    made = done(bought("week"))
    end_us = parse_instant("2026-04-04 10:00", BERLIN)
    assert (made.pot.until_us, made.pot.ends_us, made.purchase.until_us) == (end_us,) * 3
    assert made.pot.granted == 3_600


def test_one_for_nothing_is_a_purchase_without_an_entry() -> None:
    made = done(bought("gift", account=makers.account(0)))
    assert made.payment is None
    assert (made.purchase.price_micros, made.purchase.entry_id) == (0, None)


def test_l7_without_the_money_nothing_is_bought() -> None:
    short = bought(account=makers.account(3_499_999))
    assert isinstance(short, Declined) and "3.50 USD are needed" in short.text
    held = makers.account(4_000_000, held_micros=3_000_000)
    assert done(bought(account=held)).payment is not None  # what sessions hold pays as well
    held = makers.account(3_499_999, held_micros=3_000_000)
    assert isinstance(bought(account=held), Declined)
    on_credit = makers.account(0, credit_limit_micros=3_500_000)
    assert done(bought(account=on_credit)).payment is not None


@pytest.mark.parametrize(
    ("name", "one", "plan", "said"),
    [
        ("less", owner(), sold(), "has no booster less; it has more, week, gift"),
        ("more", owner(), sold(pricing=None), "it has none"),
        ("more", owner(status=Status.CLOSED), sold(), "the subscriber is closed"),
        ("more", owner(), sold(currency="EUR"), "is in EUR, the money in USD"),
        (
            "more",
            owner(valid_until_us=NOW_US - 3_600_000_000),
            sold(),
            "its time is over since 2026-03-28 09:00",
        ),
    ],
)
def test_who_is_not_sold_one(name: str, one: Subscriber, plan: Plan, said: str) -> None:
    told = bought(name, one, plan)
    assert isinstance(told, Declined) and said in told.text


def test_within_its_grace_somebody_is_still_sold_one() -> None:
    one = owner(valid_until_us=NOW_US - 3_599_999_999)
    assert done(bought(one=one)).pot.granted == 5 * GB
    assert done(bought(one=replace(one, valid_until_us=None))).pot.granted == 5 * GB


def test_a_plan_without_pricing_sells_none() -> None:
    assert boosters_of(sold()) == (MORE, WEEK, GIFT)
    assert boosters_of(sold(pricing=None)) == ()
