"""Many sessions on one router at once, each a stream of packets that must all be acknowledged.

A session sends its next packet when the last one was answered, and repeats it, octet for octet,
until it is; as routers do. What was acknowledged is written down here, by the router, so that
the server's books can be compared with it. The numbers are drawn from a seed.
"""

from __future__ import annotations

import random
import select
from dataclasses import dataclass
from typing import Any

from pyrad import packet

from tests.scenarios.router import INTERIM, START, STOP, Router

AGAIN_S, TRIES_N = 5.0, 12  # a datagram may be lost on a busy machine, even on loopback


@dataclass
class Stream:
    """One session: what was sent of it, and what of that was acknowledged; octets both ways."""

    name: str
    port: int
    classes: list[bytes] | None = None
    started: bool = False
    stopping: bool = False
    stopped: bool = False
    seconds: int = 0
    up: int = 0
    down: int = 0
    acked_octets: int = 0
    sent_octets: int = 0


class Fleet:
    """Streams of one login over one socket."""

    def __init__(
        self, router: Router, login: str, password: str, *, seed: int, first_n: int = 0
    ) -> None:
        """Nothing is sent yet; names and ports are numbered after `first_n`."""
        self._router = router
        self._login = login
        self._password = password
        self._chance = random.Random(seed)
        self._flying: dict[int, tuple[Stream, Any]] = {}  # by identifier
        self._made = first_n
        self.streams: list[Stream] = []
        self.every: list[Stream] = []
        self.acks_n = 0

    def begin(self, count: int) -> None:
        """Begin so many new sessions."""
        for _ in range(count):
            self._made += 1
            stream = Stream(f"stream-{self._made}", self._made)
            self.streams.append(stream)
            self.every.append(stream)

    def abandon(self, count: int) -> None:
        """Hear and send no more of some sessions: their subscribers' lines are cut."""
        for stream in self._chance.sample(self.streams, count):
            self.streams.remove(stream)
            self._flying = {key: it for key, it in self._flying.items() if it[0] is not stream}

    def stop_all(self) -> None:
        """Let every session end with its next packet."""
        for stream in self.streams:
            stream.stopping = True

    def run(self, acks_n: int | None) -> None:
        """Send and hear until so many packets were answered, or (None) all has stopped."""
        goal = None if acks_n is None else self.acks_n + acks_n
        self._send_again()  # what was not answered before
        flying = {id(stream) for stream, _ in self._flying.values()}
        for stream in self.streams:
            if id(stream) not in flying:
                self._next(stream)
        while goal is None or self.acks_n < goal:
            if goal is None and not self._flying:
                return
            self._hear_or_repeat()

    def _send_again(self) -> None:
        for _, request in self._flying.values():
            self._send(request)

    def _hear_or_repeat(self) -> None:
        for _ in range(TRIES_N):
            if self._hear(AGAIN_S):
                return
            self._send_again()
        raise AssertionError("the server has fallen silent")

    def hear_the_rest(self) -> None:
        """Read what was answered but not read yet."""
        while self._hear(0):
            pass

    def _hear(self, wait_s: float) -> bool:
        """Take in one datagram; False: there is none."""
        if not select.select([self._router.socket], [], [], wait_s)[0]:
            return False
        octets = self._router.socket.recv(4_096)
        if octets[1] not in self._flying:
            return True
        stream, request = self._flying[octets[1]]
        reply = request.CreateReply(packet=octets)
        if not request.VerifyReply(reply, octets):
            return True
        del self._flying[octets[1]]
        self.acks_n += 1
        self._answered(stream, request, reply)
        if stream in self.streams and not stream.stopped:
            self._next(stream)
        return True

    def _answered(self, stream: Stream, request: Any, reply: Any) -> None:
        if request.code == packet.AccessRequest:
            assert reply.code == packet.AccessAccept, reply.get("Reply-Message")
            stream.classes = list(reply["Class"])
            return
        assert reply.code == packet.AccountingResponse
        kind = request["Acct-Status-Type"][0]
        stream.started = True
        stream.acked_octets = stream.sent_octets
        stream.stopped = kind == STOP

    def _next(self, stream: Stream) -> None:
        """The next packet of a session: login, Start, interims with rising counters, Stop."""
        if stream.classes is None:
            request = self._router.access_request(
                self._login, self._password, Acct_Session_Id=stream.name, NAS_Port=stream.port
            )
        else:
            kind = START
            if stream.started:
                kind = STOP if stream.stopping else INTERIM
                stream.seconds += 60
                stream.up += self._chance.randrange(500_000)
                stream.down += self._chance.randrange(5_000_000)
            request = self._router.record(
                kind,
                stream.name,
                login=self._login,
                up=stream.up,
                down=stream.down,
                seconds=stream.seconds,
                Class=stream.classes,
                NAS_Port=stream.port,
            )
            stream.sent_octets = stream.up + stream.down
        while request.id in self._flying:
            request.id = (request.id + 1) % 256
        self._flying[request.id] = (stream, request)
        self._send(request)

    def _send(self, request: Any) -> None:
        if request.raw_packet is None:  # a repeat is the same octets, its random parts included
            request.raw_packet = request.RequestPacket()
        accounting = isinstance(request, packet.AcctPacket)
        self._router.send(request.raw_packet, accounting=accounting)
