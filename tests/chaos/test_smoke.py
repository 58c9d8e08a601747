"""A few rounds of real attacks, so that the harness itself cannot rot; `make chaos` does the rest.

Small as they are, they kill real servers under load on both databases, strike at commits, and cut
the power under a careless one, whose losses must be seen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import ATTACKS, POSTGRESQL, SQLITE, fight, main


@pytest.mark.parametrize(
    ("name", "database", "rounds_n"),
    [("kill", SQLITE, 2), ("at-commit", POSTGRESQL, 4), ("power-cut-normal", SQLITE, 2)],
)
def test_a1_a2_real_servers_survive_a_few_rounds(
    name: str, database: str, rounds_n: int, tmp_path: Path
) -> None:
    attack = next(attack for attack in ATTACKS if attack.name == name)
    outcome = fight(attack, tmp_path, 1, rounds_n, database)
    assert outcome.passed, outcome.findings
    assert outcome.acked > 0
    assert outcome.must_fail == (outcome.lost > 0)
    assert outcome.rounds == rounds_n


def test_an_attack_that_does_not_exist_is_one_line_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["meteor"])
    assert end.value.code == 2
    assert "no such attack: meteor" in capsys.readouterr().err
