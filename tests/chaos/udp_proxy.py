"""A bad network in one thread: loss, repetition, delay, reordering, truncation, flipped bits.

The generator talks to the proxy's address, and the proxy to the server from that same address, so
that for the server it is the NAS. Each of the generator's sockets has one socket of its own here.
Orders of the server take the other way through. The dice are seeded; what they fall on is not.
"""

from __future__ import annotations

import heapq
import random
import select
import socket
import threading
import time
from dataclasses import dataclass

DATAGRAM_OCTETS = 4_096
WAIT_MAX_S = 0.02

Address = tuple[str, int]


@dataclass
class Weather:
    """How bad it is: chances in 0..1 for each datagram, and the mean of an exponential delay."""

    loss: float = 0.0
    twice: float = 0.0
    delay_ms: float = 0.0
    truncate: float = 0.0
    flip: float = 0.0


class UdpProxy:
    """Ports of one address, passed on to ports of another, with weather in between."""

    def __init__(self, address: str, *, seed: int) -> None:
        """Nothing listens yet."""
        self.address = address
        self.weather = Weather()
        self.figures = dict.fromkeys(
            ("passed", "lost", "repeated", "reordered", "truncated", "flipped"), 0
        )
        self._chance = random.Random(seed)
        self._doors: dict[socket.socket, Address] = {}  # listening; where it leads to
        self._upstream: dict[tuple[socket.socket, Address], socket.socket] = {}
        self._back: dict[socket.socket, tuple[socket.socket, Address]] = {}
        self._later: list[tuple[float, int, socket.socket, bytes, Address]] = []
        self._count = 0
        self._newest_s = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="udp-proxy", daemon=True)

    def door(self, target: Address, port: int = 0) -> int:
        """Listen on a port (any, if 0) for datagrams to `target`; the port. Before `start`."""
        door = self._open(port)
        self._doors[door] = target
        number: int = door.getsockname()[1]
        return number

    def _open(self, port: int = 0) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        opened.bind((self.address, port))
        opened.setblocking(False)
        return opened

    def start(self) -> None:
        """Pass datagrams on from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and give all ports back."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        for opened in (*self._doors, *self._back):
            opened.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            wait_s = WAIT_MAX_S
            if self._later:
                wait_s = max(0.0, min(wait_s, self._later[0][0] - time.monotonic()))
            ready, _, _ = select.select([*self._doors, *self._back], [], [], wait_s)
            for opened in ready:
                self._hear(opened)
            while self._later and self._later[0][0] <= time.monotonic():
                _, _, opened, octets, target = heapq.heappop(self._later)
                self._send(opened, octets, target)

    def _hear(self, opened: socket.socket) -> None:
        try:
            octets, peer = opened.recvfrom(DATAGRAM_OCTETS)
        except (BlockingIOError, ConnectionRefusedError):
            return
        if opened in self._doors:
            self._submit(self._way_up(opened, peer), octets, self._doors[opened])
        else:
            door, client = self._back[opened]
            self._submit(door, octets, client)

    def _way_up(self, door: socket.socket, client: Address) -> socket.socket:
        found = self._upstream.get((door, client))
        if found is None:
            found = self._upstream[door, client] = self._open()
            self._back[found] = (door, client)
        return found

    def _submit(self, opened: socket.socket, octets: bytes, target: Address) -> None:
        """Let the weather have its way with one datagram."""
        weather, chance, figures = self.weather, self._chance, self.figures
        if chance.random() < weather.loss:
            figures["lost"] += 1
            return
        if chance.random() < weather.truncate:
            octets = octets[: chance.randrange(len(octets))]
            figures["truncated"] += 1
        if octets and chance.random() < weather.flip:
            at = chance.randrange(len(octets))
            octets = (
                octets[:at] + bytes((octets[at] ^ 1 << chance.randrange(8),)) + octets[at + 1 :]
            )
            figures["flipped"] += 1
        figures["passed"] += 1
        times_n = 2 if chance.random() < weather.twice else 1
        figures["repeated"] += times_n - 1
        for _ in range(times_n):
            delay_s = chance.expovariate(1000 / weather.delay_ms) if weather.delay_ms else 0.0
            due_s = time.monotonic() + delay_s
            figures["reordered"] += due_s < self._newest_s
            self._newest_s = max(self._newest_s, due_s)
            self._count += 1
            heapq.heappush(self._later, (due_s, self._count, opened, octets, target))

    def _send(self, opened: socket.socket, octets: bytes, target: Address) -> None:
        try:
            opened.sendto(octets, target)
        except (BlockingIOError, ConnectionRefusedError):
            self.figures["lost"] += 1
