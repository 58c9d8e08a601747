"""Puts the bundled SQLite in the place of the one that Python came with.

SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode when two connections write and checkpoint
at the same time; the system's library is usually one of those. `install` must run before anything
imports `sqlite3`'s users (SQLAlchemy's dialect, aiosqlite), which is why `store/__init__` calls it
first. A process that ends up with an affected version refuses to go on.
"""

from __future__ import annotations

import sys
from types import ModuleType

FIRST_AFFECTED = (3, 7, 0)
FIRST_SOUND = (3, 51, 3)


class StoreVersionError(Exception):
    """The SQLite library in use can corrupt the books."""


def check_version(version: tuple[int, int, int]) -> None:
    """Raise StoreVersionError for an affected SQLite."""
    if FIRST_AFFECTED <= version < FIRST_SOUND:
        shown = ".".join(map(str, version))
        raise StoreVersionError(
            f"SQLite {shown} can corrupt a database in WAL mode (versions 3.7.0 to 3.51.2): "
            "run `make setup` to install the bundled SQLite"
        )


def install() -> ModuleType:
    """Make `import sqlite3` mean the bundled SQLite; return it. Safe to call again."""
    import pysqlite3  # late, for order is the point
    from pysqlite3 import dbapi2

    check_version(dbapi2.sqlite_version_info)
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = dbapi2
    module: ModuleType = pysqlite3
    return module
