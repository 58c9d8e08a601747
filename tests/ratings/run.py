"""`make ratings`: a million records under generated plans, priced by both raters.

    python -m tests.ratings.run                     a million records, on every core
    python -m tests.ratings.run --records 5000      so many
    python -m tests.ratings.run --seed 17           the same ones again
    python -m tests.ratings.run --seed 17 --case 5  one of them, printed

Plans with bands, classes, tiers of every mode, bundles, boosters, caps and fair use, each with a
session of one to four records. The compiled rater and the reference must agree on every number of
every one. What fails is printed whole, and how to play it again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pprint
import random
import secrets
import sys
import time

from tests.ratings.cases import Case, a_case
from tests.ratings.check import check

CHUNK = 500  # sessions at a time
TOLD = 100_000  # so many records are told of on the way
FAILURES_SHOWN = 3


def case_of(seed: int, number: int) -> Case:
    """The session that has this number."""
    return a_case(random.Random(f"{seed} {number}"))


def play(chunk: tuple[int, int]) -> tuple[int, list[tuple[int, str]]]:
    """A chunk of sessions: how many records were priced, and which sessions failed, and how."""
    seed, first = chunk
    records, failed = 0, []
    for number in range(first, first + CHUNK):
        try:
            records += check(case_of(seed, number))
        except (AssertionError, ArithmeticError, LookupError, RuntimeError, ValueError) as error:
            failed.append((number, f"{type(error).__name__}: {error}"))
    return records, failed


def main() -> None:
    """Price until there are enough, or show one."""
    words = argparse.ArgumentParser(prog="python -m tests.ratings.run")
    words.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    words.add_argument("--records", type=int, default=1_000_000)
    words.add_argument("--case", type=int)
    words.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = words.parse_args()
    if asked.case is not None:
        case = case_of(asked.seed, asked.case)
        pprint.pprint(case, width=100)
        print(f"{check(case)} records priced alike")
        return
    print(
        f"ratings: seed {asked.seed}, {asked.records} records, {asked.jobs} at a time", flush=True
    )
    began_s = time.monotonic()
    records = sessions = 0
    failed: list[tuple[int, str]] = []
    with multiprocessing.Pool(asked.jobs) as pool:
        chunks = ((asked.seed, first) for first in range(0, 10 * asked.records, CHUNK))
        for priced, wrong in pool.imap_unordered(play, chunks):
            if (records + priced) // TOLD > records // TOLD:
                print(f"ratings: {records + priced} records so far", flush=True)
            records, sessions = records + priced, sessions + CHUNK
            failed += wrong
            if records >= asked.records or len(failed) >= FAILURES_SHOWN:
                pool.terminate()
                break
    for number, what in failed[:FAILURES_SHOWN]:
        print(f"failed: {what}")
        pprint.pprint(case_of(asked.seed, number), width=100)
        print(f"again: python -m tests.ratings.run --seed {asked.seed} --case {number}")
    print(
        f"ratings: {records} records of {sessions} sessions priced by both, "
        f"{len(failed)} failed, {time.monotonic() - began_s:.0f} s"
    )
    sys.exit(1 if failed or records < asked.records else 0)


if __name__ == "__main__":
    main()
