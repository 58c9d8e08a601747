"""The database: opened, checked for durability, and lent out for office work.

`Database.open` refuses a database that would lose what was acknowledged. `office()` is one write
transaction: one writer at a time on both databases, so that the change feed's numbers are in commit
order. `reading()` is a short snapshot. The hot road has a connection of its own (`store.desk`).
Below SQLite's URLs lie files, which only `store.upgrade` creates.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import column, event, func, inspect, select, table, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from aaa.ports import StoreUnavailable
from store import schema
from store.outages import away, in_one_line

BUSY_MS = 10_000  # how long to wait for another writer, either database
CONNECT_S = 5
FIRST_OPENERS_MAX = 16  # of a new SQLite file, so many times may one be the second
STATEMENT_S = 60  # the longest single statement: a migration, an import
OFFICE_LOCK = 0x746F6C6C  # the advisory lock of PostgreSQL that office writers hold
# In `connection.info` once the transaction has told the feed of a change, and the audit of a deed.
CHANGED = "tollhouse_changed"
TOLD = "tollhouse_told"
_SAFE_COMMITS = ("on", "remote_apply")

_READ_ONLY = "tollhouse_read_only"
_VERSION = table("alembic_version", column("version_num"))


# Makes a connection of the shape of aiosqlite's: the seam through which a database is reached.
Connect = Callable[[], Awaitable[Any]]


class UnsafeDatabase(Exception):
    """The database is set up to lose commits that it has acknowledged."""


class BadUrl(ValueError):
    """Not a database URL that we know."""


class Database:
    """An open database. `dialect` is `sqlite` or `postgresql`."""

    def __init__(self, url: str, engine: AsyncEngine) -> None:
        """Use `open`; this only keeps what it is given."""
        self.url = url
        self.engine = engine
        self.dialect: str = engine.dialect.name

    @classmethod
    async def open(cls, url: str, connect: Connect | None = None) -> Database:
        """Open and check. Raises BadUrl, StoreUnavailable, UnsafeDatabase.

        `connect`, if given, makes the connections to SQLite instead of aiosqlite.
        """
        database = cls(url, make_engine(url, connect))
        if not file_exists(database.engine.url):
            raise StoreUnavailable(f"there is no database at {url}: run `tollhouse init`")
        try:
            await database._check_revision()
        except BaseException:
            await database.close()
            raise
        return database

    async def _check_revision(self) -> None:
        """The tables must be those that this program was written for."""
        async with self.reading() as connection:
            made = await connection.run_sync(lambda own: inspect(own).has_table(_VERSION.name))
            found = await connection.scalar(select(_VERSION.c.version_num)) if made else None
        if found is None:
            raise StoreUnavailable("the database is empty: run `tollhouse init`")
        if found != schema.REVISION:
            raise StoreUnavailable(
                f"the database is at revision {found}, this program needs {schema.REVISION}: "
                "run `tollhouse init` to upgrade it"
            )

    @asynccontextmanager
    async def office(self) -> AsyncIterator[AsyncConnection]:
        """One write transaction, committed when the block ends well.

        Holds off every other writer on SQLite and every other office writer on PostgreSQL, so
        prepare slow work beforehand. Record what changes with `store.feed.record_change`, and who
        did it with `store.audit`: a change that nobody answers for does not commit (S40).
        """
        async with self._lent(read_only=False) as connection:
            if self.dialect == "postgresql":
                await connection.execute(select(func.pg_advisory_xact_lock(OFFICE_LOCK)))
            info = connection.info  # of the pooled connection: it outlives the transaction
            for mark in (CHANGED, TOLD):
                info.pop(mark, None)
            yield connection
            self.check_told(changed=CHANGED in info, told=TOLD in info)

    def check_told(self, *, changed: bool, told: bool) -> None:
        """S40: what the office changes, the audit is told in the same transaction."""
        assert told or not changed, "S40: changed, and nothing in the audit says by whom"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One read-only snapshot. Keep it short: on SQLite it holds back the checkpoint."""
        async with self._lent(read_only=True) as connection:
            if self.dialect == "postgresql":
                await connection.execute(
                    text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                )
            yield connection

    @asynccontextmanager
    async def _lent(self, *, read_only: bool) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction; a driver's outage becomes StoreUnavailable."""
        body_raised = False
        try:
            async with self.engine.connect() as plain:
                connection = await plain.execution_options(**{_READ_ONLY: read_only})
                async with connection.begin():
                    try:
                        yield connection
                    except BaseException:
                        body_raised = True
                        raise
        except Exception as error:
            # In the body an OSError is the caller's own; from the driver it comes wrapped.
            ours = not body_raised or getattr(error, "orig", None) is not None
            if ours and away(error):
                raise StoreUnavailable(in_one_line(error)) from error
            raise

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def file_exists(url: URL) -> bool:
    """Is there a file under an SQLite URL? Yes for every other database."""
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def make_engine(url: str, connect: Connect | None = None) -> AsyncEngine:
    """An engine for `sqlite:///path` or `postgresql://...`, every connection set up alike."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        own: dict[str, Any] = {} if connect is None else {"async_creator": connect}
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite"),
            connect_args={"isolation_level": None, "timeout": BUSY_MS / 1000},
            **own,
        )
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(
        _for_asyncpg(parsed),
        connect_args={
            "timeout": CONNECT_S,
            "command_timeout": STATEMENT_S,
            "max_cacheable_statement_size": 0,  # however long: a batch is one statement
            "max_cached_statement_lifetime": 0,  # to plan one takes ten times what it takes
            "server_settings": {
                "application_name": "tollhouse",
                "timezone": "UTC",
                "lock_timeout": str(BUSY_MS),
                "idle_in_transaction_session_timeout": "60000",
            },
        },
        pool_size=4,
    )
    event.listen(engine.sync_engine, "connect", _check_postgresql)
    return engine


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadUrl("not a database URL; write sqlite:///PATH or postgresql://...") from error
    if parsed.drivername not in ("sqlite", "postgresql"):
        raise BadUrl(f"unknown database `{parsed.drivername}`: use sqlite or postgresql")
    if not parsed.database or parsed.database == ":memory:":
        raise BadUrl("the database URL names no database")
    return parsed


def _for_asyncpg(url: URL) -> URL:
    """The URL as asyncpg wants it: what libpq calls sslmode is called ssl."""
    query = dict(url.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return url.set(drivername="postgresql+asyncpg", query=query)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    """WAL, flushed at each commit; nobody but the server's own connections checkpoints."""
    cursor = connection.cursor()
    mode = _into_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0"):
        cursor.execute(f"PRAGMA {pragma}")
        cursor.fetchall()
    cursor.execute("PRAGMA synchronous")
    (synchronous,) = cursor.fetchone()
    cursor.close()
    if mode != "wal" or synchronous != 2:
        raise UnsafeDatabase(
            f"SQLite is not durable here (journal_mode={mode}, synchronous={synchronous}): "
            "put the database on a local file system"
        )


def _into_wal(cursor: Any) -> str:
    """Have the database write ahead, and say what it does.

    Of several that open a new file at once, all but one are told at once that it is locked: here
    SQLite does not wait. So wait for a lock that it waits for, and try again.
    """
    for others_n in reversed(range(FIRST_OPENERS_MAX)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return str(cursor.fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not others_n:
                raise
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
    raise AssertionError("it was tried")


def _begin_sqlite(connection: Any) -> None:
    """A writer takes its lock at once, so that it never fails half-way (no upgrade of locks)."""
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _check_postgresql(connection: Any, _record: Any) -> None:
    """A commit must mean that it is on disk."""
    cursor = connection.cursor()
    cursor.execute("SHOW synchronous_commit")
    (setting,) = cursor.fetchone()
    cursor.close()
    connection.rollback()  # asking has opened a transaction, in which nothing would be heard
    if setting not in _SAFE_COMMITS:
        raise UnsafeDatabase(
            f"PostgreSQL's synchronous_commit is {setting}: set it to on, or acknowledged "
            "accounting is lost in a crash"
        )
