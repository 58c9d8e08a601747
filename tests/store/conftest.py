"""Databases that have their tables already: copied from one made once for the run."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.upgrade import upgrade
from tests.peers.postgres import PostgresCluster


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgres_cluster: PostgresCluster) -> str:
    """A PostgreSQL database with all tables and nothing in them."""
    url = postgres_cluster.create_database()
    asyncio.run(upgrade(url))
    return url


@pytest.fixture
def house_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with tables."""
    path = tmp_path / "house.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def house_postgresql_url(
    postgres_cluster: PostgresCluster, postgresql_template: str
) -> Iterator[str]:
    """A PostgreSQL database with tables and nothing in them."""
    with postgres_cluster.copy(postgresql_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def house_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with tables; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"house_{request.param}_url")
    return url
