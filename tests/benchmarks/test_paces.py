"""Waiting is judged at half of what the server has just shown, not of what others were told."""

from __future__ import annotations

from pathlib import Path

from benchmarks.entrants import House
from benchmarks.figures import SQLITE, Figures, Point
from benchmarks.house import Tollhouse
from benchmarks.paces import FIRST, HALF, TOP, Plan, measure


def test_each_round_halves_the_rate_that_it_has_found_itself(tmp_path: Path) -> None:
    figures = Figures("2026-01-01 00:00 UTC", "abc1234", {}, {})
    plan = Plan(
        sessions_n=20,
        subscribers_n=40,
        settle_s=0.2,
        steady_s=0.6,
        disconnects_n=6,
        rounds=2,
        shares=(0.25,),
    )
    database_url = f"sqlite:///{tmp_path / 'house' / 'bench.db'}"
    server = Tollhouse(tmp_path / "house", database_url, subscribers_n=40, sessions_n=20)
    try:
        for round_n in range(plan.rounds):
            server.start()
            told = list(measure(House(server), figures, plan, Point(8, [100.0]), round_n))
            server.stop()
            assert len(told) == 4
    finally:
        server.close()
    first, top, half, quarter = figures.paces[SQLITE]
    assert [first.moment, top.moment, half.moment] == [FIRST, TOP, HALF]
    assert first.rates == [50.0, 50.0], "of the best so far"
    assert all(rate > 0 for rate in top.rates) and len(set(top.rates)) == 2
    assert half.rates == figures.steady[SQLITE].rates == [rate / 2 for rate in top.rates]
    assert quarter.rates == [rate * 0.25 for rate in top.rates]
    assert figures.steady[SQLITE].disconnected == figures.steady[SQLITE].exhausted > 0
