"""The process that watches: workers are started, asked, started again, and drained.

The workers here are a few lines of Python that do as they are told; real ones run in
`tests/scenarios/test_workers.py`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from server.bound import bound_udp
from server.limits import Limits
from server.workers import Watch
from tests.peers.ports import free_port
from tests.server.fakes import Log

WORKER = """
import json, os, signal, socket, sys, threading
share, sockets, lifeline, pages = json.loads(os.environ["TOLLHOUSE_WORKER"])
assert "NOTIFY_SOCKET" not in os.environ
for host, port, number in sockets:
    assert socket.socket(fileno=os.dup(number)).getsockname()[:2] == (host, port)
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
threading.Thread(target=lambda: (os.read(lifeline, 1), os._exit(0)), daemon=True).start()
listening = socket.socket(socket.AF_UNIX)
listening.bind(pages)
listening.listen()
while True:
    line, _ = listening.accept()
    name = line.recv(1000).split()[1].decode()
    figures = "# TYPE n_total counter\\nn_total %d\\n" % (share[0] + 1)
    body = {"/readyz": "ready", "/metrics": figures}[name]
    line.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + body.encode())
    line.close()
"""
LIMIT_S, LOOK_S = 60.0, 0.02


def watch_of(tmp_path: Path, program: str, log: Log) -> Watch:
    """Two workers of this program."""
    limits = Limits(listen=("127.0.0.1",), auth_port=free_port(), acct_port=free_port())
    command = [sys.executable, "-c", program]
    return Watch(command, 2, tmp_path, limits=limits, log=log)


def told(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, LIMIT_S))


async def until(look: Callable[[], bool]) -> None:
    looked = asyncio.Event()
    while not look():
        asyncio.get_running_loop().call_later(LOOK_S, looked.set)
        await looked.wait()
        looked.clear()


def ready(watch: Watch) -> bool:
    return watch.pages()["readyz"]()[0] == 200


def test_workers_are_ready_shown_as_one_and_drained(tmp_path: Path) -> None:
    watch = watch_of(tmp_path, WORKER, Log())

    async def story() -> None:
        running = asyncio.create_task(watch.run())
        await until(lambda: ready(watch))
        status, _, body = watch.pages()["metrics"]()
        assert (status, b"n_total 3.0" in body) == (200, True)
        watch.stop()
        assert watch.pages()["readyz"]()[2].startswith(b"draining")
        await running

    told(story())
    assert watch.status == 0


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    log = Log()
    watch = watch_of(tmp_path, WORKER, log)

    async def story() -> None:
        running = asyncio.create_task(watch.run())
        await until(lambda: ready(watch))
        first = watch._running[1].pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: not ready(watch))
        await until(lambda: ready(watch))
        assert watch._running[1].pid != first
        assert b"n_total 5.0" in watch.pages()["metrics"]()[2], "what the first had counted stays"
        watch.stop()
        await running

    told(story())
    assert "a worker has ended" in log.events("error")


def test_a_worker_that_cannot_start_stops_them_all(tmp_path: Path) -> None:
    """The first starts, the second says why it cannot: nothing half-working is left."""
    failing = f"import os, sys\nif '[[1,' in os.environ['TOLLHOUSE_WORKER']: sys.exit(1)\n{WORKER}"
    log = Log()
    watch = watch_of(tmp_path, failing, log)
    told(watch.run())
    assert watch.status == 1
    assert "a worker has ended" in log.events("error")


def test_an_address_that_is_taken_is_said_before_any_worker_starts(tmp_path: Path) -> None:
    watch = watch_of(tmp_path, WORKER, Log())
    taken = bound_udp("127.0.0.1", watch._limits.acct_port, 1 << 16)
    with taken, pytest.raises(OSError, match=r"cannot listen on 127\.0\.0\.1 port"):
        told(watch.run())
    assert watch._running == {}


def test_workers_that_will_not_drain_are_killed_by_the_second_signal(tmp_path: Path) -> None:
    stubborn = WORKER.replace("lambda *_: os._exit(0))\nthreading", "signal.SIG_IGN)\nthreading")
    watch = watch_of(tmp_path, stubborn, Log())

    async def story() -> None:
        running = asyncio.create_task(watch.run())
        await until(lambda: ready(watch))
        watch.stop()
        watch.kill()
        await running

    told(story())
    assert watch.status == 143
