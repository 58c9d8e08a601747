"""`subscriber extend`: days for one or for many, once for each reference, and first a dry run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import subscriber_extend
from tests.cli.house import House, login, record

PLAN = 'name = "{name}"\ncurrency = "USD"\ntimezone = "UTC"\npackage = {{ validity = "30d" }}\n'
NAMES = ("ann", "bob", "eve")


@pytest.fixture
def town(sample: House, tmp_path: Path) -> House:
    """The sample, and three subscribers on a plan of 30 days; alice never ends."""
    for name in ("home", "other"):
        file = tmp_path / f"{name}.toml"
        file.write_text(PLAN.format(name=name))
        sample.run("plan", "load", str(file))
    for name in NAMES:
        sample.run("subscriber", "add", name, "--plan", "home", "--password", "secret")
    return sample


def until(house: House, name: str) -> datetime:
    us = house.json("subscriber", "show", name)["valid_until_us"]
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)


def extend(house: House, *words: str) -> Any:
    return house.json("subscriber", "extend", *words, "--reason", "storm")


def test_one_is_given_days_and_says_from_and_to(town: House) -> None:
    before = until(town, "bob")
    (row,) = extend(town, "bob", "--days", "2")
    assert until(town, "bob") == before + timedelta(days=2)
    assert (row["login"], row["outcome"]) == ("bob", "extended")
    assert row["until_us"] - row["before_us"] == 2 * 86_400_000_000
    assert town.money("bob")["entries_n"] == 0
    deed = town.json("audit", "list", "--limit", "1")[-1]
    assert (deed["action"], deed["reason"]) == ("subscriber extend", "storm")


def test_a_dry_run_says_who_and_changes_nothing(town: House) -> None:
    before = {name: until(town, name) for name in NAMES}
    deeds = town.json("audit", "list", "--limit", "0")
    rows = extend(town, "--plan", "home", "--days", "3", "--dry-run")
    assert [(row["login"], row["outcome"]) for row in rows] == [
        (name, "would be extended") for name in NAMES
    ]
    assert {name: until(town, name) for name in NAMES} == before
    assert town.json("audit", "list", "--limit", "0") == deeds
    said = town.run(
        "subscriber", "extend", "--plan", "home", "--days", "3", "--reason", "x", "--dry-run"
    ).stdout
    assert "3 would be extended; nothing was changed" in said


def test_of_many_who_has_bought_no_time_yet_is_given_none(town: House, tmp_path: Path) -> None:
    file = tmp_path / "paid.toml"
    file.write_text('name = "paid"\ncurrency = "USD"\n[package]\nprice = "2"\nvalidity = "30d"\n')
    town.run("plan", "load", str(file))
    for name, money in (("fay", "0"), ("gil", "2")):
        town.run(
            *("subscriber", "add", name, "--plan", "paid"),
            *("--password", "secret", "--balance", money),
        )
    rows = extend(town, "--plan", "paid", "--days", "3")
    assert [row["login"] for row in rows] == ["gil"]


def test_p1_many_are_extended_once_and_a_second_run_goes_on(
    town: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber_extend, "PAGE_ROWS", 1)
    words = ("--plan", "home", "--days", "2", "--reference", "storm-5")
    before = {name: until(town, name) for name in NAMES}
    extend(town, "ann", "--days", "2", "--reference", "storm-5")
    rows = extend(town, *words)
    assert [row["outcome"] for row in rows] == ["extended before", "extended", "extended"]
    assert {row["outcome"] for row in extend(town, *words)} == {"extended before"}
    assert {name: until(town, name) for name in NAMES} == {
        name: at + timedelta(days=2) for name, at in before.items()
    }
    other = extend(town, "--plan", "home", "--days", "9", "--reference", "storm-5")
    assert {row["outcome"] for row in other} == {"not extended, its reference is taken"}
    line = town.refuse(
        "subscriber", "extend", "ann", "--days", "9", "--reference", "storm-5", "--reason", "x"
    )
    assert "reference storm-5 of ann is taken by another extension" in line


def test_those_of_a_nas_are_who_were_there_last_or_are_bound_to_it(town: House) -> None:
    town.run("nas", "add", "tower", "--address", "192.0.2.9", "--secret", "a-long-enough-secret")
    for nas, name in (("tower", "ann"), ("local", "ann"), ("tower", "bob")):
        town.serve(login(name, "secret"), record("start", f"{name}-{nas}", name), nas=nas)
        town.serve(record("stop", f"{name}-{nas}", name, seconds=1, up=0, down=0), nas=nas)
    town.run("subscriber", "set", "eve", "--nas", "tower")
    rows = extend(town, "--nas", "tower", "--days", "1", "--dry-run")
    assert [row["login"] for row in rows] == ["bob", "eve"], "ann was at another since"
    town.run("subscriber", "set", "bob", "--valid-until", "2025-01-01")
    rows = extend(town, "--nas", "tower", "--days", "1")
    assert [row["login"] for row in rows] == ["eve"], "the time of bob was over before"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one LOGIN, or --nas, or --plan"),
        (("ann", "--plan", "home"), "name one LOGIN, or --nas, or --plan"),
        (("nobody",), "no subscriber nobody"),
        (("--nas", "t9"), "no NAS t9"),
        (("--plan", "p9"), "no plan p9"),
        (("alice",), "alice: its time never ends"),
    ],
)
def test_what_cannot_be_is_refused(town: House, words: tuple[str, ...], said: str) -> None:
    line = town.refuse("subscriber", "extend", *words, "--days", "1", "--reason", "storm")
    assert said in line


def test_an_extension_needs_a_reason(town: House) -> None:
    line = town.refuse("subscriber", "extend", "ann", "--days", "1", "--reason", " ")
    assert "needs a reason" in line
