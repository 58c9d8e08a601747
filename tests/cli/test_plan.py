"""Plans are loaded whole or not at all, versioned, and never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.house import House

HOME = """
name = "home"
currency = "EUR"
package = { validity = "30d" }
[price.volume]
amount = "1.50"
per = "GB"
[included]
volume = "5 GB"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home.toml"
    path.write_text(HOME)
    return path


def test_a_changed_file_becomes_the_next_version(house: House, home: Path) -> None:
    assert "home version 1: loaded" in house.run("plan", "load", str(home)).stdout
    assert "home version 1: unchanged" in house.run("plan", "load", str(home)).stdout
    home.write_text(HOME.replace("1.50", "1.25"))
    assert "home version 2: loaded" in house.run("plan", "load", str(home)).stdout
    assert [row["version"] for row in house.json("plan", "list", "--versions")] == [2, 1, 1]
    assert house.json("plan", "show", "home")["price"] == "1.25 EUR per GB sum"
    assert house.json("plan", "show", "home", "--version", "1")["price"] == "1.50 EUR per GB sum"
    assert house.json("plan", "show", "home")["included_octets"] == 5 * 10**9


def test_showing_a_plan_shows_its_file(sample: House, home: Path) -> None:
    sample.run("plan", "load", str(home))
    assert 'per = "GB"' in sample.run("plan", "show", "home").stdout
    assert sample.json("plan", "show", "home")["source"] == HOME


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name"),
        (HOME.replace("EUR", "euro"), "line 3"),
        (HOME.replace("validity", "validty"), "line 4"),
        (HOME.replace('"1.50"', "1.50"), "line 6"),
        ("name =", "line 1"),
    ],
)
def test_a_wrong_plan_file_gets_one_line_and_changes_nothing(
    sample: House, home: Path, tmp_path: Path, text: str, said: str
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text)
    line = sample.refuse("plan", "load", str(home), str(wrong))
    assert str(wrong) in line and said in line
    assert [row["name"] for row in sample.json("plan", "list")] == ["sample-prepaid"]


def test_files_that_cannot_be_read_are_one_line(sample: House, home: Path, tmp_path: Path) -> None:
    assert "cannot read" in sample.refuse("plan", "load", str(tmp_path / "none.toml"))
    home.write_bytes(b"\xff\xfe")
    assert "not UTF-8" in sample.refuse("plan", "load", str(home))
    home.write_bytes(b"#" * 1_000_001)
    assert "no plan file" in sample.refuse("plan", "load", str(home))


def test_two_files_of_one_plan_are_refused(sample: House, home: Path) -> None:
    assert "the same plan" in sample.refuse("plan", "load", str(home), str(home))


def test_a_dry_run_only_checks(sample: House, home: Path) -> None:
    assert "in order" in sample.run("plan", "load", str(home), "--dry-run").stdout
    assert len(sample.json("plan", "list")) == 1


def test_a_plan_that_is_not_there_is_one_line(sample: House) -> None:
    assert "no plan x; see `tollhouse plan list`" in sample.refuse("plan", "show", "x")
    assert "version 9" in sample.refuse("plan", "show", "sample-prepaid", "--version", "9")


def test_loading_says_what_changed_and_who_is_told_no_speed(house: House, home: Path) -> None:
    first = house.run("plan", "load", str(home))
    assert first.stdout == "home version 1: loaded\n"
    bng = ("--address", "192.0.2.9", "--secret", "generate", "--dialect", "cisco")
    house.run("nas", "add", "bng", *bng)
    home.write_text(HOME.replace("1.50", "1.25") + '[speeds]\ndown = "10M"\nup = "2M"\n')
    changed = (
        "price: 1.50 EUR per GB sum -> 1.25 EUR per GB sum; "
        "speeds: none -> 10 Mbit/s down, 2 Mbit/s up"
    )
    warned = "warning: home tells no speed to cisco devices (bng): write [speeds.cisco]\n"
    dry = house.run("plan", "load", str(home), "--dry-run")
    assert dry.stdout == f"home: {changed}\nhome: in order; nothing was loaded\n"
    assert dry.stderr == warned
    loaded = house.run("plan", "load", str(home))
    assert loaded.stdout == f"home version 2: loaded; {changed}\n"
    assert loaded.stderr == warned
    assert house.run("plan", "load", str(home)).stdout == "home version 2: unchanged\n"


def test_a_plan_is_shown_with_what_devices_are_told(sample: House, home: Path) -> None:
    home.write_text(
        HOME
        + '[speeds.mikrotik]\nrate = "2M/10M"\n'
        + '[[reply]]\nattributes = [\'Framed-Pool = "home"\']\naccess = "ppp"\n'
        + "[on_expired]\n[[on_expired.reply]]\nattributes = ['Filter-Id = \"wall\"']\n"
    )
    sample.run("plan", "load", str(home))
    shown = sample.json("plan", "show", "home")
    assert shown["mikrotik_rate"] == "2M/10M"
    assert shown["replies"] == ['Framed-Pool = "home" (ppp)']
    assert shown["expired"] == 'walled for 10 minutes: Filter-Id = "wall"'
    assert shown["suspended"] == "refused"


def test_a_wrong_attribute_is_refused_with_its_line(sample: House, home: Path) -> None:
    home.write_text(HOME + "[[reply]]\nattributes = [\n  'Framed-Poll = \"home\"',\n]\n")
    line = sample.refuse("plan", "load", str(home))
    assert line.endswith("line 12: no attribute is called Framed-Poll")
