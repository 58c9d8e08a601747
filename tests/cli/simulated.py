"""A server for the simulated router, made of our own wire code and nothing else.

It answers each datagram with what the test says, so the router can be given genuine answers and
forged ones. The clock stands still unless the test moves it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cli.simulate_router import Uplink
from radius import Packet, decode

SECRET = b"testing123"
NOW_US = 1_700_000_000_000_000

Answer = Callable[[Packet, bytes], list[bytes]]


@dataclass
class StoodClock:
    """A clock that a test moves by hand (domain.seams.Clock)."""

    us: int = NOW_US

    def now_us(self) -> int:
        """UTC, microseconds."""
        return self.us

    def monotonic_us(self) -> int:
        """The same clock."""
        return self.us


@dataclass
class FakeServer:
    """Both ports of a server in one thread; `answer(packet, octets)` gives the replies."""

    answer: Answer
    heard: list[Packet] = field(default_factory=list)

    def __enter__(self) -> FakeServer:
        """Open a port and begin to answer."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop: an empty datagram is the sign."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(60)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            octets, peer = self._socket.recvfrom(4_096)
            if not octets:
                return
            packet = decode(octets)
            self.heard.append(packet)
            for reply in self.answer(packet, octets):
                self._socket.sendto(reply, peer)

    def uplink(self, *, tries: int = 1, timeout_s: int = 60) -> Uplink:
        """The way to it; a test of its silence has less patience."""
        port = self._socket.getsockname()[1]
        return Uplink("127.0.0.1", port, port, 0, SECRET, timeout_s=timeout_s, tries=tries)
