"""The write-ahead log of a SQLite database: laid out ahead, moved into the database, and flushed.

Commits wait for one flush of the log each, and for nothing else that can be done elsewhere. A flush
of a file that grows also waits for the journal of the file system, and with it for whatever else is
being flushed: nine in ten took 4 ms, of a file that was written before 0.4. So the log of a server
is written once before it is used. Its zeros are no frames: SQLite goes by salts and sums.

These are plain functions over a plain connection, for its thread. When they are called is
`store.desk_sqlite`'s business.
"""

from __future__ import annotations

import os
import sqlite3

from store._packed import BooksFile, Writer

LAID_OCTETS = 48 * 1024 * 1024  # what it grows to before it begins anew, and a half
ROOM_N = 20  # so many times as much has to be free


def room_for(path: str, laid_octets: int) -> int:
    """What may be laid out on the disk of this file: all of it, or nothing. Raises OSError."""
    figures = os.statvfs(path)
    return laid_octets if figures.f_bavail * figures.f_frsize >= ROOM_N * laid_octets else 0


def lay(connection: sqlite3.Connection, writer: Writer, laid_octets: int) -> None:
    """Have the log begin with octets that are on the disk. Where that fails it grows as it may."""
    connection.execute("BEGIN IMMEDIATE")  # nobody else appends to it
    try:
        writer.lay(laid_octets)
    finally:
        connection.execute("ROLLBACK")


def moved(connection: sqlite3.Connection) -> int:
    """Move the WAL into the database as far as readers allow: how many pages are left in it."""
    _busy, pages_n, moved_n = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return max(int(pages_n - moved_n), 0)


def moved_and_flushed(connection: sqlite3.Connection, file: BooksFile) -> int:
    """As `moved`, and what was moved is on the disk; how many pages are left by then, those among
    them that were committed meanwhile. `file` is the connection's own.

    SQLite flushes the database only when nothing of the WAL is left, which beside commits is hardly
    ever so: they would wait for that flush at the next checkpoint of their own.
    """
    moved(connection)
    file.flush()
    _busy, pages_n, moved_n = connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
    return max(int(pages_n - moved_n), 0)
