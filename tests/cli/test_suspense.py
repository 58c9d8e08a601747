"""Usage that nobody could be charged for waits, is given to somebody or dropped, once (A9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.aaa.test_charge import RICH
from tests.cli.house import House, login, record

USED = {"seconds": 60, "up": 40_000_000, "down": 60_000_000}


def waiting(house: House) -> dict[str, Any]:
    """The one row that waits."""
    (row,) = house.json("suspense", "list")
    found: dict[str, Any] = row
    return found


def ended(house: House, name: str = "alcie") -> str:
    """A session under a mistyped name, ended; the number of its suspense."""
    house.serve(record("start", name, name), record("stop", name, name, **USED))
    return str(waiting(house)["suspense_id"])


def test_a9_unknown_usage_is_listed(house: House) -> None:
    ended(house)
    row = waiting(house)
    assert (row["reason"], row["user_name"], row["nas"]) == (
        "unknown-subscriber",
        "alcie",
        "local",
    )
    assert (row["input_octets"], row["output_octets"]) == (40_000_000, 60_000_000)
    assert house.money()["posted_micros"] == 5_000_000


def test_a9_assigning_charges_the_plan_of_the_subscriber_once(house: House) -> None:
    number = ended(house)
    said = house.run("suspense", "assign", number, "alice", "--note", "typing error").stdout
    assert said == "assigned to alice: 1.00 USD charged\n"
    money = house.money()
    assert (money["posted_micros"], money["open_micros"], money["held_micros"]) == (4_000_000, 0, 0)
    assert house.json("suspense", "list") == []
    (row,) = house.json("suspense", "list", "--all")
    assert (row["state"], row["note"]) == ("assigned", "typing error")
    assert "is assigned already" in house.refuse("suspense", "assign", number, "alice")
    assert house.run("ledger", "check").exit_code == 0
    explained = house.json("explain", "charge", "alice")
    assert explained["adds_up"] and explained["sessions"][0]["charged_micros"] == 1_000_000


def test_a9_usage_of_nobody_is_not_charged_by_a_plan_with_bands(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "rich.toml"
    file.write_text(RICH)
    house.run("plan", "load", str(file))
    house.run("subscriber", "set", "alice", "--plan", "rich")
    number = ended(house)
    said = house.refuse("suspense", "assign", number, "alice", "--note", "typing error")
    assert "plan rich prices by bands" in said
    assert house.money()["posted_micros"] == 5_000_000
    assert waiting(house)["state"] == "open"
    assert house.run("ledger", "check").exit_code == 0


def test_a9_a_session_that_still_runs_goes_on_for_its_new_payer(house: House) -> None:
    house.serve(record("start", name="alcie"), record("interim", name="alcie", **USED))
    house.run("suspense", "assign", str(waiting(house)["suspense_id"]), "alice")
    assert house.money()["open_micros"] == 1_000_000
    house.serve(record("stop", name="alcie", seconds=90, up=50_000_000, down=100_000_000))
    assert house.money()["posted_micros"] == 3_500_000
    assert house.json("suspense", "list") == []
    assert house.run("ledger", "check").exit_code == 0


def test_included_volume_is_used_up_first(house: House, tmp_path: Path) -> None:
    file = tmp_path / "bundle.toml"
    file.write_text(
        'name = "bundle"\ncurrency = "USD"\n[price.volume]\namount = "0.01"\nper = "MB"\n'
        '[included]\nvolume = "70 MB"\n'
    )
    house.run("plan", "load", str(file))
    house.run("subscriber", "set", "alice", "--plan", "bundle")
    assert "0.30 USD" in house.run("suspense", "assign", ended(house), "alice").stdout
    assert "1.00 USD" in house.run("suspense", "assign", ended(house, "alicia"), "alice").stdout
    assert house.run("ledger", "check").exit_code == 0


def test_dropping_charges_nobody_and_keeps_the_reason(house: House) -> None:
    number = ended(house)
    house.run("suspense", "drop", number, "--note", "test of the router")
    (row,) = house.json("suspense", "list", "--all")
    assert (row["state"], row["note"]) == ("dropped", "test of the router")
    assert house.money()["posted_micros"] == 5_000_000
    assert "is dropped already" in house.refuse("suspense", "drop", number, "--note", "x")


def test_what_still_runs_cannot_be_dropped(sample: House) -> None:
    sample.serve(record("start", name="alcie"), record("interim", name="alcie", **USED))
    number = str(waiting(sample)["suspense_id"])
    assert "still running" in sample.refuse("suspense", "drop", number, "--note", "x")


def test_usage_beyond_the_line_is_held_back_and_can_be_accepted(house: House) -> None:
    house.run("nas", "set", "local", "--line-rate", "1000000")
    house.serve(login(), record("start"))
    house.serve(record("stop", seconds=8, up=0, down=100_000_000))
    row = waiting(house)
    assert row["reason"] == "implausible"
    before = house.money()["posted_micros"]
    assert "another subscriber" in house.refuse(
        "suspense", "assign", str(row["suspense_id"]), add_bob(house)
    )
    house.run("suspense", "assign", str(row["suspense_id"]), "alice")
    assert before - house.money()["posted_micros"] == row["output_octets"] * 10_000 // 1_000_000
    assert house.run("ledger", "check").exit_code == 0


def add_bob(house: House) -> str:
    house.run("subscriber", "add", "bob", "--plan", "sample-prepaid", "--password", "x")
    return "bob"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("assign", "1", "alice"), "there is no suspense 1"),
        (("assign", "1", "bob"), "there is no subscriber bob"),
        (("assign", "x", "alice"), "is not a valid integer"),
        (("drop", "1", "--note", "x"), "there is no suspense 1"),
        (("drop", "1", "--note", " "), "needs a reason"),
        (("drop", "1", "--note", "a\nb"), "--note"),
        (("drop", "1"), "Missing option '--note'"),
    ],
)
def test_what_cannot_be_is_one_line(sample: House, words: tuple[str, ...], said: str) -> None:
    assert said in sample.refuse("suspense", *words)
