"""The database goes away under a running server and comes back.

A server that cannot make anything durable has to look dead to its routers: then they ask again,
or ask another one. It never answers what it cannot keep, and needs no restart afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.child import PeerFailed
from tests.peers.postgres import PostgresCluster
from tests.scenarios.installation import Installation, eventually
from tests.scenarios.router import INTERIM, START, STOP, Router

OPENING_MICROS = 5_000_000


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """A PostgreSQL of this test's own, since it is going to be stopped."""
    try:
        cluster = PostgresCluster()
    except PeerFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    with cluster:
        yield cluster


@pytest.fixture
def site(cluster: PostgresCluster, tmp_path: Path) -> Iterator[Installation]:
    """A server with the sample on that PostgreSQL."""
    site = Installation(tmp_path, cluster.create_database())
    site.tollhouse("init", "--sample")
    site.start()
    yield site
    site.close()


def test_sts_04_without_its_database_the_server_is_silent_and_then_goes_on(
    site: Installation, cluster: PostgresCluster
) -> None:
    with Router(site) as router:
        token = router.login(Acct_Session_Id="outlasting")["Class"]
        session = {"Class": token}
        router.report(START, "outlasting", **session)
        router.report(INTERIM, "outlasting", down=100_000_000, seconds=60, **session)
        cluster.stop()
        missed = router.record(INTERIM, "outlasting", down=150_000_000, seconds=120, **session)
        assert router.silence(missed), "an answer would promise what nobody keeps"
        assert router.silence(router.access_request())
        eventually(lambda: not site.ready(), "the server says that it is not ready")
        assert "database" in site.page("readyz")
        assert router.silence(router.status_server())
        assert router.silence(router.status_server(accounting=True))
        said = site.run("balance", "show", "alice")
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert said.err.startswith("tollhouse: the database is not available")

        cluster.start()
        octets = missed.RequestPacket()  # the router repeats what nobody answered

        def answered() -> bool:
            router.send(octets, accounting=True)
            return router.answer_to(missed, 0.3) is not None

        eventually(answered, "the repeat is acknowledged")
        eventually(site.ready, "the server is ready again")
        router.ask(router.status_server())
        assert site.posted() == OPENING_MICROS - 1_500_000
        router.report(STOP, "outlasting", down=200_000_000, seconds=180, **session)
        assert site.posted() == OPENING_MICROS - 2_000_000
        router.login()
    site.tollhouse("ledger", "check")
    assert "Traceback" not in site.log()


def test_a_server_without_a_database_does_not_start_and_says_why(
    site: Installation, cluster: PostgresCluster
) -> None:
    site.stop()
    cluster.stop()
    said = site.run_program("serve")
    assert said.code != 0
    assert said.err.startswith("tollhouse: the database is not available")
    assert said.err.count("\n") == 1
