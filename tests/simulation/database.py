"""Connections to a real SQLite without a thread: every hop is one instant of the world.

The server reaches SQLite through aiosqlite, whose connection runs each call on a thread of its
own. Here the same calls run in the turn of the loop in which they come, on the fault-injecting
disk, with the world's time passing before and after. So a commit happens at one known instant,
other tasks run around it, and a crash can fall before it, after it or into the middle of it.

Waiting for a lock is waiting in the world: SQLite's own patience is switched off.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import aiosqlite

from store.database import BUSY_MS
from tests.simulation.disk.disk import Disk, Life
from tests.simulation.seams import running_process
from tests.simulation.world import World

RETRY_US = 20_000


class InstantQueue:
    """aiosqlite's queue to its thread, for whoever puts a call there from another thread."""

    def __init__(self, connection: InstantConnection) -> None:
        """Of this connection."""
        self._connection = connection

    def put_nowait(self, job: tuple[asyncio.Future[Any], Callable[[], Any]]) -> None:
        """Have it called when its turn comes; the future is told how that ended."""
        running_process().spawn(self._told(*job), "queued call")

    async def _told(self, end: asyncio.Future[Any], call: Callable[[], Any]) -> None:
        try:
            end.set_result(await self._connection._execute(call))
        except Exception as error:  # noqa: BLE001 - it is for whoever waits
            end.set_exception(error)


class InstantConnection(aiosqlite.Connection):
    """aiosqlite's connection, its calls made in place."""

    def __init__(self, world: World, disk: Disk | Life, file: str, pace: Pace) -> None:
        """Opens when awaited."""
        self._world = world
        self._disk = disk
        self._pace = pace
        self._file = file
        self._running = True
        self._iter_chunk_size = 64
        self._connection: sqlite3.Connection | None = None
        self._thread = asyncio.Lock()  # calls are made one by one, in the order in which they come
        self._tx = InstantQueue(self)  # type: ignore[assignment]

    def __await__(self) -> Generator[Any, None, aiosqlite.Connection]:
        """Open."""
        return self._open().__await__()

    def __del__(self) -> None:
        """Nothing to stop."""

    async def _open(self) -> aiosqlite.Connection:
        await self._world.sleep(self._pace.hop_us())
        await self._alive()
        self._connection = self._disk.connect(self._file, isolation_level=None, timeout=0)
        return self

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("Connection closed")
        async with self._thread:
            result = await self._called(partial(fn, *args, **kwargs))
        await self._alive()
        await self._world.sleep(self._pace.hop_us())
        return result

    async def _called(self, call: Callable[[], Any]) -> Any:
        await self._world.sleep(self._pace.hop_us())
        waited_us = 0
        while True:
            await self._alive()
            try:
                return call()
            except sqlite3.OperationalError as error:
                await self._alive()
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                again = busy and not self._conn.in_transaction and waited_us < BUSY_MS * 1000
                if not again:
                    await self._world.sleep(self._pace.hop_us())
                    raise
            self._world.figures["waits for a lock"] += 1
            waited_us += RETRY_US
            await self._world.sleep(RETRY_US)

    async def _alive(self) -> None:
        """Die with the disk, if a fault said that the process died in mid-write."""
        process = running_process()
        if self._disk.dead:
            process.kill()
        if not process.alive:
            await process.hang()

    async def close(self) -> None:
        """Close; the last one takes the WAL with it."""
        if self._connection is not None:
            await self._execute(self._connection.close)
            self._connection = None

    def drop(self) -> None:
        """Its process has died alone: what it had open is closed for it, and its locks are free."""
        connection, self._connection = self._connection, None
        self._running = False
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.rollback()
            connection.close()

    def stop(self) -> None:
        """There is no thread to stop."""
        self._running = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Pace:
    """How slow the database is: half the time of a hop, drawn anew each time."""

    def __init__(self, dice: Random, mean_us: int) -> None:
        """`mean_us` may be changed while the world runs."""
        self._dice = dice
        self.mean_us = mean_us

    def hop_us(self) -> int:
        """The next wait."""
        return round(self._dice.expovariate(1.0 / self.mean_us)) if self.mean_us else 0


def connector(
    world: World, disk: Disk | Life, file: str, pace: Pace, opened: list[InstantConnection]
) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What `Database.open` calls for each connection; `opened` gets all that are made."""

    async def connect() -> aiosqlite.Connection:
        made = InstantConnection(world, disk, file, pace)
        opened.append(made)
        return await made

    return connect
