"""Starts servers by forking, so that hundreds of rounds do not spend their time on imports.

`python -m tests.chaos.nursery` imports the whole program once and then forks a server for each
line of JSON on its standard input: the environment it shall have and where its words go. What runs
in the child is the shipped `tollhouse serve` (or the same on the fault disk), a process of its own
that can be killed like any other; only the second of imports is missing. `Nursery` is the other
side: it speaks with such a process and hands out children that look like `subprocess.Popen`.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.peers.child import find_program
from tests.scenarios.installation import CHECKOUT

PR_SET_PDEATHSIG = 1
ANSWER_LIMIT_S = 60.0


class Forked:
    """A server that the nursery has forked."""

    def __init__(self, pid: int) -> None:
        """It has just been born."""
        self.pid = pid
        self.returncode: int | None = None
        self._gone = threading.Event()

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if not self._gone.wait(timeout):
            raise subprocess.TimeoutExpired("server", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def ended(self, returncode: int) -> None:
        """The nursery says that it is gone."""
        self.returncode = returncode
        self._gone.set()


class Nursery:
    """A running nursery."""

    def __init__(self) -> None:
        """Start it; it imports everything while the first command waits."""
        self._process = subprocess.Popen(
            [
                *(find_program("setpriv"), "--pdeathsig", "KILL"),
                *(sys.executable, "-m", "tests.chaos.nursery"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
        )
        self._children: dict[int, Forked] = {}
        self._born: Forked | None = None
        self._answered = threading.Event()
        self._reader = threading.Thread(target=self._read, name="nursery", daemon=True)
        self._reader.start()

    def spawn(self, environment: Mapping[str, str], log: Path, *, faulty_disk: bool) -> Forked:
        """Fork a server."""
        told = {"environment": dict(environment), "log": str(log), "faulty_disk": faulty_disk}
        assert self._process.stdin is not None
        self._answered.clear()
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()
        assert self._answered.wait(ANSWER_LIMIT_S), "the nursery does not answer"
        assert self._born is not None
        return self._born

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if said["what"] == "born":
                self._born = self._children[said["pid"]] = Forked(said["pid"])
                self._answered.set()
            else:
                self._children.pop(said["pid"]).ended(said["code"])

    def close(self) -> None:
        """End it, and with it whatever still lives of its children."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _say(**words: Any) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def _be_server(told: dict[str, Any]) -> None:
    """In the child: become the server, for good."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    log = os.open(told["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.argv = ["tollhouse", "serve"]
    code = 70
    try:
        if told["faulty_disk"]:
            from tests.simulation.disk.serve import run

            run()
        else:
            from cli.main import main

            main(prog_name="tollhouse")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _reap(*_: object) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(what="gone", pid=pid, code=os.waitstatus_to_exitcode(status))


def attend() -> None:
    """Import the program, then fork on command until the commands end."""
    import cli.serve
    import cli.wiring
    import server.process
    import store.desk
    import tests.simulation.disk.serve

    assert all((cli.serve, cli.wiring, server.process, store.desk, tests.simulation.disk.serve))
    signal.signal(signal.SIGCHLD, _reap)
    for line in sys.stdin:
        told = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            _be_server(told)
        _say(what="born", pid=pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


if __name__ == "__main__":
    attend()
