"""A program that the tests talk to, run as a child that cannot outlive them.

A peer is started in the foreground under ``setpriv --pdeathsig``, so that the kernel ends it when
the test process dies, however it dies. Its output is read by a thread: one line says that it is
ready (so nobody polls or sleeps), the last few hundred are kept for the message when something
fails. Nothing here knows which program it is.
"""

from __future__ import annotations

import collections
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class PeerFailed(Exception):
    """A peer is missing, did not start or did not do as asked; the text is for a person."""


def find_program(name: str) -> str:
    """Return the path of an installed program, or raise PeerFailed saying how to get it."""
    path = shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        raise PeerFailed(f"{name} is not installed: run `make peers`")
    return path


class Child:
    """One running peer: its process, the last lines that it printed, and how it is ended."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        ready: str,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] | None = None,
        start_limit_s: float = 180,
    ) -> None:
        """Start ``argv`` (as ``user``, if given) and return once a line matches the pattern
        ``ready``.

        Raises PeerFailed with the program's last words if it ends, or says nothing in time.
        """
        self.name = argv[0].rsplit("/", 1)[-1]
        self.lines: collections.deque[str] = collections.deque(maxlen=400)
        self._stop_signal = stop_signal
        self._ready_pattern = re.compile(ready)
        self._settled = threading.Event()
        self._is_ready = False
        self._on_line = on_line
        wrapper = [find_program("setpriv"), "--pdeathsig", stop_signal.name.removeprefix("SIG")]
        if user is not None:
            wrapper += [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        self.process = subprocess.Popen(
            [*wrapper, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
            env=dict(environment) if environment is not None else None,
        )
        self._reader = threading.Thread(target=self._read, name=f"peer-{self.name}", daemon=True)
        self._reader.start()
        if not self._settled.wait(start_limit_s) or not self._is_ready:
            self.stop()
            raise PeerFailed(f"{self.name} did not start; it said:\n{self.last_words()}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            text = line.rstrip("\n")
            self.lines.append(text)
            if self._on_line is not None:
                self._on_line(text)
            if not self._is_ready and self._ready_pattern.search(text):
                self._is_ready = True
                self._settled.set()
        self._settled.set()

    def last_words(self, count: int = 20) -> str:
        """Return the last lines that the program printed."""
        return "\n".join(list(self.lines)[-count:])

    def stop(self, *, limit_s: float = 60) -> None:
        """End the program: politely first, then by force. Stopping twice is harmless."""
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
            try:
                self.process.wait(limit_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(limit_s)
        if self.process.stdout is not None:
            self.process.stdout.close()
