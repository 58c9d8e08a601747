"""The hot road on PostgreSQL: rows as arrays, on one connection, in as few round trips as it takes.

A batch of interims is one statement and one transaction (`store.together`): it commits if it meets
all rows that it has to, and fails otherwise; then, and where more is to be written, it is one of a
few between BEGIN and COMMIT. Two servers that write under the same accounts wait for one another
and never embrace (L11): accounts come first, locked by their own update where all of them move,
else before it. A connection that fails is thrown away; the next use makes a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import asyncpg
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from aaa.ports import Conflict, StoreUnavailable
from store import schema
from store._arrays import int8_array
from store._interims import pack_advances, pack_moves, pack_sums
from store.audit import chained_rows
from store.database import OFFICE_LOCK, Database
from store.desk_sqlite import check_met
from store.outages import away, in_one_line, raced, refused, unwritable
from store.reading import QUERIES, Ask
from store.rows import RECORDS, Row
from store.statements import numbered_postgresql, postgresql_sql
from store.together import TOGETHER, Packed, columns, hot_steps, packed_steps
from store.writes import WRITES
from store.writing import DEEDS, LIVE, NAMED, TUPLES, Form, Step

Result = TypeVar("Result")
_INT8_ARRAY_OID: Final = 1016
# Packed is what comes with every interim. All that may be NULL in it are numbers (`columns_of`).
_FORMS: Mapping[str, Form] = {
    **TUPLES,
    "move": pack_moves,
    "advance": pack_advances,
    "charges": pack_sums,
}

_READ = {name: postgresql_sql(query) for name, query in QUERIES.items()}
_WRITE = {name: postgresql_sql(recipe) for name, recipe in WRITES.items()}
_LOCK: Final = numbered_postgresql(
    select(schema.accounts.c.account_id)
    .where(schema.accounts.c.account_id == any_(bindparam("p_ids", type_=ARRAY(BigInteger))))
    .order_by(schema.accounts.c.account_id)
    .with_for_update(key_share=True),
    ("ids",),
).replace("$1", "'{{{}}}'")
# Rows are met one by one by their keys, in the order of the arrays, whatever the planner thinks of
# their number: the order of locks depends on it, and no plan by figures of the past is better. By
# what it is forbidden statements of a millisecond seem worth being compiled: so that is as well.
_BY_KEY: Final = (
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
    "SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off"
)
PAGE_N: Final = 5_000  # rows of one page of a large answer
_AT_ONCE, _BEGIN = "", "BEGIN"  # one statement is a transaction by itself
_LOCK_CHAIN: Final = f"SELECT pg_advisory_xact_lock({OFFICE_LOCK})"
# A table that was nearly empty when it was looked at last is walked for every key of a batch, long
# after it has grown: whoever asks by keys is answered by keys. The start asks for all.
_LOOK: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_LOOK_AT_ALL: Final = (
    f"{_LOOK}; SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; "
    "SET LOCAL enable_mergejoin = on; SET LOCAL enable_bitmapscan = on; "
    "SET LOCAL plan_cache_mode = auto"
)


async def _made(driver: Any, sql: str, columns: list[Any], make: Callable[[Row], Any]) -> list[Any]:
    """What is made of each row, some thousand rows at a time where there may be very many."""
    if columns:
        return list(map(make, await driver.fetch(sql, *columns)))
    cursor = await driver.cursor(sql)
    made: list[Any] = []
    while rows := await cursor.fetch(PAGE_N):
        made += map(make, rows)
    return made


class Unmet(Conflict):
    """Something was not as expected; the statements one by one say what it was."""


class PostgresqlRoad:
    """The server's connection for batches."""

    forms: Mapping[str, Form] = _FORMS
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
        begin = _LOOK_AT_ALL if ask.keys == [()] else _LOOK
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
        async with self._transaction(_BEGIN, *_locking(accounts), stay=True):
            pass

    def pack(self, feed_seq: int | None, steps: list[Step]) -> Packed:
        """The first of the statements as the driver takes it. Raises OverflowError, ValueError."""
        return packed_steps(feed_seq, hot_steps(steps))

    async def write(
        self,
        feed_seq: int | None,
        steps: list[Step],
        accounts: list[int],
        packed: Packed | None = None,
    ) -> None:
        """Commit in one transaction. Raises Conflict, StoreUnavailable, AssertionError."""
        hot = hot_steps(steps)
        try:
            packed = packed or packed_steps(feed_seq, hot)
        except (OverflowError, ValueError) as error:
            raise refused(error) from error
        late = [step for step in steps if step.write not in TOGETHER]
        deeds = any(step.write == DEEDS for step in late)
        # Before any other lock the chain's, as the office takes it (L11): it has no forks.
        locks = [_LOCK_CHAIN] * deeds + _locking(_to_lock(hot, accounts))
        if deeds and self._holding:  # the office locks the chain first, so must we
            async with self._transaction(_BEGIN):
                pass
        try:
            begin = _BEGIN if late or locks or self._holding else _AT_ONCE
            async with self._transaction(begin, *locks) as driver:
                if hot or feed_seq is not None:
                    await _write_together(driver, packed)
                await _write_apart(driver, late)
        except Unmet:
            async with self._transaction(_BEGIN, *locks) as driver:
                newest = await driver.fetchval(_READ["feed_seq"])
                if feed_seq is not None and newest != feed_seq:
                    raise Conflict(f"change {newest} came after {feed_seq}") from None
                await _write_apart(driver, steps)

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
            driver: Any = (await self._connection.get_raw_connection()).driver_connection
            await driver.execute(_BY_KEY)
            _encode_arrays(driver)
            self._driver = driver
        return self._driver

    async def _drop(self) -> None:
        """Forget the connection, whatever state it is in."""
        connection, self._connection, self._driver = self._connection, None, None
        self._holding = False
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    @asynccontextmanager
    async def _transaction(self, begin: str, *locks: str, stay: bool = False) -> AsyncIterator[Any]:
        """A transaction on the connection, alone on it until it is over; or the one that is held.

        Beginning and locks are one round trip; what follows sees all that it has waited for.
        If it begins with nothing, it is whatever single statement follows. `stay` leaves it open
        for the next. One that fails to end cleanly ends its connection.
        """
        async with self._turn:
            try:
                driver = await self._connected()
                assert begin or not self._holding, "a commit by itself, inside of another"
                begun = locks if self._holding or not begin else (begin, *locks)
                self._holding = False
                try:
                    if begun:
                        await driver.execute("; ".join(begun))
                    yield driver
                except (Conflict, AssertionError, ValueError, asyncpg.PostgresError):
                    if begin:
                        await driver.execute("ROLLBACK")
                    raise
                if stay:
                    self._holding = True
                elif begin:
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
    Columns of packed rows come in octets already (`store.together.columns`).
    """
    driver._protocol.get_settings().add_python_codec(
        *(_INT8_ARRAY_OID, "_int8", "pg_catalog", (), "scalar"),
        *(lambda column: column if type(column) is bytes else int8_array(column), bytes, "binary"),
    )


def _to_lock(steps: Mapping[str, Step], accounts: list[int]) -> list[int]:
    """Which accounts are locked before all else: none, where their own update does it."""
    guarded = LIVE in steps or NAMED in steps
    moved_n = len(steps["move"].rows) if "move" in steps else 0
    return accounts if guarded or len(accounts) > max(moved_n, 1) else []


def _locking(accounts: list[int]) -> list[str]:
    """What locks these accounts, in the order of their ids."""
    return [_LOCK.format(",".join(map(str, accounts)))] if accounts else []


async def _write_together(driver: Any, packed: Packed) -> None:
    """Write most of a batch in one statement. Raises Unmet."""
    try:
        await driver.fetch(packed.sql, *packed.given)
    except asyncpg.InvalidTextRepresentationError as error:
        raise Unmet(in_one_line(error)) from error
    except (OverflowError, ValueError) as error:
        raise refused(error) from error


async def _write_apart(driver: Any, steps: Iterable[Step]) -> None:
    """A statement for each. Raises Conflict, AssertionError for one that met too few rows."""
    for step in steps:
        if step.write == DEEDS:
            found = await driver.fetchrow(_READ["audit_head"])
            step = step._replace(rows=chained_rows(step.rows, found))
        try:
            said = await driver.execute(_WRITE[step.write], *columns(step.rows))
        except (OverflowError, ValueError) as error:
            raise refused(error) from error
        check_met(step, int(said.split()[-1]))
