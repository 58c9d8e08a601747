"""Histories in `make test`: those that once found something, a fixed set, and some nobody has seen.

The fixed seeds make a change of behaviour show up in the commit that makes it; the fresh ones add
to what has been looked at, each time the tests run.
"""

from __future__ import annotations

import pytest

from tests.simulation.run import Tally, regressions, seeds_of, simulate
from tests.simulation.swarm import KINDS, PAIRED, RICH, TWO, WHOLE, swarm

FIXED = (*range(30), *range(RICH, RICH + 12))
PAIRS = range(PAIRED, PAIRED + 5)
NEWEST_N = 10  # of those that once found something; `--regressions` plays them all
FRESH = "3"  # `make simulate` plays as many as one has time for


def sound(seeds: list[int]) -> Tally:
    tally = simulate(seeds, jobs=2, quiet=True)
    assert [(verdict["seed"], verdict["failures"]) for verdict in tally.failed] == []
    assert tally.seeds_n == len(seeds)
    return tally


def test_seeds_that_once_found_something_find_nothing_any_more() -> None:
    """An old seed plays another story by now; what each has taught has a test of its own."""
    seeds = regressions()[-NEWEST_N:]
    assert len(seeds) == NEWEST_N and any(TWO in swarm(seed).kinds for seed in seeds)
    sound(seeds)


def test_fixed_seeds_find_nothing_and_lead_through_every_kind_of_trouble() -> None:
    tally = sound(list(FIXED))
    assert tally.figures["seeds played twice"] >= 3
    for name in ("crashes", "power cuts", "datagrams lost", "records acknowledged", "disconnects"):
        assert tally.figures[name] > 10, name


def test_two_servers_on_one_database_find_nothing() -> None:
    tally = sound(list(PAIRS))
    assert tally.figures["crashes"] > 10


def test_fresh_seeds_find_nothing() -> None:
    sound(seeds_of(FRESH))


def test_every_kind_of_trouble_is_in_the_fixed_seeds() -> None:
    assert set().union(*(swarm(seed).kinds for seed in FIXED)) == set(KINDS) - {TWO}
    assert all(TWO in swarm(seed).kinds for seed in PAIRS)


def test_seeds_are_a_count_or_a_range() -> None:
    assert seeds_of("3-5") == [3, 4, 5]
    assert len(set(seeds_of("10"))) == 10
    fresh = [swarm(seed).kinds for seed in seeds_of("12")]
    assert [TWO in kinds for kinds in fresh].count(True) == 2
    assert [WHOLE in kinds for kinds in fresh].count(True) == 4
    for wrong in ("", "x", "9-3", "1-2-3"):
        with pytest.raises(ValueError, match=r".+"):
            seeds_of(wrong)


def test_a_seed_means_the_same_plan_every_time() -> None:
    assert swarm(11) == swarm(11) != swarm(12)
