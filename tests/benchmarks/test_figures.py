"""What is asked of the figures of a comparison, on figures made up for it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import (
    FILES,
    SQL,
    SQLITE,
    Crew,
    Figures,
    Flood,
    Scale,
    Steady,
    full_rate_s,
)
from benchmarks.traffic import Waits


def made_up() -> Figures:
    """Two servers, two windows, three rounds."""
    figures = Figures("2026-01-01 00:00 UTC", "abc1234", {"cpu": "2 × X"}, {"rounds": "3"})
    for server, window, rates, troubles in (
        (SQLITE, 64, [10.0, 30.0, 20.0], 0),
        (SQLITE, 256, [40.0, 41.0, 42.0], 0),
        (FILES, 64, [50.0, 51.0, 52.0], 0),
        (FILES, 256, [90.0, 91.0, 92.0], 7),
        (SQL, 16, [2.0, 2.0, 2.0], 1),
    ):
        point = figures.point("interims", server, window)
        point.rates += rates
        point.troubles = troubles
    figures.steady[SQLITE] = Steady([20.0], [1], [3_000], [9], [5], [11_000], 3, 3)
    figures.scale[SQLITE] = Scale(
        1_000, 2_000, {"few login": [30.0], "many login": [20.0]}, {"few": 10_000, "many": 410_000}
    )
    figures.floods[SQLITE] = [
        Flood(2, [82.0], [40.5], [7_000], [5.0], {"interim": [36.5]}, [0.9], [0.2], 50, 49, [8_000])
    ]
    waits = Waits(9, 2.0, 1_000, 2_000, 3_000, 4_000)
    figures.pace(SQLITE, "half").note(waits, rate=20.0, lost_n=0)
    figures.paces[SQLITE][0].server_cores.append(0.75)
    figures.flushes_us = {"p50": [340, 360], "p99": [5_800, 5_800]}
    figures.crews["free"] = {
        "1": Crew([10.0], [5], [0.9], [0.1]),
        "2": Crew([16.0], [5], [1.8], [0.1], [0.4]),
    }
    figures.crews["kept"] = {
        "1": Crew([12.0], [5], [0.9], [0.1]),
        "2": Crew([12.0], [5], [1.8], [0.1]),
    }
    return figures


def test_the_best_window_is_the_highest_median_without_losses() -> None:
    figures = made_up()
    best = figures.best("interims", SQLITE)
    assert best is not None and (best.window, best.rate) == (256, 41.0)
    best = figures.best("interims", FILES)
    assert best is not None and best.window == 64


def test_a_server_that_loses_in_every_window_is_shown_all_the_same() -> None:
    best = made_up().best("interims", SQL)
    assert best is not None and best.troubles == 1


def test_a_ratio_needs_both_and_compares_their_best() -> None:
    figures = made_up()
    assert figures.ratio("interims", SQLITE, FILES) == 41 / 51
    assert figures.ratio("pap", SQLITE, FILES) is None


def test_a_server_that_answered_nothing_in_time_has_no_ratio() -> None:
    figures = made_up()
    figures.point("pap", SQLITE, 64).rates.append(5.0)
    figures.point("pap", SQL, 16).rates.append(0.0)
    assert figures.ratio("pap", SQLITE, SQL) is None


def test_cost_and_memory_of_a_session_come_from_few_and_many() -> None:
    scale = made_up().scale[SQLITE]
    assert scale.cost("login") == 1.5
    assert scale.cost("random") is None
    assert scale.octets_per_session == 400


def test_the_gain_of_a_second_worker_is_that_of_the_better_way() -> None:
    figures = made_up()
    assert figures.gain() == 1.6
    figures.crews.clear()
    assert figures.gain() is None


def test_each_moment_at_a_constant_rate_is_noted_once() -> None:
    figures = made_up()
    assert figures.pace(SQLITE, "half") is figures.paces[SQLITE][0]
    assert figures.pace(SQLITE, "the first second") is figures.paces[SQLITE][1]


def test_each_multiple_of_the_top_rate_is_noted_once() -> None:
    figures = made_up()
    assert figures.flood(SQLITE, 2) is figures.floods[SQLITE][0]
    assert figures.flood(SQLITE, 4) is figures.floods[SQLITE][1]


def test_figures_are_read_as_they_were_saved(tmp_path: Path) -> None:
    figures = made_up()
    figures.save(tmp_path / "results" / "one.json")
    assert Figures.load(tmp_path / "results" / "one.json") == figures


def test_the_full_rate_is_reached_when_a_whole_second_has_most_of_it() -> None:
    # Two seconds of nothing, one at half the rate, then the full rate of 100 a tenth.
    tenths = [0] * 20 + [50] * 10 + [100] * 60
    assert full_rate_s(tenths) == 3.8  # eight tenths of full rate and two of half: 90 %


def test_a_server_that_never_answers_has_no_full_rate() -> None:
    assert full_rate_s([0] * 100) is None
    assert full_rate_s([1] * 29) is None
