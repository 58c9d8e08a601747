"""How a router asks a server: send, wait, send again, until it is answered or given up.

One `Asker` has the sockets of one router, and knows a reply by the port it came to, the port it
came from, its identifier and its sums. A repetition is the same octets from the same port, or a
new packet, or comes from a new port, as the router is. A reply to an earlier sending counts for as
long as its identifier is not in use for something else. What was answered is never sent again.
Which of several servers a sending goes to is for `Uplinks` to say; any of them may answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from radius import Packet
from tests.simulation.network import Address, Network, Port
from tests.simulation.uplinks import Uplinks
from tests.simulation.wire import read_reply
from tests.simulation.world import Handle, World

PORTS_MAX_N = 40

# Makes the octets of one sending: identifier, microseconds since the question was first asked.
Make = Callable[[int, int], bytes]


@dataclass(slots=True, eq=False)
class Question:
    """One thing that is asked, and how long it is asked for."""

    make: Make
    port: int  # of the servers
    first_wait_us: int
    most_wait_us: int
    tries_n: int  # 0: for ever
    answered: Callable[[Packet], None]
    silent: Callable[[], None]
    new_packet: bool = False
    new_port: bool = False
    name: str = ""
    asked_us: int = 0
    sends_n: int = 0
    octets: bytes = b""
    over: bool = False
    at_first: int = 0  # the server that it was to go to first
    _serial: int = 0
    _wait_us: int = 0
    _port: Socket | None = None
    _timer: Handle | None = None


@dataclass(slots=True, eq=False)
class Socket:
    """One bound port and who waits for which identifier on it."""

    port: Port | None = None
    next_id: int = 0
    waiting: dict[tuple[int, int], tuple[Question, bytes]] = field(default_factory=dict)
    # (port of the server, identifier): who asked, and the authenticator that was sent


class Asker:
    """The sockets of one router towards the server."""

    def __init__(
        self,
        world: World,
        network: Network,
        address: str,
        secret: bytes,
        *,
        dice: random.Random,
        uplinks: Uplinks,
    ) -> None:
        """Binds a first port at once."""
        self._world = world
        self._network = network
        self._address = address
        self._secret = secret
        self._dice = dice
        self._uplinks = uplinks
        self._serial = 0
        self._sockets: list[Socket] = []
        self._now = self._bind()
        self.open: dict[int, Question] = {}  # what is being asked, oldest first

    def _bind(self) -> Socket:
        made = Socket(next_id=self._dice.randrange(256))

        def received(octets: bytes, peer: Address, local: str) -> None:
            self._received(made, octets, peer)

        made.port = self._network.bind(self._world.outside, self._address, 0, received)
        self._sockets.append(made)
        return made

    def ask(self, question: Question) -> None:
        """Send it now, and again until there is an answer."""
        self._serial += 1
        question._serial = self._serial
        question.asked_us = self._world.now_us
        question._wait_us = question.first_wait_us
        question._port = self._now
        question.at_first = self._uplinks.first()
        self.open[question._serial] = question
        self._send(question)

    def give_up(self, question: Question) -> None:
        """Ask no more; nobody is told."""
        question.over = True
        if question._timer is not None:
            question._timer.cancel()
        self.open.pop(question._serial, None)

    def throw(self, octets: bytes, port: int) -> None:
        """Send octets of the past once; whatever is answered is not heard."""
        assert self._now.port is not None
        host = self._uplinks.addresses[self._uplinks.first()]
        self._now.port.send(octets, (host, port), None)

    # ---------------------------------------------------------------- one sending

    def _send(self, question: Question) -> None:
        first = not question.sends_n
        if not first and question.new_port:
            question._port = self._another()
        socket = question._port
        assert socket is not None
        assert socket.port is not None
        if first or question.new_packet or question.new_port:
            identifier = self._free(socket, question.port)
            waited_us = self._world.now_us - question.asked_us
            question.octets = question.make(identifier, waited_us)
            key = (question.port, identifier)
            socket.waiting[key] = (question, question.octets[4:20])
        question.sends_n += 1
        for host in self._uplinks.hosts(question.at_first, question.sends_n):
            socket.port.send(question.octets, (host, question.port), None)
        wait_us = question._wait_us + question._wait_us * self._dice.randint(-100, 100) // 1000
        question._wait_us = min(2 * question._wait_us, question.most_wait_us)
        question._timer = self._world.after(wait_us, self._due, question)

    def _due(self, question: Question) -> None:
        if question.over:
            return
        if question.tries_n and question.sends_n >= question.tries_n:
            self.give_up(question)
            question.silent()
        else:
            self._send(question)

    def _another(self) -> Socket:
        if len(self._sockets) < PORTS_MAX_N:
            self._now = self._bind()
        else:
            self._now = self._sockets[self._dice.randrange(PORTS_MAX_N)]
        return self._now

    @staticmethod
    def _free(socket: Socket, target_port: int) -> int:
        """An identifier that nobody waits for, if there is one; else the next one."""
        for n in range(256):
            identifier = (socket.next_id + n) % 256
            held = socket.waiting.get((target_port, identifier))
            if held is None or held[0].over:
                break
        else:
            identifier = socket.next_id
        socket.next_id = (identifier + 1) % 256
        return identifier

    # ---------------------------------------------------------------- replies

    def _received(self, socket: Socket, octets: bytes, peer: Address) -> None:
        if len(octets) < 20:
            return
        held = socket.waiting.get((peer[1], octets[1]))
        if held is None or held[0].over or peer[0] not in self._uplinks.addresses:
            return
        question, asked = held
        packet = read_reply(octets, self._secret, asked)
        if packet is not None:
            self.give_up(question)
            self._uplinks.answered(peer[0])
            question.answered(packet)
