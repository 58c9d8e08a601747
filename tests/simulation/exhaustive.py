"""Every crash of one small history: at each named point, at each callback, in each write.

Chance finds most places to die; this goes to all of them. A history without any other fault is
played again and again: the server's first run dies at its first crash point, then at its second,
and so on until it lives through. After each death the history goes on and is judged as ever.

    python -m tests.simulation.exhaustive --what point        each named crash point
    python -m tests.simulation.exhaustive --what step         before each callback
    python -m tests.simulation.exhaustive --what write        in each write, sync and truncation
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

from tests.simulation.history import History, Verdict, finish
from tests.simulation.host import Doom
from tests.simulation.network import Weather
from tests.simulation.run import scratch
from tests.simulation.swarm import Swarm, swarm
from tests.simulation.town import build
from tests.simulation.world import MINUTE_US

KINDS = {"point": "at_point", "step": "at_step", "write": "in_write"}
BATCH_N = 8
SEED = 3


def quiet(seed: int) -> Swarm:
    """A seed's plan without its faults, and small: some subscribers on two good routers."""
    return replace(
        swarm(seed),
        kinds=frozenset(),
        length_us=12 * MINUTE_US,
        routers_n=2,
        subscribers_n=3,
        sessions_n=5,
        hostile_n=0,
        office_n=1,
        weather=Weather(),
        shuffle_permille=0,
        store_permille=0,
        doom_kinds=(),
        power_cuts=[],
        partitions=[],
        disk_faults=[],
        clock_jumps=[],
        restarts=[],
        rushes=[],
        start_wait_s=60,
        stale_min_s=900,
    )


def die(seed: int, doom: Doom, template: Path, room: Path) -> Verdict:
    """The quiet history of a seed, whose first run of the server has this fate."""
    history = History(quiet(seed), template, room)
    fates = iter([doom])
    history.host.next_doom = lambda: next(fates, Doom())
    return finish(history, room)


def every_death(
    what: str, template: Path, room: Path, *, jobs: int = 1, places: Iterable[int] | None = None
) -> Iterator[Verdict]:
    """One history for each place to die, in order (or each of `places`), until one run lives."""
    dooms = (Doom(**{KINDS[what]: n}) for n in places or count(1))
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        while True:
            batch = [next(dooms) for _ in range(BATCH_N)]
            work = [(SEED, doom, template, room / f"{what}-{doom}") for doom in batch]
            for verdict in pool.starmap(die, work, chunksize=1):
                yield verdict
                if not verdict.figures["crashes"]:
                    return


def main() -> int:
    """Print how many places there are, and where one was found wanting."""
    parser = argparse.ArgumentParser(prog="exhaustive", description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=sorted(KINDS), default="point")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    failed_n = deaths_n = 0
    with scratch() as directory:
        template = build(Path(directory) / "town")
        for verdict in every_death(given.what, template, Path(directory), jobs=given.jobs):
            deaths_n += 1
            for failure in verdict.failures:
                failed_n += 1
                print(f"{given.what} {deaths_n}: {failure}", flush=True)
    print(f"{deaths_n - 1} deaths by {given.what}, {failed_n} violations")
    return 1 if failed_n else 0


if __name__ == "__main__":
    sys.exit(main())
