"""`make plant`: is the simulator any good? Each planted bug is played until it is found.

    python -m tests.simulation.plant                       every bug of bugs.py
    python -m tests.simulation.plant NAME ...              these
    python -m tests.simulation.plant --seeds 50            at most so many seeds each
    python -m tests.simulation.plant --record [NAME ...]   every bug, or these, kept for the page

Seeds are always the same ones, 0, 1, 2 and so on (of pairs, for what only two servers can show), so
a bug is found by the same seed each time. The code without bugs is played on the same seeds, and
must be silent there: a seed on which it is not counts for nobody, and is reported as a false alarm.
A bug that is not found within the seeds that it states is a hole in the routers, the faults or the
checkers.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import statistics
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.simulation.bugs import BUGS, BY_NAME
from tests.simulation.planting import Bug, planted
from tests.simulation.run import scratch

RECORD = Path(__file__).with_name("planted.json")
SEED_MAX_S = 120  # of real time; a planted bug may loop without a step of the world
CLEAN = ""
CHECKED_FIRST_N = 20
SHOWN = 110


@dataclass(frozen=True, slots=True)
class Job:
    """Play seeds from `first` on until a violation, `seeds_n` at most; `but` these."""

    name: str  # of the bug; CLEAN: none
    first: int
    seeds_n: int
    but: frozenset[int]
    template: str
    room: str


@dataclass(frozen=True, slots=True)
class Found:
    """How a job ended: the seed of the first violation and what it says, or neither."""

    name: str
    first: int
    seed: int | None
    violation: str

    @property
    def seeds_n(self) -> int:
        """How many seeds it took."""
        assert self.seed is not None
        return self.seed - self.first + 1

    @property
    def by(self) -> str:
        """The id of the invariant that noticed."""
        return self.violation.partition(":")[0]


def hunt(job: Job) -> Found:
    """Play a job in this process."""
    bug = BY_NAME.get(job.name)
    for seed in range(job.first, job.first + job.seeds_n):
        if seed in job.but or (bug and not bug.may_show(seed)):
            continue
        text = first_violation(seed, bug, Path(job.template), Path(job.room))
        if text:
            return Found(job.name, job.first, seed, text)
    return Found(job.name, job.first, None, "")


def first_violation(seed: int, bug: Bug | None, template: Path, room: Path) -> str:
    """What the simulator says first of a seed that is played with a bug; empty: nothing."""
    from tests.simulation.history import live

    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SEED_MAX_S)
    stage = room / f"{bug.name if bug else 'clean'}-{seed}"
    try:
        with planted(bug) if bug else nullcontext():
            failures = live(seed, template, stage).failures
    except Exception as error:  # noqa: BLE001 - a bug may break what plays it; that is noticed too
        return f"the history broke: {error!r}"
    finally:
        signal.alarm(0)
    return failures[0] if failures else ""


def _too_long(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError(f"a history took longer than {SEED_MAX_S} s")


def _settle() -> None:
    """A worker that does not collect what it was born with."""
    import gc

    import tests.simulation.history  # noqa: F401 - so that it is frozen too

    gc.collect()
    gc.freeze()


def expected(found: Found) -> bool:
    """Was it one of those who should notice?"""
    return found.violation.startswith(BY_NAME[found.name].notices)


# -------------------------------------------------------------------- many


class Field:
    """Where bugs are planted: the workers, the town, and what is known of clean seeds."""

    def __init__(self, room: Path, jobs: int) -> None:
        """Builds the town."""
        from tests.simulation.town import build

        self._room = room
        self._template = build(room / "town")
        context = multiprocessing.get_context("spawn")
        self._pool = context.Pool(jobs, _settle)
        self._clean: set[int] = set()  # seeds on which the code without bugs is silent
        self.alarms: dict[int, str] = {}  # and those on which it is not

    def close(self) -> None:
        """End the workers."""
        self._pool.terminate()
        self._pool.join()

    def play(self, work: list[tuple[Bug, int, int]]) -> Iterator[Found]:
        """Hunt for bugs, each in (first, how many) seeds.

        What was found on a seed on which the clean code is not silent either does not count: it
        is looked for again without that seed.
        """
        while work:
            known = frozenset(self.alarms)
            jobs = [self._job(bug.name, first, n, known) for bug, first, n in work]
            left = {(bug.name, first): (bug, first, n) for bug, first, n in work}
            all_found = []
            for found in self._pool.imap_unordered(hunt, jobs):
                show(found)
                all_found.append(found)
            self.check([found.seed for found in all_found if found.seed is not None])
            yield from (found for found in all_found if found.seed not in self.alarms)
            again = [found for found in all_found if found.seed in self.alarms]
            work = [left[found.name, found.first] for found in again]

    def check(self, seeds: list[int]) -> None:
        """Play the code without bugs on seeds."""
        new = [s for s in seeds if s not in self._clean and s not in self.alarms]
        jobs = [self._job(CLEAN, seed, 1, frozenset()) for seed in new]
        for found in self._pool.imap_unordered(hunt, jobs, chunksize=4):
            if found.seed is None:
                self._clean.add(found.first)
            else:
                self.alarms[found.first] = found.violation

    @property
    def clean_n(self) -> int:
        """How many seeds were silent without bugs."""
        return len(self._clean)

    def _job(self, name: str, first: int, seeds_n: int, but: frozenset[int]) -> Job:
        return Job(name, first, seeds_n, but, str(self._template), str(self._room))


def show(found: Found) -> None:
    """One line of what became of a bug."""
    if found.seed is None:
        print(f"{found.name:<32} NOT FOUND (should be noticed by {_should(found.name)})")
    else:
        note = "" if expected(found) else f"   [not by {_should(found.name)}]"
        print(f"{found.name:<32} {found.seeds_n:>5}  {found.violation[:SHOWN]}{note}")
    sys.stdout.flush()


def _should(name: str) -> str:
    return ", ".join(BY_NAME[name].notices)


def survey(names: list[str], *, seeds_n: int | None, jobs: int, keep: bool = False) -> int:
    """Play the bugs of these names; the exit status. `keep`: write the record."""
    bugs = [BY_NAME[name] for name in names] if names else list(BUGS)
    with scratch() as directory:
        field = Field(Path(directory), jobs)
        try:
            # Most bugs are found on the first seeds; so that no alarm sends them back:
            ranges = sorted({bug.first for bug in bugs})
            for first in ranges:
                field.check(list(range(first, first + min(CHECKED_FIRST_N, seeds_n or 1_000))))
            found = list(field.play([(bug, bug.first, seeds_n or bug.seeds_n) for bug in bugs]))
            for first in ranges:
                seeds = [one.seed for one in found if one.first == first and one.seed is not None]
                field.check(list(range(first, max(seeds, default=first) + 1)))
        finally:
            field.close()
    lost = sorted({one.name for one in found if one.seed is None})
    print(f"{len(bugs)} bugs, {len(bugs) - len(lost)} found; {_told(found)}")
    print(f"without bugs {field.clean_n} seeds were silent, {len(field.alarms)} were not")
    for seed, text in sorted(field.alarms.items()):
        print(f"FALSE ALARM seed {seed}: {text}")
    if keep:
        _record(bugs, found, field)
    return 1 if lost or field.alarms else 0


def _told(found: list[Found]) -> str:
    needed = [one.seeds_n for one in found if one.seed is not None]
    if not needed:
        return "no seeds to tell of"
    return f"seeds needed: median {statistics.median(needed):.0f}, worst {max(needed)}"


def _record(bugs: list[Bug], found: list[Found], field: Field) -> None:
    """Keep what was found for the page about reliability; bugs that were not played stay."""
    before = json.loads(RECORD.read_text())
    rows = {row["name"]: row for row in before["bugs"]}
    for bug in bugs:
        (one,) = (one for one in found if one.name == bug.name)
        rows[bug.name] = {
            "name": bug.name,
            "breaks": bug.breaks,
            "found_by": [one.by] if one.seed is not None else [],
            "seeds_needed": [one.seeds_n if one.seed is not None else None],
            "within": bug.seeds_n,
            "violation": one.violation,
        }
    some = len(bugs) < len(BUGS)
    alarms = {one["seed"]: one for one in before["false_alarms"]} if some else {}
    alarms |= {seed: {"seed": seed, "violation": text} for seed, text in field.alarms.items()}
    kept = {
        "ranges": sorted({bug.first for bug in BUGS}),
        "bugs": [rows[bug.name] for bug in BUGS if bug.name in rows],
        "clean_seeds": max(field.clean_n, before["clean_seeds"] if some else 0),
        "false_alarms": [alarms[seed] for seed in sorted(alarms)],
    }
    RECORD.write_text(json.dumps(kept, indent=1) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(prog="plant", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of bugs; none: all of them")
    parser.add_argument("--seeds", type=int, help="at most so many for each, whatever it states")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--record", action="store_true", help=f"into {RECORD.name}")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in BY_NAME]
    if unknown:
        parser.error(f"no bug is called {unknown[0]}; they are {', '.join(sorted(BY_NAME))}")
    if given.record and given.seeds:
        parser.error("--record is of the seeds that a bug states: leave --seeds out")
    return survey(given.names, seeds_n=given.seeds, jobs=given.jobs, keep=given.record)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") is None:
        # One seed, one history: also where it would depend on how strings are hashed.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.plant", *sys.argv[1:]])
    sys.exit(main())
