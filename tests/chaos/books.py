"""Reads the oracle's model of the books out of a server's database.

Plain SQL over plain drivers, because the server's own way of reading is under test as well. The
SQLite file is read as it lies there; give it a copy when no process may disturb another, for the
last one to close a database tidies it up. Everything of one call is one snapshot.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3

from tests.chaos.oracle import (
    ACCEPTED,
    CLOSED,
    LAPSED,
    LIVE,
    AccountRow,
    Books,
    PotRow,
    SessionRow,
)

Ask = Callable[[str], Iterable[Any]]

_STATES = {0: ACCEPTED, 1: LIVE, 2: CLOSED, 3: LAPSED}
_HELD = 1

_SESSIONS = """
SELECT s.acct_session_id, coalesce(b.login, ''), s.state, s.input_octets, s.output_octets,
       s.session_s, s.charged_micros, s.closed_micros,
       CASE WHEN s.hold_state = 1 THEN s.granted_micros - s.used_micros ELSE 0 END
FROM sessions s LEFT JOIN subscribers b ON b.subscriber_id = s.subscriber_id
ORDER BY s.session_id
"""
_ACCOUNTS = """
SELECT a.account_id, b.login, a.posted_micros, a.open_micros, a.held_micros, a.credit_limit_micros
FROM accounts a JOIN subscribers b ON b.account_id = a.account_id
"""
_POSTINGS = """
SELECT p.account_id, e.kind, p.amount_micros
FROM postings p JOIN entries e
  ON e.account_id = p.entry_account_id AND e.entry_id = p.entry_id
WHERE p.book = 'customer'
"""
_POTS = """
SELECT b.login, p.pot, p.granted, p.used, p.lost
FROM pots p JOIN subscribers b ON b.account_id = p.account_id
ORDER BY p.account_id, p.pot, p.period_start_us
"""
_ALL_POSTINGS = "SELECT coalesce(sum(amount_micros), 0) FROM postings"


def _model(ask: Ask) -> Books:
    sessions = [
        SessionRow(name, login, _STATES[state], *(int(value) for value in rest))
        for name, login, state, *rest in ask(_SESSIONS)
    ]
    postings: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for account_id, kind, micros in ask(_POSTINGS):
        postings[account_id].append((str(kind), int(micros)))
    accounts = [
        AccountRow(login, posted, opened, held, limit, postings[account_id])
        for account_id, login, posted, opened, held, limit in ask(_ACCOUNTS)
    ]
    pots = [PotRow(login, pot, *(int(value) for value in rest)) for login, pot, *rest in ask(_POTS)]
    ((total,),) = ask(_ALL_POSTINGS)
    return Books(sessions, accounts, pots, int(total))


def read_sqlite(path: Path, *, check: bool = True) -> Books:
    """The books in an SQLite file, with SQLite's own opinion of the file if `check`."""
    connection = pysqlite3.connect(str(path), isolation_level=None)
    try:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("BEGIN")
        books = _model(lambda sql: connection.execute(sql).fetchall())
        if check:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            said += [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
            books.damage = [words for words in said if words != "ok"]
        connection.execute("COMMIT")
    except (pysqlite3.DatabaseError, sqlite3.DatabaseError) as error:
        return Books([], damage=[f"SQLite cannot read it: {error}"])
    finally:
        connection.close()
    return books


def copy_sqlite(path: Path, into: Path) -> Path:
    """Copy a database that nobody writes: the file and its WAL, without the shared index."""
    into.mkdir(parents=True, exist_ok=True)
    copied = into / path.name
    for suffix in ("", "-wal", "-shm"):
        Path(f"{copied}{suffix}").unlink(missing_ok=True)
        if suffix != "-shm" and Path(f"{path}{suffix}").exists():
            shutil.copyfile(f"{path}{suffix}", f"{copied}{suffix}")
    return copied


def read_postgresql(url: str) -> Books:
    """The books in a PostgreSQL database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        books = _model(lambda sql: connection.execute(sql).fetchall())
        connection.execute("COMMIT")
    return books


def read_radacct(url: str) -> Books:
    """The sessions of a FreeRADIUS with its stock PostgreSQL schema; it keeps no money."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT acctsessionid, username, acctstoptime, coalesce(acctinputoctets, 0),"
            " coalesce(acctoutputoctets, 0), coalesce(acctsessiontime, 0)"
            " FROM radacct ORDER BY radacctid"
        ).fetchall()
    return Books(
        [
            SessionRow(name, login, LIVE if stop is None else CLOSED, up, down, seconds)
            for name, login, stop, up, down, seconds in found
        ]
    )
