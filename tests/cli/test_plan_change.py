"""Changes of plan from the command line: told before, done whole, and told in the audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House

DAY_US = 86_400_000_000
HOME = """
name = "{name}"
currency = "USD"
timezone = "UTC"
[package]
price = "{price}"
validity = "30d"
{more}
"""
REFUND = '[on_change]\nleft = "refund"'
FEE = '[price.activation]\nfee = "1"'


@pytest.fixture
def shop(sample: House, tmp_path: Path) -> House:
    """The sample, with alice (5 USD) on a plan of 30 days for 2 USD that is refunded."""
    for name, price, more in (
        ("home", "2", REFUND),
        ("strict", "2", '[on_change]\nleft = "forfeit"'),
        ("better", "3", FEE),
        ("dear", "100", ""),
    ):
        load(sample, tmp_path, HOME.format(name=name, price=price, more=more))
    sample.run("subscriber", "set", "alice", "--plan", "home")
    sample.run("subscriber", "renew", "alice")
    return sample


def load(house: House, directory: Path, text: str) -> None:
    file = directory / "plan.toml"
    file.write_text(text)
    assert "activation" not in house.run("plan", "load", str(file)).stderr


def shown(house: House) -> Any:
    return house.json("subscriber", "show", "alice")


def posted(house: House) -> int:
    micros = house.money()["posted_micros"]
    assert isinstance(micros, int)
    return micros


def test_another_plan_now_gives_back_what_was_paid_and_charges_what_it_costs(shop: House) -> None:
    assert posted(shop) == 3_000_000
    said = shop.run("subscriber", "set", "alice", "--plan", "better", "--dry-run").stdout
    assert "given up: its time until" in said
    assert "refund of what is left of home: 1.99" in said
    assert "activation of better: 1.00 USD would be booked as entry 4" in said
    assert said.rstrip().endswith("alice: nothing was changed")
    assert (posted(shop), shown(shop)["plan"]) == (3_000_000, "home")
    said = shop.run("subscriber", "renew", "alice", "--plan", "better", "--now").stdout
    assert "alice: refund of what is left of home: 1.99" in said
    assert "alice: better until 20" in said and "booked as entry 5; balance 0.99" in said
    assert "is bought with" not in said
    history = shop.json("balance", "history", "alice")
    assert [row["kind"] for row in history] == [
        "top-up", "package", "refund", "activation", "package",
    ]  # fmt: skip
    deeds = [one for one in shop.json("audit", "list") if one["subject"] == "alice"]
    assert "refund_micros" in str(deeds) and "activation_micros" in str(deeds)
    lines = shop.json("subscriber", "timeline", "alice")
    assert any("home given up for better" in line["text"] for line in lines)
    shop.run("ledger", "check")
    shop.run("audit", "verify")


RICH = """
[price.volume]
amount = "0.10"
per = "GB"
[[bundle]]
name = "big"
volume = "10 GB"
{booster}
"""
BOOSTER = """
[[booster]]
name = "{name}"
price = "0.50"
volume = "2 GB"
"""


def priced_with(booster: str) -> str:
    """A price and one booster, without a bundle."""
    return '[price.volume]\namount = "0.10"\nper = "GB"\n' + BOOSTER.format(name=booster)


def test_bundles_and_boosters_that_the_other_plan_does_not_use_are_named(
    shop: House, tmp_path: Path
) -> None:
    both = BOOSTER.format(name="more") + BOOSTER.format(name="extra")
    rich = RICH.format(booster=both)
    load(shop, tmp_path, HOME.format(name="rich", price="1", more=rich))
    strict = '[on_change]\nleft = "forfeit"' + rich
    load(shop, tmp_path, HOME.format(name="harsh", price="1", more=strict))
    load(shop, tmp_path, HOME.format(name="plain", price="1", more=priced_with("more")))
    change = ("subscriber", "set", "alice", "--plan")
    for name, word in (("rich", "not used by plain"), ("harsh", "given up")):
        shop.run("balance", "top-up", "alice", "10")
        shop.run("subscriber", "renew", "alice", "--plan", name, "--now")
        shop.run("subscriber", "boost", "alice", "--booster", "more")
        shop.run("subscriber", "boost", "alice", "--booster", "extra")
        for words in (["--dry-run"], []):
            said = shop.run(*change, "plain", *words).stdout
            assert f"{word}: bundle big, 10.00 GB of 10.00 GB left until 20" in said
            assert f"{word}: booster extra, 2.00 GB of 2.00 GB left until 20" in said
            assert ("booster more" in said) is (name == "harsh")
    assert "booster" not in shop.run(*change, "home").stdout
    shop.run("ledger", "check")


def test_a_credit_limit_that_is_given_with_the_plan_counts_for_what_that_costs(
    shop: House, tmp_path: Path
) -> None:
    load(shop, tmp_path, HOME.format(name="fee", price="1", more='[price.activation]\nfee = "7"'))
    words = ("subscriber", "set", "alice", "--plan", "fee")
    assert "7.00 USD are needed and 4.99" in shop.refuse(*words)
    assert "7.00 USD are needed" in shop.refuse(*words, "--credit-limit", "2")
    assert shown(shop)["credit_limit_micros"] == 0
    enough = (*words, "--credit-limit", "3")
    assert "activation of fee: 7.00 USD would be booked" in shop.run(*enough, "--dry-run").stdout
    assert (shown(shop)["credit_limit_micros"], shown(shop)["plan"]) == (0, "home")
    shop.run(*enough)
    assert (shown(shop)["credit_limit_micros"], shown(shop)["plan"]) == (3_000_000, "fee")
    assert -2_100_000 < posted(shop) < -2_000_000
    deed = shop.json("audit", "list", "--limit", "1")[-1]
    assert "credit_limit_micros" in str(deed)
    shop.run("ledger", "check")


def test_without_the_money_for_the_other_plan_nothing_is_given_back(shop: House) -> None:
    before = (shop.money(), shown(shop), shop.json("audit", "list"))
    line = shop.refuse("subscriber", "renew", "alice", "--plan", "dear", "--now")
    assert "100.00 USD are needed and 4.99" in line
    assert (shop.money(), shown(shop), shop.json("audit", "list")) == before


def test_set_ends_the_time_and_says_what_to_do(shop: House) -> None:
    until_us = shown(shop)["valid_until_us"]
    said = shop.run("subscriber", "set", "alice", "--plan", "strict").stdout
    assert "refund of what is left of home" in said
    assert "time of strict is bought with `tollhouse subscriber renew alice`" in said
    assert shown(shop)["valid_until_us"] < until_us - 29 * DAY_US
    shop.run("subscriber", "renew", "alice")
    money = posted(shop)
    said = shop.run("subscriber", "set", "alice", "--plan", "home").stdout
    assert "given up: its time until" in said and "refund" not in said
    assert posted(shop) == money
    shop.run("ledger", "check")


def test_a_package_whose_time_was_refunded_is_not_undone_besides(shop: House) -> None:
    shop.run("subscriber", "set", "alice", "--plan", "strict")
    undo = ("balance", "reverse", "alice", "2", "--reason", "by mistake")
    assert "entry 3 gave 1.99" in shop.refuse(*undo)
    shop.run("balance", "reverse", "alice", "3", "--reason", "by mistake")
    shop.run(*undo)
    assert posted(shop) == 5_000_000
    shop.run("ledger", "check")


def test_time_that_costs_nothing_begins_once(shop: House, tmp_path: Path) -> None:
    text = HOME.replace('price = "{price}"\n', "")
    load(shop, tmp_path, text.format(name="gift", more=""))
    began_us = shown(shop)["valid_until_us"]
    shop.run("subscriber", "renew", "alice", "--plan", "gift", "--now")
    assert 0 <= shown(shop)["valid_until_us"] - began_us < DAY_US
    shop.run("ledger", "check")


def test_an_end_that_is_given_takes_the_place_of_all_that(shop: House) -> None:
    words = ("--plan", "strict", "--valid-until", "2099-01-01")
    said = shop.run("subscriber", "set", "alice", *words).stdout
    assert "refund" not in said and posted(shop) == 3_000_000
    shop.run("subscriber", "set", "alice", "--plan", "dear")
    shop.run("subscriber", "set", "alice", "--valid-until", "2099-01-01")
    said = shop.run("subscriber", "set", "alice", "--plan", "home").stdout
    assert "kept: its time until 2099-01-01" in said  # dear declares nothing


def test_the_activation_fee_is_charged_once_and_never_again(shop: House) -> None:
    shop.run("subscriber", "set", "alice", "--plan", "better")
    assert posted(shop) > 3_900_000 - 1  # 3 + 1.99 - 1
    shop.run("balance", "top-up", "alice", "20")
    for plan in ("better", "home", "better"):
        shop.run("subscriber", "renew", "alice", "--plan", plan, "--now")
    kinds = [row["kind"] for row in shop.json("balance", "history", "alice")]
    assert kinds.count("activation") == 1
    shop.run("ledger", "check")


def test_who_is_added_pays_it_with_the_first_package_or_at_once(
    shop: House, tmp_path: Path
) -> None:
    add = ("subscriber", "add")
    words = ("--plan", "better", "--password", "secret", "--balance")
    said = shop.run(*add, "bob", *words, "4").stdout
    assert "activation for 1.00 USD booked as entry 3; balance 0.00 USD" in said
    said = shop.run(*add, "ann", *words, "3.50").stdout
    assert "activation of better: 1.00 USD are needed and 0.50 USD can be spent" in said
    shop.run("balance", "top-up", "ann", "0.50")
    shop.run("subscriber", "renew", "ann")
    assert shop.money("ann")["posted_micros"] == 0
    load(shop, tmp_path, f'name = "endless"\ncurrency = "USD"\n{FEE}\n')
    words = ("--plan", "endless", "--password", "secret")
    line = shop.refuse(*add, "eve", *words)
    assert "1.00 USD are needed and 0.00 USD can be spent; give it with --balance" in line
    assert "no subscriber eve" in shop.refuse("subscriber", "show", "eve")
    shop.run(*add, "eve", *words, "--balance", "1")
    assert shop.money("eve")["posted_micros"] == 0
    shop.run(*add, "dan", *words, "--valid-until", "2099-01-01")  # he had it before
    generate = ("subscriber", "generate", "--count", "2", "--prefix", "h-", "--plan")
    assert "--balance" in shop.refuse(*generate, "endless")
    assert "--balance" in shop.refuse(*generate, "better", "--balance", "3")
    shop.run(*generate, "better", "--balance", "4")
    shop.run(*generate, "endless", "--balance", "1")
    shop.run("ledger", "check")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "alice", "--dry-run", "--mac", "learn"), "--dry-run tells what another plan"),
        (("renew", "alice", "--now"), "--now begins another plan at once"),
        (("renew", "alice", "--now", "--plan", "sample-prepaid"), "has no [package]"),
        (("renew", "alice", "--now", "--plan", "none-such"), "there is no plan none-such"),
    ],
)
def test_what_cannot_be_is_refused(shop: House, words: tuple[str, ...], said: str) -> None:
    assert said in shop.refuse("subscriber", *words)
