"""Installations for the stories: on SQLite and on PostgreSQL, one server for a module's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from domain.period import parse_instant
from tests.peers.child import PeerFailed
from tests.peers.freeradius import CoaListener
from tests.peers.postgres import PostgresCluster
from tests.scenarios.elsewhen import Elsewhen
from tests.scenarios.installation import Installation
from tests.scenarios.radclient import Radclient


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bare_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation with settings and nothing else, on either database."""
    directory = tmp_path_factory.mktemp("installation")
    if request.param == "sqlite":
        site = Installation(directory, f"sqlite:///{directory / 'tollhouse.db'}")
        yield site
        site.close()
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    with cluster.database() as url:
        site = Installation(directory, url)
        yield site
        site.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[CoaListener]:
    """A FreeRADIUS that answers Disconnect and CoA for all tests of a module."""
    try:
        listener = CoaListener()
    except PeerFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    with listener:
        yield listener


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def moved_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, CoaListener]]:
    """A running server with a clock that the stories of whole plans move on, one after the other.

    They share it, so the instants of a story lie after those of all the modules before it by name.
    """
    directory = tmp_path_factory.mktemp("elsewhen")
    clock = Elsewhen(directory / "clock")
    clock.move(parse_instant("2026-10-05 09:00", "UTC"))
    with ExitStack() as stack:
        url = f"sqlite:///{directory / 'tollhouse.db'}"
        if request.param == "postgresql":
            cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
            url = stack.enter_context(cluster.database())
        listener = stack.enter_context(CoaListener())
        site = Installation(directory, url, clock)
        stack.callback(site.close)
        site.tollhouse("init", "--sample")
        site.tollhouse("nas", "set", "local", "--coa-port", str(listener.port))
        site.start()
        yield site, listener


@pytest.fixture(scope="module")
def site(bare_site: Installation, listener: CoaListener) -> Installation:
    """A running server with the sample, whose orders go to FreeRADIUS."""
    bare_site.tollhouse("init", "--sample")
    bare_site.tollhouse("nas", "set", "local", "--coa-port", str(listener.port))
    bare_site.start()
    return bare_site


@pytest.fixture
def client(radclient: str) -> Radclient:
    """radclient, talking to 127.0.0.1."""
    return Radclient(radclient)
