"""Waiting at a constant rate: how long an answer takes of a server that is not pushed to its limit.

An open loop offers shares of the top rate; waiting counts from the instant at which a request was
due. What is judged is half the top rate, `steady_s` seconds of it after `settle_s` that do not
count. A machine's speed changes within minutes, so the top rate is looked for in each round anew,
by a closed loop at the server's best window on the server that is about to be judged: half of what
was the top in a better minute would be another share. Other moments are rows of their own: the
first second after the start, in which each session is met for the first time (at half of the best
rate so far), the closed loop itself, and smaller shares of the top rate.

Beside each stands what this machine takes for nothing: the same generator at the same rate against
an echo, and bare flushes of the disk. Since the generator shares the processors with the server, it
is also noted how much of them each used, and how many threads of the server were ready to run and
had none: those are waits that no server can help.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.entrants import Entrant, House
from benchmarks.figures import Figures, Point, Steady
from benchmarks.house import POOR_N
from benchmarks.traffic import Run

FIRST, TOP = "the first second after the start", "the top rate, in a closed loop"
HALF, ECHO = "half the top rate", "echo at that rate"
FLUSHES_N, FLUSH_OCTETS, FLUSH_PAUSE_S = 400, 64 * 1024, 0.002
FLUSHED_OCTETS = 16 * 1024 * 1024  # written over and over, as a log is


@dataclass(frozen=True)
class Plan:
    """How long everything takes, and how many subscribers run out of money in it."""

    sessions_n: int
    subscribers_n: int
    settle_s: float
    steady_s: float
    disconnects_n: int  # for each server in all rounds
    rounds: int
    shares: tuple[float, ...]  # of the top rate, beside the half

    @property
    def poor_n(self) -> int:
        """How many run out of money in a round: few beside the interims, in few rounds as well."""
        return min(self.disconnects_n, POOR_N) // max(self.rounds, 3)


def measure(house: House, figures: Figures, plan: Plan, best: Point, round_n: int) -> Iterator[str]:
    """All moments of a house that has just been started, the first second first; what to tell."""
    run = _noted(figures, house, FIRST, plan, rate=best.rate / 2, seconds=1.0, warm=0.0)
    yield _said(FIRST, run)
    # A slow server has not heard of each session yet.
    limits = {"window": 256, "count": plan.sessions_n, "seconds": 600, "timeout": 3, "tries": 10}
    house.traffic.run("interim", house.acct_port, to=plan.sessions_n, **limits)
    run = _top(house, figures, plan, best.window)
    yield _said(TOP, run)
    top = run.rate
    yield _said(HALF, _half(house, figures, plan, top / 2, round_n))
    for share in plan.shares:
        timing = {"seconds": plan.steady_s / 2, "warm": plan.settle_s / 2}
        moment = f"{share:g} of the top rate"
        yield _said(moment, _noted(figures, house, moment, plan, rate=top * share, **timing))


def _top(house: House, figures: Figures, plan: Plan, window: int) -> Run:
    """What the server does now at the window that was its best."""
    timing = {"seconds": plan.steady_s / 2, "warm": plan.settle_s / 2}
    return _noted(figures, house, TOP, plan, window=window, **timing)


def _half(house: House, figures: Figures, plan: Plan, rate: float, round_n: int) -> Run:
    """The part that is judged, with subscribers whose money ends on the way, evenly spread."""
    first = plan.subscribers_n + round_n * plan.poor_n
    whole_n = rate * (plan.settle_s + plan.steady_s)
    poor = {
        "poor_every": max(1, int(whole_n / max(plan.poor_n, 1))),
        "poor_from": first,
        "poor_to": first + plan.poor_n,
    }
    timing = {"seconds": plan.steady_s, "warm": plan.settle_s}
    run = _noted(figures, house, HALF, plan, rate=rate, **timing, **poor)
    steady = figures.steady.setdefault(house.name, Steady())
    steady.rates.append(rate)
    steady.p50_us.append(run.waits.p50_us)
    steady.p99_us.append(run.waits.p99_us)
    steady.max_us.append(run.waits.max_us)
    steady.disconnect_p50_us.append(run.orders.p50_us)
    steady.disconnect_p99_us.append(run.orders.p99_us)
    steady.exhausted += run.exhausted
    steady.disconnected += run.disconnects
    steady.troubles += run.lost + run.bad
    return run


def floor(echo: Entrant, house: House, figures: Figures, plan: Plan) -> str:
    """The rate that was judged last, at a server that only signs answers; what to tell."""
    rate = figures.steady[house.name].rates[-1]
    words = {"rate": rate, "to": plan.sessions_n, "seconds": plan.steady_s / 2, "warm": 0.5}
    run = echo.traffic.run("interim", echo.acct_port, **words)
    figures.pace(house.name, ECHO).note(run.waits, rate=rate, lost_n=run.lost + run.bad)
    return _said(ECHO, run)


def flushes(figures: Figures) -> list[int]:
    """Microseconds of bare flushes of what was written in place, on the disk of the databases."""
    took_us = []
    octets = os.urandom(FLUSH_OCTETS)
    with tempfile.TemporaryFile() as file:
        file.write(bytes(FLUSHED_OCTETS))
        file.flush()
        os.fsync(file.fileno())
        for n in range(FLUSHES_N):
            os.pwrite(file.fileno(), octets, n * FLUSH_OCTETS % FLUSHED_OCTETS)
            began_ns = time.monotonic_ns()
            os.fdatasync(file.fileno())
            took_us.append((time.monotonic_ns() - began_ns) // 1000)
            time.sleep(FLUSH_PAUSE_S)
    cuts = statistics.quantiles(took_us, n=100)
    for name, value in (("p50", cuts[49]), ("p99", cuts[98]), ("max", max(took_us))):
        figures.flushes_us.setdefault(name, []).append(int(value))
    return took_us


def _said(moment: str, run: Run) -> str:
    waits = run.waits
    line = (
        f"{moment}: {run.rate:,.0f}/s  p50 {waits.p50_us / 1000:.2f}"
        f"  p99 {waits.p99_us / 1000:.2f}  max {waits.max_us / 1000:.2f} ms"
    )
    if run.exhausted:
        p99 = f"{run.orders.p99_us / 1000:.2f} ms"
        line += f"  Disconnect p99 {p99} ({run.disconnects} of {run.exhausted})"
    return line


def _noted(
    figures: Figures,
    house: House,
    moment: str,
    plan: Plan,
    rate: float | None = None,
    **words: object,
) -> Run:
    """An open loop at a constant rate; without one a closed loop."""
    if rate is not None:
        words["rate"] = rate
    before_s, queued_before_s = house.server.cpu_s(), house.server.queued_s()
    run = house.traffic.run("interim", house.acct_port, to=plan.sessions_n, **words)
    noted = figures.pace(house.name, moment)
    noted.note(run.waits, rate=rate or run.rate, lost_n=run.lost + run.bad)
    noted.server_cores.append((house.server.cpu_s() - before_s) / run.whole_s)
    noted.queued_cores.append((house.server.queued_s() - queued_before_s) / run.whole_s)
    noted.own_cores.append(run.own_cpu_s / run.whole_s)
    return run
