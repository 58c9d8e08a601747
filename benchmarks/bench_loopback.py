"""How many interims a second go through the whole server: socket, desk, SQLite on disk, socket.

A server process with an embedded database, subscribers imported and logged in over the wire, and
one client that keeps a window of records outstanding, each with higher counters than the last.
Every answer counted is a record that is durable. Figures of one machine mean little; what the
window does to them shows group commit at work. Run with `python -m benchmarks.bench_loopback`.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from radius import encode_attributes
from radius.packet import sign_request
from tests.peers.ports import free_port

SECRET = b"testing123"
SESSIONS_N = 2_000
WINDOWS = (1, 16, 64, 256)
SECONDS = 4.0
STEP_OCTETS = 1_500_000
ROOT = Path(__file__).parent.parent

SETTINGS = """
[database]
url = "sqlite:///{home}/bench.db"
[keys]
file = "{home}/bench.key"
[radius]
listen = ["127.0.0.1"]
auth_port = {auth}
acct_port = {acct}
[metrics]
port = {http}
[log]
format = "json"
"""


def tollhouse(*words: str) -> list[str]:
    """The command line for one command."""
    return [sys.executable, "-m", "cli.main", *words]


@contextmanager
def serving(home: Path) -> Iterator[tuple[int, int]]:
    """A server with sample data and SESSIONS_N subscribers; its auth and accounting ports."""
    auth, acct = free_port(), free_port()
    settings = home / "tollhouse.toml"
    settings.write_text(SETTINGS.format(home=home, auth=auth, acct=acct, http=free_port()))
    people = home / "people.csv"
    rows = (f"user{n},secret{n},sample-prepaid,100000\n" for n in range(SESSIONS_N))
    people.write_text("login,password,plan,balance\n" + "".join(rows))
    env = {**os.environ, "TOLLHOUSE_CONFIG": str(settings)}
    for words in (("init", "--sample"), ("subscriber", "import", str(people))):
        subprocess.run(tollhouse(*words), cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)
    child = subprocess.Popen(
        tollhouse("serve"), cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        assert child.stderr is not None
        for line in child.stderr:
            if '"serving"' in line:
                break
        yield auth, acct
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)


class Router:
    """A NAS with SESSIONS_N sessions that keeps `window_n` records outstanding.

    A slot is a socket and an identifier; it is free again when its answer came, or is given up
    after two seconds, which a healthy run never sees.
    """

    def __init__(self, acct: int) -> None:
        self._acct = acct
        self._counters = [0] * SESSIONS_N
        self._turn = 0

    def record(self, identifier: int, status: int = 3) -> bytes:
        """The next session's next record."""
        n = self._turn = (self._turn + 1) % SESSIONS_N
        self._counters[n] += STEP_OCTETS * (status == 3)
        octets_n = self._counters[n]
        pairs = [
            (1, b"user%d" % n),
            (40, status.to_bytes(4, "big")),
            (44, b"8090%04x" % n),
            (4, bytes((127, 0, 0, 1))),
            (32, b"tower-7"),
            (5, (15_728_640 + n).to_bytes(4, "big")),
            (87, b"ether2-clients"),
            (31, b"4C:5E:0C:00:%02X:%02X" % (n >> 8, n & 255)),
            (8, (0x64400000 + n).to_bytes(4, "big")),
            (46, (octets_n // STEP_OCTETS * 60).to_bytes(4, "big")),
            (42, (octets_n >> 3 & 0xFFFFFFFF).to_bytes(4, "big")),
            (43, (octets_n & 0xFFFFFFFF).to_bytes(4, "big")),
            (52, bytes(4)),
            (53, (octets_n >> 32).to_bytes(4, "big")),
        ]
        octets = encode_attributes(pairs)
        return sign_request(4, identifier, None, octets, SECRET, with_message_authenticator=False)

    def start_all(self) -> None:
        """One Start for each session, each answered."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.connect(("127.0.0.1", self._acct))
            line.settimeout(5)
            for n in range(SESSIONS_N):
                line.send(self.record(n % 256, status=1))
                line.recv(4_096)

    def run(self, window_n: int, seconds: float) -> tuple[list[float], int]:
        """Interims for so long: the waiting time of each answer, and how many never came."""
        lines = [
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(-(-window_n // 128))
        ]
        poller, by_fd = select.poll(), {}
        for n, line in enumerate(lines):
            line.setblocking(False)
            line.connect(("127.0.0.1", self._acct))
            poller.register(line, select.POLLIN)
            by_fd[line.fileno()] = n
        # Identifiers in the order in which they were last used, so that none is repeated early.
        free = deque((n, identifier) for identifier in range(256) for n in range(len(lines)))
        out: dict[tuple[int, int], float] = {}
        waits: list[float] = []
        lost_n = 0
        until = time.perf_counter() + seconds
        while (now := time.perf_counter()) < until:
            while len(out) < window_n:
                slot = free.popleft()
                lines[slot[0]].send(self.record(slot[1]))
                out[slot] = time.perf_counter()
            for fd, _ in poller.poll(500):
                for slot in self._answers(lines, by_fd[fd]):
                    waits.append(time.perf_counter() - out.pop(slot))
                    free.append(slot)
            for slot in [slot for slot, began in out.items() if now - began > 2]:
                del out[slot]
                lost_n += 1
        for line in lines:
            line.close()
        return waits, lost_n

    def _answers(self, lines: list[socket.socket], n: int) -> Iterator[tuple[int, int]]:
        while True:
            try:
                yield n, lines[n].recv(4_096)[1]
            except BlockingIOError:
                return


def main() -> None:
    """Measure each window and print a table."""
    with tempfile.TemporaryDirectory(dir=ROOT / "var" if (ROOT / "var").exists() else None) as home:
        with serving(Path(home)) as (_, acct):
            router = Router(acct)
            router.start_all()
            print(f"{'window':>8}{'records/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'lost':>6}")
            for window_n in WINDOWS:
                waits, lost_n = router.run(window_n, SECONDS)
                cuts = statistics.quantiles(waits, n=100)
                print(
                    f"{window_n:>8}{len(waits) / SECONDS:>12,.0f}"
                    f"{cuts[49] * 1000:>9.2f}{cuts[98] * 1000:>9.2f}{lost_n:>6}"
                )


if __name__ == "__main__":
    main()
