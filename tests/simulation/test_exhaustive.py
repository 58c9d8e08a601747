"""A small history dies at each crash point of its start, and at every fourth one after that.

At all of them, before each callback and in each write it dies in `python -m
tests.simulation.exhaustive`, which takes minutes; docs/reliability.md has what came of it.
"""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path

import pytest

from tests.simulation.exhaustive import KINDS, SEED, every_death, quiet
from tests.simulation.host import Doom
from tests.simulation.town import build

STARTED = 12  # by then the server is there; what only a start passes is before


def test_a1_the_server_survives_a_death_at_its_named_points(tmp_path: Path) -> None:
    places = chain(range(1, STARTED), count(STARTED, 4))
    town = build(tmp_path / "town")
    verdicts = list(every_death("point", town, tmp_path, jobs=2, places=places))
    assert [verdict.failures for verdict in verdicts if verdict.failures] == []
    assert len(verdicts) > 28
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
