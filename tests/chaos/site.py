"""The place of an attack: one installation, its server as a process, and what it has sold.

The server is started and killed as whole processes, and its words are kept in a file beside the
database, so that a finding comes with its evidence. Subscribers are of three kinds: `rich` ones
whose money never ends, `mixed` ones on a plan with a fee, time and rounding, and `poor` ones who
run out of money again and again and are topped up by the operator while the server runs. Beside
them are accounts of whole plans (`tests.chaos.whole`), on which several lines draw at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from tests.chaos.books import copy_sqlite, read_postgresql, read_sqlite
from tests.chaos.nursery import Forked, Nursery
from tests.chaos.oracle import Books, Tariff
from tests.chaos.whole import BOOSTER, BOOSTER_USD, LINES_N, PAID_USD, WHOLES, Whole, plans
from tests.peers.child import find_program
from tests.scenarios.installation import CHECKOUT, Installation, eventually

NAS_ADDRESS = "127.0.0.9"
RICH_N, MIXED_N, POOR_N = 8, 4, 4
RICH_USD, POOR_USD = 100_000, 1
SERVING = b'"event":"serving"'
READY_LIMIT_S = 60.0

PLANS = {
    "rich": """
name = "rich"
currency = "USD"
sessions = 1000
[price.volume]
amount = "0.01"
per = "MB"
""",
    "mixed": """
name = "mixed"
currency = "USD"
sessions = 1000
[price.volume]
amount = "0.03"
per = "MB"
increment = "1 KiB"
rounding = "half-up"
[price.time]
amount = "0.10"
per = "hour"
increment_s = 7
rounding = "half-up"
[price.session]
fee = "0.02"
""",
    "poor": """
name = "poor"
currency = "USD"
sessions = 4
[price.volume]
amount = "0.01"
per = "MB"
""",
}
BY_THE_MB = Tariff(per_octet=Fraction(10_000, 1_000_000))
TARIFFS = {
    "rich": BY_THE_MB,
    "poor": BY_THE_MB,
    "mixed": Tariff(
        per_octet=Fraction(30_000, 1_000_000),
        octets_increment=1024,
        per_second=Fraction(100_000, 3600),
        seconds_increment=7,
        fee_micros=20_000,
        rounding="half-up",
    ),
}


@dataclass
class Market:
    """Who buys what, and what was paid for it so far."""

    tariffs: dict[str, Tariff] = field(default_factory=dict)
    paid_micros: dict[str, int] = field(default_factory=dict)
    wholes: dict[str, Whole] = field(default_factory=dict)  # who has a whole plan instead
    boosts: dict[str, tuple[int, int]] = field(default_factory=dict)  # sold for sure, and at most

    def logins(self, *kinds: str) -> list[str]:
        """The logins of some kinds, mixed evenly; those of whole plans several times."""
        everybody = [*self.tariffs, *LINES_N * list(self.wholes)]
        return [login for login in everybody if login.partition("-")[0] in kinds]


class Site(Installation):
    """An installation on one of the two databases, under attack."""

    def __init__(self, directory: Path, database_url: str) -> None:
        """Nothing is made yet but the settings file."""
        super().__init__(directory, database_url)
        self.file = Path(database_url.removeprefix("sqlite:///"))  # if it is SQLite
        self.books_url = self.database_url  # where the oracle reads; proxies change the other
        self.market = Market()
        self.program = [sys.executable, "-m", "cli.main", "serve"]
        self.additions: dict[str, str] = {}  # to the server's environment
        self.nursery: Nursery | None = None  # where `spawn` may fork
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self._log_file = directory / "server.log"
        self._log_from = 0

    @property
    def on_sqlite(self) -> bool:
        """Is it the embedded database?"""
        return self.books_url.startswith("sqlite:")

    def configure(self, section: str, line: str) -> None:
        """Add a line to a section of the settings file."""
        text = self.settings_file.read_text()
        self.settings_file.write_text(text.replace(f"[{section}]\n", f"[{section}]\n{line}\n"))

    def settle(self, *, coa_port: int, nas_address: str = NAS_ADDRESS) -> None:
        """Make the database, the plans, the NAS and the subscribers."""
        self.tollhouse("init")
        for name, text in (PLANS | plans(time.time())).items():
            plan_file = self.directory / f"{name}.toml"
            plan_file.write_text(text)
            self.tollhouse("plan", "load", str(plan_file))
        words = ["--address", nas_address, "--secret", "testing123", "--dialect", "mikrotik"]
        self.tollhouse("nas", "add", "generator", *words, "--coa-port", str(coa_port))
        lines = ["login,password,plan,balance"]
        kinds = (("rich", RICH_N, RICH_USD), ("mixed", MIXED_N, RICH_USD), ("poor", POOR_N, 1))
        for kind, count, usd in kinds:
            for n in range(count):
                login = f"{kind}-{n}"
                lines.append(f"{login},pass,{kind},{usd}")
                self.market.tariffs[login] = TARIFFS[kind]
                self.market.paid_micros[login] = usd * 1_000_000
        for kind, whole in WHOLES.items():
            login = f"{kind}-0"
            lines.append(f"{login},pass,{kind},{PAID_USD}")
            self.market.wholes[login] = whole
            self.market.paid_micros[login] = PAID_USD * 1_000_000
        people = self.directory / "people.csv"
        people.write_text("\n".join(lines) + "\n")
        self.tollhouse("subscriber", "import", str(people))

    def top_up(self, login: str) -> bool:
        """An operator books some money while everything runs; was he told that it is done?"""
        said = self.run("balance", "top-up", login, str(POOR_USD))
        if said.code == 0:
            self.market.paid_micros[login] += POOR_USD * 1_000_000
        else:  # it may have been booked, it may not: nobody promised anything
            self.market.paid_micros.pop(login, None)
        return said.code == 0

    def boost(self, login: str) -> bool:
        """A booster is sold while everything runs; was the operator told that it is done?"""
        said = self.run("subscriber", "boost", login, "--booster", BOOSTER, "--no-wait")
        least, most = self.market.boosts.get(login, (0, 0))
        self.market.boosts[login] = (least + (said.code == 0), most + 1)
        if said.code != 0:
            self.market.paid_micros.pop(login, None)
        elif login in self.market.paid_micros:
            self.market.paid_micros[login] -= BOOSTER_USD * 1_000_000
        return said.code == 0

    def serve_at(self, database_url: str) -> None:
        """Let the server reach its database at another URL from the next start on."""
        text = self.settings_file.read_text().replace(self.database_url, database_url)
        self.settings_file.write_text(text)
        self.database_url = database_url

    # ---------------------------------------------------------------- the server

    def spawn(self, *, forked: bool = False) -> int:
        """Start the server without waiting for it; the monotonic microsecond of the start.

        `forked`: without the second of imports, in the nursery if there is one.
        """
        assert self.process is None, "it is running"
        log = self._log_file.open("ab")
        self._log_from = log.tell()
        at_us = time.monotonic_ns() // 1000
        if forked and self.nursery is not None:
            log.close()
            self.process = self.nursery.spawn(
                {**self.environment(), **self.additions},
                self._log_file,
                faulty_disk="FAULTDISK_DIRECTORY" in self.additions,
            )
            return at_us
        self.process = subprocess.Popen(
            [find_program("setpriv"), "--pdeathsig", "KILL", *self.program],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=CHECKOUT,
            env={**self.environment(), **self.additions},
        )
        log.close()
        return at_us

    def await_serving(self) -> None:
        """Return once the server says that it serves; raises with its words if it ends."""

        def serving() -> bool:
            assert self.process is not None
            if self.ended():
                raise AssertionError(f"the server ended:\n{self.words()[-2000:].decode()}")
            return SERVING in self.words()

        eventually(serving, "the server serves", limit_s=READY_LIMIT_S)

    def start(self) -> None:
        """Start and wait."""
        self.spawn()
        self.await_serving()

    def ended(self) -> bool:
        """Has the server ended by itself?"""
        return self.process is not None and self.process.poll() is not None

    def words(self) -> bytes:
        """What the server has said since its last start."""
        with self._log_file.open("rb") as opened:
            opened.seek(self._log_from)
            return opened.read()

    def signal(self, number: signal.Signals) -> None:
        """Send the server's process a signal."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """SIGTERM: it must drain, end well, and have had no accident in all that time."""
        assert self.process is not None
        self.signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process = None
        assert code == 0, self.words()[-2000:].decode()
        assert b"Traceback" not in self.words(), self.words()[-4000:].decode()

    def close(self) -> None:
        """End the server if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()
        self.process = None
        if self.nursery is not None:
            self.nursery.close()
            self.nursery = None

    def resident_octets(self) -> int:
        """How much memory the server has in use."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    # ---------------------------------------------------------------- the books

    def books(self, *, check: bool = True) -> Books:
        """Everything the oracle wants to see; of a dead server's SQLite a copy."""
        if not self.on_sqlite:
            return read_postgresql(self.books_url)
        if self.process is not None:  # files that change cannot be copied
            return read_sqlite(self.file, check=check)
        return read_sqlite(copy_sqlite(self.file, self.directory / "look"), check=check)
