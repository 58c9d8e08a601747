"""The log of a database is laid out where there is room, and flushed where it was moved."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


LAID_OCTETS = 300_000
MOST_OCTETS = 200_001  # of a file: ends within a page
DIES = f"""
import resource, signal
from tests.store import test_wal
from store import wal
connection, writer = test_wal.opened(PATH)
connection.execute("INSERT INTO rows VALUES (2)")
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, ({MOST_OCTETS}, resource.RLIM_INFINITY))
wal.lay(connection, writer, {LAID_OCTETS})
"""
WRITES = """
from pysqlite3 import dbapi2
connection = dbapi2.connect(PATH, isolation_level=None)
connection.execute("PRAGMA synchronous=FULL")
connection.execute("INSERT INTO rows VALUES (NUMBER)")
print(connection.execute("SELECT count(*) FROM rows").fetchone()[0])
"""


def opened(path: Path | str) -> tuple[dbapi2.Connection, Writer]:
    """A server's connection to a database of one table, made if it is not there, and its writer."""
    connection = dbapi2.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("PRAGMA wal_autocheckpoint=0").fetchall()
    connection.execute("CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY)")
    return connection, Writer(connection, {"add": "INSERT INTO rows VALUES (?1)"}, "SELECT 0")


def numbers(connection: dbapi2.Connection) -> list[int]:
    """What is in the table, of a database without a fault."""
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return [number for (number,) in connection.execute("SELECT number FROM rows ORDER BY number")]


def played(program: str, path: Path, **words: int) -> subprocess.CompletedProcess[str]:
    """A program of another process on this database."""
    program = program.replace("PATH", repr(str(path)))
    for word, number in words.items():
        program = program.replace(word, str(number))
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


@contextmanager
def no_file_above(octets: int) -> Iterator[None]:
    """As on a full disk: no file can grow beyond this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_server_that_dies_while_it_lays_out_the_log_has_lost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    log = Path(f"{path}-wal")
    reader, writer = opened(path)
    reader.execute("INSERT INTO rows VALUES (1)")
    reader.execute("BEGIN")
    assert numbers(reader) == [1]  # so that what it dies with cannot be moved
    died = played(DIES, path)
    assert died.returncode == -signal.SIGXFSZ, died.stderr
    assert log.stat().st_size == MOST_OCTETS, "it died on the way"
    reader.execute("COMMIT")
    writer.close()
    reader.close()
    connection, writer = opened(path)
    assert numbers(connection) == [1, 2]
    wal.lay(connection, writer, LAID_OCTETS)
    connection.execute("INSERT INTO rows VALUES (3)")
    assert numbers(connection) == [1, 2, 3]
    writer.close()
    connection.close()


def test_a_log_whose_frames_are_followed_by_a_torn_stretch_of_zeros_is_read_to_its_end(
    tmp_path: Path,
) -> None:
    path, found = tmp_path / "books.db", tmp_path / "found.db"
    connection, writer = opened(path)
    for number in range(20):
        connection.execute("INSERT INTO rows VALUES (?)", (number,))
    # As after a power cut: the files as they are, and no index of the log.
    found.write_bytes(path.read_bytes())
    Path(f"{found}-wal").write_bytes(Path(f"{path}-wal").read_bytes() + bytes(10_001))
    writer.close()
    connection.close()
    connection, writer = opened(found)
    assert numbers(connection) == list(range(20))
    connection.execute("INSERT INTO rows VALUES (20)")
    assert numbers(connection) == list(range(21))
    writer.close()
    connection.close()


def test_where_the_disk_is_full_the_log_stays_as_it_was_and_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    connection, writer = opened(path)
    before = Path(f"{path}-wal").stat().st_size
    with no_file_above(MOST_OCTETS):
        wal.lay(connection, writer, LAID_OCTETS)
        assert Path(f"{path}-wal").stat().st_size == before and not connection.in_transaction
        connection.execute("INSERT INTO rows VALUES (1)")
    wal.lay(connection, writer, LAID_OCTETS)
    assert Path(f"{path}-wal").stat().st_size >= LAID_OCTETS
    connection.execute("INSERT INTO rows VALUES (2)")
    assert numbers(connection) == [1, 2]
    writer.close()
    connection.close()


def test_another_process_writes_into_a_log_that_was_laid_out_and_both_see_all(
    tmp_path: Path,
) -> None:
    path = tmp_path / "books.db"
    log = Path(f"{path}-wal")
    connection, writer = opened(path)
    wal.lay(connection, writer, LAID_OCTETS)
    size = log.stat().st_size
    connection.execute("INSERT INTO rows VALUES (1)")
    assert played(WRITES, path, NUMBER=2).stdout == "2\n"
    connection.execute("INSERT INTO rows VALUES (3)")
    assert numbers(connection) == [1, 2, 3] and log.stat().st_size == size
    other = dbapi2.connect(path, isolation_level=None)
    assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    assert log.stat().st_size == 0, "whoever wants may take the zeros away"
    connection.execute("INSERT INTO rows VALUES (4)")
    assert numbers(connection) == numbers(other) == [1, 2, 3, 4]
    other.close()
    writer.close()
    connection.close()
    assert not log.exists()
