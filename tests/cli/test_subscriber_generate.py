"""Logins for a hotspot: made up from the cryptographic source, all or none, listed once."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import pytest

from cli.subscriber_generate import ALPHABET
from tests.cli.house import House, login

GENERATE = ("subscriber", "generate", "--plan", "sample-prepaid", "--count")


def rows(text: str) -> list[dict[str, str]]:
    """The list that was printed."""
    return list(csv.DictReader(io.StringIO(text)))


def test_what_is_listed_can_log_in_and_is_in_the_audit(house: House) -> None:
    words = (*GENERATE, "20", "--prefix", "h-", "--group", "room cards", "--balance", "1.5")
    made = rows(house.run(*words, "--valid-until", "2030-01-01", "--reason", "fair").stdout)
    assert len({row["login"] for row in made}) == len({row["password"] for row in made}) == 20
    for row in made:
        assert row["login"].startswith("h-") and len(row["login"]) == 8
        assert len(row["password"]) == 10 and set(row["password"]) <= set(ALPHABET)
        assert row["valid_until"].startswith("2030-01-01 00:00:00")
    one = house.json("subscriber", "show", made[0]["login"])
    assert (one["group_name"], one["posted_micros"]) == ("room cards", 1_500_000)
    assert house.serve(login(made[7]["login"], made[7]["password"]))[0].label == "accepted"
    assert house.serve(login(made[7]["login"], made[8]["password"]))[0].label == "wrong-credential"
    (deed,) = house.json("audit", "list", "--login", made[3]["login"])
    assert (deed["action"], deed["reason"]) == ("subscriber generate", "fair")
    assert house.run("ledger", "check").exit_code == 0


def test_a_file_for_the_list_is_new_and_its_owners_alone(sample: House, tmp_path: Path) -> None:
    file = tmp_path / "cards.csv"
    said = sample.run(*GENERATE, "3", "--length", "16", "--output", str(file)).stdout
    made = rows(file.read_text())
    assert said == f"added 3 subscribers; their passwords are in {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {len(row["password"]) for row in made} == {16}
    assert "is there already" in sample.refuse(*GENERATE, "3", "--output", str(file))
    assert "cannot write" in sample.refuse(*GENERATE, "3", "--output", str(tmp_path / "a" / "b"))
    assert len(sample.json("subscriber", "list")) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*GENERATE, "0"), "--count"),
        ((*GENERATE, "3", "--length", "4"), "--length"),
        ((*GENERATE, "3", "--prefix", "Hotel"), "--prefix"),
        ((*GENERATE, "3", "--prefix", "a\\b"), "--prefix"),
        ((*GENERATE, "3", "--valid-until", "soon"), "--valid-until"),
        ((*GENERATE, "3", "--balance", "-1"), "negative"),
        (("subscriber", "generate", "--plan", "none", "--count", "3"), "there is no plan none"),
    ],
)
def test_what_cannot_be_is_one_line_and_adds_nobody(
    sample: House, words: tuple[str, ...], said: str
) -> None:
    assert said in sample.refuse(*words)
    assert len(sample.json("subscriber", "list")) == 1


def test_time_that_costs_something_is_paid_from_the_balance_or_given(
    sample: House, tmp_path: Path
) -> None:
    file = tmp_path / "day.toml"
    file.write_text('name = "day"\ncurrency = "USD"\n[package]\nvalidity = "1d"\nprice = "2"\n')
    sample.run("plan", "load", str(file))
    words = ("subscriber", "generate", "--plan", "day", "--count", "2")
    assert "with --balance" in sample.refuse(*words)
    assert len(sample.json("subscriber", "list")) == 1
    made = rows(sample.run(*words, "--balance", "2.5").stdout)
    one = sample.json("subscriber", "show", made[0]["login"])
    assert one["posted_micros"] == 500_000
    assert made[0]["valid_until"] and one["valid_until_us"] > one["created_us"]
    assert sample.serve(login(made[0]["login"], made[0]["password"]))[0].label == "accepted"
    given = rows(sample.run(*words, "--valid-until", "2030-01-01").stdout)
    assert sample.money(given[0]["login"])["posted_micros"] == 0
    assert sample.run("ledger", "check").exit_code == 0


def test_look_alikes_are_left_out() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 31
    assert not set(ALPHABET) & set("01ilo")
