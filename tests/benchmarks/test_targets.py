"""The targets ask the right questions and judge in the right direction."""

from __future__ import annotations

import pytest

from benchmarks.targets import TARGETS, Target
from tests.benchmarks.test_figures import made_up

HIGH = Target("a", lambda figures: None, "×", 0.6, 1.5)
LOW = Target("b", lambda figures: None, "ms", 10, 3, low_is_good=True)


@pytest.mark.parametrize(
    ("target", "value", "word"),
    [
        (HIGH, 0.59, "missed"),
        (HIGH, 0.6, "reached"),
        (HIGH, 1.5, "aim"),
        (LOW, 10.1, "missed"),
        (LOW, 10.0, "reached"),
        (LOW, 3.0, "aim"),
        (LOW, None, "not measured"),
        (Target("c", lambda figures: None, "×", None, 2, low_is_good=True), 3.6, "reported"),
    ],
)
def test_a_verdict_is_on_the_right_side(target: Target, value: float | None, word: str) -> None:
    assert target.verdict(value) == word


def test_each_target_asks_for_what_it_says() -> None:
    figures = made_up()
    asked = {target.work: target.ask(figures) for target in TARGETS}
    assert asked["interims, SQLite : FreeRADIUS files"] == 41 / 51
    assert asked["p99 of interims at half the top rate, SQLite"] == 3.0
    assert asked["p99 from exhausting interim to Disconnect, SQLite"] == 11.0
    assert asked["interim, many open : few open, login order"] == 1.5
    assert asked["two workers : one, PostgreSQL"] == 1.6
    assert asked["memory for each open session"] == 400
    assert asked["PAP logins, SQLite : FreeRADIUS files"] is None
    assert len(asked) == len(TARGETS)
