"""`make simulate SEEDS=...`: many histories, on every core, and what became of them.

    python -m tests.simulation.run --seeds 1000        a thousand fresh seeds
    python -m tests.simulation.run --seeds 17-40       these seeds
    python -m tests.simulation.run --seed 17           one, with its timeline
    python -m tests.simulation.run --pair --seed 17    the same with two servers on one database
    python -m tests.simulation.run --rich --seed 17    the same with plans drawn for it
    python -m tests.simulation.run --regressions       those that once found something
    python -m tests.simulation.run --canary            the one that must fail: is anybody looking?

A seed that fails prints the one command that plays it again. A share of all seeds is played a
second time, in another process with another hash seed, and must have the same trace to the bit.
With `--record` the figures are added to the count of docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.simulation.swarm import PAIRED, RICH

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
REGRESSIONS = HERE / "regressions.txt"
RECORD = HERE / "results.json"
CANARY_SEED, CANARY_BUG = 0, "stop-not-charged"
AGAIN_SHARE = 20  # one seed in so many is played twice
PAIR_SHARE = 6  # one fresh seed in so many has two servers
RICH_SHARE = 3  # and one in so many plans beyond the plain ones
FAILURES_SHOWN = 5


def seeds_of(text: str) -> list[int]:
    """`17-40` is these; `1000` is so many fresh ones, some of pairs. Raises ValueError."""
    first, dash, last = text.partition("-")
    if dash:
        found = list(range(int(first), int(last) + 1))
        if not found:
            raise ValueError(f"{text} holds no seeds: write FIRST-LAST")
        return found
    start = secrets.randbelow(1 << 40)
    fresh = range(start, start + int(first))
    return [
        seed
        + (PAIRED if n % PAIR_SHARE == PAIR_SHARE - 1 else 0)
        + (RICH if n // 2 % RICH_SHARE == 0 else 0)
        for n, seed in enumerate(fresh)
    ]


def as_asked(seed: int, *, pair: bool, rich: bool) -> int:
    """The same story with two servers, with drawn plans, or with both."""
    return seed | (PAIRED if pair else 0) | (RICH if rich else 0)


def regressions() -> list[int]:
    """The seeds that once found something, in the order in which they did, each once.

    A seed may have found more than one thing: then it stands on more than one line.
    """
    lines = REGRESSIONS.read_text().splitlines()
    seeds = [int(line.split()[0]) for line in lines if line.strip() and line[0] != "#"]
    return list(dict.fromkeys(seeds))


# -------------------------------------------------------------------- one process


def _play(job: tuple[int, str, str, bool]) -> dict[str, Any]:
    """Play one seed in this process; plain values, for they cross to another."""
    seed, template, room, timeline = job
    from tests.simulation.history import Verdict, live

    began_s = time.perf_counter()
    verdict = live(seed, Path(template), Path(room) / f"seed-{seed}", timeline=timeline)
    found = {name: getattr(verdict, name) for name in Verdict.__slots__}
    found["cpu_s"] = time.perf_counter() - began_s
    return found


def _settle() -> None:
    """A worker that does not collect what it was born with."""
    import gc

    import tests.simulation.history  # noqa: F401 - so that it is frozen too

    gc.collect()
    gc.freeze()


def play(
    seeds: Iterable[int], template: Path, room: Path, *, jobs: int
) -> Iterator[dict[str, Any]]:
    """Play seeds on several cores; verdicts come as they are done."""
    work = ((seed, str(template), str(room), False) for seed in seeds)
    if jobs == 1:
        _settle()
        yield from map(_play, work)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, _settle, maxtasksperchild=2_000) as pool:
        yield from pool.imap_unordered(_play, work, chunksize=2)


def again(seeds: list[int], traces: dict[int, int], template: Path) -> list[int]:
    """Play seeds in a process with another hash seed; answers those that went another way."""
    if not seeds:
        return []
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    asked = json.dumps({"seeds": seeds, "template": str(template)})
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", "--traces"],
        input=asked,
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=True,
    )
    found = json.loads(done.stdout)
    return [seed for seed in seeds if found[str(seed)] != traces[seed]]


def _tell_traces() -> int:
    asked = json.loads(sys.stdin.read())
    with scratch() as room:
        played = play(asked["seeds"], Path(asked["template"]), Path(room), jobs=1)
        json.dump({verdict["seed"]: verdict["trace"] for verdict in played}, sys.stdout)
    return 0


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A directory in memory, where there is one."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix="tollhouse-simulation-", dir=memory)


# -------------------------------------------------------------------- many


class Tally:
    """What many histories came to."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.seeds_n = 0
        self.virtual_us = 0
        self.steps_n = 0
        self.cpu_s = 0.0
        self.figures: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.crashed: Counter[str] = Counter()
        self.overdrafts: dict[str, list[int]] = {}
        self.failed: list[dict[str, Any]] = []
        self.traces: dict[int, int] = {}

    def add(self, verdict: dict[str, Any]) -> None:
        """One more history."""
        self.seeds_n += 1
        self.virtual_us += verdict["virtual_us"]
        self.steps_n += verdict["steps_n"]
        self.cpu_s += verdict["cpu_s"]
        self.figures.update(verdict["figures"])
        self.passed.update(verdict["points_passed"])
        self.crashed.update(verdict["points_crashed"])
        self.traces[verdict["seed"]] = verdict["trace"]
        if verdict["failures"]:
            self.failed.append(verdict)
            return  # what it says of overdrafts is not to be believed before it is mended
        for profile, (worst, bound) in verdict["overdrafts"].items():
            before = self.overdrafts.get(profile)
            if before is None or worst * max(before[1], 1) > before[0] * max(bound, 1):
                self.overdrafts[profile] = [worst, bound]


def simulate(seeds: list[int], *, jobs: int, quiet: bool = False) -> Tally:
    """Play seeds and a share of them twice; what failed is in the tally and printed."""
    from tests.simulation.town import build

    tally = Tally()
    with scratch() as directory:
        room = Path(directory)
        template = build(room / "town")
        began_s = time.perf_counter()
        for verdict in play(seeds, template, room, jobs=jobs):
            tally.add(verdict)
            if verdict["failures"] and len(tally.failed) <= FAILURES_SHOWN:
                _show_failure(verdict)
            if not quiet and tally.seeds_n % 500 == 0:
                _show_progress(tally, time.perf_counter() - began_s)
        share = [seed for n, seed in enumerate(seeds) if n % AGAIN_SHARE == 0]
        share += [verdict["seed"] for verdict in tally.failed[:20]]
        for seed in again(share, tally.traces, template):
            tally.failed.append({"seed": seed, "failures": ["determinism: it went another way"]})
            _show_failure(tally.failed[-1])
        tally.figures["seeds played twice"] += len(share)
        if not quiet:
            _show_progress(tally, time.perf_counter() - began_s)
    return tally


def _show_failure(verdict: dict[str, Any]) -> None:
    print(f"seed {verdict['seed']} FAILED: {verdict['failures'][0]}")
    print(f"    python -m tests.simulation.run --seed {verdict['seed']}", flush=True)


def _show_progress(tally: Tally, wall_s: float) -> None:
    rate = tally.seeds_n / max(wall_s, 0.001)
    years = tally.virtual_us / 1e6 / 86_400 / 365.25
    print(
        f"{tally.seeds_n} seeds, {len(tally.failed)} failed, {rate:.1f} seeds/s, "
        f"{years:.2f} virtual years, {tally.figures['crashes']} crashes, "
        f"{tally.figures['power cuts']} power cuts",
        flush=True,
    )


def show_one(seed: int) -> int:
    """Play one seed and print its whole timeline."""
    from tests.simulation.town import build

    with scratch() as directory:
        room = Path(directory)
        verdict = _play((seed, str(build(room / "town")), str(room), True))
    print("\n".join(verdict["timeline"]))
    print(dict(sorted(verdict["figures"].items())))
    print(f"trace {verdict['trace']:08x}, {verdict['steps_n']} steps, {verdict['cpu_s']:.2f} s")
    for failure in verdict["failures"]:
        print(f"FAILED: {failure}")
    return 1 if verdict["failures"] else 0


def sing() -> int:
    """Play the canary: a seed that must fail, for its code has a bug. Exit status 1: it did not."""
    from tests.simulation.bugs import BY_NAME
    from tests.simulation.plant import first_violation
    from tests.simulation.town import build

    with scratch() as directory:
        room = Path(directory)
        template = build(room / "town")
        found = first_violation(CANARY_SEED, BY_NAME[CANARY_BUG], template, room)
        without = first_violation(CANARY_SEED, None, template, room)
    name = f"canary: seed {CANARY_SEED} with the bug {CANARY_BUG}"
    if not found:
        print(f"{name} was NOT found: the simulator is blind, believe none of its results")
    elif without:
        print(f"{name} fails without the bug as well: {without}")
    else:
        print(f"{name} was found: {found}")
    return 0 if found and not without else 1


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", help="COUNT of fresh seeds, or FIRST-LAST")
    parser.add_argument("--seed", type=int, help="one seed, with its timeline")
    parser.add_argument("--pair", action="store_true", help="all of them with two servers")
    parser.add_argument("--rich", action="store_true", help="all of them with drawn plans")
    parser.add_argument("--regressions", action="store_true", help="seeds that found something")
    parser.add_argument("--canary", action="store_true", help="a seed that must fail")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--record", action="store_true", help="add to the published count")
    parser.add_argument("--traces", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.traces:
        return _tell_traces()
    if given.canary:
        return sing()
    if given.seed is not None:
        return show_one(as_asked(given.seed, pair=given.pair, rich=given.rich))
    try:
        seeds = regressions() if given.regressions else seeds_of(given.seeds or "200")
    except ValueError as error:
        parser.error(f"--seeds: {error}")
    seeds = [as_asked(seed, pair=given.pair, rich=given.rich) for seed in seeds]
    tally = simulate(seeds, jobs=given.jobs)
    if given.record:
        from tests.simulation.record import record

        record(tally)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") is None:
        # One seed, one history: also where it would depend on how strings are hashed.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.run", *sys.argv[1:]])
    sys.exit(main())
