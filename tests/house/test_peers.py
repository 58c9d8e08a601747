"""The peers that other tests rely on are themselves what those tests believe they are.

A test against a real implementation proves nothing if the implementation was not running, was set
up wrong, or outlived the run; so each peer is asked here to show that it does what its page says.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.peers.child import Child, PeerFailed
from tests.peers.freeradius import CoaListener
from tests.peers.postgres import PostgresCluster

ROOT = Path(__file__).resolve().parents[2]


def ask(url: str, statement: str) -> object:
    """Return the first value that one statement yields on the database with that URL."""

    async def once() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(once())


def test_a_postgresql_database_is_empty_durable_and_owned_by_a_plain_role(
    postgresql_url: str,
) -> None:
    tables = "select count(*) from pg_tables where schemaname = 'public'"
    assert ask(postgresql_url, tables) == 0
    assert ask(postgresql_url, "show synchronous_commit") == "on"
    assert ask(postgresql_url, "show fsync") == "on"
    assert ask(postgresql_url, "select usesuper from pg_user where usename = user") is False
    assert ask(postgresql_url, "create table t (n bigint)") is None


def test_a_postgresql_database_wants_its_password(postgresql_url: str) -> None:
    without = postgresql_url.replace(postgresql_url.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(without, "select 1")


def test_a_database_can_be_a_copy_of_another(postgres_cluster: PostgresCluster) -> None:
    first = postgres_cluster.create_database()
    ask(first, "create table t (n bigint)")
    second = postgres_cluster.create_database(like=first)
    assert ask(second, "select count(*) from t") == 0
    for url in (first, second):
        postgres_cluster.drop_database(url)


def test_a_copy_is_lent_again_with_its_first_rows_unless_its_shape_was_changed(
    postgres_cluster: PostgresCluster,
) -> None:
    template = postgres_cluster.create_database()
    ask(template, "create table t (n bigserial, word text)")
    ask(template, "insert into t (word) values ('it''s first')")
    with postgres_cluster.copy(template) as first:
        ask(first, "delete from t")
        ask(first, "insert into t (word) values ('a'), ('b')")
    with postgres_cluster.copy(template) as second:
        assert second == first
        assert ask(second, "select string_agg(n || word, ' ') from t") == "1it's first"
        ask(second, "insert into t (word) values ('c')")
        assert ask(second, "select max(n) from t") == 2
        ask(second, "alter table t add column more text")
    with postgres_cluster.copy(template) as third:
        assert third != second
        assert ask(third, "select count(*) from t") == 1
    for url in (third, template):
        postgres_cluster.drop_database(url)


def test_a_stopped_cluster_comes_back_with_its_data_at_the_same_port() -> None:
    with PostgresCluster() as cluster:
        url = cluster.create_database()
        ask(url, "create table t (n bigint)")
        cluster.stop()
        with pytest.raises(OSError, match="onnect"):
            ask(url, "select 1")
        cluster.start()
        assert ask(url, "select count(*) from t") == 0


def test_both_kinds_of_database_are_offered(database_url: str) -> None:
    assert database_url.startswith(("sqlite:////", "postgresql://tollhouse:"))


def test_a_peer_that_cannot_start_is_reported_with_its_own_words() -> None:
    with pytest.raises(PeerFailed, match="no such luck"):
        Child(["/bin/sh", "-c", "echo no such luck; exit 3"], ready="never")


def test_a_peer_dies_with_the_process_that_started_it() -> None:
    program = (
        "from tests.peers.child import Child\n"
        "child = Child(['/bin/sh', '-c', 'echo here $$; exec sleep 600'], ready='here')\n"
        "print(child.lines[0].split()[1], flush=True)\n"
        "input()\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    peer = int(owner.stdout.readline())
    watched = os.pidfd_open(peer)
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    # The descriptor of a process becomes readable when it ends; an end that never comes hangs here
    # until the limit and leaves the list empty.
    poller = select.poll()
    poller.register(watched, select.POLLIN)
    ended = poller.poll(30_000)
    os.close(watched)
    assert ended


def radclient_answer(radclient: str, listener: CoaListener, session: str) -> str:
    """Send one Disconnect-Request for ``session`` with radclient and return what it printed."""
    done = subprocess.run(
        [
            *(radclient, "-x", "-r", "1", "-t", "1"),
            *(f"{listener.host}:{listener.port}", "disconnect", "testing123"),
        ],
        input=f'Acct-Session-Id = "{session}"\n',
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("session", "answer"),
    [
        ("abc", "Received Disconnect-ACK"),
        ("gone-1", "Error-Cause = Session-Context-Not-Found"),
        ("refused-1", "Error-Cause = Administratively-Prohibited"),
        ("silent-1", "No reply from server"),
    ],
)
def test_freeradius_answers_by_the_name_of_the_session(
    radclient: str, coa_listener: CoaListener, session: str, answer: str
) -> None:
    assert answer in radclient_answer(radclient, coa_listener, session)
    (request,) = coa_listener.wait_for(1)
    assert (request.kind, request.dropped) == ("Disconnect-Request", "")
    assert request.attributes == {"Acct-Session-Id": f'"{session}"'}


def test_freeradius_drops_a_request_under_another_secret_and_says_so(radclient: str) -> None:
    with CoaListener("another-secret") as listener:
        assert "No reply from server" in radclient_answer(radclient, listener, "abc")
        assert "Shared secret is incorrect" in listener.wait_for(1)[0].dropped
