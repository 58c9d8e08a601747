"""A small writer to try a disk with: numbered transactions, each of several pages, and checkpoints.

What it was told is committed is in `acked_n`; what a directory holds is asked of SQLite through a
new life, so that reading recovers as a restarted server would. A transaction that is there in part,
or one that is missing before one that is there, is `torn`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pysqlite3 import dbapi2

from tests.simulation.disk.disk import Disk

FILE = "books.db"
ROWS_N = 3
TABLE = "CREATE TABLE IF NOT EXISTS t(n INTEGER, k INTEGER, v BLOB, PRIMARY KEY (n, k))"


@dataclass(frozen=True)
class Found:
    """What a directory holds: transactions 0 to `whole_n` - 1, and nothing `torn`."""

    integrity: str
    whole_n: int
    torn: bool


@contextmanager
def life(directory: Path, *, powersafe: bool = True) -> Iterator[Disk]:
    """A disk that is closed whatever happens."""
    directory.mkdir(parents=True, exist_ok=True)
    disk = Disk(directory, powersafe=powersafe)
    try:
        yield disk
    finally:
        disk.close()


def opened(disk: Disk, synchronous: str = "FULL", journal: str = "WAL") -> dbapi2.Connection:
    """A connection as the store sets it up, and the table."""
    connection = disk.connect(FILE, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={journal}").fetchall()
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    connection.execute(TABLE)
    return connection


def commit(connection: dbapi2.Connection, n: int, chance: random.Random) -> None:
    """Write transaction `n`. Raises dbapi2.Error, after which nothing of it counts."""
    rows = [(n, k, chance.randbytes(chance.randrange(3000))) for k in range(ROWS_N)]
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        # Old pages change too: a cut must not mix their versions.
        connection.execute("UPDATE t SET v = zeroblob(50) WHERE n = ? AND k = 1", (n // 2,))
        connection.execute("COMMIT")
    except dbapi2.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def checkpoint(connection: dbapi2.Connection, mode: str) -> None:
    """Move the WAL into the database."""
    connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()


def write(
    connection: dbapi2.Connection, transactions_n: int, chance: random.Random, first: int = 0
) -> int:
    """Write on until something fails; returns how many transactions are acknowledged in all."""
    acked_n = first
    try:
        for n in range(first, first + transactions_n):
            commit(connection, n, chance)
            acked_n = n + 1
            if chance.randrange(6) == 0:
                checkpoint(connection, chance.choice(("PASSIVE", "RESTART", "TRUNCATE")))
    except dbapi2.Error:
        pass
    return acked_n


def found(directory: Path) -> Found:
    """Recover a directory in a life of its own and look what is there."""
    with life(directory) as disk:
        connection = disk.connect(FILE)
        try:
            (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
            connection.execute(TABLE)
            rows = connection.execute("SELECT n, count(*) FROM t GROUP BY n ORDER BY n").fetchall()
        finally:
            connection.close()
    expected = [(n, ROWS_N) for n in range(len(rows))]
    return Found(integrity, len(rows), rows != expected)
