"""FreeRADIUS takes our edits of its stock configuration and answers logins and records."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import rivals
from benchmarks.rivals import FreeRadius
from benchmarks.traffic import Traffic
from tests.peers.postgres import PostgresCluster


def test_with_a_users_file_it_lets_everybody_in(tmp_path: Path) -> None:
    server = FreeRadius(rivals.DETAIL, tmp_path, subscribers_n=30)
    server.start()
    try:
        with Traffic(30) as router:
            runs = [router.run(kind, server.auth_port, count=30) for kind in ("pap", "chap")]
            runs.append(router.run("interim", server.acct_port, count=30))
        written = next((tmp_path / "log" / "radacct").glob("*/detail-*")).read_text()
    finally:
        server.stop()
    assert all(run.clean and run.answered == 30 for run in runs), server.words()
    assert written.count("Interim-Update") == 30
    assert not list((tmp_path / "log" / "radacct").glob("*/detail-*"))


@pytest.mark.parametrize("kind", rivals.ON_POSTGRESQL)
def test_with_a_database_it_lets_everybody_in_and_keeps_their_counters(
    tmp_path: Path, kind: str
) -> None:
    with PostgresCluster() as cluster:
        url = cluster.create_database()
        server = FreeRadius(kind, tmp_path, subscribers_n=30, database_url=url)
        server.start()
        try:
            with Traffic(30) as router:
                runs = [router.run("mschap", server.auth_port, count=30, timeout=60)]
                for what in ("start", "interim"):
                    runs.append(router.run(what, server.acct_port, count=30, timeout=60))
        finally:
            server.stop()
        asked = "SELECT count(*), sum(acctoutputoctets), count(DISTINCT username) FROM radacct"
        kept = cluster.execute(asked, database=url.rpartition("/")[2])
        logins_n = cluster.execute(
            "SELECT count(*) FROM radpostauth WHERE reply = 'Access-Accept'",
            database=url.rpartition("/")[2],
        )
    assert all(run.clean and run.answered == 30 for run in runs), server.words()
    assert kept == f"30|{30 * 1_500_000}|30"
    assert logins_n == ("30" if kind == rivals.LOGINS_STORED else "0")
