"""docs/reliability.md is what was recorded, and nothing else."""

from __future__ import annotations

import json

from tests.reliability.page import HERE, MARKERS, PAGE, page, read, table


def test_the_page_is_made_of_what_was_recorded() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_every_violation_says_who_found_it_what_it_broke_and_how_it_was_mended() -> None:
    found = read(HERE / "violations.json")
    assert len(found) >= 10
    for one in found:
        assert sorted(one) == ["broken", "cause", "fix", "found_by", "what"]
        assert all(one.values()), one["what"]


def test_a_table_shows_numbers_as_people_read_them() -> None:
    shown = table(("a", "b"), [(1234567, True), (1.25, "x|y")])
    assert shown.splitlines()[2:] == ["| 1,234,567 | yes |", "| 1.2 | x\\|y |"]


def test_every_marker_makes_a_table_of_something() -> None:
    for name, make in MARKERS.items():
        assert len(make().splitlines()) > 2, name


def test_the_attacks_that_must_not_fail_have_not_and_the_controls_have() -> None:
    results = [
        json.loads(path.read_text())
        for path in (HERE.parent / "chaos" / "results").glob("*.json")
        if path.name != "compare.json"
    ]
    assert all(one["passed"] for one in results)
    assert any(one["must_fail"] for one in results)
    assert sum(one["lost"] + one["doubled"] for one in results if not one["must_fail"]) == 0
