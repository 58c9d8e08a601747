"""Long runs: `python -m tests.fuzz.run --executions N [--record] [TARGET ...]`.

Each target gets an equal share of N, one process after the other, so that it takes one core. What
is found goes to build/fuzz/found; a find ends that target and the exit code is 1. With `--record`
the executed counts are added to results.json under the commit they ran on, after every chunk, so
that a run can be stopped at any moment. With `--keep` the inputs that brought coverage are packed
into the corpus.
"""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.fuzz import instrumented
from tests.fuzz.targets import HERE, ROOT, TARGETS, Target, corpus_of, write_corpus

RESULTS = HERE / "results.json"
WORK = instrumented.BUILD / "corpus"
FOUND = instrumented.BUILD / "found"
CHUNK_S = 120
"""Seconds after which a process makes room for a new one, so that memory stays small."""

KEPT_OCTETS = 40_000
"""What the repository keeps for one target, in octets before they are written in hexadecimal."""

_UNITS = re.compile(r"stat::number_of_executed_units:\s*([0-9]+)")


@dataclasses.dataclass(frozen=True, slots=True)
class Chunk:
    """What one process did: inputs through the shipped code, and how it ended."""

    executions: int
    sound: bool
    output: str


def main() -> int:
    """Run, print a line for each chunk, record if asked to."""
    options = _options()
    names = options.targets or list(TARGETS)
    FOUND.mkdir(parents=True, exist_ok=True)
    instrumented.build(options.flavour)
    failed = []
    for name in names:
        share = options.executions // len(names)
        for chunk in chunks(TARGETS[name], share, options.flavour):
            if options.record:
                record(name, chunk.executions)
            if not chunk.sound:
                failed.append(name)
                print(chunk.output, flush=True)
        if options.keep:
            keep(name)
    for name in failed:
        print(f"{name}: FOUND something; the input is in {FOUND}", flush=True)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--executions", type=int, default=1_000_000, help="in all")
    parser.add_argument("--flavour", choices=sorted(instrumented.FLAVOURS), default="address")
    parser.add_argument("--record", action="store_true", help="add the counts to results.json")
    parser.add_argument("--keep", action="store_true", help="pack what was learnt into corpus/")
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    if options.executions < 1:
        parser.error("--executions must be at least 1")
    return options


def chunks(target: Target, executions: int, flavour: str) -> Iterator[Chunk]:
    """Yield what each process did until so many inputs were executed, or one failed."""
    prepare(target)
    done = 0
    while done < executions:
        begun = time.monotonic()
        chunk = fuzz(target, executions - done, flavour)
        done += chunk.executions
        pace = chunk.executions / max(time.monotonic() - begun, 0.001)
        print(f"{target.name}: {done:,} of {executions:,}, {pace:,.0f}/s", flush=True)
        yield chunk
        if not chunk.sound:
            return
        assert chunk.executions > 0, "a process that executed nothing would run for ever"


def prepare(target: Target) -> None:
    """Lay out the corpus as files, and the words as libFuzzer wants them."""
    room = WORK / target.name
    room.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(corpus_of(target.name)):
        (room / f"kept-{number}").write_bytes(octets)
    lines = [
        '"' + "".join(f"\\x{octet:02x}" for octet in word.encode()) + '"\n' for word in target.words
    ]
    (WORK / f"{target.name}.words").write_text("".join(lines), "ascii")


def fuzz(target: Target, executions: int, flavour: str) -> Chunk:
    """Run one process for at most CHUNK_S seconds."""
    units = -(-executions // target.swarm)
    arguments = [
        sys.executable, "-W", "ignore", "-m", "tests.fuzz.worker", target.name,
        str(WORK / target.name), f"-runs={units}", f"-max_total_time={CHUNK_S}",
        f"-max_len={target.size_max}", "-timeout=25", "-rss_limit_mb=3000",
        "-print_final_stats=1", f"-artifact_prefix={FOUND / target.name}-",
    ]  # fmt: skip
    if target.words:
        arguments.append(f"-dict={WORK / f'{target.name}.words'}")
    done = subprocess.run(
        arguments,
        cwd=ROOT,
        env=instrumented.environment(flavour),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    units_done = sum(int(found) for found in _UNITS.findall(output))
    return Chunk(units_done * target.swarm, done.returncode == 0, output[-4000:])


def record(name: str, executions: int) -> None:
    """Add executions of a target to results.json, under the commit that is checked out."""
    with (instrumented.BUILD / "results.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = results()
        by_commit = found.setdefault(name, {})
        commit = _commit()
        by_commit[commit] = by_commit.get(commit, 0) + executions
        beside = RESULTS.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "ascii")
        beside.replace(RESULTS)


def results() -> dict[str, dict[str, int]]:
    """Return the executions so far: by target, by commit."""
    if not RESULTS.is_file():
        return {}
    found: dict[str, dict[str, int]] = json.loads(RESULTS.read_text("ascii"))
    return found


def _commit() -> str:
    asked = ["git", "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(
        asked, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def keep(name: str) -> None:
    """Pack the inputs that brought coverage into the corpus, the shortest, as far as there is
    room; what was kept before stays."""
    kept = corpus_of(name)
    left = KEPT_OCTETS - sum(map(len, kept))
    learnt = {file.read_bytes() for file in (WORK / name).iterdir() if file.is_file()}
    for octets in sorted(learnt - set(kept), key=lambda one: (len(one), one)):
        left -= len(octets) + 1
        if left < 0:
            break
        kept.append(octets)
    write_corpus(name, kept)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except instrumented.NotInstrumented as error:
        print(f"fuzz: {error}", file=sys.stderr)
        sys.exit(2)
