"""The compiled generator, built when it is needed, and what it says about a run.

`generator/main.c` is told runs by lines and answers each with a line of JSON, so that counters and
Class values live as long as the process does, over any number of runs and restarts of the server.
It is built by the system's C compiler with the digests of `radius/`, and is never shipped. Loopback
only, and every run is bounded: the program refuses others.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import names
from tests.peers.child import Child, PeerFailed, find_program
from tests.peers.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
SOURCES = Path(__file__).parent / "generator"
PROGRAM = ROOT / "build" / "bench" / "generator"
KINDS = ("pap", "chap", "mschap", "start", "interim", "stop")


def build(program: Path = PROGRAM, *flags: str) -> Path:
    """The generator's program, compiled again if a source is newer; raises PeerFailed."""
    sources = [*SOURCES.glob("*.[ch]"), *(ROOT / "radius").glob("_*.h")]
    newest = max(path.stat().st_mtime for path in sources)
    if program.exists() and program.stat().st_mtime > newest:
        return program
    compiler = os.environ.get("CC") or shutil.which("cc") or find_program("gcc")
    program.parent.mkdir(parents=True, exist_ok=True)
    fresh = program.with_suffix(f".{os.getpid()}")
    words = [*compiler.split(), "-O2", "-Wall", "-Wextra", *flags, f"-I{ROOT / 'radius'}"]
    command = [*words, str(SOURCES / "main.c"), "-o", str(fresh)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerFailed(f"the generator does not compile:\n{done.stderr}")
    fresh.rename(program)
    return program


@dataclass(frozen=True)
class Waits:
    """A distribution of waiting times in microseconds."""

    count: int
    mean_us: float
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int


@dataclass(frozen=True)
class Run:
    """What one run came to.

    `rate` is of answers that were verified, a second, after the warm-up; `again` were sent again
    after a timeout and `lost` never answered at all. `bad` answers had a wrong sum or code,
    `stray` ones answered what was answered already. `orders` are times from the interim that used
    up the money to the Disconnect, both as the router sees them.
    """

    sent: int
    again: int
    answered: int
    rejected: int
    lost: int
    stray: int
    bad: int
    unsent: int
    counted: int
    seconds: float
    rate: float
    whole_s: float
    own_cpu_s: float
    exhausted: int
    disconnects: int
    coas: int
    bad_orders: int
    sockets: int
    waits: Waits
    orders: Waits
    tenths: tuple[int, ...]  # answers in each tenth of a second since the beginning

    @classmethod
    def of_json(cls, text: str) -> Run:
        """Read a line of the generator; raises PeerFailed for its complaints."""
        told: dict[str, Any] = json.loads(text)
        if "error" in told:
            raise PeerFailed(f"the generator says: {told['error']}")
        told |= {name: Waits(**told[name]) for name in ("waits", "orders")}
        return cls(**told | {"tenths": tuple(told["tenths"])})

    @property
    def clean(self) -> bool:
        """Was every request answered, at the first or a later attempt, and rightly?"""
        return not (self.lost or self.bad or self.rejected)


class Traffic:
    """A router with so many subscribers; a context manager."""

    def __init__(self, sessions_n: int, *, source: str = names.SOURCE) -> None:
        """Build the program if need be and start it."""
        program = build()
        self.sessions_n = sessions_n
        self.coa_port = free_port()
        words = [f"secret={names.SECRET}", f"source={source}", f"sessions={sessions_n}"]
        self._process = subprocess.Popen(
            [str(program), "drive", *words, f"coa={self.coa_port}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None and self._process.stdin is not None
        self._says, self._hears = self._process.stdout, self._process.stdin
        if not self._says.readline():
            raise PeerFailed("the generator did not start: is the Disconnect port taken?")

    def __enter__(self) -> Traffic:
        """Return the running generator."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End it; twice is harmless."""
        with contextlib.suppress(BrokenPipeError):
            self._hears.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._says.close()

    def _ask(self, line: str) -> str:
        self._hears.write(line + "\n")
        self._hears.flush()
        answer = self._says.readline()
        if not answer:
            raise PeerFailed(f"the generator ended at: {line}")
        return answer

    def run(self, kind: str, port: int, **words: object) -> Run:
        """One run; `words` as in `wish` of generator/run.h (`first` and `to` choose sessions)."""
        assert kind in KINDS, kind
        spoken = {"from" if name == "first" else name: value for name, value in words.items()}
        rest = " ".join(f"{name}={value}" for name, value in spoken.items())
        return Run.of_json(self._ask(f"run kind={kind} port={port} {rest}"))

    def keep_to(self, cores: Sequence[int]) -> None:
        """Run on these processors only."""
        os.sched_setaffinity(self._process.pid, cores)

    def believe(self, file: Path, *, first: int, width: int, started_s: int) -> int:
        """Take Class values of sessions that were prepared; returns how many."""
        line = f"classes file={file} first={first} width={width} started={started_s}"
        told = json.loads(self._ask(line))
        if "error" in told:
            raise PeerFailed(f"the generator says: {told['error']}")
        return int(told["read"])


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """The floor: a server that signs answers and does nothing else; its port."""
    port = free_port()
    child = Child([str(build()), "echo", str(port), names.SECRET], ready="serving")
    try:
        yield port
    finally:
        child.stop()
