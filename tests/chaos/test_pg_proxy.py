"""Each strike of the proxy has exactly the outcome that its name says, in the database itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import psycopg
import pytest

from tests.chaos.pg_proxy import PgProxy, Strike
from tests.peers.postgres import PostgresCluster

LIMIT_S = 60.0
CUT = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)  # as asyncpg says it


@pytest.fixture
def proxy(postgres_cluster: PostgresCluster) -> Iterator[PgProxy]:
    with PgProxy(postgres_cluster.port) as made:
        yield made


@pytest.fixture
def url(postgresql_url: str) -> str:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE marks (n bigint)")
    return postgresql_url


def rows_n(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM marks").fetchone()
    assert row is not None
    return int(row[0])


def play(
    url: str, proxy: PgProxy, work: Callable[[Any], Awaitable[None]], port: int
) -> BaseException | None:
    """Do some work on a connection through the proxy, spoken as the server's road speaks."""

    async def whole() -> BaseException | None:
        there = url.replace(f":{port}/", f":{proxy.port}/")
        connection = await asyncpg.connect(there, timeout=LIMIT_S)
        try:
            await work(connection)
        except (asyncpg.PostgresError, *CUT) as error:
            return error
        finally:
            connection.terminate()
        return None

    return asyncio.run(asyncio.wait_for(whole(), LIMIT_S))


async def mark(connection: Any) -> None:
    await connection.execute("BEGIN")
    await connection.execute("INSERT INTO marks VALUES ($1)", 1)
    await connection.execute("COMMIT")


async def mark_at_once(connection: Any) -> None:
    await connection.fetch(
        "WITH made AS (INSERT INTO marks VALUES ($1) RETURNING 1) SELECT count(*) FROM made", 1
    )


@pytest.mark.parametrize("work", [mark, mark_at_once])
@pytest.mark.parametrize(
    ("strike", "state", "error", "committed"),
    [
        (Strike.CUT_BEFORE, "", CUT, False),
        (Strike.CUT_AFTER, "", CUT, True),
        (Strike.SHUTDOWN, "", CUT, False),
        (Strike.AT_COMMIT, "40001", asyncpg.SerializationError, False),
        (Strike.INSIDE, "40P01", asyncpg.DeadlockDetectedError, False),
    ],
)
def test_a_strike_ends_the_transaction_as_it_says(
    url: str, proxy: PgProxy, postgres_cluster: PostgresCluster, strike: Strike, state: str,
    error: type[BaseException] | tuple[type[BaseException], ...], committed: bool,
    work: Callable[[Any], Awaitable[None]],
) -> None:  # fmt: skip
    proxy.arm(strike, state)
    assert isinstance(play(url, proxy, work, postgres_cluster.port), error)
    assert not proxy.armed
    assert rows_n(url) == committed
    assert play(url, proxy, work, postgres_cluster.port) is None  # it strikes once
    assert rows_n(url) == committed + 1
    assert proxy.commits_n == (1 if strike is Strike.INSIDE else 2)


def test_a_late_commit_comes_after_its_client_has_gone(
    url: str, proxy: PgProxy, postgres_cluster: PostgresCluster
) -> None:
    proxy.late_s = 3.0
    proxy.arm(Strike.LATE)
    assert isinstance(play(url, proxy, mark, postgres_cluster.port), CUT)
    assert rows_n(url) == 0
    with psycopg.connect(url, autocommit=True) as connection:
        # The late transaction has written to the table: whoever wants it alone waits for its end.
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE marks IN ACCESS EXCLUSIVE MODE")
        connection.execute("COMMIT")
    assert rows_n(url) == 1


def test_after_an_error_at_commit_the_same_connection_goes_on(
    url: str, proxy: PgProxy, postgres_cluster: PostgresCluster
) -> None:
    async def twice(connection: Any) -> None:
        for work in (mark, mark_at_once):
            for state in ("40001", "40P01"):
                proxy.arm(Strike.AT_COMMIT if state == "40001" else Strike.INSIDE, state)
                with pytest.raises(asyncpg.PostgresError):
                    await work(connection)
                await connection.execute("ROLLBACK")
            await work(connection)

    assert play(url, proxy, twice, postgres_cluster.port) is None
    assert rows_n(url) == 2


def test_a_statement_that_fails_by_itself_is_not_struck(
    url: str, proxy: PgProxy, postgres_cluster: PostgresCluster
) -> None:
    async def wrong(connection: Any) -> None:
        sql = "WITH made AS (INSERT INTO marks VALUES (1) RETURNING 1) SELECT 1 / $1::int FROM made"
        with pytest.raises(asyncpg.DivisionByZeroError):
            await connection.fetch(sql, 0)
        assert not connection.is_in_transaction()
        assert proxy.armed
        with pytest.raises(asyncpg.SerializationError):
            await mark_at_once(connection)

    proxy.arm(Strike.AT_COMMIT, "40001")
    assert play(url, proxy, wrong, postgres_cluster.port) is None
    assert rows_n(url) == 0


def test_an_operators_commit_and_a_reader_pass(
    url: str, proxy: PgProxy, postgres_cluster: PostgresCluster
) -> None:
    async def others(connection: Any) -> None:
        async with connection.transaction():
            await connection.execute("INSERT INTO marks VALUES (2)")
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await connection.fetch("SELECT $1::bigint", 1)
        await connection.execute("COMMIT")

    proxy.arm(Strike.CUT_BEFORE)
    assert play(url, proxy, others, postgres_cluster.port) is None
    assert proxy.armed
    assert rows_n(url) == 1
