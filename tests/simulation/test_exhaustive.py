"""A small history dies at each of its crash points; by callback and by write it takes minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.exhaustive import KINDS, SEED, every_death, quiet
from tests.simulation.host import Doom
from tests.simulation.town import build


def test_a1_the_server_survives_a_death_at_every_named_point(tmp_path: Path) -> None:
    verdicts = list(every_death("point", build(tmp_path / "town"), tmp_path, jobs=2))
    assert [verdict.failures for verdict in verdicts if verdict.failures] == []
    assert len(verdicts) > 60
    assert all(verdict.figures["crashes"] == 1 for verdict in verdicts[:-1])
    died = set().union(*(verdict.points_crashed for verdict in verdicts))
    assert {"commit.before", "commit.after", "reply.before_send", "start.feed"} <= died


def test_the_quiet_history_has_no_fault_of_its_own() -> None:
    plan = quiet(SEED)
    assert not plan.kinds
    assert not plan.rushes + plan.power_cuts + plan.clock_jumps + plan.restarts


@pytest.mark.parametrize("what", sorted(KINDS))
def test_each_way_to_die_is_a_fate(what: str) -> None:
    assert Doom(**{KINDS[what]: 1}) != Doom()
