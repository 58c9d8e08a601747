"""`subscriber show` tells what is left of everything, in words and as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounting.standing import Standing, Unit
from cli.allowances_left import in_words, label
from domain.period import parse_instant
from domain.pot import PotKind
from domain.pricing import Period
from tests.cli.house import House, login, record

GB = 1_000_000_000
RICH = """
name = "rich"
currency = "USD"

[package]
validity = "30d"

[price.volume]
amount = "1"
per = "GB"
period = "month"

[[price.volume.tier]]
from = "5 GB"
amount = "0.5"

[[bundle]]
name = "daily"
volume = "2 GB"
period = "day"
priority = 50

[[booster]]
name = "more"
volume = "1 GB"
price = "1"

[[cap]]
period = "month"
most = "20"

[fair_use]
period = "month"

[[fair_use.step]]
above = "10 GB"
down = "1M"
up = "1M"
"""
INCLUDED = """
name = "plain"
currency = "USD"

[price.volume]
amount = "1"
per = "GB"

[included]
volume = "4 GB"
"""


@pytest.fixture
def shop(sample: House, tmp_path: Path) -> House:
    for number, text in enumerate((RICH, INCLUDED)):
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        sample.run("plan", "load", str(file))
    return sample


def left(house: House) -> list[Any]:
    found: list[Any] = house.json("subscriber", "show", "alice")["allowances"]
    return found


def test_what_is_left_is_shown_live(shop: House) -> None:
    shop.run("subscriber", "set", "alice", "--plan", "rich")
    shop.run("subscriber", "boost", "alice", "--booster", "more")
    (accept,) = shop.serve(login())
    assert accept.label == "accepted"
    shop.serve(record("start"), record("interim", seconds=60, down=4 * GB))
    found = [(one["kind"], one["name"], one["used"], one["left"]) for one in left(shop)]
    assert found == [
        ("bundle", "daily", 2 * GB, 0),
        ("tier", "volume", GB, 4 * GB),
        ("fair-use", "", 3 * GB, 7 * GB),
        ("cap", "", 1_000_000, 19_000_000),
    ]
    said = shop.run("subscriber", "show", "alice").stdout
    assert "bundle daily" in said and "0 B of 2.00 GB left until" in said
    assert "month cap" in said and "19.00 USD of 20.00 USD left until" in said
    assert "3.00 GB used, 7.00 GB to the next step; counted until" in said


def test_of_a_simple_plan_it_is_what_is_included(shop: House) -> None:
    shop.run("subscriber", "set", "alice", "--plan", "plain")
    shop.serve(login(), record("start"), record("interim", seconds=60, down=GB))
    (only,) = left(shop)
    assert (only["name"], only["granted"], only["used"]) == ("included", 4 * GB, GB)
    assert "3.00 GB of 4.00 GB left" in shop.run("subscriber", "show", "alice").stdout
    shop.run("subscriber", "set", "alice", "--plan", "sample-prepaid")
    assert left(shop) == []


@pytest.mark.parametrize(
    ("one", "called", "said"),
    [
        (
            Standing(
                PotKind.BUNDLE, "big", Period.MONTH, Unit.SECONDS, 7_200, 60, 7_140, None, True
            ),
            "bundle big",
            "01:59:00 of 02:00:00, carried over, left",
        ),
        (
            Standing(PotKind.TIER, "volume", Period.VALIDITY, Unit.OCTETS, None, GB, None, None),
            "package tiers of volume",
            "1.00 GB used; counted without end",
        ),
    ],
)
def test_words(one: Standing, called: str, said: str) -> None:
    assert (label(one), in_words(one, "USD")) == (called, said)


def test_the_billing_day_is_set_and_shown(shop: House) -> None:
    shop.run("subscriber", "set", "alice", "--plan", "rich", "--timezone", "Asia/Kolkata")
    shop.run("subscriber", "set", "alice", "--billing-day", "31")
    shown = shop.json("subscriber", "show", "alice")
    assert shown["billing_day"] == 31
    deed = shop.json("audit", "list", "--limit", "1")[-1]
    assert "anchor" in str(deed)
    line = shop.refuse("subscriber", "set", "alice", "--billing-day", "32")
    assert "--billing-day" in line
    assert shop.json("subscriber", "show", "alice")["billing_day"] == 31


def test_paid_months_that_end_on_another_day_are_told_of(shop: House, tmp_path: Path) -> None:
    file = tmp_path / "months.toml"
    file.write_text('name = "months"\ncurrency = "USD"\n[package]\nvalidity = "1mo"\n')
    shop.run("plan", "load", str(file))
    shop.run("subscriber", "set", "alice", "--plan", "months", "--valid-until", "2099-02-15")
    said = shop.run("subscriber", "set", "alice", "--billing-day", "14").stdout
    assert "its paid time still ends 2099-02-15" in said
    shop.run("subscriber", "set", "alice", "--valid-until", "2099-02-28")
    for day in ("28", "31"):
        said = shop.run("subscriber", "set", "alice", "--billing-day", day).stdout
        assert "paid time" not in said


def test_months_of_who_comes_with_paid_months_end_when_those_do(
    shop: House, tmp_path: Path
) -> None:
    file = tmp_path / "months.toml"
    file.write_text('name = "months"\ncurrency = "USD"\n[package]\nvalidity = "1mo"\n')
    shop.run("plan", "load", str(file))
    people = tmp_path / "people.csv"
    people.write_text(
        "login,password,plan,balance,valid_until\nzoe,secret,months,0,2099-01-31 14:30\n"
    )
    shop.run("subscriber", "import", str(people))
    assert shop.json("subscriber", "show", "zoe")["billing_day"] == 31
    shop.run("subscriber", "set", "zoe", "--billing-day", "5")
    shop.run("subscriber", "set", "zoe", "--valid-until", "2099-02-28 14:30")
    shop.run("subscriber", "renew", "zoe")
    shown = shop.json("subscriber", "show", "zoe")
    assert shown["billing_day"] == 5, "a renewal in time leaves it where it is"
    assert shown["valid_until_us"] == parse_instant("2099-03-31 14:30", "UTC")
