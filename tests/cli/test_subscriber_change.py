"""Changing who may log in: at once, checked, and remove only when nothing is owed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.house import House, login


def change(house: House, *words: str) -> None:
    house.run("subscriber", "set", "alice", *words)


def label(house: House, password: str = "wonderland", **more: str) -> str:
    return house.serve(login("alice", password, **more))[0].label


def test_a_new_password_replaces_the_old_one(house: House) -> None:
    change(house, "--password", "another-one")
    assert label(house) == "wrong-credential"
    assert label(house, "another-one") == "accepted"


def test_a_readable_password_can_be_kept_in_another_way_but_not_back(sample: House) -> None:
    change(sample, "--credential", "nt")
    assert label(sample) == "accepted"
    line = sample.refuse("subscriber", "set", "alice", "--credential", "hash")
    assert "give it again with --password" in line
    change(sample, "--credential", "hash", "--password", "wonderland")
    assert sample.json("subscriber", "show", "alice")["credential"] == "hash"


def test_a_mac_can_be_fixed_learned_and_freed(sample: House) -> None:
    change(sample, "--mac", "00:0c:42:1f:2e:3d")
    assert label(sample, mac="00-0C-42-1F-2E-3E") == "wrong-mac"
    change(sample, "--mac", "learn")
    assert label(sample, mac="00-0C-42-1F-2E-3E") == "accepted"
    shown = sample.json("subscriber", "show", "alice")
    assert (shown["mac"], shown["mac_mode"]) == ("00:0c:42:1f:2e:3e", "fixed")
    change(sample, "--mac", "none")
    assert sample.json("subscriber", "show", "alice")["mac_mode"] == "any"


def test_validity_ends_and_is_renewed(sample: House) -> None:
    change(sample, "--valid-until", "2025-01-01")
    assert label(sample) == "expired"
    change(sample, "--valid-until", "never")
    assert label(sample) == "accepted"


def test_another_plan_begins_a_new_period(sample: House, tmp_path: Path) -> None:
    file = tmp_path / "home.toml"
    file.write_text('name = "home"\ncurrency = "USD"\npackage = { validity = "30d" }\n')
    sample.run("plan", "load", str(file))
    before = sample.json("subscriber", "show", "alice")
    change(sample, "--plan", "home")
    after = sample.json("subscriber", "show", "alice")
    assert after["plan"] == "home" and after["period_start_us"] > before["period_start_us"]
    assert after["valid_until_us"] - after["period_start_us"] == 30 * 86_400 * 1_000_000


def test_a_plan_in_other_money_is_refused(sample: House, tmp_path: Path) -> None:
    file = tmp_path / "home.toml"
    file.write_text('name = "home"\ncurrency = "EUR"\n')
    sample.run("plan", "load", str(file))
    line = sample.refuse("subscriber", "set", "alice", "--plan", "home")
    assert "plan home is in EUR" in line


def test_a_credit_limit_lets_a_login_go_below_zero(sample: House) -> None:
    sample.run("balance", "correct", "alice", "-5", "--entry", "1", "--reason", "test")
    assert label(sample) == "no-credit"
    change(sample, "--credit-limit", "2")
    assert label(sample) == "accepted"
    assert sample.money()["held_micros"] == 2_000_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to change"),
        (("--plan", "none"), "there is no plan none"),
        (("--nas", "t9"), "no NAS t9"),
        (("--credit-limit", "-1"), "cannot be negative"),
        (("--credential", "none"), "only a login that is a MAC"),
        (("--valid-until", "2026-13-01"), "not a time"),
        (("--mac", "any"), "not a MAC"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    sample: House, words: tuple[str, ...], said: str
) -> None:
    before = sample.json("subscriber", "show", "alice")
    assert said in sample.refuse("subscriber", "set", "alice", *words)
    assert sample.json("subscriber", "show", "alice") == before


PRICED = """
name = "{name}"
currency = "USD"
[package]
price = "2"
validity = "30d"
"""


def load(house: House, tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.toml"
    file.write_text(PRICED.format(name=name))
    house.run("plan", "load", str(file))


def test_a_plan_whose_time_costs_something_is_not_given_away(sample: House, tmp_path: Path) -> None:
    load(sample, tmp_path, "home")
    said = sample.run("subscriber", "set", "alice", "--plan", "home").stdout
    assert "time of home is bought with `tollhouse subscriber renew alice`" in said
    assert label(sample) == "expired"
    sample.run("subscriber", "renew", "alice")
    assert label(sample) == "accepted"


def test_time_that_is_paid_for_stays_on_another_plan(sample: House, tmp_path: Path) -> None:
    load(sample, tmp_path, "home")
    load(sample, tmp_path, "better")
    change(sample, "--plan", "home", "--valid-until", "2099-01-01")
    before = sample.json("subscriber", "show", "alice")
    change(sample, "--plan", "better")
    after = sample.json("subscriber", "show", "alice")
    assert after["plan"] == "better"
    kept = ("valid_until_us", "period_start_us")
    assert [after[name] for name in kept] == [before[name] for name in kept]


def test_time_that_a_plan_without_a_price_does_not_keep_is_named(
    sample: House, tmp_path: Path
) -> None:
    load(sample, tmp_path, "home")
    change(sample, "--plan", "home", "--valid-until", "2099-01-01")
    said = sample.run("subscriber", "set", "alice", "--plan", "sample-prepaid").stdout
    assert "given up: its time until 2099-01-01 00:00:00+00:00" in said
    assert sample.json("subscriber", "show", "alice")["valid_until_us"] is None
    change(sample, "--plan", "home", "--valid-until", "2099-01-01")
    words = ("--plan", "sample-prepaid", "--valid-until", "2098-01-01")
    assert "given up" not in sample.run("subscriber", "set", "alice", *words).stdout


def test_how_packages_follow_one_another_is_set_and_shown(sample: House, tmp_path: Path) -> None:
    load(sample, tmp_path, "home")
    assert sample.json("subscriber", "show", "alice")["auto_renew"] == "plan"
    change(sample, "--auto-renew", "yes", "--next-plan", "home")
    shown = sample.json("subscriber", "show", "alice")
    assert (shown["auto_renew"], shown["next_plan_name"]) == ("yes", "home")
    change(sample, "--auto-renew", "plan", "--next-plan", "none")
    shown = sample.json("subscriber", "show", "alice")
    assert (shown["auto_renew"], shown["next_plan_name"]) == ("plan", None)
    line = sample.refuse("subscriber", "set", "alice", "--next-plan", "sample-prepaid")
    assert "has no [package]" in line
    file = tmp_path / "euro.toml"
    file.write_text(PRICED.format(name="euro").replace("USD", "EUR"))
    sample.run("plan", "load", str(file))
    assert "is in EUR" in sample.refuse("subscriber", "set", "alice", "--next-plan", "euro")
