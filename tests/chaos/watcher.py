"""A reader that looks at the books ten times a second while an attack goes on.

Each look is one snapshot, as any report or command takes it, and in each snapshot the sums must
agree (L2, L3): money is never seen half moved, whatever is being done to the server. A database
that is away for the moment is no finding.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pysqlite3

LOOK_S = 0.1
CONNECT_S = 2

# Everything that must be zero, in one statement and so in one snapshot.
SUMS = """
SELECT
 (SELECT coalesce(sum(amount_micros), 0) FROM postings) AS all_postings,
 (SELECT count(*) FROM accounts a WHERE posted_micros <> (SELECT coalesce(sum(p.amount_micros), 0)
   FROM postings p WHERE p.account_id = a.account_id AND p.book = 'customer')) AS posted,
 (SELECT count(*) FROM accounts a WHERE open_micros <> (SELECT coalesce(
   sum(s.charged_micros - s.closed_micros), 0) FROM sessions s
   WHERE s.account_id = a.account_id)) AS open,
 (SELECT count(*) FROM accounts a WHERE held_micros <> (SELECT coalesce(
   sum(s.granted_micros - s.used_micros), 0) FROM sessions s
   WHERE s.account_id = a.account_id AND s.hold_state = 1)) AS held
"""


class Watcher:
    """The reader in a thread; a context manager. `findings` are its words."""

    def __init__(self, url: str) -> None:
        """Nothing is read yet."""
        self._url = url
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self.looks_n = 0
        self.missed_n = 0
        self.findings: list[str] = []

    def __enter__(self) -> Watcher:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop looking."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        look = self._sqlite if self._url.startswith("sqlite:") else self._postgresql
        while not self._ending.wait(LOOK_S):
            self._look(look)

    def _look(self, look: Callable[[], Any]) -> None:
        try:
            sums = look()
        except (psycopg.Error, pysqlite3.OperationalError):
            self.missed_n += 1
            return
        self.looks_n += 1
        if any(sums):
            names = ("all postings", "posted", "open", "held")
            wrong = [f"{name} {value}" for name, value in zip(names, sums, strict=True) if value]
            self.findings.append(f"a snapshot does not add up: {', '.join(wrong)}")

    def _sqlite(self) -> Any:
        connection = pysqlite3.connect(self._url.removeprefix("sqlite:///"))
        try:
            connection.execute("PRAGMA query_only=1")
            connection.execute("PRAGMA wal_autocheckpoint=0")
            return connection.execute(SUMS).fetchone()
        finally:
            connection.close()

    def _postgresql(self) -> Any:
        with psycopg.connect(self._url, connect_timeout=CONNECT_S) as connection:
            return connection.execute(SUMS).fetchone()
