"""Installations to give commands to, on either database, empty or with the sample.

The sample is made once for each kind of database and copied: every test has its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.settings import CHECKOUT
from tests.cli.house import House
from tests.peers.postgres import PostgresCluster

CONFIG = Path("conf") / "tollhouse.toml"
KEY = Path("var") / "tollhouse.key"


def build(url: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Settings of its own, in a directory of its own."""
    config = directory / CONFIG
    config.parent.mkdir()
    shipped = (CHECKOUT / CONFIG).read_text(encoding="utf-8")
    config.write_text(shipped.replace("port = 1812", "port = 0").replace("port = 1813", "port = 0"))
    monkeypatch.setenv("TOLLHOUSE_CONFIG", str(config))
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", url)
    return House(config, url)


def made(url: str, directory: Path) -> Path:
    """The directory of a house that has its sample."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        build(url, directory, monkeypatch).run("init", "--sample")
    return directory


@pytest.fixture(scope="session")
def sqlite_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house on SQLite to copy."""
    directory = tmp_path_factory.mktemp("sqlite-sample")
    return made(f"sqlite:///{directory / 'tollhouse.db'}", directory)


@pytest.fixture(scope="session")
def postgresql_sample(
    postgres_cluster: PostgresCluster, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A house on PostgreSQL to copy: its database and its directory."""
    url = postgres_cluster.create_database()
    return url, made(url, tmp_path_factory.mktemp("postgresql-sample"))


@pytest.fixture
def bare(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Settings, and nothing else yet."""
    return build(sqlite_url, tmp_path, monkeypatch)


@pytest.fixture
def sample(bare: House, sqlite_sample: Path, tmp_path: Path) -> House:
    """The sample, on SQLite."""
    take_key(sqlite_sample, tmp_path)
    shutil.copy(sqlite_sample / "tollhouse.db", bare.database_url.removeprefix("sqlite:///"))
    return bare


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The sample, once on each kind of database."""
    if request.param == "sqlite":
        copied: House = request.getfixturevalue("sample")
        return copied
    url, directory = request.getfixturevalue("postgresql_sample")
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    lent = cluster.copy(url)
    mine = lent.__enter__()
    request.addfinalizer(lambda: lent.__exit__(None, None, None))
    take_key(directory, tmp_path)
    return build(mine, tmp_path, monkeypatch)


def take_key(source: Path, target: Path) -> None:
    """Copy the key file of a house, mode and all."""
    (target / KEY).parent.mkdir()
    shutil.copy(source / KEY, target / KEY)
