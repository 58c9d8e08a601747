"""The parts of the comparison: each measures one kind of work and adds to the figures.

A round of `interims` and `logins` starts every server in turn, lets it show each window, and stops
it; rounds are repeated, so that a slow minute of the machine falls on all of them. Every run is
bounded, and a server under test that refuses or loses requests has that counted against it.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import bench_rater, crews, floods, paces
from benchmarks.entrants import Entrant, Field, House
from benchmarks.figures import Figures, Point, Scale, full_rate_s
from benchmarks.traffic import Run
from rating import compile_tariff, rate_many

LOGINS = ("pap", "chap", "mschap")
SCALE_WINDOW = 256
RATER_PLAN = "volume, time and fee, in increments"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    subscribers_n: int = 100_000
    sessions_n: int = 10_000
    many_n: int = 1_000_000
    rounds: int = 3
    seconds: float = 5.0
    warm_s: float = 1.0
    windows: tuple[int, ...] = (16, 64, 128, 256, 512, 1024, 2048)
    small_windows: tuple[int, ...] = (8, 16, 32, 64, 96, 128)  # FreeRADIUS loses larger bursts
    sql_windows: tuple[int, ...] = (4, 8, 12, 16)  # 16 connections: more are refused
    start_s: float = 60.0  # how long the start of very many sessions is watched
    disconnects_n: int = 1_000  # for each server in all rounds
    settle_s: float = 2.0  # at a constant rate, before its waits count
    steady_s: float = 10.0  # however long other runs are: a tail needs its time
    shares: tuple[float, ...] = (0.4, 0.3, 0.2)  # of the top rate, beside the half
    flood_warm_s: float = 2.0  # until the line is full
    floods: tuple[float, ...] = (0.25, 0.5, 1, 2, 4, 10)  # of the top rate


QUICK = Size(
    subscribers_n=20_000,
    sessions_n=2_000,
    many_n=20_000,
    rounds=1,
    seconds=1.0,
    warm_s=0.3,
    windows=(64, 512),
    small_windows=(16, 64),
    sql_windows=(16,),
    start_s=12.0,
    disconnects_n=100,
    settle_s=0.3,
    steady_s=1.0,
    shares=(0.2,),
    floods=(0.5, 2, 10),
)


def note(figures: Figures, work: str, one: Entrant, window: int, run: Run) -> None:
    """Add a run to its curve."""
    point = figures.point(work, one.name, window)
    point.rates.append(run.rate)
    point.p50_us.append(run.waits.p50_us)
    point.p99_us.append(run.waits.p99_us)
    point.again += run.again
    point.troubles += run.lost + run.bad + run.rejected


def windows_of(one: Entrant, size: Size) -> Sequence[int]:
    """The windows that a server is tried with."""
    if one.few_connections:
        return size.sql_windows
    return size.small_windows if one.small_buffer else size.windows


def login_windows(figures: Figures, kind: str, one: Entrant, size: Size) -> Sequence[int]:
    """PAP is tried with every window, the others only with the one that was best for PAP so far."""
    best = figures.best("pap", one.name)
    return windows_of(one, size) if kind == "pap" or best is None else [best.window]


def all_known(one: Entrant, size: Size) -> None:
    """One interim of each session: what a server does once for each session is done."""
    if isinstance(one, House):
        _touch_all(one, size.sessions_n)


def interims(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """Interims of `sessions_n` open sessions in the order of their logins."""
    for round_n in range(size.rounds):
        for one in field.entrants():
            with field.serving(one):
                if one.needs_starts and not round_n:
                    one.traffic.run("start", one.acct_port, **_all_once(size.sessions_n))
                all_known(one, size)
                for window in windows_of(one, size):
                    run = _interims(one, size, window, size.sessions_n)
                    note(figures, "interims", one, window, run)
                    tell(f"interims  {one.name:22} window {window:5} {_said(run)}")


def _all_once(count: int) -> dict[str, object]:
    return {"to": count, "count": count, "window": 16, "seconds": 300, "timeout": 3}


def _interims(one: Entrant, size: Size, window: int, to: int, order: str = "login") -> Run:
    timing = {"seconds": size.seconds, "warm": size.warm_s}
    return one.traffic.run("interim", one.acct_port, window=window, to=to, order=order, **timing)


def _said(run: Run) -> str:
    return (
        f"{run.rate:10,.0f}/s  p99 {run.waits.p99_us / 1000:8.2f} ms"
        f"  again {run.again}  lost {run.lost}  refused {run.rejected}"
    )


def logins(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """Logins of subscribers who are not on line, in random order; PAP, CHAP and MS-CHAPv2."""
    for _ in range(size.rounds):
        for one in field.login_entrants():
            with field.serving(one):
                for kind in LOGINS:
                    for window in login_windows(figures, kind, one, size):
                        run = one.traffic.run(
                            kind,
                            one.auth_port,
                            window=window,
                            first=size.sessions_n,
                            to=size.subscribers_n,
                            order="random",
                            **_login_bounds(one, size),
                        )
                        note(figures, kind, one, window, run)
                        tell(f"{kind:9} {one.name:22} window {window:5} {_said(run)}")
                        if isinstance(one, House):
                            _come_and_go(one, run.sent, size)


def _login_bounds(one: Entrant, size: Size) -> dict[str, object]:
    """How long a run lasts. With us it ends at the latest when everybody has logged in once: a
    login that replaces one which never began is other work, and nobody's first."""
    if isinstance(one, House):
        once_n = size.subscribers_n - size.sessions_n
        return {"seconds": size.seconds, "warm": size.warm_s / 2, "count": once_n}
    return {"seconds": size.seconds, "warm": size.warm_s}


def _come_and_go(house: House, count: int, size: Size) -> None:
    """Those who logged in last begin their sessions and end them: nobody of them is on line."""
    who = {"first": size.sessions_n, "to": size.subscribers_n, "order": "random"}
    for kind in ("start", "stop"):
        house.traffic.run(
            kind, house.acct_port, **who, count=count, window=256, seconds=600, timeout=3
        )


def latency(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """Tollhouse at constant rates, half its top rate above all; and an echo."""
    plan = paces.Plan(
        sessions_n=size.sessions_n,
        subscribers_n=size.subscribers_n,
        settle_s=size.settle_s,
        steady_s=size.steady_s,
        disconnects_n=size.disconnects_n,
        rounds=size.rounds,
        shares=size.shares,
    )
    for round_n in range(size.rounds):
        field.rest()
        waits_us = paces.flushes(figures)
        tell(f"latency   a bare flush: p50 {sorted(waits_us)[len(waits_us) // 2] / 1000:.2f} ms")
        for house in field.houses():
            best = _best(field, house, figures, size)
            with field.serving(house):
                for line in paces.measure(house, figures, plan, best, round_n):
                    tell(f"latency   {house.name:22} {line}")
            line = paces.floor(field.floor(), house, figures, plan)
            tell(f"latency   {house.name:22} {line}")


def _best(field: Field, house: House, figures: Figures, size: Size) -> Point:
    """The best window of interims so far; looked for if nobody has."""
    if figures.best("interims", house.name) is None:
        with field.serving(house):
            all_known(house, size)
            for window in size.windows[-3:]:
                run = _interims(house, size, window, size.sessions_n)
                note(figures, "interims", house, window, run)
    best = figures.best("interims", house.name)
    assert best is not None
    return best


# ------------------------------------------------------------------ few sessions and very many


def start(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """From the start of the process with very many open sessions to the full rate of interims."""
    house = field.many()
    scale = _scale(figures, house, size)
    for _ in range(size.rounds):
        field.rest()
        began_s = time.monotonic()
        house.server.launch()
        lead_s = time.monotonic() - began_s
        try:
            run = house.traffic.run(
                "interim",
                house.acct_port,
                window=SCALE_WINDOW,
                to=size.many_n,
                order="random",
                seconds=size.start_s,
                timeout=0.25,
                tries=250,
            )
        finally:
            house.server.stop()
        ready_s = full_rate_s(run.tenths)
        first = next((n for n, count in enumerate(run.tenths) if count), None)
        if first is not None:
            scale.serving_s.append(lead_s + first / 10)
        if ready_s is not None:
            scale.full_rate_s.append(lead_s + ready_s)
        tell(f"start     {house.name:22} first answer {first}, full rate {ready_s} s")


def scale(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """What an interim costs and a session takes up, with few sessions and with very many."""
    few, many = field.house(sqlite=True), field.many()
    told = _scale(figures, many, size)
    for round_n in range(size.rounds):
        for name, house, count in (("few", few, size.sessions_n), ("many", many, size.many_n)):
            with field.serving(house):
                if not round_n:
                    _touch_all(house, count)
                    told.resident_octets[name] = house.server.resident_octets()
                for order in ("login", "random"):
                    run = _interims(house, size, SCALE_WINDOW, count, order)
                    told.rates.setdefault(f"{name} {order}", []).append(run.rate)
                    tell(f"scale     {house.name:22} {name:4} {order:6} {_said(run)}")


def _scale(figures: Figures, house: House, size: Size) -> Scale:
    return figures.scale.setdefault(house.name, Scale(size.sessions_n, size.many_n))


def _touch_all(house: House, count: int) -> None:
    """One interim of each session: whatever a server keeps of a session it keeps then."""
    limits = {"window": SCALE_WINDOW, "seconds": 600, "timeout": 3, "tries": 10}
    run = house.traffic.run("interim", house.acct_port, to=count, count=count, **limits)
    if run.answered < count:
        raise AssertionError(f"only {run.answered} of {count} sessions could be touched: {run}")


def rater(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """The compiled rater alone, without a server."""
    rows = bench_rater.usage_rows()
    tariff = compile_tariff(bench_rater.PLANS[RATER_PLAN])
    usage = array("q", [int(number) for row in rows for number in row])
    micros = array("q", bytes(8 * 3 * len(rows)))

    each = bench_rater.nanoseconds_each
    figures.rater_ns["call"] = each(lambda: bench_rater.call(tariff, rows), len(rows))
    figures.rater_ns["bulk"] = each(lambda: rate_many(tariff, usage, micros), len(rows))
    tell(f"rater     {figures.rater_ns['call']:.0f} ns a call, {figures.rater_ns['bulk']:.0f} bulk")


def overload(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """Tollhouse with all subscribers on line, offered less and more than it can do."""
    for _ in range(size.rounds):
        for sqlite in (True, False):
            house = field.house(sqlite=sqlite, all_open=True)
            with field.serving(house):
                _touch_all(house, size.subscribers_n)
                for line in floods.offer_all(
                    house,
                    figures,
                    size.floods,
                    to=size.subscribers_n,
                    warm_s=size.flood_warm_s,
                    seconds=size.seconds,
                ):
                    tell(f"overload  {house.name:22} {line}")


def workers(field: Field, figures: Figures, size: Size, tell: Tell) -> None:
    """Interims at two workers on PostgreSQL, and at one."""
    timing = {"warm_s": size.warm_s, "seconds": size.seconds}
    house = field.routed_apart()
    with crews.routers_of(house) as routers:
        for workers_n in (1, 2) * size.rounds:
            house.server.employ(workers_n)
            with field.serving(house):
                lines = crews.measure(
                    field, routers, figures, workers_n, to=size.sessions_n, **timing
                )
            for line in lines:
                tell(f"workers   {house.name:22} {line}")


PARTS: dict[str, Callable[[Field, Figures, Size, Tell], None]] = {
    "rater": rater,
    "interims": interims,
    "latency": latency,  # next to it: the best window is known from there
    "logins": logins,
    "overload": overload,
    "workers": workers,
    "start": start,
    "memory": scale,
}
