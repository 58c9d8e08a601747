"""`make zones`: periods of every anchor and bands of any kind in every zone, 1990 to 2039.

    python -m tests.zones.run                   all zones, on every core
    python -m tests.zones.run --zone Asia/Gaza  one of them
    python -m tests.zones.run --seed 17         with these bands

Zones whose clocks went alike in those years are looked at once. Days, weeks of all seven anchors
and months of all 31 are walked from end to end (T4, T5, T7); around each jump of each clock random
bands are asked for. What fails is printed as it was asked.
It takes eight to ten minutes of one core, and half as long on two.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import secrets
import sys
import time
from datetime import date

from domain.pricing import Period
from tests.zones.check import check_bands, check_periods
from tests.zones.clocks import DAY_S, FROM_S, UNTIL_S, distinct, jumps

_YEAR_S = 366 * DAY_S
FAILURES_SHOWN = 5


def look_at(job: tuple[str, int]) -> tuple[str, int, int, str]:
    """One zone with all anchors: its name, periods walked, pieces seen, and what was wrong."""
    name, seed = job
    draw = random.Random(f"{name} {seed}")
    periods = pieces = 0
    try:
        periods += check_periods(name, Period.DAY, date(2000, 1, 1))
        for day in range(1, 8):
            periods += check_periods(name, Period.WEEK, date(2000, 1, day))
        for day in range(1, 32):
            periods += check_periods(name, Period.MONTH, date(2000, 1, day))
        for jump in jumps(name):
            # Of the time before, the oracle knows nothing.
            from_s = max(jump - 2 * DAY_S, FROM_S)
            pieces += check_bands(name, from_s, jump + 2 * DAY_S, draw)
        for from_s in range(FROM_S, UNTIL_S - _YEAR_S, 10 * _YEAR_S):
            pieces += check_bands(name, from_s, from_s + 30 * DAY_S, draw)
    except AssertionError as failed:
        return name, periods, pieces, str(failed) or repr(failed)
    return name, periods, pieces, ""


def main() -> None:
    """Look at all zones, or at one."""
    words = argparse.ArgumentParser(prog="python -m tests.zones.run")
    words.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    words.add_argument("--zone", action="append", default=[])
    words.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = words.parse_args()
    began_s = time.monotonic()
    clocks = distinct()
    names = asked.zone or [zones[0] for zones in clocks.values()]
    names.sort(key=lambda name: -len(jumps(name)))
    failures, periods, pieces = [], 0, 0
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        jobs = [(name, asked.seed) for name in names]
        for name, periods_n, pieces_n, wrong in pool.imap_unordered(look_at, jobs):
            periods, pieces = periods + periods_n, pieces + pieces_n
            if wrong:
                failures.append(f"{name}: {wrong}")
    print(
        f"seed {asked.seed}: {len(names)} clocks of {sum(map(len, clocks.values()))} zones, "
        f"{sum(len(jumps(name)) for name in names)} jumps, {periods} periods, "
        f"{pieces} pieces of bands, {len(failures)} failed, {time.monotonic() - began_s:.0f} s"
    )
    for failure in failures[:FAILURES_SHOWN]:
        print(failure[:2_000])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
