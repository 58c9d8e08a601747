"""The change feed: bounded, in commit order, and heard at once where the database can tell."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from store import feed, schema
from store.feed import ChangeListener, record_change, record_changes
from tests.peers.postgres import PostgresCluster
from tests.store.house import House, tell


def test_a_change_that_is_not_committed_was_never_made(house_url: str) -> None:
    async def story(house: House) -> None:
        with pytest.raises(RuntimeError):
            async with house.database.office() as connection:
                await record_change(connection, "account", 1)
                raise RuntimeError
        assert await house.store.feed(0) == []

    tell(house_url, story)


def test_numbers_are_in_commit_order_whoever_writes(house_url: str) -> None:
    """A reader that reads all the time never sees a number below one that it has read."""

    async def story(house: House) -> None:
        writers_n, rounds_n = 4, 12

        async def write(writer: int) -> None:
            for n in range(rounds_n):
                async with house.database.office() as connection:
                    await record_change(connection, "account", writer * 100 + n)
                    await asyncio.sleep(0)

        seen: list[int] = []
        writing = asyncio.gather(*(write(writer) for writer in range(writers_n)))
        at = 0
        while not writing.done() or await house.store.feed_seq() > at:
            for change in await house.store.feed(at):
                seen.append(change.row_id)
                at = change.seq
            await asyncio.sleep(0)
        assert sorted(seen) == sorted(
            w * 100 + n for w in range(writers_n) for n in range(rounds_n)
        )

    tell(house_url, story)


def test_a_kind_that_nobody_reads_is_refused(house_url: str) -> None:
    async def story(house: House) -> None:
        with pytest.raises(Exception, match=r"(?i)check"):
            async with house.database.office() as connection:
                await record_change(connection, "acount", 1)

    tell(house_url, story)


def test_only_the_newest_changes_are_kept(house_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEPT_N", 50)
    monkeypatch.setattr(feed, "_SWEEP_EVERY", 10)

    async def story(house: House) -> None:
        for _ in range(8):
            async with house.database.office() as connection:
                await record_changes(connection, "subscriber", range(1, 18))
        assert len(await house.table("changes")) <= 50
        assert await house.store.feed_seq() == 8 * 17

    tell(house_url, story)


def test_sqlite_has_nobody_to_listen_to(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        assert house.store.listener(lambda: None) is None

    tell(house_sqlite_url, story)


def test_postgresql_tells_of_a_change_when_it_is_committed(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        heard = asyncio.Event()
        listener = house.store.listener(heard.set)
        assert listener is not None and not listener.alive
        await listener.start()
        assert listener.alive
        async with house.database.office() as connection:
            await record_changes(connection, "account", [1, 2, 3])
            await connection.execute(schema.meta.select())
            assert not heard.is_set()
        await asyncio.wait_for(heard.wait(), 60)
        await listener.stop()
        assert not listener.alive
        await listener.stop()

    tell(house_postgresql_url, story)


def test_a_listener_that_loses_its_connection_says_so_and_can_start_again(
    house_postgresql_url: str, postgres_cluster: PostgresCluster
) -> None:
    async def story(house: House) -> None:
        heard = asyncio.Event()
        listener = ChangeListener(house.database, heard.set)
        await listener.start()
        postgres_cluster.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        )
        await asyncio.wait_for(heard.wait(), 60)
        assert not listener.alive
        heard.clear()
        await listener.start()
        async with house.database.office() as connection:
            await record_change(connection, "account", 1)
        await asyncio.wait_for(heard.wait(), 60)
        await listener.stop()

    tell(house_postgresql_url, story)


def test_a_listener_whose_connection_breaks_while_it_stops_has_stopped(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        listener = ChangeListener(house.database, lambda: None)
        await listener.start()

        async def cut(*_: Any) -> None:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")

        monkeypatch.setattr(type(listener._driver), "remove_listener", cut)
        await listener.stop()
        assert not listener.alive
        await listener.start()
        assert listener.alive
        await listener.stop()

    tell(house_postgresql_url, story)
