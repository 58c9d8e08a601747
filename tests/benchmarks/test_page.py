"""The table of benchmarks/README.md is what was recorded, and nothing else."""

from __future__ import annotations

from benchmarks.figures import SQLITE
from benchmarks.page import BEGIN, END, README, shown, table, whole, with_newest
from tests.benchmarks.test_figures import made_up


def test_the_readme_holds_the_newest_comparison() -> None:
    text = README.read_text()
    assert text == with_newest(text), "run `python -m benchmarks.page`"


def test_only_what_stands_between_the_markers_is_written_again() -> None:
    made = with_newest(f"before {BEGIN} an older table {END} after")
    assert made.startswith(f"before {BEGIN}\n") and made.endswith(f"{END} after")
    assert "an older table" not in made


def test_the_page_shows_verdicts_rates_and_conditions() -> None:
    text = whole(made_up())
    assert "2026-01-01 00:00 UTC, commit abc1234; 2 × X." in text
    assert "≥ 0.6 ×" in text and "0.80 ×" in text and "reached" in text
    assert "41 at 256" in text and "2 at 16 (with losses)" in text
    assert "91!" in text  # the window in which requests were lost
    assert "3 of 3" in text


def test_the_page_shows_floods_and_workers() -> None:
    flood, crew = (
        next(line for line in whole(made_up()).splitlines() if line.startswith(begin))
        for begin in (f"| {SQLITE}, 2 ×", "| 2, free")
    )
    cells = [cell.strip() for cell in flood.split("|")]
    assert cells[2:8] == ["82", "40", "7.00 ms", "interim 36", "5", "49 of 50"]
    assert [cell.strip() for cell in crew.split("|")][2:6] == ["16", "0.01 ms", "1.80", "0.40"]


def test_the_page_shows_each_moment_beside_the_floor_of_the_disk() -> None:
    text = whole(made_up())
    pace = next(line for line in text.splitlines() if line.startswith(f"| {SQLITE}, half"))
    cells = [cell.strip() for cell in pace.split("|")]
    assert cells[2:-1] == ["20", "1.00 ms", "3.00 ms", "4.00 ms", "0.75", "-", "-"]
    assert "on that disk: p50 0.35 ms, p99 5.80 ms." in text


def test_a_table_lines_up() -> None:
    lines = table(("a", "long"), [("1", "2"), ("333", "4")]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0] == "| a   | long |"


def test_a_figure_has_the_digits_that_mean_something() -> None:
    assert [shown(value, "ms") for value in (0.123, 12.345, 1234.5, None)] == [
        "0.12 ms",
        "12.3 ms",
        "1,234 ms",
        "-",
    ]
