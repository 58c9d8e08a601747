"""Long runs: what is asked for is checked, counts add up by commit, the corpus stays small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import instrumented, run, sanitize, targets


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the repository is written by these tests."""
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(run, "WORK", tmp_path / "work")
    monkeypatch.setattr(targets, "CORPUS", tmp_path / "corpus")
    monkeypatch.setattr(instrumented, "BUILD", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "there is no target nonsense"),
        (["--executions", "0"], "must be at least 1"),
        (["--flavour", "sweet"], "invalid choice"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_2(arguments: list[str], said: str) -> None:
    asked = [sys.executable, "-m", "tests.fuzz.run", *arguments]
    done = subprocess.run(asked, cwd=targets.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and said in done.stderr


def test_counts_add_up_under_their_commit(room: Path) -> None:
    run.record("wire", 64)
    run.record("wire", 6)
    run.record("plans", 5)
    counted = json.loads((room / "results.json").read_text())
    (commit,) = counted["wire"]
    assert counted == {"wire": {commit: 70}, "plans": {commit: 5}}
    assert run.results() == counted


def test_what_was_learnt_is_kept_shortest_first_as_far_as_there_is_room(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets.write_corpus("wire", [b"seed"])
    learnt = room / "work" / "wire"
    learnt.mkdir(parents=True)
    for number, octets in enumerate((b"seed", b"x" * 9, b"", b"yy")):
        (learnt / str(number)).write_bytes(octets)
    monkeypatch.setattr(run, "KEPT_OCTETS", 10)
    run.keep("wire")
    assert targets.corpus_of("wire") == [b"", b"yy", b"seed"]


def test_words_and_corpus_are_laid_out_for_the_fuzzer(room: Path) -> None:
    target = targets.Target("plans", "x:y", "about", words=("a\n",))
    targets.write_corpus("plans", [b"one", b"", b"two"])
    run.prepare(target)
    assert (room / "work" / "plans.words").read_text() == '"\\x61\\x0a"\n'
    files = sorted(file.read_bytes() for file in (room / "work" / "plans").iterdir())
    assert files == [b"", b"one", b"two"]


def test_without_a_compiler_it_says_what_is_missing(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(room))
    with pytest.raises(instrumented.NotInstrumented, match="apt-get install clang"):
        instrumented.build("address")


def test_what_is_left_behind_in_every_round_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitize, "ROUNDS", 12)
    left: list[object] = []
    assert sanitize.growth(lambda octets: left.append(object()), [b"a", b"b"]) >= sanitize.ROUNDS
    assert sanitize.growth(lambda octets: None, [b"a", b"b"]) < sanitize.ROUNDS // 4
