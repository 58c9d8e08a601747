"""Plan files tried on their cases, from the command line, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.house import House

PLANS = Path(__file__).parents[2] / "conf" / "plans"
PLAN = """
name = "p"
currency = "USD"
[price.volume]
amount = 1
per = "GB"
[[bundle]]
name = "b"
volume = "5 GB"
[[booster]]
name = "t"
volume = "1 GB"
price = 2
"""
CASES = """case: one
begins: 2026-03-01

from              until             down  | costs  left b
2026-03-01 10:00  2026-03-01 11:00  6 GB  | 1.00   0
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    plan, cases = tmp_path / "p.toml", tmp_path / "p.cases.txt"
    plan.write_text(PLAN)
    cases.write_text(CASES)
    return plan, cases


def test_a_plan_that_costs_what_its_cases_say_passes(
    house: House, files: tuple[Path, Path]
) -> None:
    samples = (PLANS / "night-bundle.toml", PLANS / "trial.toml", files[0])
    said = house.run("plan", "test", *map(str, samples)).stdout.splitlines()
    assert said[-1] == "p: 1 case of 1 row: as they say"
    assert len(said) == 3


def test_what_costs_otherwise_is_told_in_the_words_of_its_column(
    house: House, files: tuple[Path, Path]
) -> None:
    files[1].write_text(CASES.replace("1.00   0", "0.90   1 GB"))
    said = house.run("plan", "test", str(files[0]), code=1).stdout.splitlines()
    assert said == [
        f"{files[1]}: line 5: costs comes to 1.00 USD, and the case says 0.90 USD",
        f"{files[1]}: line 5: left b comes to 0 octets, and the case says 1 GB",
        "p: 1 case of 1 row: 2 differences",
    ]


def test_what_comes_of_each_row_is_shown(house: House, files: tuple[Path, Path]) -> None:
    files[1].write_text(CASES + "2026-03-02 10:00  -                 -     | -      -\n")
    shown = house.run("plan", "test", str(files[0]), "--show").stdout.splitlines()
    (row,) = (line.split() for line in shown if line.strip().startswith("5 "))
    assert row[5:] == [*"6 GB 1.00 USD 1.00 USD b 5 GB -/-".split()]
    assert shown[0] == "p: one" and shown[-1] == "p: 1 case of 2 rows: as they say"


def test_cases_that_are_missing_or_wrong_are_one_line(
    house: House, files: tuple[Path, Path]
) -> None:
    files[1].write_text(CASES.replace("2026-03-01 11:00", "eleven"))
    assert f"{files[1]}: line 5: 'eleven' is not a time" in house.refuse(
        "plan", "test", str(files[0])
    )
    files[1].unlink()
    assert f"has no cases; write them to {files[1]}" in house.refuse("plan", "test", str(files[0]))
