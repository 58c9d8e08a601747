"""What some usage would cost: itemised, from live pots, changing nothing; then it costs that."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.house import House, login, record

GB, MB = 10**9, 10**6
HOME = """
name = "home"
currency = "USD"
timezone = "Europe/Berlin"

[package]
validity = "30d"

[[band]]
name = "night"
from = "00:00"
until = "06:00"

[price.session]
fee = "0.10"

[price.volume]
amount = "1"
per = "GB"
period = "month"

[[price.volume.tier]]
from = "2 GB"
amount = "0.50"

[[rate]]
bands = "night"
volume = { amount = "0.20", per = "GB" }

[[bundle]]
name = "data"
volume = "1 GB"

[[booster]]
name = "more"
volume = "5 GB"
price = "1"

[[cap]]
period = "month"
most = "2"
"""


def at_home(house: House, directory: Path, zone: str = "Europe/Berlin") -> House:
    """Put alice on a whole plan."""
    file = directory / "home.toml"
    file.write_text(HOME.replace("Europe/Berlin", zone))
    house.run("plan", "load", str(file))
    house.run("subscriber", "set", "alice", "--plan", "home", "--no-wait")
    return house


@pytest.fixture
def home(sample: House, tmp_path: Path) -> House:
    """The sample, with alice at home."""
    return at_home(sample, tmp_path)


def test_a_quote_is_what_it_costs_afterwards_and_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    # Where it is noon: at the edge of a band each second has a price of its own.
    home = at_home(house, tmp_path, f"Etc/GMT{datetime.now(UTC).hour - 12:+d}")
    asked = ("rate", "alice", "--down", "1200MB", "--up", "300 MB", "--seconds", "90")
    before = home.json("balance", "show", "alice")
    quoted = home.json(*asked)
    assert home.json(*asked)["charged_micros"] == quoted["charged_micros"]
    assert home.json("balance", "show", "alice") == before
    home.serve(
        login(),
        record("start"),
        record("stop", seconds=90, down=1200 * MB, up=300 * MB),
    )
    charged = before["posted_micros"] - home.json("balance", "show", "alice")["posted_micros"]
    assert charged == quoted["charged_micros"] > 100_000
    (source,) = quoted["sources"]
    assert (source["name"], source["took_octets"], source["left_octets"]) == ("data", GB, 0)
    # The bundle is used up, and the tier of the month stands where the session left it.
    assert home.json(*asked)["sources"][0]["took_octets"] == 0
    home.run("ledger", "check")


def test_somebody_new_has_everything_fresh_and_each_line_is_explained(home: House) -> None:
    found = home.json("rate", "home", "--octets", "6GB", "--at", "2026-03-02 10:00+01:00")
    steps = {row["step"]: row["micros"] for row in found["steps"]}
    # 1 GB of data, 2 GB at 1.00, 3 GB at 0.50, the fee: 3.60, and a month may cost 2.00.
    assert steps == {
        "used": 0, "covered": 0, "fee": 100_000, "line 2": 2_000_000, "line 3": 1_500_000,
        "waived": -1_600_000,
    }  # fmt: skip
    assert found["steps"][-1]["caps"] == [{"period": "month", "most_micros": 2_000_000}]
    assert (found["charged_micros"], found["login"], found["spendable_micros"]) == (
        2_000_000, None, None,
    )  # fmt: skip
    night = ("--at", "2026-03-02 23:00", "--until", "2026-03-03 00:00Z")  # in the plan's zone
    said = home.run("rate", "home@1", "--down", "2GB", *night).stdout.splitlines()
    assert said[0] == (
        "home version 1, 2026-03-02 23:00 to 2026-03-03 01:00 (Europe/Berlin): "
        "2.00 GB down, 02:00:00"
    )
    assert any("used in night: 1.00 GB down" in line for line in said)
    assert "comes to 0.30 USD" in said


def test_boosters_are_taken_from_in_their_order(home: House) -> None:
    home.run("subscriber", "boost", "alice", "--booster", "more")
    found = home.json("rate", "alice", "--octets", "4 GB")
    assert [(one["name"], one["took_octets"]) for one in found["sources"]] == [
        ("data", GB),
        ("more", 3 * GB),
    ]


def test_simple_plans_and_files_are_priced_by_their_tariff(sample: House, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text(
        'name = "p"\ncurrency = "EUR"\n[price.volume]\namount = "2"\nper = "GB"\ncount = "up"\n'
        'increment = "1 MB"\n[price.time]\namount = "1"\nper = "hour"\n'
        '[included]\nvolume = "1 GB"\n'
    )
    found = sample.json("rate", str(file), "--octets", "1500001KB", "--seconds", "30m")
    assert (found["up"], found["down"], found["charged_micros"]) == (
        1_500_001_000, 0, 2 * 501_000 + 500_000,
    )  # fmt: skip
    assert found["sources"] == [
        {"name": "included", "took_octets": GB, "left_octets": 0, "until_us": None}
    ]
    said = sample.run("rate", "sample-prepaid", "--octets", "5 MB").stdout.splitlines()
    assert said[1].startswith("  volume: 5000000 octets") and said[2] == "comes to 0.05 USD"
    file.write_text(
        'name = "p"\ncurrency = "EUR"\nprice.volume = { amount = "2", per = "GB" }\n'
        'package = { price = "20", validity = "30d" }\nprice.activation.fee = "5"\n'
    )
    said = sample.run("rate", str(file), "--octets", "1GB").stdout.splitlines()
    assert said[3:] == [
        "comes to 2.00 EUR", "package for 30 days: 20.00 EUR", "activation fee, once: 5.00 EUR",
        "in all 27.00 EUR",
    ]  # fmt: skip
    told = sample.run("rate", "alice", "--octets", "600 MB").stdout
    assert "comes to 6.00 USD, of which 5.00 USD can be spent" in told


WRONG = [
    (("none", "--octets", "1GB"), "no subscriber none, and there is no plan none; see"),
    (("none/p.toml", "--octets", "1GB"), "cannot read none/p.toml"),
    (("alice@x y", "--octets", "1GB"), "write a version as a number after the @"),
    (("alice\\", "--octets", "1GB"), "a login has no control characters"),
    (("alice",), "say what is used"),
    (("alice", "--octets", "10 Gb"), "'10 Gb' is not a volume; write such as"),
    (("alice", "--octets", "9" * 19), "is more than anybody can use"),
    (("alice", "--seconds", "soon"), "'soon' is not a duration"),
    (("alice", "--octets", "1GB", "--up", "1GB"), "write it, or --down and --up"),
    (("alice", "--seconds", "9", "--at", "now"), "'now' is not a time"),
    (
        ("alice", "--up", "1", "--at", "2026-01-02", "--until", "2026-01-01"),
        "--until must not come before --at",
    ),
]


def test_what_cannot_be_priced_is_one_line(sample: House, tmp_path: Path) -> None:
    for words, said in WRONG:
        assert said in sample.refuse("rate", *words)
    file = tmp_path / "dear.toml"
    file.write_text(
        'name = "p"\ncurrency = "EUR"\n[price.volume]\namount = "1000000000"\nper = "KB"\n'
    )
    assert "more than any book" in sample.refuse("rate", str(file), "--octets", "100TB")


def test_that_no_class_was_asked_for_is_said(sample: House, tmp_path: Path) -> None:
    file = tmp_path / "classes.toml"
    file.write_text(
        'name = "classes"\ncurrency = "USD"\n[price.volume]\namount = "1"\nper = "GB"\n'
        '[[class]]\nname = "inland"\nservices = ["INLAND"]\n'
        '[[rate]]\nclasses = ["inland"]\nvolume = { amount = "0", per = "GB" }\n'
    )
    sample.run("plan", "load", str(file))
    said = sample.run("rate", "classes", "--octets", "2GB").stdout
    assert "as traffic of no class" in said and "2.00 USD" in said
    assert "of no class" not in sample.run("rate", "sample-prepaid", "--octets", "2GB").stdout
