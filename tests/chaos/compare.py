"""`python -m tests.chaos.compare [HISTORY ...]`: the same histories for Tollhouse and FreeRADIUS.

Each history is played to each server on a fresh database; then `tests.chaos.oracle`, which knows
neither, compares what the NAS metered with what the books hold. Names select the histories whose
names begin with them; `b` is the one with kill -9 under load, `--rounds` says how often. `--record`
writes the figures, the versions and everything that was switched on to `tests/chaos/results/`. The
exit code is 1 when Tollhouse did anything wrong; what FreeRADIUS does is only written down.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tests.chaos.battle import summed_up
from tests.chaos.freeradius import FreeRadius, Setup
from tests.chaos.gate import PER_OCTET, Gate
from tests.chaos.histories import HISTORIES, QUOTA_OCTETS, History
from tests.chaos.nas import Nas
from tests.chaos.oracle import Books, Truth, judge
from tests.chaos.player import Player, pause
from tests.chaos.records import Plan
from tests.chaos.run import machine
from tests.peers.postgres import PostgresCluster
from tests.scenarios.installation import eventually

RESULTS = Path(__file__).parent / "results" / "compare.json"
ROUNDS_N = 20
KILLS = "b kill -9 under load"
KILLED_LOGINS_N = 8
FINDINGS_SHOWN_N = 5


class Server(Protocol):
    """What is compared."""

    coa_port: int

    @property
    def auth_port(self) -> int: ...
    @property
    def acct_port(self) -> int: ...
    @property
    def switched_on(self) -> dict[str, str]: ...

    def sell(self, login: str, *, quota_octets: int | None = None, sessions_n: int = 0) -> None: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...
    def settled(self) -> bool: ...
    def books(self) -> Books: ...
    def version(self) -> str: ...


Make = Callable[[Path, PostgresCluster, bool], Server]
SERVERS: dict[str, Make] = {
    "tollhouse, sqlite": lambda path, _, narrow: Gate(path, narrow=narrow),
    "tollhouse, postgresql": lambda path, cluster, narrow: Gate(
        path, cluster.create_database(), narrow=narrow
    ),
    "freeradius": lambda path, cluster, _: FreeRadius(path, cluster.create_database()),
    "freeradius, sql_session_start": lambda path, cluster, _: FreeRadius(
        path, cluster.create_database(), Setup(session_start=True)
    ),
    "freeradius, buffered-sql": lambda path, cluster, _: FreeRadius(
        path, cluster.create_database(), Setup(buffered=True)
    ),
}
# The variants are for the histories on which they have a bearing.
ONLY = {"freeradius, sql_session_start": ("c", "e1"), "freeradius, buffered-sql": ("b",)}


@dataclass
class Row:
    """What one server made of one history."""

    history: str
    server: str
    told: str
    sessions: int = 0
    acked: int = 0
    lost: int = 0  # sessions of which something acknowledged is missing
    doubled: int = 0  # sessions with more than ever happened
    other: int = 0
    understated_octets: int = 0  # acknowledged and not in the books
    overcounted_octets: int = 0  # in the books and never used
    overdraft_octets: int = 0  # used beyond the quotas, all accounts together
    overdraft_worst_octets: int = 0
    refused: int = 0
    remarks: dict[str, Any] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


def numbered(books: Books, truth: Truth) -> Books:
    """Rows of a session id that came back, called as the truth calls them, oldest first.

    Where the books have fewer rows than there were sessions, what they have is the newest ones.
    """
    lives = Counter(name.partition("#")[0] for name in truth.sent)
    rows = Counter(row.session for row in books.sessions)
    seen: Counter[str] = Counter()
    for row in books.sessions:
        seen[row.session] += 1
        life = seen[row.session] + max(0, lives[row.session] - rows[row.session])
        if life > 1:
            row.session += f"#{life}"
    return books


def weigh(row: Row, truth: Truth, books: Books, quotas: dict[str, int]) -> None:
    """Let the oracle judge, and add up by how much."""
    tariffs = {session.login: PER_OCTET for session in books.sessions}
    verdict = judge(truth, books, tariffs)
    row.sessions, row.acked = len(truth.sent), truth.acked_n
    row.lost, row.doubled = verdict.lost_n, verdict.doubled_n
    row.other = len(verdict.findings) - verdict.lost_n - verdict.doubled_n
    row.findings = [f"{one.kind}: {one.text}" for one in verdict.findings[:FINDINGS_SHOWN_N]]
    kept: Counter[str] = Counter()
    for session in books.sessions:
        kept[session.session] += session.octets
    for name, record in truth.acked.items():
        acked = record.input_octets + record.output_octets
        row.understated_octets += max(0, acked - kept[name])
    used: Counter[str] = Counter()
    for name, record in truth.sent.items():
        octets = record.input_octets + record.output_octets
        row.overcounted_octets += max(0, kept[name] - octets)
        used[record.login] += octets
    over = [max(0, used[login] - quota) for login, quota in quotas.items()]
    row.overdraft_octets, row.overdraft_worst_octets = sum(over), max(over, default=0)


def play(history: History, name: str, directory: Path, cluster: PostgresCluster) -> Row:
    """One history, one server."""
    row = Row(history.name, name, history.text)
    narrow = not history.nas.get("gigawords", True)
    server = SERVERS[name](directory, cluster, narrow)
    for login in history.logins:
        server.sell(
            login,
            quota_octets=history.sale.quota_octets,
            sessions_n=history.sale.sessions_n,
        )
    server.start()
    nas = Nas(
        server.auth_port,
        server.acct_port,
        coa_port=server.coa_port,
        gigawords=not narrow,
        echo_class=history.nas.get("echo_class", True),
    )
    try:
        history.play(nas)
        books = server.books()
    finally:
        nas.close()
        server.stop()
    if history.names_come_back:
        numbered(books, nas.truth)
    quota = history.sale.quota_octets
    weigh(row, nas.truth, books, dict.fromkeys(history.logins, quota) if quota else {})
    row.refused = len(nas.refused)
    return row


def kill_rounds(name: str, directory: Path, cluster: PostgresCluster, rounds_n: int) -> Row:
    """kill -9 of the server at random moments under load; routers repeat what was not answered."""
    row = Row(KILLS, name, " ".join((kill_rounds.__doc__ or "").split()))
    server = SERVERS[name](directory, cluster, False)
    logins = [f"user-{n}" for n in range(KILLED_LOGINS_N)]
    for login in logins:
        server.sell(login)
    chance = random.Random(1)
    server.start()
    # No late copies and no records that are given up: disorder has histories of its own.
    plan = Plan(1, server.auth_port, server.acct_port, logins, late=0.0, give_up=0.0)
    player = Player(plan, directory / "generator")
    recovery_ms = []
    try:
        player.await_ack(0)
        for _ in range(rounds_n):
            pause(chance.uniform(0.1, 0.5))
            server.kill()
            since_us = time.monotonic_ns() // 1000
            server.start()
            recovery_ms.append((player.await_ack(since_us) - since_us) / 1000)
        player.drain()
        eventually(server.settled, "all that was acknowledged is in the books", limit_s=300)
        pause(1.0)
        server.stop()
        player.look_at_sent()
        weigh(row, player.truth, server.books(), {})
    finally:
        player.close()
        server.stop()
    row.remarks = {"rounds": rounds_n, "recovery_ms": summed_up(recovery_ms)}
    return row


def bears_on(name: str, history: str) -> bool:
    """Is this variant of a server worth playing this history to?"""
    return name not in ONLY or history.startswith(ONLY[name])


HEADINGS = ("HISTORY", "SERVER", "SESSIONS", "LOST", "DOUBLED", "OTHER", "UNDERSTATED",
            "OVERCOUNTED", "OVERDRAFT", "REFUSED")  # fmt: skip
WIDTHS = (31, 30, 8, 5, 7, 5, 14, 12, 13, 7)


def line(*cells: object) -> str:
    """One line of the table."""
    return " ".join(str(cell).ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))


def shown(row: Row) -> str:
    """A row of the table; octets in full."""
    return line(
        *(row.history, row.server, row.sessions, row.lost, row.doubled, row.other),
        *(row.understated_octets, row.overcounted_octets, row.overdraft_octets, row.refused),
    )


def record(rows: list[Row], cluster: PostgresCluster) -> None:
    """Write the figures down; histories that were not played keep the figures they had."""
    content: dict[str, Any] = {"servers": {}, "rows": []}
    if RESULTS.exists():
        content = json.loads(RESULTS.read_text())
    with tempfile.TemporaryDirectory(prefix="tollhouse-compare-") as scratch:
        for name in dict.fromkeys(row.server for row in rows):
            server = SERVERS[name](Path(scratch) / name.replace(", ", "-"), cluster, False)
            about = {"version": server.version(), "switched_on": server.switched_on}
            content["servers"][name] = about
    kept = {(row["history"], row["server"]): row for row in content["rows"]}
    kept |= {(row.history, row.server): asdict(row) for row in rows}
    content |= {"machine": machine(), "quota_octets": QUOTA_OCTETS}
    content["rows"] = [kept[key] for key in sorted(kept)]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(content, indent=1) + "\n")


def main(words: list[str]) -> int:
    """Play, print, record."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.compare", description=__doc__)
    parser.add_argument("history", nargs="*", default=[""], help="beginnings of names; none: all")
    parser.add_argument("--server", default="", help="only servers whose name begins so")
    parser.add_argument("--rounds", type=int, default=ROUNDS_N, help="of kill -9")
    parser.add_argument("--record", action="store_true", help=f"write {RESULTS.name}")
    told = parser.parse_args(words)
    rows: list[Row] = []
    print(line(*HEADINGS))
    with PostgresCluster() as cluster:
        for history in (*HISTORIES, None):
            title = history.name if history is not None else KILLS
            if not title.startswith(tuple(told.history)):
                continue
            for name in SERVERS:
                if not name.startswith(told.server) or not bears_on(name, title):
                    continue
                with tempfile.TemporaryDirectory(prefix="tollhouse-compare-") as scratch:
                    directory = Path(scratch) / "server"
                    directory.mkdir()
                    if history is None:
                        row = kill_rounds(name, directory, cluster, told.rounds)
                    else:
                        row = play(history, name, directory, cluster)
                rows.append(row)
                print(shown(row), flush=True)
        if told.record:
            record(rows, cluster)
    ours = [row for row in rows if row.server.startswith("tollhouse")]
    for row in ours:
        for finding in row.findings:
            print(f"{row.history}, {row.server}: {finding}")
    return int(any(row.lost or row.doubled or row.other for row in ours))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
