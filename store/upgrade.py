"""Creates and upgrades a database: the one place that runs the schema's history.

An upgrade is one transaction: it either reaches the newest revision or leaves the database as it
was. Two upgrades at once wait for one another.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, func, select

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
    engine = make_engine(url)
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
    return before
