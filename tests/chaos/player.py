"""The generator as a child of an attack: started, told what to do, and read.

The child cannot outlive the attack. What it acknowledges is read from its files while it plays,
so the oracle sees nothing that the generator has not put on disk.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.oracle import Truth
from tests.chaos.records import ACKED_FILE, ORDERS_FILE, SENT_FILE, Plan, Record, Tail
from tests.peers.child import find_program
from tests.scenarios.installation import CHECKOUT

LOOK_S = 0.005


def pause(length_s: float) -> None:
    """Let the others go on for a while; an attack needs time to pass."""
    threading.Event().wait(length_s)


class Player:
    """One running generator and what it has written so far."""

    def __init__(self, plan: Plan, directory: Path) -> None:
        """Save the plan and start to play it."""
        directory.mkdir(parents=True, exist_ok=True)
        plan.save(directory)
        self.plan = plan
        self.truth = Truth()
        self.acked_at_us: list[int] = []  # when answers came, repeats of the past left out
        self.orders_n = 0
        self._sent = Tail(directory / SENT_FILE)
        self._acked = Tail(directory / ACKED_FILE)
        self._orders = Tail(directory / ORDERS_FILE)
        self._words = (directory / "generator.log").open("ab")
        self.process = subprocess.Popen(
            [
                *(find_program("setpriv"), "--pdeathsig", "KILL"),
                *(sys.executable, "-m", "tests.chaos.generator", str(directory)),
            ],
            stdin=subprocess.PIPE,
            stdout=self._words,
            stderr=self._words,
            cwd=CHECKOUT,
        )

    def tell(self, command: str) -> None:
        """Give the generator a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def look(self) -> list[Record]:
        """Take in the answers written since the last look, before the books are read."""
        acked = self._acked.records()
        self.truth.add_acked(acked)
        self.orders_n += len(self._orders.orders())
        self.acked_at_us += [record.at_us for record in acked]
        return acked

    def look_at_sent(self) -> None:
        """Take in what was sent by now: to be called after the books were read."""
        self.truth.add_sent(self._sent.records())

    def await_ack(
        self, since_us: int, *, limit_s: float = 60.0, ended: Callable[[], bool] = lambda: False
    ) -> int:
        """Wait for an answer that came after an instant; when it came.

        Raises AssertionError when none comes in time, or if the server has `ended`.
        """
        end_s = time.monotonic() + limit_s
        while time.monotonic() < end_s:
            for record in self.look():
                if record.at_us > since_us:
                    return record.at_us
            assert self.process.poll() is None, "the generator has ended"
            assert not ended(), "the server has ended"
            pause(LOOK_S)
        raise AssertionError(f"nothing was acknowledged for {limit_s:.0f} s")

    def drain(self, *, limit_s: float = 300.0) -> None:
        """Let every session stop, and wait for the end."""
        self.tell("drain")
        self.await_end(limit_s=limit_s)

    def await_end(self, *, limit_s: float = 300.0) -> None:
        """After `drain`: wait until every session has stopped, and all of it is acknowledged."""
        self.process.wait(limit_s)
        assert self.process.returncode == 0, "the generator failed; see generator.log"
        self.look()

    def close(self) -> None:
        """End it, however it is."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._words.close()
