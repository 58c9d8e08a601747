"""A NAS with many lines, as a process of its own: `python -m tests.chaos.generator DIRECTORY`.

It plays sessions against a server until it is told otherwise, repeats what is not answered, and
keeps two lists (`tests.chaos.records`): what it sent, and what was acknowledged. One turn of its
loop hears all that has arrived, writes both lists, flushes the second to disk, and only then
sends what follows. Commands come as lines on standard input: `pause` (repeats too), `resume`,
`drain` (every session stops, and the program ends when all Stops are acknowledged) and `quit`.
"""

from __future__ import annotations

import heapq
import os
import select
import socket
import sys
import time
from pathlib import Path
from typing import TextIO

from tests.chaos import wire
from tests.chaos.line import Line, Request
from tests.chaos.records import ACKED_FILE, AGAIN, ORDERS_FILE, SENT_FILE, Ordered, Plan

DATAGRAM_OCTETS = 4_096
HEARD_MAX_N = 512  # datagrams of one socket in one turn
LINES_PER_SOCKET_N = 40  # each may wait under several of the 256 identifiers
WAIT_MAX_S = 0.05
ANSWERS = {
    wire.ACCESS_ACCEPT: "accept",
    wire.ACCESS_REJECT: "reject",
    wire.ACCOUNTING_RESPONSE: "ack",
}


def now_us() -> int:
    """Monotonic microseconds; on Linux all processes see the same clock."""
    return time.monotonic_ns() // 1000


class Identifiers:
    """One socket and who waits for which of its 256 identifiers."""

    def __init__(self, source: str) -> None:
        """Take any free port of the source address."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((source, 0))
        self.socket.setblocking(False)
        self._next = 0
        self.waiting: dict[int, tuple[Request, bytes]] = {}

    def take(self, request: Request) -> int:
        """The next identifier under which nobody waits for an answer to go on."""
        for _ in range(256):
            self._next = (self._next + 1) % 256
            held = self.waiting.get(self._next)
            if held is None or held[0] is request or not held[0].waits_under(self._next):
                break
        return self._next


class Generator:
    """The lines of a plan on a few sockets."""

    def __init__(self, plan: Plan, directory: Path) -> None:
        """Open sockets and files; nothing is sent yet."""
        self.plan = plan
        self.secret = plan.secret.encode()
        count = plan.sessions_n // LINES_PER_SOCKET_N + 1
        self._ports = [Identifiers(plan.source) for _ in range(count)]
        self._late = Identifiers(plan.source)
        self._orders = self._open_orders()
        self._sent = (directory / SENT_FILE).open("a", buffering=1 << 20)
        self._acked = (directory / ACKED_FILE).open("a", buffering=1 << 20)
        self._heard = (directory / ORDERS_FILE).open("a")
        self._lines = [Line(plan, n, self._ports[n % count]) for n in range(plan.sessions_n)]
        self._due: list[tuple[int, int, Line]] = []
        self._later: list[tuple[int, int, Request]] = []
        self._count = 0
        self._unflushed = False
        self._paused = False
        self._draining = False
        began_us = now_us()
        for line in self._lines:
            self._at(began_us, line)

    def _open_orders(self) -> socket.socket | None:
        if not self.plan.coa_port:
            return None
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind((self.plan.source, self.plan.coa_port))
        opened.setblocking(False)
        return opened

    def run(self, commands: TextIO) -> None:
        """Play until `quit`, the end of the commands, or everything has drained."""
        poll = select.poll()
        sockets = {}
        for port in (*self._ports, self._late):
            sockets[port.socket.fileno()] = port
            poll.register(port.socket, select.POLLIN)
        if self._orders is not None:
            poll.register(self._orders, select.POLLIN)
        poll.register(commands, select.POLLIN)
        while True:
            ready = [fd for fd, _ in poll.poll(self._wait_s() * 1000)]
            if commands.fileno() in ready and not self._obey(commands.readline().strip()):
                return
            for fd in ready:
                if fd in sockets:
                    self._hear(sockets[fd])
                elif self._orders is not None and fd == self._orders.fileno():
                    self._hear_orders(self._orders)
            self._turn()
            if self._draining and all(line.idle for line in self._lines):
                return

    def _wait_s(self) -> float:
        if self._paused:
            return WAIT_MAX_S
        due_us = min((heap[0][0] for heap in (self._due, self._later) if heap), default=None)
        if due_us is None:
            return WAIT_MAX_S
        return max(0.0, min((due_us - now_us()) / 1e6, WAIT_MAX_S))

    def _obey(self, command: str) -> bool:
        """Take in a command; False: the end."""
        if command == "drain":
            self._draining, self._paused = True, False
            for line in self._lines:
                line.drain()
                self._at(now_us(), line)
        elif command in ("pause", "resume"):
            self._paused = command == "pause"
        return command not in ("quit", "")

    # ---------------------------------------------------------------- hearing

    def _hear(self, port: Identifiers) -> None:
        for _ in range(HEARD_MAX_N):
            try:
                octets = port.socket.recv(DATAGRAM_OCTETS)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue  # nobody listens there now
            if len(octets) < 20 or octets[1] not in port.waiting:
                continue
            request, asked = port.waiting[octets[1]]
            if wire.is_genuine(octets, asked, self.secret):
                del port.waiting[octets[1]]
                self._answered(request, octets)

    def _answered(self, request: Request, octets: bytes) -> None:
        if request.over:
            return
        if octets[0] not in ANSWERS:
            return
        at_us = now_us()
        request.over = True
        waited_us = at_us - request.record.at_us
        said = AGAIN if request.is_copy else ANSWERS[octets[0]]
        acked = request.record._replace(at_us=at_us, waited_us=waited_us, answer=said)
        self._acked.write(acked.line())
        self._unflushed = True
        line = request.line
        if line.answered(request, octets, at_us):
            self._at(line.due_us, line)
        if request.repeatable and line.chance.random() < self.plan.late:
            self._count += 1
            due_us = at_us + line.chance.randrange(200_000, 4_000_000)
            heapq.heappush(self._later, (due_us, self._count, request.copy()))

    def _hear_orders(self, opened: socket.socket) -> None:
        while True:
            try:
                octets, peer = opened.recvfrom(DATAGRAM_OCTETS)
            except BlockingIOError:
                return
            if not wire.is_order(octets, self.secret):
                continue
            attributes = wire.read(octets)
            name = (wire.first(attributes, wire.ACCT_SESSION_ID) or b"").decode()
            found = next((line for line in self._lines if line.session == name), None)
            done = found is not None and found.ordered(octets[0], attributes)
            code = octets[0] + (1 if done else 2)  # ACK and NAK follow their request's code
            kind = "disconnect" if octets[0] == wire.DISCONNECT_REQUEST else "coa"
            self._heard.write(Ordered(now_us(), name, kind, "ack" if done else "nak").line())
            self._heard.flush()
            opened.sendto(wire.answer_order(octets, code, self.secret), peer)
            if found is not None and done:
                self._at(now_us(), found)

    # ---------------------------------------------------------------- sending

    def _at(self, due_us: int, line: Line) -> None:
        self._count += 1
        heapq.heappush(self._due, (due_us, self._count, line))

    def _turn(self) -> None:
        """Write down what was heard, then send what is due."""
        at_us = now_us()
        datagrams: list[tuple[Identifiers, bytes, int]] = []
        while not self._paused and self._due and self._due[0][0] <= at_us:
            line = heapq.heappop(self._due)[2]
            request = line.next(at_us)
            if request is None:
                continue
            if request.tries_n == 1:
                self._sent.write(request.record.line())
            datagrams += self._datagrams(line.port, request, at_us)
            self._at(line.due_us, line)
        while not self._paused and self._later and self._later[0][0] <= at_us:
            request = heapq.heappop(self._later)[2]
            datagrams += self._datagrams(self._late, request, at_us)
        self._sent.flush()
        if self._unflushed:
            self._unflushed = False
            self._acked.flush()
            os.fsync(self._acked.fileno())
        for port, octets, number in datagrams:
            self._send(port, octets, number)

    def _datagrams(
        self, port: Identifiers, request: Request, at_us: int
    ) -> list[tuple[Identifiers, bytes, int]]:
        octets = request.octets
        if octets is None:
            identifier = port.take(request)
            octets = request.sign(identifier, self.secret, at_us)
            port.waiting[identifier] = (request, octets)
        number = self.plan.auth_port if request.is_login else self.plan.acct_port
        times_n = 2 if request.line.chance.random() < self.plan.twice else 1
        return [(port, octets, number)] * times_n

    def _send(self, port: Identifiers, octets: bytes, number: int) -> None:
        try:
            port.socket.sendto(octets, (self.plan.server, number))
        except (BlockingIOError, ConnectionRefusedError):
            pass  # lost on the way; it is repeated

    def close(self) -> None:
        """Write down what is left."""
        for opened in (self._sent, self._acked, self._heard):
            opened.flush()
            os.fsync(opened.fileno())
            opened.close()


def main(words: list[str]) -> int:
    """Play the plan of a directory."""
    directory = Path(words[0])
    generator = Generator(Plan.load(directory), directory)
    print("playing", flush=True)
    try:
        generator.run(sys.stdin)
    finally:
        generator.close()
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
