"""Which errors of the two drivers mean that the database is away, and which that we raced.

`StoreUnavailable` is for what an operator mends or what mends itself: no connection, a full disk, a
lock that is not given up. `Conflict` is for what deciding again mends. What is neither is a broken
invariant, that is, our bug, and stays visible as one. Nothing here does I/O.
"""

from __future__ import annotations

import sqlite3

import asyncpg
from sqlalchemy import exc

# SQLSTATE classes: connection lost, password refused, no such database, out of resources, shut down
# by an operator; and a lock timeout.
_AWAY_CLASSES = ("08", "28", "3D", "53", "57")
_LOCK_NOT_AVAILABLE = "55P03"
_RACED = ("40001", "40P01")  # serialization failure, deadlock


def state_of(error: BaseException) -> str:
    """The SQLSTATE of an error, empty when it has none."""
    for one in (error, getattr(error, "orig", None), error.__cause__):
        state = getattr(one, "sqlstate", None)
        if isinstance(state, str):
            return state
    return ""


def raced(error: BaseException) -> bool:
    """Was the transaction undone because somebody else was there? Trying again helps."""
    return state_of(error) in _RACED


def away(error: BaseException) -> bool:
    """Does this error of a driver mean that the database cannot be relied on now?"""
    state = state_of(error)
    if state:
        return state.startswith(_AWAY_CLASSES) or state in (_LOCK_NOT_AVAILABLE, *_RACED)
    if isinstance(error, exc.DBAPIError):
        within = getattr(error.orig, "__cause__", None)  # what the driver itself has raised
        return (
            error.connection_invalidated
            or isinstance(error, exc.OperationalError | exc.InterfaceError)
            or isinstance(within, asyncpg.InternalClientError)
        )
    return isinstance(
        error,
        OSError
        | TimeoutError
        | exc.TimeoutError
        | sqlite3.OperationalError
        | asyncpg.InterfaceError
        # The driver lost track of its connection: it was cut in the middle of a question.
        | asyncpg.InternalClientError
        | asyncpg.PostgresConnectionError,
    )


def unwritable(error: BaseException) -> bool:
    """Is it a row that no database will take: out of range, no UTF-8, against a constraint?

    Such a row can only be our bug, and only the request that made it may suffer from it.
    """
    if state_of(error).startswith(("22", "23", "P0001")):
        return True
    return isinstance(
        error,
        sqlite3.IntegrityError
        | sqlite3.DataError
        | sqlite3.ProgrammingError
        | sqlite3.InterfaceError,
    )


def refused(error: BaseException) -> AssertionError:
    """What to raise for a row that is `unwritable`, or that a driver could not even encode."""
    return AssertionError(f"the database refuses a row: {in_one_line(error)}")


def in_one_line(error: BaseException) -> str:
    """What the driver said, without its pages of SQL and links."""
    said = str(getattr(error, "orig", None) or error).strip()
    first = said.splitlines()[0] if said else ""
    return first.removeprefix("<class '").strip() or type(error).__name__
