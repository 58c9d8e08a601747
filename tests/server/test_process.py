"""The real process: signals, HTTP, exit status. Each test starts one of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.peers.ports import free_port
from tests.server import packets

ROOT = Path(__file__).parents[2]

PROGRAM = """
import asyncio, sys
sys.path.insert(0, {root!r})
from server import logs
from server.limits import Limits
from server.process import Outside, Parts, run_server
from tests.server.fakes import Desk, Store, device

async def build(seams):
    store = Store([device(1, prefix="127.0.0.0/8")])
    store.away = {away}
    desk = Desk()
    if {stuck}:
        async def hold():
            await asyncio.Event().wait()
        desk.before = hold
    async def close():
        print("closed", flush=True)
    return Parts(store, desk, close)

logs.configure(level="info", form="json", stream=sys.stdout)
sys.exit(run_server(
    build,
    limits=Limits(listen=("127.0.0.1",), auth_port={auth}, acct_port={acct}, drain_linger_us=0),
    outside=Outside(metrics_listen=("127.0.0.1", {http}), disk_path="/", version="1"),
    log=logs.get_log(),
))
"""


class Running:
    """A server process and its ports."""

    def __init__(self, **changes: Any) -> None:
        self.auth, self.acct, self.http = free_port(), free_port(), free_port()
        settings = {
            "root": str(ROOT), "away": False, "stuck": False,
            "auth": self.auth, "acct": self.acct, "http": self.http,
        } | changes  # fmt: skip
        self.child = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(**settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        self.output = ""

    def until(self, text: str) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.output += line
            if text in line:
                return
        raise AssertionError(f"{text!r} never came:\n{self.output}")

    def end(self) -> int:
        rest, _ = self.child.communicate(timeout=120)
        self.output += rest
        return self.child.returncode

    def get(self, page: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/{page}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@contextmanager
def running(**changes: Any) -> Iterator[Running]:
    process = Running(**changes)
    try:
        yield process
    finally:
        if process.child.poll() is None:
            process.child.kill()
            process.child.communicate()


def test_it_serves_shows_its_pages_and_drains_on_sigterm() -> None:
    with running() as process:
        process.until('"serving"')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
            router.settimeout(120)
            router.sendto(packets.record(), ("127.0.0.1", process.acct))
            packets.check_reply(router.recv(5_000), packets.record(), 5)
        assert process.get("livez") == (200, "alive\n")
        assert process.get("readyz") == (200, "ready\n")
        status, body = process.get("metrics")
        assert status == 200 and re.search(r"^aaa_disk_free_bytes \d", body, re.MULTILINE)
        assert process.get("nothing")[0] == 404
        process.child.send_signal(signal.SIGTERM)
        assert process.end() == 0
        for word in ('"draining"', '"stopped"', "closed"):
            assert word in process.output
        assert "Traceback" not in process.output


def test_a_signal_given_twice_in_one_breath_is_one() -> None:
    with running() as process:
        process.until('"serving"')
        process.child.send_signal(signal.SIGTERM)
        process.child.send_signal(signal.SIGINT)
        assert process.end() == 0
        assert '"stopped"' in process.output


def test_a_second_sigterm_ends_it_at_once() -> None:
    with running(stuck=True) as process:
        process.until('"serving"')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
            router.sendto(packets.record(), ("127.0.0.1", process.acct))
        process.child.send_signal(signal.SIGTERM)
        process.until('"draining"')
        while process.child.poll() is None:  # those of the first half second are one signal
            process.child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.child.wait(timeout=0.05)
        assert process.end() == 143
        assert '"stopped"' not in process.output


@pytest.mark.parametrize("fault", ["store", "udp", "http"])
def test_a_start_that_fails_says_why_in_one_line(fault: str) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
    ):
        udp.bind(("127.0.0.1", 0))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        changes: dict[str, dict[str, Any]] = {
            "store": {"away": True},
            "udp": {"acct": udp.getsockname()[1]},
            "http": {"http": tcp.getsockname()[1]},
        }
        with running(**changes[fault]) as process:
            assert process.end() == 1
            errors = [line for line in process.output.splitlines() if '"error"' in line]
            assert len(errors) == 1 and "cannot start" in errors[0]
            assert "Traceback" not in process.output
