"""Memory safety: `python -m tests.fuzz.sanitize`; any report of a sanitizer is a failure.

Every compiled room, built with the address and undefined-behaviour sanitizers, runs under the
tests of the floors that need no database and under the whole corpus; then a copy with some bugs
planted in it has to be caught, so that silence means something. Last, the corpus runs again and
again while Python's blocks of memory are counted: what grows with the rounds is a leak.
"""

from __future__ import annotations

import array
import gc
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fuzz import instrumented
from tests.fuzz.targets import ROOT, TARGETS, Check, Target, corpus_of

SUITES = ("tests/radius", "tests/rating", "tests/accounting", "tests/aaa", "tests/nas")
ALSO = ("accounts", "device", "journal-record", "journal-row", "plans")  # they run compiled parts
NATIVE = tuple(one for one in TARGETS.values() if not one.looks or one.name in ALSO)
REPORTS = ("ERROR: AddressSanitizer", "runtime error:", "SUMMARY: UndefinedBehaviorSanitizer")
ROUNDS = 40
PLANTED = instrumented.BUILD / "planted-sources"

PLANTS = (
    (
        "radius/_codec.pyx",
        "<int> p[at], octets_from(p + at + 2, p[at + 1] - 2)",
        "<int> p[at], octets_from(p + at + 2, p[at + 1])",
        "wire",
    ),
    ("radius/_authenticator.pyx", "part = min(16, size - at)", "part = 16", "digests"),
    ("rating/_rater.pyx", "if micros[step] > MOST - total:", "if micros[step] < 0:", "rater"),
    (
        "accounting/_records.pyx",
        "        if at >= size or shift",
        "        if shift",
        "journal-row",
    ),
    (
        "rating/_walk.pyx",
        "if up > MOST - cell_octets[UP_AT] or down > MOST - cell_octets[DOWN_AT]:",
        "if up < 0 or down < 0:",
        "uses",
    ),
)
"""A file, what stands there, what is put instead, and the target whose corpus must show it."""


def main() -> int:
    """Run every part and say what ran."""
    instrumented.build("address")
    sound = _suites()
    for target in NATIVE:
        sound = _replay(target, "address") and sound
    _plant()
    for file, _, _, name in PLANTS:
        sound = _caught(file, TARGETS[name]) and sound
    for target in NATIVE:
        if not target.compiled:
            sound = _leaks(target) and sound
    print("sanitize: no report" if sound else "sanitize: FAILED", flush=True)
    return 0 if sound else 1


def _started(arguments: list[str], flavour: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env=instrumented.environment(flavour),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _reported(output: str) -> bool:
    return any(report in output for report in REPORTS)


def _suites() -> bool:
    """The tests of the rooms that have compiled parts, over the instrumented ones."""
    arguments = ["-m", "pytest", "-p", "tests.fuzz.instrumented", "-p", "no:cacheprovider", "-q"]
    code, output = _started([*arguments, *SUITES], "address")
    sound = code == 0 and not _reported(output)
    lines = output.strip().splitlines()
    print(f"tests under the sanitizers: {' '.join(SUITES)}: {lines[-1]}", flush=True)
    if not sound:
        print("\n".join(lines[-60:]), flush=True)
    return sound


def _corpus_room(target: Target) -> Path:
    """The corpus as files, and nothing else beside it."""
    room = instrumented.BUILD / "replay" / target.name
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    for number, octets in enumerate(corpus_of(target.name)):
        (room / str(number)).write_bytes(octets)
    return room


def _replay(target: Target, flavour: str) -> bool:
    room = _corpus_room(target)
    artifacts = f"-artifact_prefix={instrumented.BUILD / 'replay'}/"
    code, output = _started(
        ["-m", "tests.fuzz.worker", target.name, str(room), "-runs=0", artifacts], flavour
    )
    sound = code == 0 and not _reported(output)
    count = len(list(room.iterdir())) * target.swarm
    print(f"corpus under the sanitizers: {target.name}: {count} inputs", flush=True)
    if not sound:
        print(output[-4000:], flush=True)
    return sound


def _plant() -> None:
    """Build a copy of the sources with every bug of PLANTS in it."""
    shutil.rmtree(PLANTED, ignore_errors=True)
    for room in sorted({name.partition(".")[0] for name in instrumented.COMPILED}):
        shutil.copytree(ROOT / room, PLANTED / room, ignore=shutil.ignore_patterns("*.so", "*.pyc"))
    shutil.copy(ROOT / "setup.py", PLANTED)
    for name, stands, instead, _ in PLANTS:
        file = PLANTED / name
        text = file.read_text("utf-8")
        assert text.count(stands) == 1, f"{name} no longer has: {stands}"
        file.write_text(text.replace(stands, instead), "utf-8")
    instrumented.compile_in(PLANTED, "planted")


def _caught(file: str, target: Target) -> bool:
    room = _corpus_room(target)
    artifacts = f"-artifact_prefix={instrumented.BUILD / 'replay'}/"
    _, output = _started(
        ["-m", "tests.fuzz.worker", target.name, str(room), "-runs=20000", artifacts], "planted"
    )
    caught = _reported(output)
    print(f"planted in {file}: {'reported' if caught else 'NOT REPORTED'}", flush=True)
    if not caught:
        print(output[-4000:], flush=True)
    return caught


def _leaks(target: Target) -> bool:
    """Does memory stay what it was when the corpus runs again and again?"""
    grown = growth(target.function(), corpus_of(target.name))
    print(f"leaks: {target.name}: {grown:+d} blocks in {ROUNDS // 2} rounds", flush=True)
    return grown < ROUNDS // 4


def growth(check: Check, inputs: list[bytes]) -> int:
    """Return by how many blocks memory grew in the second half of the rounds; the first half
    fills what is filled once."""
    counts = array.array("q", bytes(8 * ROUNDS))
    for turn in range(ROUNDS):
        for octets in inputs:
            check(octets)
        gc.collect()
        sys._clear_type_cache()  # it keeps names, each text in a place of its own
        counts[turn] = sys.getallocatedblocks()
    return counts[-1] - counts[ROUNDS // 2 - 1]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except instrumented.NotInstrumented as error:
        print(f"sanitize: {error}", file=sys.stderr)
        sys.exit(2)
