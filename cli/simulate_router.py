"""A router that is not ours: what `tollhouse simulate` sends and answers, all of it by pyrad.

Nothing of `radius/` or `nas/` is used, so that an implementation that knows nothing of this house
reads what the server writes. Every reply is verified: its authenticator, and in an answer to a
login the Message-Authenticator, without which it is not believed. Every order is verified too,
answered once, and the same answer is given when it is repeated.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
import io
import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyrad import packet
from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary

from domain.seams import US_PER_S, Clock

# What a router of this kind sends and understands; written down here once more, on purpose.
DICTIONARY: Final = """
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 octets
ATTRIBUTE CHAP-Password 3 octets
ATTRIBUTE NAS-IP-Address 4 ipaddr
ATTRIBUTE NAS-Port 5 integer
ATTRIBUTE Service-Type 6 integer
ATTRIBUTE Framed-Protocol 7 integer
ATTRIBUTE Framed-IP-Address 8 ipaddr
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE Class 25 octets
ATTRIBUTE Session-Timeout 27 integer
ATTRIBUTE Called-Station-Id 30 string
ATTRIBUTE Calling-Station-Id 31 string
ATTRIBUTE NAS-Identifier 32 string
ATTRIBUTE Proxy-State 33 octets
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Delay-Time 41 integer
ATTRIBUTE Acct-Input-Octets 42 integer
ATTRIBUTE Acct-Output-Octets 43 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Acct-Session-Time 46 integer
ATTRIBUTE Acct-Terminate-Cause 49 integer
ATTRIBUTE Acct-Input-Gigawords 52 integer
ATTRIBUTE Acct-Output-Gigawords 53 integer
ATTRIBUTE Event-Timestamp 55 integer
ATTRIBUTE CHAP-Challenge 60 octets
ATTRIBUTE NAS-Port-Type 61 integer
ATTRIBUTE Message-Authenticator 80 octets
ATTRIBUTE Acct-Interim-Interval 85 integer
ATTRIBUTE NAS-IPv6-Address 95 ipv6addr
ATTRIBUTE Error-Cause 101 integer
VENDOR Mikrotik 14988
BEGIN-VENDOR Mikrotik
ATTRIBUTE Mikrotik-Recv-Limit 1 integer
ATTRIBUTE Mikrotik-Xmit-Limit 2 integer
ATTRIBUTE Mikrotik-Rate-Limit 8 string
ATTRIBUTE Mikrotik-Recv-Limit-Gigawords 14 integer
ATTRIBUTE Mikrotik-Xmit-Limit-Gigawords 15 integer
ATTRIBUTE Mikrotik-Total-Limit 17 integer
ATTRIBUTE Mikrotik-Total-Limit-Gigawords 18 integer
END-VENDOR Mikrotik
"""

DISCONNECT_KEYS: Final = ("Acct-Session-Id", "User-Name", "Calling-Station-Id")
SESSION_CONTEXT_NOT_FOUND: Final = 503
ORDER_SKEW_S: Final = 300  # an order stamped further from now is not believed (RFC 5176 s6.3)
ANSWERS_KEPT_MAX: Final = 64


def read_dictionary() -> Any:
    """The dictionary above, as pyrad has it."""
    return Dictionary(io.StringIO(DICTIONARY))


class Status(enum.IntEnum):
    """Acct-Status-Type (RFC 2866 section 5.1)."""

    START = 1
    STOP = 2
    INTERIM = 3


@dataclass(frozen=True, slots=True)
class Uplink:
    """Where the server is and what the router has in common with it."""

    server: str  # a literal address
    auth_port: int
    acct_port: int
    coa_port: int  # where this router listens for orders
    secret: bytes
    timeout_s: int = 3
    tries: int = 3

    @property
    def local_address(self) -> str:
        """The address that packets to the server leave from; orders come to it."""
        family = socket.AF_INET6 if ":" in self.server else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((self.server, self.acct_port))
            return str(probe.getsockname()[0])


@dataclass(slots=True)
class Limits:
    """What the server has told the router about the session; None: nothing."""

    session_timeout_s: int | None = None
    total_octets: int | None = None
    interim_s: int | None = None
    speed: str | None = None  # as RouterOS writes it: up/down, then bursts

    def learn(self, answer: Any) -> None:
        """Take over the limits in an Accept or CoA-Request; what it does not name stays."""
        self.session_timeout_s = _first(answer, "Session-Timeout", self.session_timeout_s)
        self.interim_s = _first(answer, "Acct-Interim-Interval", self.interim_s)
        self.speed = next(iter(answer.get("Mikrotik-Rate-Limit", [])), self.speed)
        low = _first(answer, "Mikrotik-Total-Limit", None)
        if low is not None:
            high = _first(answer, "Mikrotik-Total-Limit-Gigawords", 0) or 0
            self.total_octets = high << 32 | low


@dataclass(slots=True)
class Counters:
    """What the session has used since it began, as the router counts it."""

    input_octets: int = 0  # from the subscriber
    output_octets: int = 0  # to the subscriber
    session_s: int = 0


class Router:
    """One subscriber's session on one router. Its calls wait for the server: not for a loop."""

    def __init__(
        self, uplink: Uplink, names: Mapping[str, str], *, session_id: str, clock: Clock
    ) -> None:
        """`names` are User-Name and the attributes that every packet of the session carries."""
        self._uplink = uplink
        self._clock = clock
        self._classes: list[bytes] = []
        self._client = Client(
            uplink.server,
            authport=uplink.auth_port,
            acctport=uplink.acct_port,
            secret=uplink.secret,
            dict=read_dictionary(),
            retries=uplink.tries,
            timeout=uplink.timeout_s,
            enforce_ma=True,
        )
        local = ipaddress.ip_address(uplink.local_address)
        kind = "NAS-IP-Address" if local.version == 4 else "NAS-IPv6-Address"
        self.names = {**names, kind: str(local), "Acct-Session-Id": session_id}
        self.limits = Limits()
        self.counters = Counters()

    def login(self, password: bytes, method: str) -> tuple[bool, str]:
        """Ask to let the subscriber in: whether it was, and the server's words.

        `method` is "pap" or "chap". Raises Timeout without a believable answer.
        """
        request = self._client.CreateAuthPacket()
        self._name(request)
        request["Service-Type"] = 2
        request["Framed-Protocol"] = 1
        request.authenticator = request.CreateAuthenticator()
        if method == "chap":
            identifier = request.authenticator[:1]
            digest = hashlib.md5(identifier + password + request.authenticator).digest()
            request["CHAP-Password"] = identifier + digest
        else:
            request["User-Password"] = request.PwCrypt(password)
        answer = self._client.SendPacket(request)
        said = " ".join(answer.get("Reply-Message", []))
        if answer.code != packet.AccessAccept:
            return False, said
        self._classes = list(answer.get("Class", []))
        self.limits.learn(answer)
        return True, said

    def report(self, status: Status, *, terminate_cause: int = 0) -> bool:
        """Send an accounting record with the counters as they are; False: nobody answered."""
        request = self._client.CreateAcctPacket()
        self._name(request)
        request["Acct-Status-Type"] = int(status)
        request["Event-Timestamp"] = self._clock.now_us() // US_PER_S
        request["Acct-Delay-Time"] = 0
        if self._classes:
            request["Class"] = self._classes
        if status is not Status.START:
            self._count(request)
        if terminate_cause:
            request["Acct-Terminate-Cause"] = terminate_cause
        try:
            answer = self._client.SendPacket(request)
        except Timeout:
            return False
        return bool(answer.code == packet.AccountingResponse)

    def _name(self, request: Any) -> None:
        for name, value in self.names.items():
            request[name] = value
        request["NAS-Port"] = 1
        request["NAS-Port-Type"] = 15  # Ethernet

    def _count(self, request: Any) -> None:
        counters = self.counters
        request["Acct-Session-Time"] = counters.session_s
        for name, octets in (
            ("Acct-Input", counters.input_octets),
            ("Acct-Output", counters.output_octets),
        ):
            request[f"{name}-Octets"] = octets & 0xFFFF_FFFF
            request[f"{name}-Gigawords"] = octets >> 32


class Ear(asyncio.DatagramProtocol):
    """The port where the router listens for Disconnect-Request and CoA-Request (RFC 5176)."""

    def __init__(
        self, router: Router, secret: bytes, clock: Clock, heard: Callable[[str, str], None]
    ) -> None:
        """`heard(request, answer)` is called once per order, with the names of both."""
        self._router = router
        self._secret = secret
        self._clock = clock
        self._heard = heard
        self._dictionary = read_dictionary()
        self._answers: dict[bytes, bytes] = {}
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The port is open."""
        self._transport = transport

    def datagram_received(self, octets: bytes, peer: tuple[Any, ...]) -> None:
        """Answer a genuine order; anything else is dropped without a word."""
        answer = self._answers.get(octets)
        if answer is None:
            order = self._verified(octets)
            if order is None:
                return
            answer = self._obey(order)
            while len(self._answers) >= ANSWERS_KEPT_MAX:
                del self._answers[next(iter(self._answers))]
            self._answers[octets] = answer
        self._transport.sendto(answer, peer)

    def _verified(self, octets: bytes) -> Any | None:
        try:
            order = packet.CoAPacket(secret=self._secret, dict=self._dictionary, packet=octets)
        except packet.PacketError:
            return None
        if order.code not in (packet.DisconnectRequest, packet.CoARequest):
            return None
        if not order.VerifyCoARequest():
            return None
        if order.message_authenticator and not order.verify_message_authenticator():
            return None
        stamp_s = _first(order, "Event-Timestamp", None)
        now_s = self._clock.now_us() // US_PER_S
        if stamp_s is not None and abs(now_s - stamp_s) > ORDER_SKEW_S:
            return None
        return order

    def _obey(self, order: Any) -> bytes:
        """Answer and act: an order that names another session is refused with 503."""
        disconnect = order.code == packet.DisconnectRequest
        name = "Disconnect" if disconnect else "CoA"
        reply = order.CreateReply()
        reply.message_authenticator = True
        known = self._router.names
        named = {key: order[key] for key in DISCONNECT_KEYS if key in order}
        mine = named and all(known.get(key) == values[0] for key, values in named.items())
        if not mine:
            reply.code = packet.DisconnectNAK if disconnect else packet.CoANAK
            reply["Error-Cause"] = SESSION_CONTEXT_NOT_FOUND
        elif not disconnect:
            self._router.limits.learn(order)
        verdict = "ACK" if mine else "NAK"
        self._heard(f"{name}-Request", f"{name}-{verdict}")
        octets: bytes = reply.ReplyPacket()
        return octets


def _first(answer: Any, name: str, otherwise: int | None) -> int | None:
    values = answer.get(name, [])
    return int(values[0]) if values else otherwise
