"""More than a server can do: what it still does, and what it turns away (reliability 5.3).

An open loop offers a share or a multiple of the top rate that a closed loop has just found, in
interims of very many sessions. What counts is how much is answered in the seconds after the line
before the desk is full. Beside the flood another router, of few words, sends Starts: their rank is
better, so they should come through whatever the rest does. The generator shares the cores with the
server; how much of them each took is part of the figures, for beyond some multiple it is the
generator that takes the server's time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from benchmarks.entrants import House
from benchmarks.figures import Figures, Flood
from benchmarks.traffic import Run, Traffic

TOP_WINDOW = 512
SOCKETS_N = 3072  # of 256 identifiers each: more requests may be under way than a line holds
PATIENCE_S = 5.0  # an answer that comes later counts for nothing
STARTS_RATE = 50
SHED, REFUSED = 'aaa_radius_shed_total{class="', 'aaa_radius_dropped_total{reason="'
DROPPED = "aaa_radius_socket_drops_total"


def top_rate(house: House, *, to: int, seconds: float) -> float:
    """Interims a second in a closed loop."""
    run = house.traffic.run("interim", house.acct_port, window=TOP_WINDOW, to=to, seconds=seconds)
    return run.rate


def flood(
    house: House,
    aside: Traffic,
    flood: Flood,
    *,
    rate: float,
    to: int,
    warm_s: float,
    seconds: float,
) -> Run:
    """Offer `rate` interims a second and note what comes of it."""
    before, before_s = house.server.counted(), house.server.cpu_s()
    calm = {"rate": STARTS_RATE, "seconds": seconds, "warm": warm_s, "to": to, "order": "random"}
    with ThreadPoolExecutor(1) as pool:
        starts = pool.submit(aside.run, "start", house.acct_port, timeout=2, tries=5, **calm)
        run = house.traffic.run(
            "interim",
            house.acct_port,
            rate=rate,
            flood=1,
            sockets=SOCKETS_N,
            to=to,
            warm=warm_s,
            seconds=seconds,
            timeout=PATIENCE_S,
            tries=1,
        )
        started = starts.result()
    _note(flood, run, warm_s + seconds)
    whole_s = warm_s + seconds
    flood.server_cores.append((house.server.cpu_s() - before_s) / whole_s)
    risen = {
        name: (value - before.get(name, 0)) / whole_s
        for name, value in house.server.counted().items()
        if value > before.get(name, 0)
    }
    flood.dropped.append(sum(rise for name, rise in risen.items() if name.startswith(DROPPED)))
    for name, rise in risen.items():
        for prefix in (SHED, REFUSED):
            if name.startswith(prefix):
                word = name.removeprefix(prefix).partition('"')[0]
                flood.turned.setdefault(word, []).append(rise)
    flood.starts += started.sent
    flood.started += started.answered
    flood.start_p99_us.append(started.waits.p99_us)
    return run


def _note(flood: Flood, run: Run, whole_s: float) -> None:
    flood.offered.append(run.sent / whole_s)
    flood.answered.append(run.rate)
    flood.p99_us.append(run.waits.p99_us)
    flood.own_cores.append(run.own_cpu_s / whole_s)


def offer_all(
    house: House,
    figures: Figures,
    factors: tuple[float, ...],
    *,
    to: int,
    warm_s: float,
    seconds: float,
) -> list[str]:
    """One round of all multiples, the least first; what to tell of each."""
    told = []
    rate = top_rate(house, to=to, seconds=seconds)
    with house.server.another_router() as aside:
        for factor in factors:
            noted = figures.flood(house.name, factor)
            run = flood(
                house, aside, noted, rate=rate * factor, to=to, warm_s=warm_s, seconds=seconds
            )
            told.append(
                f"{factor:g} × {rate:,.0f}/s: offered {noted.offered[-1]:,.0f}"
                f"  answered {run.rate:,.0f}/s  p99 {run.waits.p99_us / 1000:,.0f} ms"
                f"  dropped {noted.dropped[-1]:,.0f}/s  Starts {noted.started} of {noted.starts}"
            )
    return told
