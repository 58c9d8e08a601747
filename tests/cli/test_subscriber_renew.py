"""`subscriber renew`: the money is there or nothing is bought, and once for each reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House, login

DAY_US = 86_400_000_000
HOME = """
name = "{name}"
currency = "USD"
timezone = "UTC"
[package]
price = "{price}"
validity = "30d"
"""


@pytest.fixture
def shop(sample: House, tmp_path: Path) -> House:
    """The sample, with alice (5 USD) on a plan of 30 days for 2 USD, her time over."""
    for name, price in (("home", "2"), ("better", "4"), ("dear", "100")):
        file = tmp_path / f"{name}.toml"
        file.write_text(HOME.format(name=name, price=price))
        sample.run("plan", "load", str(file))
    sample.run("subscriber", "set", "alice", "--plan", "home")
    return sample


def shown(house: House) -> Any:
    return house.json("subscriber", "show", "alice")


def test_a_renewal_takes_the_price_and_gives_the_time(shop: House) -> None:
    said = shop.run("subscriber", "renew", "alice", "--reason", "paid at the desk").stdout
    assert said.startswith("alice: home until 20") and "+00:00, for 2.00 USD" in said
    assert said.rstrip().endswith("booked as entry 2; balance 3.00 USD")
    until_us = shown(shop)["valid_until_us"]
    shop.run("subscriber", "renew", "alice")
    assert shown(shop)["valid_until_us"] == until_us + 30 * DAY_US
    assert shop.money()["posted_micros"] == 1_000_000
    line = shop.refuse("subscriber", "renew", "alice")
    assert line == "tollhouse: alice: 2.00 USD are needed and 1.00 USD can be spent"
    history = shop.json("balance", "history", "alice")
    assert [row["kind"] for row in history] == ["top-up", "package", "package"]
    assert history[1]["reason"] == "paid at the desk"
    shop.run("ledger", "check")


def test_p1_a_reference_renews_once_and_says_so(shop: House) -> None:
    renew = ("subscriber", "renew", "alice", "--reference", "receipt-7")
    shop.run(*renew)
    before = (shown(shop), shop.money())
    said = shop.run(*renew).stdout
    assert "renewed with this reference before, home until" in said
    assert (shown(shop), shop.money()) == before
    assert "is taken by a renewal of home" in shop.refuse(*renew, "--plan", "better")
    shop.run("balance", "top-up", "alice", "1", "--reference", "cash-1")
    line = shop.refuse("subscriber", "renew", "alice", "--reference", "cash-1")
    assert "reference cash-1 of alice is taken by entry 3: top-up" in line
    extend = ("extend", "alice", "--days", "1", "--reason", "x", "--reference", "receipt-7")
    assert "is taken by another renewal" in shop.refuse("subscriber", *extend)


def test_another_plan_is_bought_when_the_time_is_over_and_the_queued_one_by_itself(
    shop: House,
) -> None:
    shop.run("subscriber", "renew", "alice", "--plan", "better")
    assert shown(shop)["plan"] == "better"
    shop.run("subscriber", "set", "alice", "--next-plan", "home")
    line = shop.refuse("subscriber", "renew", "alice")
    assert "better is paid until" in line and "subscriber set --plan home" in line
    shop.run("balance", "top-up", "alice", "10")
    shop.run("subscriber", "renew", "alice", "--plan", "better")
    assert shown(shop)["next_plan_name"] == "home"
    shop.run("subscriber", "set", "alice", "--valid-until", "2025-01-01")
    shop.run("subscriber", "renew", "alice")
    after = shown(shop)
    assert (after["plan"], after["next_plan_name"]) == ("home", None)


def test_a_plan_without_package_is_not_renewed(sample: House) -> None:
    line = sample.refuse("subscriber", "renew", "alice")
    assert "plan sample-prepaid has no [package]" in line
    assert "no plan nothing" in sample.refuse("subscriber", "renew", "alice", "--plan", "nothing")
    assert "no subscriber bob" in sample.refuse("subscriber", "renew", "bob")


def test_the_audit_knows_who_renewed_what(shop: House) -> None:
    shop.run("subscriber", "renew", "alice", "--reason", "asked for it")
    deed = shop.json("audit", "list", "--limit", "1")[-1]
    assert (deed["action"], deed["subject"], deed["reason"]) == (
        "subscriber renew", "alice", "asked for it",
    )  # fmt: skip
    shop.run("audit", "verify")


def test_who_is_added_with_the_money_has_time_at_once(shop: House) -> None:
    add = ("subscriber", "add")
    said = shop.run(*add, "bob", "--plan", "home", "--password", "secret", "--balance", "3").stdout
    assert "bob: home until 20" in said and "for 2.00 USD booked as entry 2" in said
    assert shop.money("bob")["posted_micros"] == 1_000_000
    said = shop.run(*add, "ann", "--plan", "home", "--password", "secret").stdout
    assert "2.00 USD are needed and 0.00 USD can be spent" in said
    assert shop.serve(login("ann", "secret"))[0].label == "expired"
    words = ("--plan", "home", "--password", "secret", "--valid-until", "2099-01-01")
    assert shop.run(*add, "eve", *words).stdout == "added subscriber eve\n"
    shop.run("ledger", "check")
