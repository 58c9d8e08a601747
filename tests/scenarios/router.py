"""A router for the tests, on pyrad: every octet of what it sends is in the test's hands.

`tollhouse simulate` plays a whole session; here single packets are sent, repeated octet for octet,
sent from another address, or sent broken. A reply counts only if pyrad finds it genuine.
"""

from __future__ import annotations

import io
import select
import socket
from collections.abc import Mapping
from typing import Any

from pyrad import packet
from pyrad.dictionary import Dictionary

from cli.simulate_router import DICTIONARY
from tests.scenarios.installation import SECRET, Installation

ANSWER_S = 60.0  # for an answer that must come, on however busy a machine
SILENCE_S = 0.3  # for one that must not

START, STOP, INTERIM, ON, OFF = 1, 2, 3, 7, 8


class Router:
    """A NAS at one source address, with one socket."""

    def __init__(
        self,
        site: Installation,
        *,
        source: str = "127.0.0.1",
        server: str = "",
        secret: str = SECRET,
    ) -> None:
        """`server` is where it sends to; unless given the loopback address of `source`'s kind."""
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        self._site = site
        self.server = server or ("::1" if ":" in source else "127.0.0.1")
        self.secret = secret.encode()
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.settimeout(ANSWER_S)
        self._dictionary = Dictionary(io.StringIO(DICTIONARY))
        self._identifier = 0

    def __enter__(self) -> Router:
        """Return the router."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its socket."""
        self.socket.close()

    # ---------------------------------------------------------------- packets

    def access_request(
        self,
        login: str = "alice",
        password: str = "wonderland",
        *,
        signed: bool = True,
        **extra: Any,
    ) -> Any:
        """An Access-Request with a PAP password; `extra` names attributes with underscores."""
        request = packet.AuthPacket(
            id=self._next(),
            secret=self.secret,
            dict=self._dictionary,
            message_authenticator=signed,
        )
        request.authenticator = request.CreateAuthenticator()
        request["User-Name"] = login
        request["User-Password"] = request.PwCrypt(password)
        request["NAS-Port"] = 1
        return self._with(request, extra)

    def record(
        self,
        status: int,
        session: str,
        *,
        down: int = 0,
        up: int = 0,
        seconds: int = 0,
        login: str = "alice",
        **extra: Any,
    ) -> Any:
        """An Accounting-Request with cumulative octets as the subscriber sees them."""
        request = packet.AcctPacket(id=self._next(), secret=self.secret, dict=self._dictionary)
        request["User-Name"] = login
        request["Acct-Status-Type"] = status
        request["Acct-Session-Id"] = session
        request["NAS-Port"] = 1
        if status != START:
            request["Acct-Session-Time"] = seconds
            for name, octets in (("Acct-Input", up), ("Acct-Output", down)):
                request[f"{name}-Octets"] = octets & 0xFFFF_FFFF
                request[f"{name}-Gigawords"] = octets >> 32
        return self._with(request, extra)

    def status_server(self, *, accounting: bool = False) -> Any:
        """A Status-Server for either port."""
        kind = packet.AcctPacket if accounting else packet.AuthPacket
        return kind(
            code=packet.StatusServer,
            id=self._next(),
            secret=self.secret,
            dict=self._dictionary,
            message_authenticator=True,
        )

    def _next(self) -> int:
        self._identifier = (self._identifier + 1) % 256
        return self._identifier

    def _with(self, request: Any, extra: Mapping[str, Any]) -> Any:
        for name, value in extra.items():
            request[name.replace("_", "-")] = value
        return request

    # ---------------------------------------------------------------- the wire

    def ask(self, request: Any) -> Any:
        """Send a request and return its genuine answer, which must come."""
        answer = self.ask_once(request, ANSWER_S)
        assert answer is not None, f"no answer\n{self._site.log()}"
        return answer

    def silence(self, request: Any) -> bool:
        """Send a request; does nothing come back?"""
        return self.ask_once(request, SILENCE_S) is None

    def ask_once(self, request: Any, wait_s: float) -> Any | None:
        """Send a request once and return its genuine answer if there is one in time."""
        self.send(request.RequestPacket(), accounting=isinstance(request, packet.AcctPacket))
        return self.answer_to(request, wait_s)

    def send(self, octets: bytes, *, accounting: bool) -> None:
        """Put octets on the wire as they are."""
        port = self._site.acct_port if accounting else self._site.auth_port
        self.socket.sendto(octets, (self.server, port))

    def answer_to(self, request: Any, wait_s: float) -> Any | None:
        """The next genuine answer to a request; datagrams that are none are passed over."""
        while select.select([self.socket], [], [], wait_s)[0]:
            octets, peer = self.socket.recvfrom(4_096)
            assert peer[0] == self.server, f"answered from {peer[0]}, asked at {self.server}"
            reply = request.CreateReply(packet=octets)
            if request.VerifyReply(reply, octets):
                return reply
        return None

    # ---------------------------------------------------------------- in short

    def login(self, *args: Any, **extra: Any) -> Any:
        """Log in; the Accept. The login must succeed."""
        answer = self.ask(self.access_request(*args, **extra))
        assert answer.code == packet.AccessAccept, answer.get("Reply-Message")
        return answer

    def refused(self, *args: Any, **extra: Any) -> bool:
        """Try to log in: is it refused?"""
        code = self.ask(self.access_request(*args, **extra)).code
        return bool(code == packet.AccessReject)

    def report(self, status: int, session: str, **extra: Any) -> None:
        """Send a record and see it acknowledged."""
        answer = self.ask(self.record(status, session, **extra))
        assert answer.code == packet.AccountingResponse


def total_limit(accept: Any) -> int:
    """Mikrotik-Total-Limit of an Accept or CoA-Request with its gigawords."""
    low, high = accept["Mikrotik-Total-Limit"][0], accept["Mikrotik-Total-Limit-Gigawords"][0]
    return int(high << 32 | low)
