"""The SQLite that is used is the bundled one, and an affected one is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from store import sqlite_driver


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 40, 1), (3, 51, 2)])
def test_versions_with_the_wal_bug_are_refused_in_one_line(version: tuple[int, int, int]) -> None:
    with pytest.raises(sqlite_driver.StoreVersionError) as refused:
        sqlite_driver.check_version(version)
    said = str(refused.value)
    assert ".".join(map(str, version)) in said
    assert "make setup" in said and "\n" not in said


@pytest.mark.parametrize("version", [(3, 6, 23), (3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_sound_versions_are_let_pass(version: tuple[int, int, int]) -> None:
    sqlite_driver.check_version(version)


def test_importing_the_store_first_gives_every_driver_the_bundled_sqlite() -> None:
    program = (
        "import store, sqlite3, aiosqlite, pysqlite3, sqlalchemy\n"
        "from sqlalchemy.dialects.sqlite import aiosqlite as dialect\n"
        "assert sqlite3 is pysqlite3 and aiosqlite.core.sqlite3 is pysqlite3\n"
        "assert sqlite3.sqlite_version_info >= (3, 51, 3)\n"
        "made = sqlalchemy.create_engine('sqlite://').dialect.dbapi\n"
        "assert made.sqlite_version_info >= (3, 51, 3)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
