"""The hot road on PostgreSQL: rows as arrays, on one connection, in as few round trips as it takes.

A batch of interims is one statement between BEGIN and COMMIT: what each table gets is a part of it,
in a fixed order, and each part meets its rows in the order of their keys. So two servers that write
under the same accounts wait for one another and never embrace (L11): accounts come first, locked by
their own update where all of them move, else by a statement of its own. A connection that fails is
thrown away; the next use makes a new one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import asyncpg
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Conflict, StoreUnavailable
from store import schema
from store._arrays import int8_array
from store.audit import chained_rows
from store.database import OFFICE_LOCK, Database
from store.desk_sqlite import check_met
from store.outages import away, in_one_line, raced, refused, unwritable
from store.reading import QUERIES, Ask
from store.rows import CHARGES, RECORDS, Row
from store.statements import numbered_postgresql, postgresql_sql
from store.writes import ADDED, WRITES
from store.writing import DEEDS, LIVE, NAMED, TUPLES, Form, Step

Result = TypeVar("Result")

_INT8_ARRAY_OID: Final = 1016

_READ = {name: postgresql_sql(query) for name, query in QUERIES.items()}
_WRITE = {name: postgresql_sql(recipe) for name, recipe in WRITES.items()}
_LOCK = numbered_postgresql(
    select(schema.accounts.c.account_id)
    .where(schema.accounts.c.account_id == any_(bindparam("p_ids", type_=ARRAY(BigInteger))))
    .order_by(schema.accounts.c.account_id)
    .with_for_update(key_share=True),
    ("ids",),
)
# Rows are met one by one by their keys, in the order of the arrays, whatever the planner thinks of
# their number: the order of locks depends on it, and no plan by figures of the past is better.
PAGE_N: Final = 5_000  # rows of one page of a large answer
_BY_KEY: Final = (
    "; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; "
    "SET LOCAL enable_mergejoin = off; SET LOCAL plan_cache_mode = force_generic_plan"
)
_BEGIN: Final = f"BEGIN{_BY_KEY}"
# A table that was nearly empty when it was looked at last is walked for every key of a batch, long
# after it has grown: whoever asks by keys is answered by keys.
_LOOK: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

# What an interim writes, in the order of locks. A charge row that is not there yet, the first of a
# session's day, is added afterwards.
_HOT: Final = {"move": "move", "journal": "journal", "advance": "advance", "charges": "charge"}
# What must go before: looks at what is not written, and a new session's rows before its charges.
_EARLY: Final = (LIVE, NAMED, "sessions_new", "totals_new")
_ADDED_AT = tuple(CHARGES.names.index(name) for name in ADDED)


def _joined(names: Iterable[str]) -> tuple[str, dict[str, int]]:
    """These writes as one statement, and how many parameters each takes, in their order.

    It answers the number of the newest change, then how many rows each write met. PostgreSQL works
    out the answers from left to right, and each write when its answer is needed.
    """
    parts: list[str] = []
    taken: dict[str, int] = {}
    for name in names:
        pieces = re.split(r"\$(\d+)", _WRITE[name])  # text, number, text, number ... text
        before_n = sum(taken.values())
        taken[name] = max(map(int, pieces[1::2]))
        pieces[1::2] = [f"${int(number) + before_n}" for number in pieces[1::2]]
        parts.append(f"{name} AS ({''.join(pieces)} RETURNING 1)")
    counts = [f"(SELECT count(*) FROM {name})" for name in taken]
    answers = ", ".join([f"({_READ['feed_seq']})", *counts])
    return f"WITH {', '.join(parts)} SELECT {answers}", taken


_TOGETHER, _TAKEN = _joined(_HOT.values())


async def _made(driver: Any, sql: str, columns: list[Any], make: Callable[[Row], Any]) -> list[Any]:
    """What is made of each row, some thousand rows at a time where there may be very many."""
    if columns:
        return list(map(make, await driver.fetch(sql, *columns)))
    cursor = await driver.cursor(sql)
    made: list[Any] = []
    while rows := await cursor.fetch(PAGE_N):
        made += map(make, rows)
    return made


class PostgresqlRoad:
    """The server's connection for batches."""

    forms: Mapping[str, Form] = TUPLES
    locks = True

    def __init__(self, database: Database) -> None:
        """Use `open`."""
        self._database = database
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._closed = False
        self._holding = False  # a transaction is open, with accounts locked for the next write
        self._turn = asyncio.Lock()  # one transaction at a time on the one connection

    @classmethod
    async def open(cls, database: Database) -> PostgresqlRoad:
        """Connect. Raises StoreUnavailable."""
        road = cls(database)
        async with road._transaction("BEGIN READ ONLY"):
            pass
        return road

    async def read(self, steps: Generator[Ask, list[Row], Result]) -> Result:
        """Answer all questions from one snapshot. Raises StoreUnavailable."""
        try:
            ask = next(steps)
        except StopIteration as done:
            nothing: Result = done.value
            return nothing
        begin = _LOOK if ask.keys == [()] else f"{_LOOK}{_BY_KEY}"  # the start asks for all
        try:
            async with self._transaction(begin, stay=self._holding) as driver:
                try:
                    while True:
                        columns = list(zip(*ask.keys, strict=True)) if ask.keys else None
                        sql = _READ[ask.query]
                        if columns is None:
                            found = []
                        elif ask.record is None:
                            found = await driver.fetch(sql, *columns)
                        else:
                            found = await _made(driver, sql, columns, RECORDS[ask.record])
                        ask = steps.send(found)
                except StopIteration as done:
                    result: Result = done.value
            return result
        except Conflict as error:  # somebody locks whole tables: nothing was decided yet
            raise StoreUnavailable(str(error)) from error

    async def hold(self, accounts: list[int]) -> None:
        """Let nobody else write under these accounts until the next write is over.

        Raises Conflict, StoreUnavailable. What is read meanwhile is no snapshot, but what belongs
        to these accounts stands still.
        """
        async with self._transaction(_BEGIN, stay=True) as driver:
            await driver.fetch(_LOCK, accounts)

    def pack(self, feed_seq: int | None, steps: list[Step]) -> None:
        """Steps are written as they are."""

    async def write(
        self, feed_seq: int | None, steps: list[Step], accounts: list[int], packed: None = None
    ) -> None:
        """Commit in one transaction. Raises Conflict, StoreUnavailable, AssertionError."""
        early = [step for step in steps if step.write in _EARLY]
        hot = [step for step in steps if step.write in _HOT]
        late = [step for step in steps if step.write not in _HOT and step.write not in _EARLY]
        deeds = any(step.write == DEEDS for step in late)
        if deeds and self._holding:  # the office locks the chain first, so must we
            async with self._transaction(_BEGIN):
                pass
        async with self._transaction(_BEGIN) as driver:
            if deeds:
                # Before any other lock, as the office takes it (L11): the chain has no forks.
                await driver.execute(f"SELECT pg_advisory_xact_lock({OFFICE_LOCK})")
            guarded = any(step.write in (LIVE, NAMED) for step in early)
            if guarded or len(accounts) > max(_moved_n(hot), 1):
                await driver.fetch(_LOCK, accounts)
            try:
                for step in early:
                    check_met(step, await _met(driver, step.write, step.rows))
                if hot:
                    await _write_together(driver, feed_seq, hot)
                elif feed_seq is not None:
                    _check_feed(feed_seq, await driver.fetchval(_READ["feed_seq"]))
                for step in late:
                    if step.write == DEEDS:
                        found = await driver.fetchrow(_READ["audit_head"])
                        step = step._replace(rows=chained_rows(step.rows, found))
                    check_met(step, await _met(driver, step.write, step.rows))
            except (OverflowError, ValueError) as error:
                raise refused(error) from error

    async def tidy(self) -> None:
        """PostgreSQL looks after itself."""

    async def checkpoint(self) -> None:
        """PostgreSQL looks after itself."""

    async def close(self) -> None:
        """Give the connection back."""
        self._closed = True
        await self._drop()

    async def _connected(self) -> Any:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if self._driver is None or self._driver.is_closed():
            await self._drop()
            self._connection = await self._database.engine.connect()
            self._driver = (await self._connection.get_raw_connection()).driver_connection
            _encode_arrays(self._driver)
        return self._driver

    async def _drop(self) -> None:
        """Forget the connection, whatever state it is in."""
        connection, self._connection, self._driver = self._connection, None, None
        self._holding = False
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    @asynccontextmanager
    async def _transaction(self, begin: str, *, stay: bool = False) -> AsyncIterator[Any]:
        """A transaction on the connection, alone on it until it is over; or the one that is held.

        `stay` leaves it open for the next. One that fails to end cleanly ends its connection.
        """
        async with self._turn:
            try:
                driver = await self._connected()
                if not self._holding:
                    await driver.execute(begin)
                self._holding = False
                try:
                    yield driver
                except (Conflict, AssertionError, ValueError, asyncpg.PostgresError):
                    await driver.execute("ROLLBACK")
                    raise
                if stay:
                    self._holding = True
                else:
                    await driver.execute("COMMIT")
            except (Conflict, AssertionError):
                raise
            except BaseException as error:
                if raced(error):
                    raise Conflict(in_one_line(error)) from error
                if unwritable(error):
                    raise refused(error) from error
                await self._drop()
                if isinstance(error, Exception) and away(error):
                    raise StoreUnavailable(in_one_line(error)) from error
                raise


def _encode_arrays(driver: Any) -> None:
    """Have arrays of numbers encoded by us on this connection.

    The driver's public way to say so is for types of one value only; this is what it leads to.
    """
    driver._protocol.get_settings().add_python_codec(
        *(_INT8_ARRAY_OID, "_int8", "pg_catalog", (), "scalar"),
        *(int8_array, bytes, "binary"),
    )


def _moved_n(hot: list[Step]) -> int:
    """Of how many accounts the sums move: they are locked by that."""
    return sum(len(step.rows) for step in hot if step.write == "move")


def _check_feed(feed_seq: int | None, newest: int) -> None:
    if feed_seq is not None and newest != feed_seq:
        raise Conflict(f"change {newest} came after {feed_seq}")


async def _met(driver: Any, write: str, rows: list[Any]) -> int:
    """How many rows a statement has met."""
    return int((await driver.execute(_WRITE[write], *zip(*rows, strict=True))).split()[-1])


async def _write_together(driver: Any, feed_seq: int | None, hot: list[Step]) -> None:
    """One statement for all that interims write; then the charge rows that were not there."""
    given = {_HOT[step.write]: list(zip(*step.rows, strict=True)) for step in hot}
    if "charge" in given:
        given["charge"] = [given["charge"][at] for at in _ADDED_AT]
    columns: list[Any] = []
    for name, taken_n in _TAKEN.items():
        columns += given.get(name) or [()] * taken_n
    newest, *counts = await driver.fetchrow(_TOGETHER, *columns)
    _check_feed(feed_seq, newest)
    met = dict(zip(_TAKEN, counts, strict=True))
    for step in hot:
        met_n = met[_HOT[step.write]]
        if step.write == "charges" and met_n < len(step.rows):
            met_n += await _met(driver, "charges_new", step.rows)
        check_met(step, met_n)
