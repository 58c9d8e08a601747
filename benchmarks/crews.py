"""Two workers against one, on PostgreSQL: how much more they do where there are cores for them.

Workers share a port, and all that one router's address sends reaches one of them. So two routers
take part, at addresses that fall to different workers, each with half of the sessions. Everything
here shares the machine's cores: the workers, the database's processes and both routers. What each
of them kept busy is told beside the rates, for two workers can do more only where one had a core
of its own and left another idle. On the second way the routers are kept to one core.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks import names
from benchmarks.entrants import Field, House
from benchmarks.figures import Crew, Figures
from benchmarks.traffic import Run, Traffic

ROUTERS = (names.SOURCE, names.OTHER_SOURCE)  # of two workers, each hears one
FREE, KEPT = "routers on any core", "routers on one core"
Routers = tuple[Traffic, Traffic]
WINDOW = 256  # of each router


@contextlib.contextmanager
def routers_of(house: House) -> Iterator[Routers]:
    """Both routers; their counters go on as long as they live."""
    with (
        house.server.another_router(ROUTERS[0]) as one,
        house.server.another_router(ROUTERS[1]) as other,
    ):
        yield one, other


def both(routers: Routers, port: int, to: int, **words: object) -> list[Run]:
    """A run of both routers at once, each with its half of the sessions."""
    halves = ({"first": 0, "to": to // 2}, {"first": to // 2, "to": to})
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(router.run, "interim", port, window=WINDOW, **half, **words)
            for router, half in zip(routers, halves, strict=True)
        ]
        return [run.result() for run in runs]


def measure(
    field: Field,
    routers: Routers,
    figures: Figures,
    workers_n: int,
    *,
    to: int,
    warm_s: float,
    seconds: float,
) -> list[str]:
    """One round with so many workers, which are running; what to tell of it."""
    told = []
    house = field.routed_apart()
    cores = sorted(os.sched_getaffinity(0))
    port = house.acct_port
    both(routers, port, to, count=to // 2, seconds=300, timeout=3, tries=10)
    for way, kept_to in ((FREE, cores), (KEPT, cores[:1])):
        for router in routers:
            router.keep_to(kept_to)
        before_s, database_before_s = house.server.cpu_s(), field.database_cpu_s()
        runs = both(routers, port, to, seconds=seconds, warm=warm_s)
        whole_s = max(run.whole_s for run in runs)
        crew = figures.crews.setdefault(way, {}).setdefault(str(workers_n), Crew())
        crew.rates.append(sum(run.rate for run in runs))
        crew.p99_us.append(max(run.waits.p99_us for run in runs))
        crew.server_cores.append((house.server.cpu_s() - before_s) / whole_s)
        crew.database_cores.append((field.database_cpu_s() - database_before_s) / whole_s)
        crew.own_cores.append(sum(run.own_cpu_s for run in runs) / whole_s)
        shared = (crew.server_cores, crew.database_cores, crew.own_cores)
        cores_said = " + ".join(f"{cores_n[-1]:.2f}" for cores_n in shared)
        told.append(
            f"{workers_n} of workers, {way}: {crew.rates[-1]:,.0f}/s  p99"
            f" {crew.p99_us[-1] / 1000:.1f} ms  cores {cores_said}"
            f"  again {sum(run.again for run in runs)}"
        )
    return told
