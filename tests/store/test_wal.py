"""The log of a database is laid out where there is room, and flushed where it was moved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from store import wal
from store._packed import BooksFile, Writer


class Figures:
    """What a file system says of itself."""

    f_bavail, f_frsize = 1_000, 4_096


def test_a_log_is_laid_out_only_where_much_more_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda path: Figures)
    most = Figures.f_bavail * Figures.f_frsize // wal.ROOM_N
    assert wal.room_for(str(tmp_path), most) == most
    assert wal.room_for(str(tmp_path), most + 1) == 0
    assert wal.room_for(str(tmp_path), 0) == 0


def test_a_log_that_was_laid_out_is_written_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    connection = dbapi2.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    connection.execute("CREATE TABLE rows (number INTEGER PRIMARY KEY)")
    assert wal.moved(connection) == 0
    writer = Writer(connection, {"add": "INSERT INTO rows VALUES (?1)"}, "SELECT 0")
    wal.lay(connection, writer, 300_000)
    log = Path(f"{path}-wal")
    size = log.stat().st_size
    assert size >= 300_000 and not connection.in_transaction
    for number in range(20):
        connection.execute("INSERT INTO rows VALUES (?)", (number,))
    assert log.stat().st_size == size, "there was room for all of it"
    other = dbapi2.connect(path)
    assert other.execute("SELECT count(*) FROM rows").fetchone() == (20,)
    assert wal.moved_and_flushed(other, BooksFile(other)) == 0
    other.close()
    connection.close()
    writer.close()
