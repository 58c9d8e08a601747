"""The activation fee: once for an account and a plan, with the money or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from billing.activation import activation, after, begins, fee_of, had_before, key_of
from billing.package import Renewal, renew
from billing.payment import Declined, Payment, Stamp
from domain.account import Subscriber
from domain.ledger import EntryKind
from domain.period import DAY_US
from domain.plan import Package, Plan, Validity
from domain.pricing import Pricing, Rate
from tests.accounting import makers

NOW_US = 1_770_000_000_000_000
FEE = 5_000_000


def sold(**traits: Any) -> Plan:
    """Thirty days for ten, and five to begin with."""
    pricing = Pricing(rates=(Rate(),), activation_fee_micros=FEE)
    said = {"volume": None, "package": Package(Validity(30), 10_000_000), "pricing": pricing}
    return makers.plan(**{**said, **traits})


def owner(**traits: Any) -> Subscriber:
    said = {"plan_name": sold().name, "period_start_us": NOW_US, "valid_until_us": NOW_US}
    return makers.subscriber(**{**said, **traits})


def bought(posted_micros: int, activation_id: int | None = 51) -> Renewal | Declined:
    return renew(
        owner(),
        makers.account(posted_micros),
        sold(),
        purchase_id=60,
        stamp=Stamp(50, "ref:1", NOW_US),
        activation_id=activation_id,
    )


def test_the_fee_is_an_entry_of_its_own_beside_the_package() -> None:
    made = bought(15_000_000)
    assert isinstance(made, Renewal) and made.payment is not None
    assert made.activated is not None
    entry = made.activated.entry
    assert (entry.kind, entry.entry_id, entry.key) == (
        EntryKind.ACTIVATION, 51, f"activation:{sold().name}",
    )  # fmt: skip
    assert entry.seq == made.payment.entry.seq + 1
    assert made.purchase.price_micros == 10_000_000
    again = bought(15_000_000, None)
    assert isinstance(again, Renewal) and again.activated is None


def test_l7_the_money_must_be_there_for_both() -> None:
    short = bought(14_999_999)
    assert isinstance(short, Declined)
    assert "activation of" in short.text and "5.00 USD are needed" in short.text


@pytest.mark.parametrize(
    ("traits", "first"),
    [
        ({}, True),  # added, and waiting for the money
        ({"valid_until_us": NOW_US + DAY_US}, False),
        ({"valid_until_us": None}, False),
        ({"plan_name": "other", "valid_until_us": NOW_US + DAY_US}, True),
    ],
)
def test_renewals_of_what_somebody_has_never_cost_it(traits: dict[str, Any], first: bool) -> None:
    assert begins(owner(**traits), sold()) is first


def test_a_plan_without_a_fee_charges_none() -> None:
    plain = sold(pricing=None)
    assert (fee_of(plain), fee_of(sold())) == (0, FEE)
    assert activation(makers.account(0), plain, entry_id=1, now_us=NOW_US) is None
    assert key_of(plain) == f"activation:{plain.name}"


def test_what_sessions_hold_may_pay_it_if_it_is_said() -> None:
    purse = makers.account(FEE, held_micros=1)
    assert isinstance(activation(purse, sold(), entry_id=1, now_us=NOW_US), Declined)
    made = activation(purse, sold(), entry_id=1, now_us=NOW_US, from_held=True)
    assert isinstance(made, Payment)
    left = after(purse, made)
    assert (left.posted_micros, left.entries_n) == (0, purse.entries_n + 1)
    assert after(purse, None) is purse


@pytest.mark.parametrize("until_us", [None, NOW_US - DAY_US, NOW_US, NOW_US + DAY_US])
def test_who_had_the_plan_elsewhere_never_begins_it_here(until_us: int | None) -> None:
    one = had_before(owner(valid_until_us=until_us))
    assert not begins(one, sold())
    assert one.valid_until_us == until_us and one.period_start_us <= NOW_US
