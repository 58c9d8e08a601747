"""Planted bugs go in and come out again, and some cheap ones are found within a few seeds.

That all of them are found takes an hour (`make plant`); here it is shown that they fit the code as
it is today, that they leave nothing behind, and that the canary is dead.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from aaa.desk import Desk
from tests.simulation import run
from tests.simulation.bugs import BUGS, BY_NAME
from tests.simulation.plant import first_violation, main
from tests.simulation.planting import Bug, Code, Statement, Unplantable, _function, planted
from tests.simulation.swarm import KINDS
from tests.simulation.town import build

CHEAP = {
    "posting-lost": ("L2:", "L1:"),
    "hold-kept-at-stop": ("L6:",),
    "numbers-from-a-sequence": ("L10:",),
    "rounds-each-report": ("A2:",),
}
FEW_SEEDS = 6


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town."""
    return build(tmp_path_factory.mktemp("plant") / "town")


def touched(bug: Bug) -> Iterator[object]:
    """What the edits of a bug replace, as it is now."""
    for edit in bug.edits:
        if isinstance(edit, Code):
            module_name, _, path = edit.where.partition(":")
            yield _function(importlib.import_module(module_name), path).__code__
        else:
            assert isinstance(edit, Statement)
            yield importlib.import_module("store.desk_sqlite")._WRITE[edit.name]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_fits_the_code_and_leaves_nothing_behind(bug: Bug) -> None:
    before = list(touched(bug))
    with planted(bug):
        assert all(now != was for now, was in zip(touched(bug), before, strict=True))
    assert list(touched(bug)) == before and Desk.lane_open


def test_a_bug_runs_wherever_its_function_was_imported_by_name() -> None:
    from accounting.hold import share as imported_by_name

    bug = Bug("all", "", (), 1, (Code("accounting.hold:share", "// max(free_slots, 1)", ""),))
    with planted(bug):
        assert imported_by_name(90, 3) == 90
    assert imported_by_name(90, 3) == 30


def test_two_edits_of_one_function_are_both_in_it() -> None:
    edits = (
        Code("accounting.hold:share", "max(available_micros, 0)", "(available_micros + 1)"),
        Code("accounting.hold:share", "max(free_slots, 1)", "(free_slots + 1)"),
    )
    from accounting import hold

    with planted(Bug("both", "", (), 1, edits)):
        assert hold.share(89, 2) == 30
    assert hold.share(89, 2) == 44


def test_words_that_are_not_in_the_code_are_refused_and_nothing_stays_planted() -> None:
    from accounting import hold

    edits = (
        Code("accounting.hold:share", "// max(free_slots, 1)", ""),
        Code("accounting.hold:share", "no such words", ""),
    )
    with (
        pytest.raises(Unplantable, match="stands there 0 times"),
        planted(Bug("x", "", (), 1, edits)),
    ):
        raise AssertionError("it was planted")
    assert hold.share(90, 3) == 30
    with pytest.raises(Unplantable, match="is not there once"):
        Statement("move", "no such words", "").apply()


def test_every_bug_says_who_should_notice_and_needs_faults_that_there_are() -> None:
    assert len(BUGS) >= 36
    for bug in BUGS:
        assert bug.breaks and bug.notices and bug.seeds_n > 0, bug.name
        assert bug.kinds <= set(KINDS), bug.name


@pytest.mark.parametrize("name", CHEAP)
def test_a_cheap_bug_is_found_within_a_few_seeds(name: str, template: Path, tmp_path: Path) -> None:
    for seed in range(FEW_SEEDS):
        text = first_violation(seed, BY_NAME[name], template, tmp_path)
        if text:
            assert text.startswith(CHEAP[name])
            return
    raise AssertionError(f"{name} was not found in {FEW_SEEDS} seeds")


def test_the_canary_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--canary"]) == 0
    assert "was found: A2" in capsys.readouterr().out


def test_a_canary_that_sings_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = Bug("harmless", "", ("A",), 1, (Code("accounting.hold:share", "1)", "1) + 0"),))
    monkeypatch.setitem(BY_NAME, run.CANARY_BUG, harmless)
    assert run.main(["--canary"]) == 1
    assert "NOT found" in capsys.readouterr().out


def test_a_name_that_is_no_bug_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["no-such-bug"])
    assert left.value.code == 2
    assert "no bug is called no-such-bug" in capsys.readouterr().err
