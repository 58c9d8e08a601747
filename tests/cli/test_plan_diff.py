"""Two plans side by side: versions and files, exit codes and words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.house import House

HOME = """
name = "home"
currency = "EUR"
[price.volume]
amount = "1.50"
per = "GB"
[[bundle]]
name = "five"
volume = "5 GB"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home.toml"
    path.write_text(HOME)
    return path


def test_versions_and_files_are_compared_by_what_they_say(house: House, home: Path) -> None:
    house.run("plan", "load", str(home))
    assert house.run("plan", "diff", "home", str(home)).stdout == "no difference\n"
    home.write_text(HOME.replace("1.50", "1.25") + 'period = "month"\n')
    house.run("plan", "load", str(home))
    home.write_text(HOME.replace("five", "six") + 'bands = "night"\n[[band]]\nname = "night"\n')
    home.write_text(home.read_text() + 'until = "06:00"\n')
    words = house.run("plan", "diff", "home@1", "home", code=1).stdout
    assert "1.50 EUR per GB sum" in words and "5 GB a month" in words
    rows = {row["what"]: row for row in house.json("plan", "diff", "home@2", str(home), code=1)}
    assert list(rows) == ["price", "bundle five", "band night", "bundle six"]
    assert rows["price"]["before"] == "1.25 EUR per GB sum"
    assert (rows["bundle five"]["before"], rows["bundle five"]["after"]) == ("5 GB a month", "")
    assert rows["bundle six"]["after"] == "5 GB in night"


def test_two_files_are_compared_without_a_database(tmp_path: Path, house: House) -> None:
    one, two = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text(HOME)
    two.write_text(HOME.replace('"home"', '"house"'))
    (row,) = house.json("plan", "diff", str(one), str(two), code=1)
    assert row == {"what": "name", "before": "home", "after": "house"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("home", "home"), "there is no plan home; see"),
        (("sample-prepaid@9", "sample-prepaid"), "no plan sample-prepaid@9"),
        (("sample-prepaid@x", "sample-prepaid"), "write a version as a number after the @"),
        (("sample-prepaid@", "sample-prepaid"), "write a version as a number after the @"),
        (("sample-prepaid", "none/here.toml"), "cannot read none/here.toml"),
    ],
)
def test_what_is_not_there_is_one_line(sample: House, words: tuple[str, str], said: str) -> None:
    assert said in sample.refuse("plan", "diff", *words)


def test_a_plan_is_shown_with_its_sections(sample: House, home: Path) -> None:
    sample.run("plan", "load", str(home))
    assert "bundle five" in sample.run("plan", "show", "home").stdout
    assert sample.json("plan", "show", "home")["sections"] == ["bundle five: 5 GB"]
    assert sample.json("plan", "show", "sample-prepaid")["sections"] == []
