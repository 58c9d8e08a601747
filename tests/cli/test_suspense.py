"""Usage that nobody could be charged for waits, is given to somebody or dropped, once (A9)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tests.cli.house
from server.seams import SystemClock
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
    explained = house.json("explain", "charge", "alice", "--rerate")
    (session,) = explained["sessions"]
    assert explained["adds_up"] and session["charged_micros"] == 1_000_000
    assert session["rerated"] and session["differences"] == []


MORNING_US = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp()) * 1_000_000  # peak is 9 to 10


class Morning(SystemClock):
    """The desk's clock, on one morning: goes on by half an hour whenever something comes."""

    at_us = MORNING_US

    def now_us(self) -> int:
        return self.at_us


@pytest.fixture
def rich(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Alice, with money and a plan of bands, tiers and a daily bundle."""
    enrich(house, tmp_path, monkeypatch)
    return house


@pytest.fixture
def rich_sample(sample: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The same, on SQLite alone."""
    enrich(sample, tmp_path, monkeypatch)
    return sample


def enrich(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rich.toml"
    file.write_text(RICH)
    house.run("plan", "load", str(file))
    house.run("balance", "top-up", "alice", "95")
    house.run("subscriber", "set", "alice", "--plan", "rich", "--nas", "any")
    monkeypatch.setattr(tests.cli.house, "SystemClock", Morning)


def morning(house: House, monkeypatch: pytest.MonkeyPatch, *records: Any) -> None:
    """Records that come with half an hour between them, the first at eight."""
    for n, one in enumerate(records):
        monkeypatch.setattr(Morning, "at_us", MORNING_US + n * 1_800_000_000)
        if one is not None:
            house.serve(one)


def used(status: str, half_hours: int, megabytes: int, session: str, name: str) -> Any:
    return record(
        status, session, name, seconds=1_800 * half_hours, up=0, down=megabytes * 1_000_000
    )


def reported(name: str, session: str = "s7") -> list[Any]:
    """20 MB until half past eight, 20 until half past nine, 20 until half past ten."""
    return [
        record("start", session, name),
        used("interim", 1, 20, session, name),
        None,
        used("interim", 3, 40, session, name),
        None,
        used("stop", 5, 60, session, name),
    ]


def test_a9_by_bands_usage_is_charged_for_the_time_when_it_was_used(
    rich: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning(rich, monkeypatch, *reported("alcie"))
    number = str(waiting(rich)["suspense_id"])
    said = rich.run("suspense", "assign", number, "alice", "--note", "typing error").stdout
    # 5 MB of the bundle, 30 at 0.10 and 5 at 0.05, and 20 of the peak at 0.20.
    assert said == "assigned to alice: 7.25 USD charged\n"
    assert rich.money()["posted_micros"] == 92_750_000
    assert rich.run("ledger", "check").exit_code == 0
    explained = rich.json("explain", "charge", "alice", "--rerate")
    assert explained["adds_up"]
    (session,) = explained["sessions"]
    assert (session["adds_up"], session["rerated"], session["differences"]) == (True, True, [])
    last = session["records"][-1]
    assert (last["record"], last["effect"]) == ("by an operator", "assigned")
    assert last["rise_charged_micros"] == session["charged_micros"] == 7_250_000


def test_a9_by_bands_it_costs_what_a_session_of_the_payer_would_have_cost(
    rich: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning(rich, monkeypatch, login(), *reported("alice", "s1"))
    before = rich.money()["posted_micros"]
    morning(rich, monkeypatch, None, *reported("alcie"))
    rich.run("suspense", "assign", str(waiting(rich)["suspense_id"]), "alice")
    assert rich.run("ledger", "check").exit_code == 0
    # The bundle is used up and the tier is reached: 35 MB and 5 more at 0.05, 20 of the peak.
    assert before - rich.money()["posted_micros"] == 40 * 50_000 + 20 * 200_000
    monkeypatch.setattr(Morning, "at_us", MORNING_US + 5 * 3_600_000_000)
    rich.serve(login(), record("start", "s3"))
    rich.serve(used("stop", 1, 10, "s3", "alice"))
    assert rich.run("ledger", "check").exit_code == 0


def test_a9_by_bands_a_session_that_still_runs_goes_on_for_its_new_payer(
    rich_sample: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = reported("alcie")[:4], reported("alcie")[4:]
    morning(rich_sample, monkeypatch, *first)
    rich_sample.run("suspense", "assign", str(waiting(rich_sample)["suspense_id"]), "alice")
    assert rich_sample.money()["open_micros"] == 4_500_000
    morning(rich_sample, monkeypatch, *([None] * 4), *second)
    assert rich_sample.money()["posted_micros"] == 92_750_000
    (session,) = rich_sample.json("explain", "charge", "alice", "--rerate")["sessions"]
    assert (session["differences"], session["charged_micros"]) == ([], 7_250_000)
    assert rich_sample.run("ledger", "check").exit_code == 0


def test_a9_it_is_charged_by_the_version_that_the_payer_has(sample: House, tmp_path: Path) -> None:
    file = tmp_path / "paid.toml"
    for price in ("0.01", "0.05"):
        file.write_text(
            f'name = "paid"\ncurrency = "USD"\n[price.volume]\namount = "{price}"\nper = "MB"\n'
            '[package]\nprice = "1"\nvalidity = "30d"\n'
        )
        sample.run("plan", "load", str(file))
        if price == "0.01":
            words = ("--plan", "paid", "--password", "x", "--balance", "9")
            sample.run("subscriber", "add", "bob", *words)
    assert "1.00 USD charged" in sample.run("suspense", "assign", ended(sample), "bob").stdout


def test_a9_by_bands_what_was_put_aside_is_spread_over_its_session(
    rich: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rich.run("nas", "set", "local", "--line-rate", "20000")
    morning(rich, monkeypatch, login(), *reported("alice", "s1"))
    row = waiting(rich)
    assert row["reason"] == "implausible" and row["output_octets"] > 10_000_000
    before = rich.money()["posted_micros"]
    rich.run("suspense", "assign", str(row["suspense_id"]), "alice")
    assert before > rich.money()["posted_micros"] and rich.json("suspense", "list") == []
    (session,) = rich.json("explain", "charge", "alice", "--rerate")["sessions"]
    assert (session["differences"], session["records"][-1]["effect"]) == ([], "accepted")
    assert session["records"][-1]["output_octets"] == 60_000_000
    assert rich.run("ledger", "check").exit_code == 0


def test_a9_by_bands_what_was_put_aside_of_nobodys_session_counts_as_well(
    rich: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    fallen = used("stop", 5, 10, "s7", "alcie")  # less than before, and no second reading comes
    morning(rich, monkeypatch, *reported("alcie")[:-1], fallen)
    row = waiting(rich)
    assert row["output_octets"] == 50_000_000
    said = rich.run("suspense", "assign", str(row["suspense_id"]), "alice").stdout
    # 5 MB of the bundle, 20 at 0.10 and 10 of the peak at 0.20 until half past nine; then 10 spread
    # over all of it: 5 at 0.10, 1 at 0.05 and 4 of the peak.
    assert said == "assigned to alice: 5.85 USD charged\n"
    (session,) = rich.json("explain", "charge", "alice", "--rerate")["sessions"]
    assert (session["differences"], session["records"][-1]["effect"]) == ([], "assigned")
    assert session["records"][-1]["output_octets"] == 50_000_000
    assert rich.run("ledger", "check").exit_code == 0


def test_a9_by_bands_without_its_journal_usage_is_spread_over_the_whole_session(
    rich_sample: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning(rich_sample, monkeypatch, *reported("alcie"))
    monkeypatch.setattr(
        "cli.suspense.office_journal.records_of_all", lambda *_: asyncio.sleep(0, [[]])
    )
    said = rich_sample.run(
        "suspense", "assign", str(waiting(rich_sample)["suspense_id"]), "alice"
    ).stdout
    # Of 150 minutes 60 are of the peak: 24 MB; of the rest 5 are free and 30 at 0.10, 1 at 0.05.
    assert said == "assigned to alice: 7.85 USD charged\n"
    assert rich_sample.run("ledger", "check").exit_code == 0


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
    sessions = house.json("explain", "charge", "alice", "--rerate")["sessions"]
    assert [one["differences"] for one in sessions] == [[], []]
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
