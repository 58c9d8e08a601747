"""Installations for the stories: on SQLite and on PostgreSQL, one server for a module's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
    """An installation with settings and nothing else, on either database.

    A module that says `BEGINS_US` has a clock of its own, which begins then and which it moves.
    """
    directory = tmp_path_factory.mktemp("installation")
    clock = None
    if hasattr(request.module, "BEGINS_US"):
        clock = Elsewhen(directory / "clock")
        clock.move(request.module.BEGINS_US)
    if request.param == "sqlite":
        site = Installation(directory, f"sqlite:///{directory / 'tollhouse.db'}", clock)
        yield site
        site.close()
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    with cluster.database() as url:
        site = Installation(directory, url, clock)
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
