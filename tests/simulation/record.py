"""Keeps the published count: what every recorded run of the simulator came to.

One JSON file holds the sums over all recorded runs and one line for each of them, with the commit
it ran on. Only whole numbers are kept; docs/reliability.md is made from it.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.simulation.run import RECORD, ROOT, Tally


def record(tally: Tally, path: Path = RECORD) -> None:
    """Add a run to the count. Several runs may end at once."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps(added(known, tally), indent=1, sort_keys=True) + "\n")


def added(known: dict[str, Any], tally: Tally) -> dict[str, Any]:
    """The count with one run more."""
    sums = ("figures", "points_passed", "points_crashed")
    news = (tally.figures, tally.passed, tally.crashed)
    made: dict[str, Any] = {
        name: dict(Counter(known.get(name, {})) + counted)
        for name, counted in zip(sums, news, strict=True)
    }
    for name in ("seeds_n", "virtual_us", "steps_n"):
        made[name] = known.get(name, 0) + getattr(tally, name)
    made["cpu_s"] = known.get("cpu_s", 0) + round(tally.cpu_s)
    made["overdrafts"] = _worst(known.get("overdrafts", {}), tally.overdrafts)
    made["runs"] = [
        *known.get("runs", []),
        {
            "commit": commit(),
            "date": datetime.now(UTC).date().isoformat(),
            "seeds_n": tally.seeds_n,
            "failed_n": len(tally.failed),
            "failed": [verdict["seed"] for verdict in tally.failed[:20]],
        },
    ]
    return made


def _worst(known: dict[str, list[int]], news: dict[str, list[int]]) -> dict[str, list[int]]:
    """By profile, the (overdraft, bound) that came nearest to its bound."""
    worst = dict(known)
    for profile, (micros, bound) in news.items():
        before = worst.get(profile, [-1, 1])
        if micros * max(before[1], 1) > before[0] * max(bound, 1):
            worst[profile] = [micros, bound]
    return worst


def commit() -> str:
    """The commit that is being run, in short; a `+` says that the tree was changed since.

    The record itself is no such change: one run adds to what the run before has written.
    """
    git = ["git", "-C", str(ROOT)]
    name = [*git, "describe", "--always", "--exclude=*"]
    found = subprocess.run(name, capture_output=True, text=True, check=True).stdout.strip()
    record = f":(exclude){RECORD.relative_to(ROOT)}"
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ".", record], check=False)
    return f"{found}+" if changed.returncode else found
