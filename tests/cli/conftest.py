"""Installations to give commands to, on either database, empty or with the sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.settings import CHECKOUT
from tests.cli.house import House


def build(url: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Settings of its own, in a directory of its own."""
    config = directory / "conf" / "tollhouse.toml"
    config.parent.mkdir()
    shipped = (CHECKOUT / "conf" / "tollhouse.toml").read_text(encoding="utf-8")
    config.write_text(shipped.replace("port = 1812", "port = 0").replace("port = 1813", "port = 0"))
    monkeypatch.setenv("TOLLHOUSE_CONFIG", str(config))
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", url)
    return House(config, url)


@pytest.fixture
def bare(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Settings, and nothing else yet."""
    return build(sqlite_url, tmp_path, monkeypatch)


@pytest.fixture
def sample(bare: House) -> House:
    """The sample, on SQLite."""
    bare.run("init", "--sample")
    return bare


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The sample, once on each kind of database."""
    built = build(database_url, tmp_path, monkeypatch)
    built.run("init", "--sample")
    return built
