"""`subscriber boost` and `boosters`: once for each reference, nothing without the money, told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House, login, record

HOME = """
name = "home"
currency = "USD"

[package]
validity = "30d"

[price.volume]
amount = "1"
per = "GB"

[price.time]
amount = "1"
per = "hour"

[[bundle]]
name = "data"
volume = "10 GB"

[[booster]]
name = "more"
volume = "5 GB"
price = "3.50"

[[booster]]
name = "hour"
time = "1h"
price = "1"
validity = "7d"
"""


@pytest.fixture
def shop(sample: House, tmp_path: Path) -> House:
    """The sample, with alice (5 USD) on a plan with two boosters."""
    file = tmp_path / "home.toml"
    file.write_text(HOME)
    said = sample.run("plan", "load", str(file))
    assert "booster" not in said.stderr
    sample.run("subscriber", "set", "alice", "--plan", "home")
    return sample


def boosters(house: House) -> Any:
    return house.json("subscriber", "boosters", "alice")


def test_a_booster_is_bought_from_the_balance_and_listed(shop: House) -> None:
    assert boosters(shop) == []
    said = shop.run("subscriber", "boost", "alice", "--booster", "more", "--reason", "asked").stdout
    assert said.startswith("alice: more, 5 GB until 20") and "for 3.50 USD" in said
    assert said.rstrip().endswith("booked as entry 2; balance 1.50 USD")
    said = shop.run("subscriber", "boost", "alice", "--booster", "hour", "--key", "r1").stdout
    assert said.startswith("alice: hour, 1 hour until 20")
    more, hour = boosters(shop)
    assert (more["booster"], more["left_octets"], more["granted_octets"]) == (
        "more",
        5_000_000_000,
        5_000_000_000,
    )
    assert (more["state"], more["price_micros"], more["reason"]) == ("in use", 3_500_000, "asked")
    assert (hour["granted_s"], hour["left_s"], hour["reference"]) == (3_600, 3_600, "r1")
    assert hour["ends_us"] < more["ends_us"]
    history = shop.json("balance", "history", "alice")
    assert [row["kind"] for row in history] == ["top-up", "booster", "booster"]
    shop.run("ledger", "check")


def test_l7_without_the_money_it_is_one_line_and_nothing_is_changed(shop: House) -> None:
    shop.run("subscriber", "boost", "alice", "--booster", "more")
    before = (shop.money(), boosters(shop), shop.json("audit", "list"))
    line = shop.refuse("subscriber", "boost", "alice", "--booster", "more")
    assert line == "tollhouse: alice: 3.50 USD are needed and 1.50 USD can be spent"
    assert (shop.money(), boosters(shop), shop.json("audit", "list")) == before


def test_p1_a_reference_sells_once_and_says_so(shop: House) -> None:
    boost = ("subscriber", "boost", "alice", "--booster", "hour", "--reference", "receipt-7")
    shop.run(*boost)
    before = (shop.money(), boosters(shop))
    assert "was bought with this reference before" in shop.run(*boost).stdout
    assert (shop.money(), boosters(shop)) == before
    line = shop.refuse(*boost[:-4], "--booster", "more", "--reference", "receipt-7")
    assert "reference receipt-7 of alice is taken by a booster of hour" in line
    renew = ("subscriber", "renew", "alice", "--reference", "receipt-7")
    assert "is taken by a booster of" in shop.refuse(*renew)
    shop.run("balance", "top-up", "alice", "1", "--reference", "cash-1")
    line = shop.refuse("subscriber", "boost", "alice", "--booster", "hour", "--key", "cash-1")
    assert "reference cash-1 of alice is taken by entry 3: top-up" in line


def test_what_is_not_there_is_said_in_one_line(shop: House) -> None:
    boost = ("subscriber", "boost")
    assert "no subscriber bob" in shop.refuse(*boost, "bob", "--booster", "more")
    line = shop.refuse(*boost, "alice", "--booster", "less")
    assert "plan home has no booster less; it has more, hour" in line
    shop.run("subscriber", "set", "alice", "--plan", "sample-prepaid")
    line = shop.refuse(*boost, "alice", "--booster", "more")
    assert "plan sample-prepaid has no booster more; it has none" in line
    assert "no subscriber bob" in shop.refuse("subscriber", "boosters", "bob")
    assert "--booster" in shop.refuse(*boost, "alice")


def test_audit_and_timeline_know_what_was_bought(shop: House) -> None:
    shop.run("subscriber", "boost", "alice", "--booster", "more", "--reason", "asked for it")
    deed = shop.json("audit", "list", "--limit", "1")[-1]
    assert (deed["action"], deed["subject"], deed["reason"]) == (
        "subscriber boost", "alice", "asked for it",
    )  # fmt: skip
    lines = shop.json("subscriber", "timeline", "alice")
    (told,) = [line["text"] for line in lines if line["what"] == "booster"]
    assert told == "more until the package's time ends for 3.50 USD: asked for it"
    shop.run("audit", "verify")


def test_a_sale_that_is_undone_leaves_the_booster(shop: House) -> None:
    shop.run("subscriber", "boost", "alice", "--booster", "more")
    said = shop.run("balance", "reverse", "alice", "2", "--reason", "goodwill").stdout
    assert "what is left of the booster stays" in said
    shop.run("ledger", "check")


def test_a_hybrid_buys_its_package_on_credit_and_boosters_only_with_what_was_paid_in(
    sample: House,
) -> None:
    plans = Path(__file__).parents[2] / "conf" / "plans"
    sample.run("plan", "load", str(plans / "hybrid-overage.toml"))
    words = ("--plan", "hybrid-overage", "--password", "tea-at-five", "--credit-limit", "36")
    sample.run("subscriber", "add", "hana", *words)
    boost = ("subscriber", "boost", "hana", "--booster", "extra-20")
    assert sample.money("hana")["posted_micros"] == -18_000_000  # its first month, on credit
    assert "6.00 GBP are needed and 0.00 GBP can be spent" in sample.refuse(*boost)
    sample.run("balance", "top-up", "hana", "10.00")  # 8.00 are owed, and not yet
    sample.run(*boost)
    assert sample.money("hana")["posted_micros"] == -14_000_000
    assert "6.00 GBP are needed and 4.00 GBP can be spent" in sample.refuse(*boost)
    sample.run("subscriber", "renew", "hana")  # the credit of 36.00 is for packages
    assert "0.00 GBP can be spent" in sample.refuse(*boost)
    assert "18.00 GBP are needed" in sample.refuse("subscriber", "renew", "hana")
    sample.run("ledger", "check")


def test_a_session_by_older_prices_is_told_of(shop: House, tmp_path: Path) -> None:
    shop.serve(login(), record("start"))
    file = tmp_path / "home.toml"
    file.write_text(HOME + '\n[[booster]]\nname = "new"\nvolume = "1 GB"\nprice = "1"\n')
    shop.run("plan", "load", str(file), "--now", "--no-wait")
    boost = ("subscriber", "boost", "alice", "--no-wait", "--booster")
    assert "version" not in shop.run(*boost, "hour").stdout
    said = shop.run(*boost, "new").stdout
    assert "runs by home version 1, which has no new: it is used from the next login on" in said
