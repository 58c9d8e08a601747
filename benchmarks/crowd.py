"""Very many subscribers with open sessions, put into a Tollhouse database in bulk.

One subscriber is added by the command line, logs in, starts and reports over the wire, so its rows
are what this version writes. Here they are copied with other ids and names: whatever columns the
tables have, the copies are as right as the original, and `tollhouse ledger check` agrees. Sealed
passwords and Class values are made one by one with the installation's key. The server must not run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3

from aaa import token
from aaa.sealing import CREDENTIAL, KeyRing
from benchmarks import names

MADE = "bench_crowd"  # our own table of names, dropped at the end
COLUMNS = ("n", "credential", "login", "acct_session_id", "station", "mac", "nas_port", "address")
FIRST = ("accounts", "subscribers", "entries", "postings", "allowances")
THEN = ("session_facts", "session_totals", "charges")  # of open sessions, each naming its own
# Columns of a copy that differ from the original's; {n} is how far its ids are from these.
# What an account owes and holds for a session is only copied with the session.
ON_LINE = "CASE WHEN {{n}} < {sessions_n} THEN t.{name} ELSE 0 END"
DIFFERS = {
    "subscribers": {"login": "c.login", "credential": "c.credential"},
    "entries": {"entry_id": "t.entry_id + {n}"},
    "postings": {
        "entry_account_id": "t.entry_account_id + {n}",
        "entry_id": "t.entry_id + {n}",
    },
    "session_facts": {
        "acct_session_id": "c.acct_session_id",
        "user_name": "c.login",
        "calling_station_id": "c.station",
        "nas_port": "c.nas_port",
        "framed_ip_address": "c.address",
        "mac": "c.mac",
    },
    "session_totals": {"journal_last": "0"},  # it has no record in the journal yet
}
IDS = ("account_id", "subscriber_id", "session_id")  # of a copy: the original's and {n}


@dataclass(frozen=True)
class Original:
    """The rows that are copied: the ids of one subscriber and of its session (0: none)."""

    number: int  # in the names of `names.py`
    subscriber_id: int
    account_id: int
    session_id: int
    start_us: int


class Books:
    """A connection to either database that understands one dialect: ours, with `?` for values."""

    def __init__(self, database_url: str) -> None:
        """Open it; the server must not be running."""
        self.on_sqlite = database_url.startswith("sqlite:")
        self._connection: Any = (
            pysqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
            if self.on_sqlite
            else psycopg.connect(database_url, autocommit=True)
        )

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """One statement and its rows, if it has any."""
        text = statement if self.on_sqlite else statement.replace("?", "%s")
        cursor = self._connection.execute(text, values or None if not self.on_sqlite else values)
        return list(cursor.fetchall()) if cursor.description else []

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in order."""
        cursor = self._connection.execute(f"SELECT * FROM {table} WHERE 1 = 0")
        return [column[0] for column in cursor.description]

    def fill(self, rows: Iterator[tuple[Any, ...]]) -> None:
        """Make the table of names and fill it."""
        kinds = ("BIGINT", "BLOB" if self.on_sqlite else "BYTEA", *["TEXT"] * 4, "BIGINT", "TEXT")
        made = ", ".join(f"{name} {kind}" for name, kind in zip(COLUMNS, kinds, strict=True))
        self.run(f"CREATE TABLE {MADE} ({made})")
        if self.on_sqlite:
            marks = ", ".join("?" * len(COLUMNS))
            self.run("BEGIN")
            self._connection.executemany(f"INSERT INTO {MADE} VALUES ({marks})", rows)
            self.run("COMMIT")
            return
        with self._connection.cursor().copy(f"COPY {MADE} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def hurry(self) -> None:
        """Nothing of this need survive a crash; the server sets what it needs for itself."""
        if self.on_sqlite:
            self.run("PRAGMA synchronous = OFF")
            self.run("PRAGMA cache_size = -400000")
        else:
            self.run("SET synchronous_commit = off")

    def settle(self) -> None:
        """Leave the files as a database that has been in use for a while has them."""
        self.run(f"DROP TABLE {MADE}")
        if self.on_sqlite:
            self.run("ANALYZE")
            self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            self.run("VACUUM ANALYZE")
            self.run("CHECKPOINT" if self._superuser() else "SELECT 1")
        self._connection.close()

    def _superuser(self) -> bool:
        return bool(self.run("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")[0][0])


@contextlib.contextmanager
def opened(database_url: str) -> Iterator[Books]:
    """Lend a connection for copying."""
    books = Books(database_url)
    books.hurry()
    yield books
    books.settle()


def original(books: Books, number: int) -> Original:
    """The subscriber of a number, and its session if it has one."""
    login = names.login(number)
    asked = "SELECT subscriber_id, account_id FROM subscribers WHERE login = ?"
    subscriber_id, account_id = books.run(asked, login)[0]
    asked = "SELECT session_id, start_us FROM sessions WHERE account_id = ? AND state = 1"
    found = books.run(asked, account_id)
    assert len(found) <= 1, "the original has one session"
    session_id, start_us = found[0] if found else (0, 0)
    return Original(number, subscriber_id, account_id, session_id, start_us)


def copy_rows(books: Books, one: Original, keys: KeyRing, *, count: int, sessions_n: int) -> None:
    """Copies of a subscriber: numbers up to `count` above it, the first `sessions_n` on line.

    Both counts contain the original.
    """
    books.fill(_named(one, keys, count))
    for table in FIRST:
        _copy(books, table, one, below=count, sessions_n=sessions_n)
    if one.session_id:
        for table in THEN:
            _copy(books, table, one, below=sessions_n, sessions_n=sessions_n)
    books.run(f"DELETE FROM {MADE}")


def _named(one: Original, keys: KeyRing, count: int) -> Iterator[tuple[Any, ...]]:
    for n in range(1, count):
        number = one.number + n
        sealed = keys.seal(CREDENTIAL, str(one.subscriber_id + n), names.password(number).encode())
        station = names.station(number)
        yield (
            n,
            sealed,
            names.login(number),
            names.acct_session_id(number),
            station,
            station.lower(),
            names.nas_port(number),
            names.address(number),
        )


def _copy(books: Books, table: str, one: Original, *, below: int, sessions_n: int) -> None:
    columns = books.columns(table)
    differs = {name: f"t.{name} + {{n}}" for name in IDS} | DIFFERS.get(table, {})
    if table == "accounts":
        for name in ("open_micros", "held_micros"):
            differs[name] = ON_LINE.format(name=name, sessions_n=sessions_n)
    if table == "entries":
        differs.pop("session_id")  # an opening balance is of no session
    picked = [differs.get(name, f"t.{name}").format(n="c.n") for name in columns]
    key = "entry_account_id" if table == "postings" else "account_id"
    only = " AND t.session_id = ?" if table in THEN else ""
    values = [one.account_id, below] + ([one.session_id] if only else [])
    where = f"t.{key} = ? AND c.n < ?{only} ORDER BY c.n"
    books.run(
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(picked)} FROM {table} AS t CROSS JOIN {MADE} AS c WHERE {where}",
        *values,
    )


def write_classes(file: Path, one: Original, keys: KeyRing, sessions_n: int) -> int:
    """The Class values of the sessions of an original and its copies, in a row; their width."""
    first = token.issue(one.session_id, keys.class_key)
    with file.open("wb") as opened_file:
        for n in range(sessions_n):
            opened_file.write(token.issue(one.session_id + n, keys.class_key))
    return len(first)


def read_keys(file: Path) -> KeyRing:
    """The installation's keys."""
    return KeyRing(file.read_bytes(), os.urandom)
