"""What the drivers say, sorted into what mends itself, what deciding again mends, and our bugs."""

from __future__ import annotations

import sqlite3

import asyncpg
import pytest
from sqlalchemy import exc

from store.outages import away, in_one_line, raced


def wrapped(error: Exception, kind: type[exc.DBAPIError] = exc.DBAPIError) -> exc.DBAPIError:
    """An error as SQLAlchemy hands it on."""
    return kind("a page of SQL", {}, error)


def from_within(error: Exception) -> exc.DBAPIError:
    """An error of the driver that SQLAlchemy has first made its own, and then handed on."""
    own = RuntimeError(str(error))
    own.__cause__ = error
    return exc.InternalError("a page of SQL", {}, own)


AWAY = [
    ConnectionRefusedError(),
    TimeoutError(),
    sqlite3.OperationalError("database or disk is full"),
    sqlite3.OperationalError("database is locked"),
    asyncpg.AdminShutdownError("terminating"),
    asyncpg.DiskFullError("no space"),
    asyncpg.TooManyConnectionsError("too many"),
    asyncpg.CannotConnectNowError("starting up"),
    asyncpg.QueryCanceledError("too long"),
    asyncpg.LockNotAvailableError("lock timeout"),
    asyncpg.ConnectionDoesNotExistError("closed"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("cannot switch to state 15"),
    asyncpg.InvalidPasswordError("wrong"),
    asyncpg.InvalidCatalogNameError("no such database"),
    wrapped(sqlite3.OperationalError("disk I/O error"), exc.OperationalError),
    from_within(asyncpg.InternalClientError("cannot switch to state 15")),
]
OURS = [
    ValueError("x"),
    AssertionError("L2"),
    asyncpg.UniqueViolationError("twice"),
    asyncpg.UndefinedTableError("none"),
    wrapped(sqlite3.IntegrityError("L4"), exc.IntegrityError),
    wrapped(sqlite3.ProgrammingError("syntax"), exc.ProgrammingError),
    from_within(asyncpg.UndefinedTableError("none")),
]


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_an_outage_is_recognised(error: Exception) -> None:
    assert away(error)
    assert not raced(error)


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_a_bug_is_not_called_an_outage(error: Exception) -> None:
    assert not away(error)
    assert not raced(error)


@pytest.mark.parametrize(
    "error", [asyncpg.SerializationError("raced"), asyncpg.DeadlockDetectedError("embraced")]
)
def test_a_race_is_recognised_also_when_it_is_wrapped(error: Exception) -> None:
    outer = RuntimeError()
    outer.__cause__ = error
    assert raced(error) and raced(wrapped(error)) and raced(outer)


def test_what_is_said_is_one_line_without_sql() -> None:
    assert in_one_line(wrapped(sqlite3.OperationalError("database is locked\nmore"))) == (
        "database is locked"
    )
    assert in_one_line(TimeoutError()) == "TimeoutError"
