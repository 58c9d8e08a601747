"""Fixtures that every room's tests share: databases, and the programs of other people.

Nothing here skips. A peer that is missing fails the tests that need it, with one line that says
how to get it. Each database is empty and belongs to one test; the PostgreSQL cluster is started
when the first test asks for it and is thrown away at the end of the run.

Hypothesis runs the same examples every time, so that a red run is red again when repeated;
``HYPOTHESIS_PROFILE=search`` looks for new ones, more of them, and keeps what it finds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.peers.child import PeerFailed, find_program
from tests.peers.freeradius import CoaListener
from tests.peers.postgres import PostgresCluster

hypothesis.settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


SLOW_FIRST = ("simulation", "scenarios", "chaos", "fuzz", "cli", "store", "server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: files are handed out whole, and one that begins last is waited for."""
    rank = {name: n for n, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(rank)))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """The run's private PostgreSQL cluster; it hands out databases."""
    try:
        # Databases come and go too fast to be tidied up, and need not outlive a power cut.
        cluster = PostgresCluster({"autovacuum": "off", "full_page_writes": "off"})
    except PeerFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    with cluster:
        yield cluster


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite database that does not exist yet, in the test's own directory."""
    return f"sqlite:///{tmp_path / 'tollhouse.db'}"


@pytest.fixture
def postgresql_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is dropped after the test."""
    with postgres_cluster.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, empty database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def radclient() -> str:
    """The path of Debian's radclient, a RADIUS client that is not ours."""
    try:
        return find_program("radclient")
    except PeerFailed as failure:
        pytest.fail(str(failure), pytrace=False)


@pytest.fixture
def coa_listener() -> Iterator[CoaListener]:
    """A running FreeRADIUS that answers Disconnect and CoA (see tests/peers/freeradius.py)."""
    try:
        listener = CoaListener()
    except PeerFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    with listener:
        yield listener
