"""Are the files of a database still those that were opened?

A file that was deleted or replaced goes on living under the connections that have it open: commits
succeed and are lost at the next start. So no commit counts before a look has shown that the names
of the database, its WAL and its index still mean the files that it was opened with.
"""

from __future__ import annotations

import os

from aaa.ports import StoreUnavailable
from store.database import Database

FileId = tuple[int, int]


def file_of(database: Database) -> str:
    """The whole path of its file, wherever the process goes from here."""
    return os.path.abspath(str(database.engine.url.database))


def file_ids(path: str) -> list[FileId]:
    """Device and inode of a database, its WAL and its index. Raises OSError when one is gone."""
    figures = [os.stat(path + suffix) for suffix in ("", "-wal", "-shm")]
    return [(one.st_dev, one.st_ino) for one in figures]


def check_in_place(path: str, opened: list[FileId]) -> None:
    """Raise StoreUnavailable when the names no longer mean the files that are open."""
    try:
        found = file_ids(path)
    except OSError as error:
        raise StoreUnavailable(f"the database is gone from under the server: {error}") from None
    if found != opened:
        raise StoreUnavailable(
            f"{path} is not the database that the server has open: restart the server"
        )
