"""A database is opened only if it keeps what it acknowledges, and lent to one writer at a time."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, insert, select, text, update

from aaa.ports import StoreUnavailable
from store import audit, schema
from store.database import Database, UnsafeDatabase, _into_wal, make_engine
from store.feed import record_change
from store.upgrade import upgrade
from tests.peers.postgres import PostgresCluster
from tests.store.house import House, tell


def open_and_close(url: str) -> None:
    """Open a database, which may refuse."""

    async def story() -> None:
        await (await Database.open(url)).close()

    asyncio.run(story())


def test_a_missing_or_empty_database_says_to_run_init(tmp_path: Path, postgresql_url: str) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    with pytest.raises(StoreUnavailable, match="run `tollhouse init`"):
        open_and_close(url)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(StoreUnavailable, match="empty: run `tollhouse init`"):
        open_and_close(postgresql_url)


def test_a_database_of_another_revision_is_refused(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
        with pytest.raises(StoreUnavailable, match="revision 0099, this program needs"):
            await Database.open(house_url)

    tell(house_url, story)


def test_every_sqlite_connection_is_durable_and_only_the_server_checkpoints(
    house_sqlite_url: str,
) -> None:
    async def story(house: House) -> None:
        async with house.database.reading() as connection:
            for pragma, expected in (
                ("journal_mode", "wal"),
                ("synchronous", 2),
                ("foreign_keys", 1),
                ("wal_autocheckpoint", 0),
                ("busy_timeout", 10_000),
            ):
                assert await connection.scalar(text(f"PRAGMA {pragma}")) == expected, pragma

    tell(house_sqlite_url, story)


def test_sqlite_that_cannot_use_a_wal_is_refused(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store import database

    class Memory:
        """A cursor of a database whose journal mode cannot be changed."""

        def cursor(self) -> Memory:
            return self

        def execute(self, sql: str) -> None:
            self.sql = sql

        def fetchone(self) -> tuple[Any]:
            return ("delete",) if "journal_mode" in self.sql else (2,)

        def fetchall(self) -> list[Any]:
            return []

        def close(self) -> None:
            pass

    with pytest.raises(UnsafeDatabase, match="journal_mode=delete"):
        database._set_up_sqlite(Memory(), None)


def test_postgresql_that_acknowledges_before_it_flushes_is_refused(
    house_postgresql_url: str, postgres_cluster: PostgresCluster
) -> None:
    name = urlsplit(house_postgresql_url).path.lstrip("/")
    postgres_cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(UnsafeDatabase, match="synchronous_commit is off"):
        open_and_close(house_postgresql_url)
    postgres_cluster.execute(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    open_and_close(house_postgresql_url)


def test_office_work_is_committed_at_the_end_and_undone_by_an_error(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            await connection.execute(insert(schema.meta).values(key="kept", value="1"))
        with pytest.raises(RuntimeError, match="mine"):
            async with house.database.office() as connection:
                await connection.execute(insert(schema.meta).values(key="lost", value="1"))
                raise RuntimeError("mine")
        assert await house.table("meta") == [("kept", "1")]

    tell(house_url, story)


def test_an_error_of_the_caller_is_not_an_outage(house_url: str) -> None:
    async def story(house: House) -> None:
        with pytest.raises(FileNotFoundError):
            async with house.database.office():
                raise FileNotFoundError("plan.toml")

    tell(house_url, story)


def test_office_writers_come_one_after_another(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            await connection.execute(insert(schema.meta).values(key="n", value="0"))

        async def add_one() -> None:
            async with house.database.office() as connection:
                value = int(await connection.scalar(select(schema.meta.c.value)) or 0)
                await asyncio.sleep(0)
                await connection.execute(update(schema.meta).values(value=str(value + 1)))

        await asyncio.gather(*(add_one() for _ in range(8)))
        assert await house.table("meta") == [("n", "8")]

    tell(house_url, story)


def test_a_reader_sees_one_moment_and_cannot_write(house_url: str) -> None:
    async def story(house: House) -> None:
        count = select(func.count()).select_from(schema.meta)
        async with house.database.reading() as reader:
            assert await reader.scalar(count) == 0
            await house.store.probe()
            assert await reader.scalar(count) == 0
        async with house.database.reading() as reader:
            assert await reader.scalar(count) == 1

    tell(house_url, story)


def test_a_reader_holds_up_neither_commits_nor_the_checkpoint(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        path = house_sqlite_url.removeprefix("sqlite:///")
        async with house.database.reading() as reader:
            await reader.execute(select(schema.meta))
            await asyncio.wait_for(house.store.probe(), 60)
            await asyncio.wait_for(house.store.checkpoint(), 60)
        await house.store.probe(7)
        await house.store.checkpoint()
        with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as without_wal:
            kept = without_wal.execute("SELECT value FROM meta").fetchall()
        without_wal.close()
        assert kept == [("7",)], "the WAL is in the database file"

    tell(house_sqlite_url, story)


def test_the_wal_is_moved_when_it_has_grown(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from store import desk_sqlite

    monkeypatch.setattr(desk_sqlite, "CHECKPOINT_PAGES", 10)

    async def story(house: House) -> None:
        wal = house_sqlite_url.removeprefix("sqlite:///") + "-wal"
        largest = 0
        for n in range(300):
            await house.store.knocked([(f"10.0.0.{n}", 1, n, n, 1, 1812)])
            largest = max(largest, os.stat(wal).st_size)
        assert largest < 300_000, "it starts again from its beginning"

    tell(house_sqlite_url, story)


def test_libpq_words_in_a_url_are_understood() -> None:
    engine = make_engine("postgresql://u:p%40ss@db.example:5433/house?sslmode=require")
    assert dict(engine.url.query) == {"ssl": "require"}
    assert engine.url.password == "p@ss"
    assert engine.url.drivername == "postgresql+asyncpg"


def test_the_upgrade_waits_for_office_work(database_url: str) -> None:
    async def story() -> None:
        await upgrade(database_url)
        database = await Database.open(database_url)
        async with database.office():
            waiting = asyncio.ensure_future(upgrade(database_url))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
        assert await waiting == schema.REVISION
        await database.close()

    asyncio.run(story())


def test_s40_a_change_that_the_audit_is_not_told_of_does_not_commit(house_url: str) -> None:
    async def story() -> None:
        database = await Database.open(house_url)
        try:
            with pytest.raises(AssertionError, match="S40"):
                async with database.office() as connection:
                    await record_change(connection, "account", 1)
            async with database.office() as connection:
                await record_change(connection, "account", 2)
                await audit.write(connection, at_us=1, who="ada", action="a", kind="account")
            with pytest.raises(AssertionError, match="S40"):  # what was told before counts no more
                async with database.office() as connection:
                    await record_change(connection, "account", 3)
            async with database.reading() as connection:
                found = await connection.execute(select(schema.changes.c.row_id))
                assert [row_id for (row_id,) in found] == [2]
        finally:
            await database.close()

    asyncio.run(story())


class Patient:
    """A cursor before whose first wait for a lock somebody else lets go of his."""

    def __init__(self, own: sqlite3.Connection, other: sqlite3.Connection, gives_way: bool) -> None:
        self.own, self.other, self.gives_way = own.cursor(), other, gives_way
        self.said: list[str] = []

    def execute(self, statement: str) -> None:
        self.said.append(statement)
        if statement == "BEGIN IMMEDIATE" and self.gives_way:
            self.other.rollback()
        self.own.execute(statement)

    def fetchone(self) -> Any:
        return self.own.fetchone()


@pytest.mark.parametrize("gives_way", [True, False])
def test_who_opens_a_new_file_while_another_does_waits_for_him(
    tmp_path: Path, gives_way: bool
) -> None:
    path = tmp_path / "new.db"
    own, other = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
    other.execute("BEGIN IMMEDIATE")
    cursor = Patient(own, other, gives_way)
    if gives_way:
        assert _into_wal(cursor) == "wal"
        assert cursor.said.count("PRAGMA journal_mode=WAL") == 2 and not own.in_transaction
    else:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            _into_wal(cursor)
    own.close()
    other.close()
