"""How fast Tollhouse is beside FreeRADIUS: `python -m benchmarks.field`, one table at the end.

Every server is started from scratch on this machine, in turn and several rounds, against one
compiled generator that verifies every answer; loopback only, and every run ends by itself. The
whole takes about an hour, `--quick` a few minutes with small numbers that only show that it works.
`--only` picks parts, `--record` keeps the figures in `results/` and in README.md.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import page
from benchmarks.entrants import POSTGRESQL, Field
from benchmarks.figures import Figures
from benchmarks.parts import PARTS, QUICK, Size
from tests.peers.child import find_program
from tests.peers.postgres import find_binaries

ROOT = Path(__file__).resolve().parents[1]
DISK = "/var/tmp"  # by the file system hierarchy standard not in memory


def said_by(*command: str) -> str:
    """The first line that a program prints, or nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return (done.stdout.splitlines() or [""])[0].strip()


def machine() -> dict[str, str]:
    """What it was measured on; nothing that names the machine."""
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    octets = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": f"{os.cpu_count()} × {cpus[0] if cpus else platform.machine()}",
        "memory": f"{octets / 2**30:.0f} GiB",
        "system": f"Linux {platform.release().partition('-')[0]}",
        "disk": said_by("stat", "-f", "-c", "%T", DISK) + " on disk",
        "load": f"load {os.getloadavg()[0]:.1f} before",
        "python": f"Python {platform.python_version()}",
        "freeradius": "FreeRADIUS "
        + said_by(find_program("freeradius"), "-v").split()[3].strip(","),
        "postgresql": said_by(str(find_binaries() / "postgres"), "--version"),
    }


def commit() -> str:
    """The commit, with a plus if the tree differs from it."""
    changed = said_by("git", "status", "--porcelain", "--untracked-files=no")
    return said_by("git", "rev-parse", "--short", "HEAD") + ("+" if changed else "")


def conditions(size: Size) -> dict[str, str]:
    """What was asked for."""
    return {
        "subscribers": f"{size.subscribers_n:,}",
        "open sessions": f"{size.sessions_n:,}",
        "and": f"{size.many_n:,}",
        "rounds": str(size.rounds),
        "seconds of each run": f"{size.seconds:g}",
        "PostgreSQL with": " and ".join(f"{name} {value}" for name, value in POSTGRESQL.items()),
    }


def arguments() -> argparse.Namespace:
    """The command line."""
    assert __doc__
    parser = argparse.ArgumentParser(prog="python -m benchmarks.field", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    parser.add_argument("--only", metavar="PARTS", help=f"of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each run")
    parser.add_argument("--many", type=int, help="open sessions of start and memory")
    parser.add_argument("--record", action="store_true", help="keep the figures")
    told = parser.parse_args()
    told.parts = told.only.split(",") if told.only else list(PARTS)
    unknown = [name for name in told.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return told


def main() -> None:
    """Measure and print."""
    told = arguments()
    size = QUICK if told.quick else Size()
    asked = {"rounds": told.rounds, "seconds": told.seconds, "many_n": told.many}
    size = replace(size, **{name: value for name, value in asked.items() if value is not None})
    now = datetime.datetime.now(datetime.UTC)
    began_s = time.monotonic()
    figures = Figures(f"{now:%Y-%m-%d %H:%M} UTC", commit(), machine(), conditions(size))
    tempfile.tempdir = DISK  # PostgreSQL's files too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends servers, removes files
    with (
        tempfile.TemporaryDirectory(prefix="tollhouse-bench-") as directory,
        Field(
            Path(directory),
            subscribers_n=size.subscribers_n,
            sessions_n=size.sessions_n,
            many_n=size.many_n,
        ) as field,
    ):
        for name in PARTS:
            if name in told.parts:
                PARTS[name](
                    field, figures, size, lambda line: print(_stamped(began_s, line), flush=True)
                )
        figures.per_packet = {one.name: one.per_packet for one in field.made()}
    print()
    print(page.whole(figures))
    if told.record:
        figures.save(page.RESULTS / f"{now:%Y%m%d-%H%M}-{figures.commit.rstrip('+')}.json")
        page.main()


def _stamped(began_s: float, line: str) -> str:
    return f"{time.monotonic() - began_s:6.0f} s  {line}"


if __name__ == "__main__":
    main()
