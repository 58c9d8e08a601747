"""A proxy between the server and PostgreSQL that knows what a COMMIT is, and cuts there.

A commit whose answer never comes has an unknown outcome: that is the normal case of every crash,
and the one that a random kill meets too seldom. This proxy reads the client's side of the protocol
and strikes exactly at the COMMIT (or inside the transaction) in one of the ways of `Strike`, once
for each time it is armed. Only the server's own road says plain `COMMIT`; the commands of an
operator, which say `COMMIT;`, pass. The road's statements that commit by themselves are taken apart
when there is something to strike: into BEGIN, the statement, and a COMMIT that can be struck.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import struct
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

COMMIT = b"COMMIT\0"
BEGIN = (b"BEGIN\0", b"BEGIN; SELECT ")  # how a transaction of the road that writes begins
ROLLBACK = b"ROLLBACK\0"
ALONE = (b"WITH ", b" RETURNING 1)")  # how a statement that commits by itself begins, and its parts
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
CHUNK_OCTETS = 65_536
START_LIMIT_S = 60

Result = TypeVar("Result")


class Strike(enum.Enum):
    """What is done to a transaction."""

    CUT_BEFORE = "cut before COMMIT"  # it never reaches the database
    CUT_AFTER = "cut after COMMIT"  # it is committed, and the answer is lost
    LATE = "COMMIT arrives late"  # the server has lost the connection; then it is committed
    AT_COMMIT = "error at COMMIT"  # with the armed SQLSTATE; the transaction is over
    INSIDE = "error inside"  # raised by the database itself: the transaction is aborted
    SHUTDOWN = "57P01 at COMMIT"  # rolled back, an error that ends the connection


def message(kind: bytes, body: bytes) -> bytes:
    """A message of the protocol, version 3."""
    return kind + struct.pack("!I", len(body) + 4) + body


def query(sql: str) -> bytes:
    """A simple query."""
    return message(b"Q", sql.encode() + b"\0")


def error(state: str, severity: str = "ERROR") -> bytes:
    """An ErrorResponse."""
    fields = {b"S": severity, b"V": severity, b"C": state, b"M": "struck by the proxy"}
    body = b"".join(kind + text.encode() + b"\0" for kind, text in fields.items())
    return message(b"E", body + b"\0")


IDLE = message(b"Z", b"I")  # ReadyForQuery, no transaction


class PgProxy:
    """The proxy in a thread of its own; `arm` and the figures may be used from any thread."""

    def __init__(self, target_port: int) -> None:
        """Listen on a free port of 127.0.0.1 and pass everything on to `target_port` there."""
        self.target_port = target_port
        self.port = 0
        self.delay_s = 0.0  # before each COMMIT of the road is passed on
        self.late_s = 0.5  # how late a LATE commit is
        self.commits_n = 0
        self.struck: dict[Strike, int] = dict.fromkeys(Strike, 0)
        self._armed: tuple[Strike, str] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pg-proxy", daemon=True)
        self._thread.start()
        self._server = self._in_thread(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def __enter__(self) -> PgProxy:
        """Return the proxy."""
        return self

    def __exit__(self, *_: object) -> None:
        """Cut everything and stop."""
        self._in_thread(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _in_thread(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_LIMIT_S)

    async def _end(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def arm(self, strike: Strike, state: str = "") -> None:
        """Strike once, at the next chance; `state` is the SQLSTATE of an error."""
        self._armed = (strike, state)

    @property
    def armed(self) -> bool:
        """Is the strike still to come?"""
        return self._armed is not None

    # ---------------------------------------------------------------- one connection

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side has gone
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect to the database, and pass both directions on until one side ends."""
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        pair = _Pair(self, reader, writer, back_reader, back_writer)
        try:
            await pair.carry()
        finally:
            back_writer.close()

    def take_strike(self, *, inside: bool) -> tuple[Strike, str] | None:
        """The armed strike, if it belongs here; it is disarmed."""
        armed = self._armed
        if armed is None or (armed[0] is Strike.INSIDE) is not inside:
            return None
        self._armed = None
        self.struck[armed[0]] += 1
        return armed

    def give_back(self, strike: Strike, state: str) -> None:
        """It was not used after all."""
        self.struck[strike] -= 1
        self._armed = (strike, state)


class _Pair:
    """The two connections of one client."""

    def __init__(
        self,
        proxy: PgProxy,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back_reader: asyncio.StreamReader,
        back_writer: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._reader, self._writer = reader, writer
        self._back_reader, self._back_writer = back_reader, back_writer
        self._writing = False  # in a transaction of the road that may write
        self._alone: set[bytes] = set()  # names of statements that commit by themselves
        self._kept: bytearray | None = None  # answers, while it is not known whether they are true
        self._muted = asyncio.Event()  # set: answers are no longer passed on
        self._answered = asyncio.Event()  # while muted: the database has answered

    async def carry(self) -> None:
        """Both directions at once; the end of one is the end of both."""
        ways = [asyncio.create_task(self._down()), asyncio.create_task(self._up())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _up(self) -> None:
        """From the database to the server, untouched."""
        while octets := await self._back_reader.read(CHUNK_OCTETS):
            if self._kept is not None:
                self._kept += octets
                if self._kept[-6:-1] == IDLE[:5]:
                    self._answered.set()
                continue
            if self._muted.is_set():
                if octets[-6:-1] == IDLE[:5]:
                    self._answered.set()
                continue
            self._writer.write(octets)
            await self._writer.drain()

    async def _down(self) -> None:
        """From the server to the database, message by message."""
        await self._begin()
        while True:
            head = await self._reader.readexactly(5)
            body = await self._reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"Q":
                passed = await self._simple(body)
                if passed is None:
                    return
                if not passed:
                    continue
            if head[:1] == b"P":
                self._remember(body)
            if head[:1] == b"B":
                alone = not self._writing and body.split(b"\0", 2)[1] in self._alone
                if (self._writing or alone) and await self._struck_inside():
                    continue
                if alone:
                    passed = await self._by_itself(head + body)
                    if passed is None:
                        return
                    continue
            self._back_writer.write(head + body)
            await self._back_writer.drain()

    async def _begin(self) -> None:
        """Messages before the session proper have no type."""
        code = SSL_REQUEST
        while code in (SSL_REQUEST, GSS_REQUEST):
            head = await self._reader.readexactly(8)
            length, code = struct.unpack("!II", head)
            self._back_writer.write(head + await self._reader.readexactly(length - 8))
            await self._back_writer.drain()

    async def _simple(self, body: bytes) -> bool | None:
        """Look at a simple query: is it passed on? None: the connection ends here."""
        if body.startswith(BEGIN):
            self._writing = True
        if body == ROLLBACK:
            self._writing = False
        if body != COMMIT or not self._writing:
            return True
        self._writing = False
        strike = await self._due()
        return True if strike is None else await self._strike(*strike)

    async def _due(self) -> tuple[Strike, str] | None:
        """A COMMIT has come: what is done to it, if anything."""
        self._proxy.commits_n += 1
        if self._proxy.delay_s:
            await asyncio.sleep(self._proxy.delay_s)
        return self._proxy.take_strike(inside=False)

    def _remember(self, body: bytes) -> None:
        """Which statement has this name?"""
        name, sql, _ = body.split(b"\0", 2)
        self._alone.discard(name)
        if sql.startswith(ALONE[0]) and ALONE[1] in sql:
            self._alone.add(name)

    async def _by_itself(self, bound: bytes) -> bool | None:
        """A statement that is a transaction: None, if the connection ends with it."""
        strike = await self._due()
        flight = bound + await self._flight()
        if strike is None:
            self._back_writer.write(flight)
            await self._back_writer.drain()
            return True
        self._muted.set()
        await self._ask("BEGIN")
        self._answered.clear()
        self._kept = bytearray()
        self._back_writer.write(flight)
        await asyncio.wait_for(self._answered.wait(), START_LIMIT_S)
        answer, self._kept = bytes(self._kept), None
        if answer.endswith(IDLE[:5] + b"T"):
            return await self._strike(*strike)
        self._proxy.give_back(*strike)  # the statement has failed: there is nothing to commit
        await self._ask("ROLLBACK")
        self._muted.clear()
        self._writer.write(answer[:-1] + b"I")
        await self._writer.drain()
        return True

    async def _strike(self, strike: Strike, state: str) -> bool | None:
        self._muted.set()
        if strike is Strike.CUT_BEFORE:
            return None
        if strike is Strike.LATE:
            self._writer.close()  # the server gives the connection up and goes on without it
            await asyncio.sleep(self._proxy.late_s)
        commits = strike in (Strike.CUT_AFTER, Strike.LATE)
        await self._ask("COMMIT" if commits else "ROLLBACK")
        if strike is Strike.SHUTDOWN:
            self._writer.write(error("57P01", "FATAL"))
        elif strike is Strike.AT_COMMIT:
            self._writer.write(error(state) + IDLE)
            await self._writer.drain()
            self._muted.clear()
            return False
        with contextlib.suppress(OSError):
            await self._writer.drain()
        return None

    async def _ask(self, sql: str) -> None:
        """Say something to the database in the server's place, and wait until it is done."""
        self._answered.clear()
        self._back_writer.write(query(sql))
        await self._back_writer.drain()
        await asyncio.wait_for(self._answered.wait(), START_LIMIT_S)

    async def _struck_inside(self) -> bool:
        """Let the database itself raise an error in the place of a statement."""
        strike = self._proxy.take_strike(inside=True)
        if strike is None:
            return False
        self._writing = False
        await self._flight()
        raised = f"DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '{strike[1]}'; END$$"
        self._back_writer.write(query(raised))
        await self._back_writer.drain()
        return True

    async def _flight(self) -> bytes:
        """The rest of a statement, up to its Sync."""
        octets, kind = b"", b"B"
        while kind != b"S":
            head = await self._reader.readexactly(5)
            octets += head + await self._reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
            kind = head[:1]
        return octets
