"""The server as a process: it serves radclient, hears the command line, drains at SIGTERM."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.house import House
from tests.peers.child import Child
from tests.peers.ports import free_port

LOGIN = "User-Name = alice, User-Password = wonderland"


@pytest.fixture
def ports(house: House) -> tuple[int, int, int]:
    """Free ports, written into the settings: authentication, accounting, metrics."""

    auth, acct = (free_port() for _ in range(2))
    metrics = free_port()
    text = house.config.read_text()
    text = text.replace("auth_port = 0", f"auth_port = {auth}")
    text = text.replace("acct_port = 0", f"acct_port = {acct}")
    text = text.replace("port = 9812", f"port = {metrics}").replace(', "::"', "")
    house.config.write_text(text.replace("0.0.0.0", "127.0.0.1"))
    return auth, acct, metrics


@contextlib.contextmanager
def serving() -> Iterator[tuple[Child, list[str]]]:
    """`tollhouse serve`, once it is ready, and the lines of its log."""
    lines: list[str] = []
    child = Child(
        [sys.executable, "-m", "cli.main", "serve"],
        ready='"serving"',
        environment=dict(os.environ),
        on_line=lines.append,
    )
    try:
        yield child, lines
    finally:
        child.stop()


def ask(radclient: str, port: int, attributes: str, kind: str = "auth") -> str:
    """One request of radclient; what it printed."""
    words = [radclient, "-x", "-r", "2", "-t", "30", f"127.0.0.1:{port}", kind, "testing123"]
    return subprocess.run(words, input=attributes, capture_output=True, text=True).stdout


def test_a_login_is_served_and_changes_are_heard_while_it_runs(
    house: House, ports: tuple[int, int, int], radclient: str
) -> None:
    auth, _, metrics = ports
    with serving() as (_, lines):
        assert "Received Access-Accept" in ask(radclient, auth, LOGIN)
        house.run("subscriber", "suspend", "alice")
        while "suspended" not in house.run("explain", "reject", "alice").stdout:
            assert "Received Access-" in ask(radclient, auth, LOGIN)
        (server,) = [row for row in house.json("doctor") if row["topic"] == "server"]
        assert server["text"] == "running and ready"
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/readyz") as answer:
            assert answer.status == 200
    assert "wonderland" not in "".join(lines) and "testing123" not in "".join(lines)


def test_sigterm_drains_and_ends_well(house: House, ports: tuple[int, int, int]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "serve"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if '"serving"' in line:
            process.send_signal(signal.SIGTERM)
            break
    rest = process.stderr.read()
    assert process.wait() == 0, rest
    assert "stopped" in rest


def test_ports_that_are_taken_are_one_line_of_the_log(
    house: House, ports: tuple[int, int, int]
) -> None:
    with serving():
        second = subprocess.run(
            [sys.executable, "-m", "cli.main", "serve"], capture_output=True, text=True
        )
    assert second.returncode == 1
    assert "cannot listen on 127.0.0.1" in second.stderr and "Traceback" not in second.stderr


def test_what_is_wrong_before_the_start_is_one_line(bare: House) -> None:
    assert "key file" in bare.refuse("serve")
    bare.run("init")
    Path(bare.database_url.removeprefix("sqlite:///")).unlink()
    assert "run `tollhouse init`" in bare.refuse("serve")


def test_several_workers_are_refused_where_they_cannot_be(house: House) -> None:
    """On SQLite there is one writer; and port 0 is another one for each worker."""
    text = house.config.read_text()
    house.config.write_text(text.replace("workers = 1", "workers = 2"))
    on_sqlite = house.database_url.startswith("sqlite")
    said = "several workers need PostgreSQL" if on_sqlite else "several workers need port numbers"
    assert said in house.refuse("serve")
    found = [row for row in house.json("doctor", code=1) if row["topic"] == "settings"]
    assert [row["level"] for row in found] == ["fault"] and said in found[0]["text"]
