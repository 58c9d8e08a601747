"""Creates and upgrades a database: the one place that runs the schema's history.

An upgrade is one transaction: it either reaches the newest revision or leaves the database as it
was. Two upgrades at once wait for one another.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, event, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from aaa.ports import StoreUnavailable
from store.database import OFFICE_LOCK, file_exists, make_engine
from store.outages import away, in_one_line


def head_revision() -> str:
    """The revision that this program was written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def is_known(revision: str) -> bool:
    """Is it a revision that this program can upgrade from, or its own?"""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {version.revision for version in known}


async def upgrade(url: str) -> str | None:
    """Bring the database to `head_revision`, creating it if it is empty.

    An SQLite file is made where there is none, its directory too. Returns the revision it had
    before, None for an empty one. Raises BadUrl, StoreUnavailable, UnsafeDatabase.
    """
    engine = upgrading_engine(url)
    _make_room(engine.url)
    try:
        async with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                await connection.execute(select(func.pg_advisory_xact_lock(OFFICE_LOCK)))
            return await connection.run_sync(migrate)
    except Exception as error:
        if away(error):
            raise StoreUnavailable(in_one_line(error)) from error
        raise
    finally:
        await engine.dispose()


async def current_revision(url: str) -> str | None:
    """The revision of the database; None for an empty or missing one. Raises StoreUnavailable."""
    engine = make_engine(url)
    if not file_exists(engine.url):
        return None
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision)
    except Exception as error:
        if away(error):
            raise StoreUnavailable(in_one_line(error)) from error
        raise
    finally:
        await engine.dispose()


def upgrading_engine(url: str) -> AsyncEngine:
    """An engine whose connections may run `migrate`. Raises BadUrl.

    SQLite changes a table by making it anew while others refer to it, so references are not
    watched on the way; `migrate` checks them at the end.
    """
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _trust_references)
    return engine


def _trust_references(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.fetchall()
    cursor.close()


def _make_room(url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # it holds people; the WAL beside it takes the same mode


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("store.migrations")))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: Connection, revision: str = "head") -> str | None:
    """Bring the tables to a revision in the transaction of this connection; the one before."""
    before = _revision(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if connection.dialect.name == "sqlite" and _revision(connection) != before:
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        assert broken is None, f"the upgrade broke a reference: {broken}"
    return before
