"""`plan load --now`: periods and sessions that run hear of a version only by this word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House, login, record

GB = 1_000_000_000
PLAN = """
name = "rich"
currency = "USD"

[price.volume]
amount = "{price}"
per = "GB"

[[bundle]]
name = "big"
volume = "{volume} GB"
period = "month"
"""


@pytest.fixture
def shop(sample: House, tmp_path: Path) -> House:
    """The sample, with alice on line by a plan with a bundle."""
    load(sample, tmp_path)
    sample.run("subscriber", "set", "alice", "--plan", "rich")
    sample.serve(login(), record("start"), record("interim", seconds=60, down=GB))
    return sample


def load(house: House, directory: Path, *words: str, price: str = "0.1", volume: int = 3) -> str:
    file = directory / "rich.toml"
    file.write_text(PLAN.format(price=price, volume=volume))
    said: str = house.run("plan", "load", str(file), "--no-wait", *words).stdout
    return said


def left(house: House) -> Any:
    (only,) = house.json("subscriber", "show", "alice")["allowances"]
    return only["granted"], only["left"]


def orders(house: House) -> list[str]:
    (session, *_) = house.json("session", "list", "--login", "alice")
    shown = house.json("session", "show", str(session["session_id"]))
    found: list[str] = shown["orders"]
    return found


def test_without_the_word_nothing_that_runs_changes(shop: House, tmp_path: Path) -> None:
    said = load(shop, tmp_path, volume=9, price="7")
    assert "rich: it holds for each subscriber from the next month on; with `--now`" in said
    assert shop.json("subscriber", "show", "alice")["plan_version"] == 1
    assert left(shop) == (3 * GB, 2 * GB) and orders(shop) == []


def test_with_it_bundles_hold_and_sessions_at_other_prices_end(shop: House, tmp_path: Path) -> None:
    said = load(shop, tmp_path, "--now", volume=9)
    assert (
        "rich holds at once: 1 accounts are granted its bundles now; 1 sessions at other prices"
        in said
    )
    assert left(shop) == (9 * GB, 8 * GB)
    (order,) = orders(shop)
    assert order.startswith("disconnect (plan-changed)")
    deeds = shop.json("audit", "list", "--limit", "3")
    assert [one["action"] for one in deeds].count("plan load --now") == 1
    assert shop.json("subscriber", "show", "alice")["plan_version"] == 2
    said = load(shop, tmp_path, "--now", volume=9)
    assert "unchanged" in said and "at once" not in said
    shop.run("ledger", "check")


def test_a_version_that_is_loaded_already_can_be_told_to_hold(shop: House, tmp_path: Path) -> None:
    load(shop, tmp_path, volume=9)
    assert left(shop) == (3 * GB, 2 * GB)
    assert "rich holds at once: 1 accounts are granted" in load(shop, tmp_path, "--now", volume=9)
    assert left(shop) == (9 * GB, 8 * GB)
    assert "unchanged" in load(shop, tmp_path, "--now", volume=9)


def test_the_first_version_holds_for_whoever_takes_it(sample: House, tmp_path: Path) -> None:
    assert load(sample, tmp_path, "--now") == "rich version 1: loaded\n"


def test_only_who_is_in_a_period_is_said_to_keep_an_older_version(
    sample: House, tmp_path: Path
) -> None:
    file, said = tmp_path / "paid.toml", []
    for price in ("0.1", "0.2", "0.3"):
        body = PLAN.format(price=price, volume=3).replace("rich", "paid")
        file.write_text(f'{body}[package]\nprice = "1"\nvalidity = "30d"\n')
        said.append(sample.run("plan", "load", str(file), "--no-wait").stdout)
        if price == "0.1":
            for login in ("bob", "carl"):
                sample.run("subscriber", "add", login, "--plan", "paid", "--password", "x")
        else:
            sample.run("balance", "top-up", "carl", "1")
            sample.run("subscriber", "renew", "carl", "--no-wait")
    assert ["subscribers keep" in one for one in said] == [False, False, True]
    assert "paid: 1 subscribers keep the version that they have bought" in said[-1]
