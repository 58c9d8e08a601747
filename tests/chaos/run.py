"""`python -m tests.chaos.run [ATTACK ...]`: attack real servers, print a table, record figures.

Without names every attack runs on every database that it makes sense on. `--rounds` and `--seed`
set how many rounds and which dice, `--database` restricts to one, `--record` writes each result to
`tests/chaos/results/`, `--keep` leaves the files of every battle where they are. The exit code is 1
when anything was lost, doubled or otherwise wrong, or when a control run failed to fail.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pysqlite3

from tests.chaos import disk, freeze, kill, network, overload, postgresql
from tests.chaos.battle import Battle, Outcome, summed_up
from tests.peers.postgres import PostgresCluster, find_binaries
from tests.scenarios.installation import CHECKOUT

RESULTS = Path(__file__).parent / "results"
SQLITE, POSTGRESQL = "sqlite", "postgresql"


class Attack(NamedTuple):
    """One line of the table of attacks."""

    name: str
    strike: Callable[[Battle], None]
    databases: tuple[str, ...]
    rounds_n: int


BOTH = (SQLITE, POSTGRESQL)
ATTACKS = (
    Attack("kill", kill.kill, BOTH, 200),
    Attack("freeze", freeze.freeze_server, BOTH, 20),
    Attack("freeze-backend", freeze.freeze_backend, (POSTGRESQL,), 14),
    Attack("stop-fast", postgresql.stop_fast, (POSTGRESQL,), 20),
    Attack("stop-immediate", postgresql.stop_immediate, (POSTGRESQL,), 20),
    Attack("terminate", postgresql.terminate, (POSTGRESQL,), 50),
    Attack("at-commit", postgresql.at_commit, (POSTGRESQL,), 150),
    Attack("rivals", postgresql.rivals, (POSTGRESQL,), 20),
    Attack("locked", postgresql.locked, (POSTGRESQL,), 12),
    Attack("slow", postgresql.slow, (POSTGRESQL,), 12),
    Attack("network", network.network, BOTH, 40),
    Attack("full-disk", disk.full, (SQLITE,), 5),
    Attack("disk-errors", disk.errors, (SQLITE,), 40),
    Attack("power-cut", disk.power_cut, (SQLITE,), 60),
    Attack("power-cut-normal", disk.power_cut_normal, (SQLITE,), 10),
    Attack("power-cut-lying", disk.power_cut_lying, (SQLITE,), 10),
    Attack("overload", overload.overload, (SQLITE,), 3),
)


def fight(attack: Attack, directory: Path, seed: int, rounds_n: int, database: str) -> Outcome:
    """One attack on one database, from the empty directory to the verdict."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(PostgresCluster()) if database == POSTGRESQL else None
        battle = stack.enter_context(
            Battle(directory, attack=attack.name, seed=seed, rounds_n=rounds_n, cluster=cluster)
        )
        try:
            attack.strike(battle)
            if not battle.finished:
                battle.finish()
        except (AssertionError, subprocess.TimeoutExpired) as failure:
            battle.complain(f"broke off: {failure}")
            traceback.print_exc(file=(directory / "broke_off.txt").open("w"))
            battle.add_up()
        return battle.outcome


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""

    def first_line(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
        return done.stdout.strip().split("\n")[0]

    return {
        "cores": os.cpu_count() or 0,
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": pysqlite3.sqlite_version,
        "postgresql": first_line(str(find_binaries() / "postgres"), "--version"),
        "commit": first_line("git", "rev-parse", "--short", "HEAD"),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


HEADINGS = ("ATTACK", "DATABASE", "ROUNDS", "ACKED", "LOST", "DOUBLED", "OTHER", "UNACKED",
            "RECOVERY ms p50/p99", "ANSWER ms p50/p99", "S", "")  # fmt: skip
WIDTHS = (17, 11, 7, 8, 6, 8, 6, 8, 20, 18, 5, 6)


def line(cells: tuple[object, ...]) -> str:
    """One line of the table."""
    return " ".join(str(cell).ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))


def shown(outcome: Outcome, took_s: float) -> str:
    """The figures of an attack as a line of the table."""
    recovery, latency = summed_up(outcome.recovery_ms), outcome.latency_ms
    word = "pass" if outcome.passed else "FAIL"
    if outcome.must_fail and outcome.passed:
        word = "fails as it must"
    return line(
        (
            outcome.attack, outcome.database, outcome.rounds, outcome.acked, outcome.lost,
            outcome.doubled, outcome.other, outcome.committed_unacked,
            f"{recovery.get('p50', '-')}/{recovery.get('p99', '-')}",
            f"{latency.get('p50', '-')}/{latency.get('p99', '-')}",
            round(took_s), word,
        )
    )  # fmt: skip


def record(outcome: Outcome, took_s: float) -> None:
    """Write the figures to the file of this attack."""
    RESULTS.mkdir(exist_ok=True)
    figures = {**outcome.published(), "took_s": round(took_s), "machine": machine()}
    path = RESULTS / f"{outcome.attack}-{outcome.database}.json"
    path.write_text(json.dumps(figures, indent=1) + "\n")


def parse(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run")
    names = [attack.name for attack in ATTACKS]
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help=", ".join(names))
    parser.add_argument("--rounds", type=int, help="rounds of each attack")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=BOTH)
    parser.add_argument("--record", action="store_true", help="write tests/chaos/results/")
    parser.add_argument("--keep", type=Path, help="leave the files of the battles here")
    chosen = parser.parse_args(words)
    unknown = set(chosen.attacks) - set(names)
    if unknown:
        parser.error(f"no such attack: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return chosen


def main(words: list[str]) -> int:
    """Run what was asked for."""
    chosen = parse(words)
    root = chosen.keep or Path(tempfile.mkdtemp(prefix="tollhouse-chaos-"))
    print(line(HEADINGS), flush=True)
    passed = True
    for attack in ATTACKS:
        if chosen.attacks and attack.name not in chosen.attacks:
            continue
        for database in attack.databases:
            if chosen.database not in (None, database):
                continue
            directory = root.resolve() / f"{attack.name}-{database}-{chosen.seed}"
            began_s = time.monotonic()
            rounds_n = chosen.rounds or attack.rounds_n
            outcome = fight(attack, directory, chosen.seed, rounds_n, database)
            took_s = time.monotonic() - began_s
            print(shown(outcome, took_s), flush=True)
            if not outcome.passed:
                passed = False
                print(*(f"    {words}" for words in outcome.findings), sep="\n", flush=True)
            if chosen.record:
                record(outcome, took_s)
            if outcome.passed and chosen.keep is None:
                shutil.rmtree(directory, ignore_errors=True)
    if passed and chosen.keep is None:
        shutil.rmtree(root, ignore_errors=True)
    elif not passed:
        print(f"what was left of it: {root}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
