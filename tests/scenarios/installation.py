"""One installation of the whole product: its settings, its database, its server as a process.

What an operator does is done through the command line, and what routers do goes through UDP;
nothing here reaches into the server. Commands run inside the test's process unless a test wants a
process of their own, which costs a second of imports each. The server is always a process; it is
stopped politely, or killed, and started again on the same ports.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from click.testing import CliRunner

from cli.main import main
from tests.peers.child import Child, PeerFailed
from tests.peers.ports import free_port
from tests.scenarios.elsewhen import Elsewhen

CHECKOUT = Path(__file__).resolve().parents[2]
SECRET = "testing123"
LOOK_S = 0.02  # between two looks at a condition
LIMIT_S = 90.0  # far beyond anything that is going to happen

Found = TypeVar("Found")

SETTINGS = """
[database]
url = "{url}"
[keys]
file = "tollhouse.key"
[radius]
listen = ["0.0.0.0", "::"]
auth_port = {auth_port}
acct_port = {acct_port}
reject_delay_ms = 0
[metrics]
port = {metrics_port}
[log]
format = "json"
"""


def eventually(look: Callable[[], Found | None], what: str, *, limit_s: float = LIMIT_S) -> Found:
    """Look again and again until something true is seen, and return it.

    A look that starts programs is followed by a pause as long as itself: others need the processor.
    """
    pause = threading.Event()
    end_s = time.monotonic() + limit_s
    while True:
        began_s = time.monotonic()
        found = look()
        if found:
            return found
        if time.monotonic() > end_s:
            raise AssertionError(f"never happened: {what}")
        pause.wait(max(LOOK_S, time.monotonic() - began_s))


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Installation:
    """A directory with settings, a database, and a server that can be started there."""

    def __init__(self, directory: Path, database_url: str, clock: Elsewhen | None = None) -> None:
        """Write the settings with free ports; nothing else happens yet.

        With a `clock` all of it lives by that; without, by the machine's.
        """
        self.directory = directory
        self.clock = clock
        self.database_url = database_url
        self.settings_file = directory / "tollhouse.toml"
        self._child: Child | None = None
        self._choose_ports()

    def _choose_ports(self) -> None:
        self.auth_port = free_port()
        self.acct_port = free_port()
        self.metrics_port = free_port()
        text = SETTINGS.format(
            url=self.database_url,
            auth_port=self.auth_port,
            acct_port=self.acct_port,
            metrics_port=self.metrics_port,
        )
        self.settings_file.write_text(text)

    # ---------------------------------------------------------------- commands

    def environment(self) -> dict[str, str]:
        """What the program sees: this installation's settings and nothing of another's."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {
            **kept,
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(CHECKOUT),
            "TOLLHOUSE_CONFIG": str(self.settings_file),
        }

    def run(self, *words: str, typed: str = "") -> Said:
        """Run a command to its end, whatever its exit code; what it did not catch is raised."""
        kept = {name: None for name in os.environ if name.startswith("TOLLHOUSE_")}
        env = {**kept, "TOLLHOUSE_CONFIG": str(self.settings_file)}
        with self.clock.held() if self.clock else contextlib.nullcontext():
            done = CliRunner().invoke(main, list(words), input=typed, env=env)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def run_program(self, *words: str, typed: str = "") -> Said:
        """Run a command as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *words],
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.directory,
            env=self.environment(),
            timeout=300,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def tollhouse(self, *words: str, typed: str = "") -> str:
        """Run a command that must succeed, and return what it printed."""
        said = self.run(*words, typed=typed)
        assert said.code == 0, f"tollhouse {' '.join(words)}: {said.code}\n{said.out}{said.err}"
        return said.out

    def shown(self, *words: str) -> Any:
        """Run a command with `--output json` and return what it showed."""
        return json.loads(self.tollhouse(*words, "--output", "json"))

    def posted(self, login: str = "alice") -> int:
        """The balance of a login in micros, with the charges of open sessions taken off."""
        posted = self.shown("balance", "show", login)["posted_micros"]
        assert isinstance(posted, int)
        return posted

    # ---------------------------------------------------------------- the server

    def start(self) -> None:
        """Start the server and return once it says that it is ready.

        The first start may find that another program took a port meanwhile; then it takes others.
        """
        assert self._child is None, "it is running"
        try:
            self._child = self._serve()
        except PeerFailed as failure:
            if "cannot listen" not in str(failure) and "in use" not in str(failure):
                raise
            self._choose_ports()
            self._child = self._serve()
        eventually(self.ready, "the server is ready")

    def _serve(self) -> Child:
        program = ["cli.main"]
        if self.clock is not None:
            program = ["tests.scenarios.elsewhen", str(self.clock.path)]
        return Child(
            [sys.executable, "-m", *program, "serve"],
            ready='"event":"serving"',
            environment=self.environment(),
        )

    def ready(self) -> bool:
        """Does `/readyz` say so?"""
        return self.page("readyz") == "ready\n"

    def page(self, name: str) -> str:
        """A page of the HTTP port, whatever its status; nothing when nobody answers."""
        url = f"http://127.0.0.1:{self.metrics_port}/{name}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refusal:
            return refusal.read().decode()
        except OSError:
            return ""

    def log(self) -> str:
        """The last lines that the server wrote."""
        return self._child.last_words(400) if self._child is not None else ""

    def kill(self) -> None:
        """End the server without any warning (SIGKILL)."""
        assert self._child is not None
        self._child.process.send_signal(signal.SIGKILL)
        self._child.stop()
        assert self._child.process.returncode == -signal.SIGKILL
        self._child = None

    def stop(self) -> None:
        """Ask the server to drain (SIGTERM), and see that it ended well."""
        assert self._child is not None
        child, self._child = self._child, None
        child.stop(limit_s=LIMIT_S)
        assert child.process.returncode == 0, child.last_words()
        assert "Traceback" not in child.last_words(400)

    def close(self) -> None:
        """Stop the server if it runs, however it ends."""
        if self._child is not None:
            with contextlib.suppress(AssertionError):
                self.stop()
