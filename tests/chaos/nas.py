"""A NAS that does what a history says, record by record, and notes what it was promised.

Unlike the generator it has no dice and no hurry: the histories that two servers are compared by
must be the same for both, packet by packet. What it meters is the truth; what it puts on the wire
may be something else (a counter of 32 bits, a counter that began anew), because that is what some
of the histories are about.
"""

from __future__ import annotations

import os
import select
import socket
import time
from dataclasses import dataclass, field

from tests.chaos import wire
from tests.chaos.line import STATUS
from tests.chaos.oracle import Truth
from tests.chaos.records import LOGIN, START, STOP, Record

ANSWER_S, TRIES_N = 1.0, 8
ORDER_S = 0.1  # an order that follows an answer is on its way when the answer arrives
SECRET, PASSWORD = b"testing123", "pass"
HIGH = 1 << 32


@dataclass
class Session:
    """One session: its true counters, and what the server told about it."""

    name: str  # Acct-Session-Id
    key: str  # what it is called in the truth: names may come back after a reboot
    login: str
    port: int
    classes: list[bytes] = field(default_factory=list)
    limit_octets: int | None = None
    up: int = 0
    down: int = 0
    seconds: int = 0
    base_up: int = 0  # what the counters on the wire do not show any more
    base_down: int = 0
    cut: bool = False  # a Disconnect arrived

    @property
    def octets(self) -> int:
        """True usage."""
        return self.up + self.down

    def use(self, octets: int, seconds: int = 60) -> None:
        """Some traffic, a tenth of it up."""
        self.up += octets // 10
        self.down += octets - octets // 10
        self.seconds += seconds

    def reset(self) -> None:
        """The box begins to count anew."""
        self.base_up, self.base_down = self.up, self.down


@dataclass(frozen=True)
class Letter:
    """A record that can be delivered, once or again, now or later."""

    record: Record
    attributes: wire.Attributes
    event_s: int


class Nas:
    """A scripted NAS at one address."""

    def __init__(
        self,
        auth_port: int,
        acct_port: int,
        *,
        source: str = "127.0.0.9",
        coa_port: int = 0,
        gigawords: bool = True,
        echo_class: bool = True,
    ) -> None:
        """Nothing is sent yet."""
        self.truth = Truth()
        self.refused: list[str] = []  # logins, each time
        self.accepted_n = 0
        self._ports = (auth_port, acct_port)
        self._source = source
        self._gigawords, self._echo_class = gigawords, echo_class
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((source, 0))
        self._orders: socket.socket | None = None
        if coa_port:
            self._orders = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._orders.bind((source, coa_port))
        self._identifier = 0
        self._sessions: dict[str, Session] = {}

    def close(self) -> None:
        """Close its sockets."""
        self._socket.close()
        if self._orders is not None:
            self._orders.close()

    # ---------------------------------------------------------------- logins

    def login(self, login: str, name: str, port: int, *, key: str = "") -> Session | None:
        """Log in and wait; None if it was refused."""
        (found,) = self.log_in_at_once([(login, name, port)], keys=[key or name])
        return found

    def log_in_at_once(
        self, wanted: list[tuple[str, str, int]], *, keys: list[str] | None = None
    ) -> list[Session | None]:
        """Send several logins back to back before any answer is read."""
        asked: dict[int, tuple[Session, bytes]] = {}
        made: list[Session] = []
        for n, (login, name, port) in enumerate(wanted):
            session = Session(name, keys[n] if keys else name, login, port)
            made.append(session)
            identifier = self._next()
            octets = wire.access_request(
                self._common(session), PASSWORD, SECRET, identifier, os.urandom(16)
            )
            asked[identifier] = (session, octets)
        answers = self._ask(self._ports[0], {key: octets for key, (_, octets) in asked.items()})
        found: list[Session | None] = []
        for identifier, (session, _) in asked.items():
            found.append(self._let_in(session, answers[identifier]))
        return found

    def _let_in(self, session: Session, answer: bytes) -> Session | None:
        if answer[0] != wire.ACCESS_ACCEPT:
            self.refused.append(session.login)
            return None
        self.accepted_n += 1
        attributes = wire.read(answer)
        session.classes = [value for kind, value in attributes if kind == wire.CLASS]
        session.limit_octets = wire.octet_limit(attributes)
        self._sessions[session.name] = session
        accept = Record(_now_us(), session.key, session.login, LOGIN, 0, 0, 0, 0, "accept")
        self.truth.add_acked([accept])
        return session

    # ---------------------------------------------------------------- accounting

    def write(self, session: Session, kind: str) -> Letter:
        """The record of this moment, not delivered yet."""
        usage = (session.up, session.down, session.seconds)
        record = Record(_now_us(), session.key, session.login, kind, *usage)
        attributes = [
            *self._common(session),
            (wire.ACCT_STATUS_TYPE, wire.number(STATUS[kind])),
        ]
        if self._echo_class:
            attributes += [(wire.CLASS, value) for value in session.classes]
        if kind != START:
            attributes += self._counters(session)
        if kind == STOP:
            attributes.append((wire.ACCT_TERMINATE_CAUSE, wire.number(1)))
        return Letter(record, attributes, int(time.time()))

    def deliver(self, letter: Letter, *, late_s: int = 0) -> None:
        """Send it under a new identifier until it is acknowledged; `late_s` is its delay."""
        self.truth.add_sent([letter.record])
        timely = [
            (wire.EVENT_TIMESTAMP, wire.number(letter.event_s)),
            (wire.ACCT_DELAY_TIME, wire.number(late_s)),
        ]
        identifier = self._next()
        octets = wire.accounting_request([*letter.attributes, *timely], SECRET, identifier)
        self._ask(self._ports[1], {identifier: octets})
        self.truth.add_acked([letter.record._replace(answer="ack")])

    def report(self, session: Session, kind: str) -> Letter:
        """Write a record and deliver it at once."""
        letter = self.write(session, kind)
        self.deliver(letter)
        if kind == STOP:
            self._sessions.pop(session.name, None)
        return letter

    def _common(self, session: Session) -> wire.Attributes:
        return [
            (wire.USER_NAME, session.login.encode()),
            (wire.NAS_IP_ADDRESS, bytes(int(part) for part in self._source.split("."))),
            (wire.NAS_PORT, wire.number(session.port)),
            (wire.CALLING_STATION_ID, f"02-00-00-00-00-{session.port % 256:02X}".encode()),
            (wire.ACCT_SESSION_ID, session.name.encode()),
        ]

    def _counters(self, session: Session) -> wire.Attributes:
        up, down = session.up - session.base_up, session.down - session.base_down
        found: wire.Attributes = [
            (wire.ACCT_INPUT_OCTETS, wire.number(up % HIGH)),
            (wire.ACCT_OUTPUT_OCTETS, wire.number(down % HIGH)),
            (wire.ACCT_SESSION_TIME, wire.number(session.seconds)),
        ]
        if self._gigawords:
            found.append((wire.ACCT_INPUT_GIGAWORDS, wire.number(up // HIGH)))
            found.append((wire.ACCT_OUTPUT_GIGAWORDS, wire.number(down // HIGH)))
        return found

    # ---------------------------------------------------------------- the wire

    def _next(self) -> int:
        self._identifier = (self._identifier + 1) % 256
        return self._identifier

    def _ask(self, port: int, asked: dict[int, bytes]) -> dict[int, bytes]:
        """Genuine answers to all of these, however often they have to be repeated."""
        answers: dict[int, bytes] = {}
        for _ in range(TRIES_N):
            for identifier, octets in asked.items():
                if identifier not in answers:
                    self._socket.sendto(octets, ("127.0.0.1", port))
            end_s = time.monotonic() + ANSWER_S
            while len(answers) < len(asked) and time.monotonic() < end_s:
                if not select.select([self._socket], [], [], end_s - time.monotonic())[0]:
                    break
                octets = self._socket.recv(4_096)
                request = asked.get(octets[1]) if len(octets) >= 20 else None
                if request is not None and wire.is_genuine(octets, request, SECRET):
                    answers[octets[1]] = octets
            if len(answers) == len(asked):
                return answers
        raise AssertionError(f"no answer to {len(asked) - len(answers)} requests")

    def hear_orders(self, wait_s: float = ORDER_S) -> None:
        """Obey what the server has sent since."""
        assert self._orders is not None
        while select.select([self._orders], [], [], wait_s)[0]:
            octets, peer = self._orders.recvfrom(4_096)
            if not wire.is_order(octets, SECRET):
                continue
            attributes = wire.read(octets)
            name = (wire.first(attributes, wire.ACCT_SESSION_ID) or b"").decode()
            session = self._sessions.get(name)
            if session is not None and octets[0] == wire.DISCONNECT_REQUEST:
                session.cut = True
            elif session is not None:
                session.limit_octets = wire.octet_limit(attributes) or session.limit_octets
            code = octets[0] + (1 if session is not None else 2)
            self._orders.sendto(wire.answer_order(octets, code, SECRET), peer)


def _now_us() -> int:
    return time.monotonic_ns() // 1000
