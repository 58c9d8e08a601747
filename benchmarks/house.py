"""Tollhouse under measurement: one installation with a crowd, started and stopped as a process.

Everything is as shipped: settings are the defaults with ports of their own, durability, duplicate
detection, journal and metrics are on. Subscribers are numbered as in `names.py`: `rich` ones first,
of which the first `sessions_n` are on line, then `poor` ones, all on line with one dollar each.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import ClassVar

from benchmarks import crowd, names
from benchmarks.traffic import Run, Traffic
from tests.peers.child import PeerFailed, find_program
from tests.scenarios.installation import CHECKOUT, Installation, eventually

RICH_USD, POOR_USD = "100000", "1"
POOR_N = 4_000
PLAN = """
name = "bench"
currency = "USD"
sessions = 1
[price.volume]
amount = "0.01"
per = "MB"
"""
SERVING = b'"event":"serving"'
START_LIMIT_S = 300.0


class Tollhouse:
    """One installation on one database."""

    PER_PACKET: ClassVar[dict[str, str]] = {
        "logins": "subscriber, plan and account decide; money is held, the grant is told in the "
        "Accept, and the session's row is committed before it",
        "interims": "sums and repeats checked, session found, counters advanced, priced, debited; "
        "session, account and charge rows and the journal are committed before the answer",
        "duplicates": "replies are kept for 10 s; later repeats are told by the session's counters",
    }

    def __init__(
        self, directory: Path, database_url: str, *, subscribers_n: int, sessions_n: int
    ) -> None:
        """Make the database and fill it; it takes seconds to a minute."""
        assert 0 < sessions_n <= subscribers_n
        directory.mkdir(parents=True, exist_ok=True)
        self.subscribers_n, self.sessions_n = subscribers_n, sessions_n
        self.on_sqlite = database_url.startswith("sqlite:")
        self.name = f"Tollhouse {'SQLite' if self.on_sqlite else 'PostgreSQL'}"
        self._directory = directory
        self._log = directory / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._classes: list[tuple[Path, int, int, int]] = []
        self._installation = Installation(directory, database_url)
        self.auth_port = self._installation.auth_port
        self.acct_port = self._installation.acct_port
        self.traffic = Traffic(subscribers_n + POOR_N)
        try:
            self._settle()
            self._multiply(database_url)
        except BaseException:
            self.close()
            raise

    @property
    def per_packet(self) -> dict[str, str]:
        """What it does for a packet."""
        durable = (
            "SQLite in WAL, synchronous=FULL: one fsync for each batch"
            if self.on_sqlite
            else "PostgreSQL, fsync and synchronous_commit on"
        )
        return self.PER_PACKET | {"durability": durable}

    # ---------------------------------------------------------------- what is in it

    def _settle(self) -> None:
        """A plan, a router, and the two subscribers that the others are copies of."""
        office = self._installation
        office.tollhouse("init")
        plan = self._directory / "bench.toml"
        plan.write_text(PLAN)
        office.tollhouse("plan", "load", str(plan))
        words = ["--address", names.SOURCES, "--secret", names.SECRET, "--dialect", "mikrotik"]
        office.tollhouse("nas", "add", "bench", *words, "--coa-port", str(self.traffic.coa_port))
        for number, usd in ((0, RICH_USD), (self.subscribers_n, POOR_USD)):
            words = ["--plan", "bench", "--password", names.password(number), "--balance", usd]
            office.tollhouse("subscriber", "add", names.login(number), *words)
        self.start()
        try:
            for number in (0, self.subscribers_n):
                who = {"first": number, "to": number + 1, "count": 1, "timeout": 5}
                self._must(self.traffic.run("pap", self.auth_port, **who))
                self._must(self.traffic.run("start", self.acct_port, **who))
                self._must(self.traffic.run("interim", self.acct_port, step=1000, **who))
        finally:
            self.stop()

    def _must(self, run: Run) -> None:
        if not run.clean or run.answered != 1:
            raise PeerFailed(f"the first subscriber was not served: {run}\n{self.words()}")

    def _multiply(self, database_url: str) -> None:
        keys = crowd.read_keys(self._directory / "tollhouse.key")
        numbers = ((0, self.subscribers_n, self.sessions_n), (self.subscribers_n, POOR_N, POOR_N))
        with crowd.opened(database_url) as books:
            for number, count, sessions_n in numbers:
                one = crowd.original(books, number)
                assert one.session_id, "the original is on line"
                crowd.copy_rows(books, one, keys, count=count, sessions_n=sessions_n)
                if number == 0:
                    books.run(f"DROP TABLE {crowd.MADE}")
                file = self._directory / f"classes-{number}"
                width = crowd.write_classes(file, one, keys, sessions_n)
                started_s = one.start_us // 1_000_000
                self.traffic.believe(file, first=number, width=width, started_s=started_s)
                self._classes.append((file, number, width, started_s))

    def check(self) -> str:
        """What `tollhouse ledger check` says of the books; raises if it finds fault."""
        return self._installation.tollhouse("ledger", "check")

    # ---------------------------------------------------------------- its life

    def employ(self, workers_n: int) -> None:
        """Have so many workers from the next start on."""
        file = self._installation.settings_file
        lines = [line for line in file.read_text().splitlines() if "workers =" not in line]
        lines.insert(lines.index("[radius]") + 1, f"workers = {workers_n}")
        file.write_text("\n".join(lines) + "\n")

    def launch(self) -> None:
        """Start the server and wait for nothing."""
        assert self._process is None, "it is running"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(find_program("setpriv"), "--pdeathsig", "KILL"),
                    *(sys.executable, "-m", "cli.main", "serve"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=CHECKOUT,
                env=self._installation.environment(),
            )

    def start(self) -> None:
        """Start the server and wait until it says that it is ready."""
        self.launch()

        def ready() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise PeerFailed(f"the server ended:\n{self.words()}")
            return self._installation.ready()

        eventually(ready, "the server is ready", limit_s=START_LIMIT_S)

    def stop(self) -> None:
        """Stop it politely; twice is harmless."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def close(self) -> None:
        """End the server and the generator."""
        self.stop()
        self.traffic.close()

    def words(self) -> str:
        """The last that it said."""
        with contextlib.suppress(FileNotFoundError):
            return self._log.read_text(errors="replace")[-2000:]
        return ""

    def resident_octets(self) -> int:
        """Memory in use by the server and all processes it started."""
        assert self._process is not None
        return sum(_resident_octets(pid) for pid in _family(self._process.pid))

    def counted(self) -> dict[str, float]:
        """What its metrics page says, by name and labels as they stand there."""
        url = f"http://127.0.0.1:{self._installation.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=60) as page:
            lines = [line for line in page.read().decode().splitlines() if line[:1] not in "#"]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def another_router(self, source: str = names.SOURCE) -> Traffic:
        """One more generator that knows the same sessions, with a port for orders of its own."""
        router = Traffic(self.traffic.sessions_n, source=source)
        for file, first, width, started_s in self._classes:
            router.believe(file, first=first, width=width, started_s=started_s)
        return router

    def cpu_s(self) -> float:
        """Processor time that the server and all processes it started have used."""
        assert self._process is not None
        return family_cpu_s(self._process.pid)

    def queued_s(self) -> float:
        """Time for which threads of the server and its processes were ready to run and had no
        processor; 0 where the kernel does not count it."""
        assert self._process is not None
        queued_ns = 0
        for pid in _family(self._process.pid):
            for task in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(FileNotFoundError):
                    queued_ns += int((task / "schedstat").read_text().split()[1])
        return queued_ns / 1e9


def family_cpu_s(pid: int) -> float:
    """Processor time that a process and its descendants have used."""
    ticks = 0
    for one in _family(pid):
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


def _resident_octets(pid: int) -> int:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
