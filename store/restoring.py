"""Puts the rows of a backup into a place where nothing is, all of them or none.

A new SQLite database is filled under another name beside the one it is to have and takes that name
when it is complete and on disk; on PostgreSQL tables and rows are one transaction. So an attempt
that fails, however it fails, leaves nothing that a server could start on. Rows of an older revision
go into the tables of that revision, which are then upgraded like any other.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import StoreUnavailable
from store import schema
from store.database import OFFICE_LOCK, make_engine
from store.outages import away, in_one_line
from store.upgrade import migrate, upgrading_engine

COPY_S = 600  # the longest single chunk of rows; nobody else waits for it


class NotEmpty(ValueError):
    """There is something already where a backup was to be restored."""


class Filler:
    """An empty database with its tables made, in the transaction that fills it."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Use `empty_place`."""
        self.connection = connection
        self._postgresql = connection.dialect.name == "postgresql"

    async def add(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Put rows into a table. Tables that others point at come first."""
        if not rows:
            return
        raw: Any = (await self.connection.get_raw_connection()).driver_connection
        if self._postgresql:
            await raw.copy_records_to_table(
                table, columns=list(columns), records=rows, timeout=COPY_S
            )
            return
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        await raw.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)

    async def finish(self) -> None:
        """Bring the tables to this program's revision; numbers go on where they were."""
        if self._postgresql:
            column = schema.changes.c.seq
            sequence = func.pg_get_serial_sequence(schema.changes.name, column.name)
            newest = await self.connection.scalar(select(func.max(column)))
            if newest is not None:
                await self.connection.execute(select(func.setval(sequence, newest)))
        await self.connection.run_sync(migrate)


@asynccontextmanager
async def empty_place(url: str, revision: str) -> AsyncIterator[Filler]:
    """A new database with the tables of `revision`; it is there when the block ends well.

    Raises NotEmpty, BadUrl, StoreUnavailable, UnsafeDatabase, OSError.
    """
    target = make_engine(url).url
    if target.get_backend_name() != "sqlite":
        async with _filling(url, revision) as filler:
            yield filler
        return
    path = Path(str(target.database))
    _see_no_file(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.restoring-{os.getpid()}")
    try:
        # It holds people; the log beside it takes the same mode.
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        async with _filling(f"sqlite:///{beside}", revision) as filler:
            yield filler
        _give_name(beside, path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.unlink(f"{beside}{suffix}")


@asynccontextmanager
async def _filling(url: str, revision: str) -> AsyncIterator[Filler]:
    """One transaction that makes the tables and takes the rows."""
    engine = upgrading_engine(url)
    body_raised = False
    try:
        async with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                await connection.execute(select(func.pg_advisory_xact_lock(OFFICE_LOCK)))
                await connection.run_sync(_see_no_table, engine.url)
            await connection.run_sync(migrate, revision)
            try:
                yield Filler(connection)
            except BaseException:
                body_raised = True
                raise
    except Exception as error:
        # An OSError of the block is about the caller's own files.
        if away(error) and not (body_raised and isinstance(error, OSError)):
            raise StoreUnavailable(in_one_line(error)) from error
        raise
    finally:
        await engine.dispose()


def _see_no_file(path: Path) -> None:
    for suffix in ("", "-wal", "-journal"):
        if os.path.lexists(f"{path}{suffix}"):
            raise NotEmpty(f"there is a file {path}{suffix} already")


def _see_no_table(connection: Connection, url: URL) -> None:
    ours = {"alembic_version", *schema.METADATA.tables}
    if ours.intersection(inspect(connection).get_table_names()):
        raise NotEmpty(f"the database {url.database} has tables already")


def _give_name(beside: Path, path: Path) -> None:
    """The finished file becomes the database, unless there is one by now."""
    handle = os.open(beside, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(beside, path)
    except FileExistsError:
        raise NotEmpty(f"there is a file {path} already") from None
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
