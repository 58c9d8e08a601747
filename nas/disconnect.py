"""One exchange with a device: an order goes out, is repeated, and is answered or not.

A state machine fed with octets and instants. Whoever owns the socket sends `octets` at once,
calls `on_timer` at `next_send_us` and sends what it gives back, and calls `on_reply` for every
datagram that arrives; the exchange is over when `result` is set. Repeats are the same octets with
the same Identifier and Event-Timestamp (COA-03), so a device that heard the first one knows
them again. A later attempt at the same order is a new exchange.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from domain.grant import Order, OrderKind, OrderResult
from nas.answers import ERROR_CAUSES, SESSION_CONTEXT_NOT_FOUND, explain_answer
from nas.attribute_types import ERROR_CAUSE, EVENT_TIMESTAMP
from nas.values import plain_address
from radius import Code, MacState, PacketError, encode_attributes
from radius.attributes import write_integer
from radius.packet import decode, peek, sign_request, verify_reply

__all__ = [
    "ERROR_CAUSES",
    "TRANSITIONS",
    "Answer",
    "Event",
    "Exchange",
    "State",
    "explain_answer",
]

# RFC 5080 s2.2.1: initial and greatest interval, and how long to go on.
FIRST_INTERVAL_US: Final = 2_000_000
GREATEST_INTERVAL_US: Final = 16_000_000
GIVE_UP_US: Final = 30_000_000
JITTER_MAX_PERMILLE: Final = 100

_CODES: Mapping[OrderKind, tuple[Code, Code, Code]] = MappingProxyType(
    {
        OrderKind.DISCONNECT: (Code.DISCONNECT_REQUEST, Code.DISCONNECT_ACK, Code.DISCONNECT_NAK),
        OrderKind.LIMITS: (Code.COA_REQUEST, Code.COA_ACK, Code.COA_NAK),
        OrderKind.SERVICE: (Code.COA_REQUEST, Code.COA_ACK, Code.COA_NAK),
        OrderKind.SERVICE: (Code.COA_REQUEST, Code.COA_ACK, Code.COA_NAK),
    }
)


class State(enum.Enum):
    """Where an exchange stands; all but WAITING are final."""

    WAITING = "waiting"
    ACKED = "acked"
    REFUSED = "refused"
    SILENT = "silent"


class Event(enum.Enum):
    """What can happen to it."""

    DUE = "due"  # time to send again
    OVERDUE = "overdue"  # 30 s are over
    ACK = "ack"
    NAK = "nak"
    NOISE = "noise"  # anything that is not a true answer to this request


TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.WAITING, Event.DUE): State.WAITING,
        (State.WAITING, Event.OVERDUE): State.SILENT,
        (State.WAITING, Event.ACK): State.ACKED,
        (State.WAITING, Event.NAK): State.REFUSED,
        (State.WAITING, Event.NOISE): State.WAITING,
        **{
            (state, event): state
            for state in (State.ACKED, State.REFUSED, State.SILENT)
            for event in Event
        },
    }
)

_RESULTS: Mapping[State, OrderResult] = MappingProxyType(
    {
        State.ACKED: OrderResult.ACK,
        State.REFUSED: OrderResult.NAK,
        State.SILENT: OrderResult.SILENCE,
    }
)


class Answer(NamedTuple):
    """What a datagram came to; `result` None: it was not the answer, keep waiting."""

    result: OrderResult | None
    error_cause: int  # 0: none was given


_NOT_OURS: Final = Answer(None, 0)


class Exchange:
    """One request, its repeats, and its answer. Instants are microseconds of one clock."""

    __slots__ = (
        "_deadline_us",
        "_destination",
        "_expected",
        "_identifier",
        "_interval_us",
        "_require_mac",
        "_secret",
        "attempts_n",
        "error_cause",
        "next_send_us",
        "octets",
        "state",
    )

    def __init__(
        self,
        order: Order,
        secret: bytes,
        *,
        identifier: int,
        now_us: int,
        stamp_us: int | None = None,
        jitter_permille: int = 0,
        require_message_authenticator: bool = False,
    ) -> None:
        """Build the request; the caller sends `octets` now, which counts as the first attempt.

        `now_us` is the clock that times the repeats (a monotonic one, F-33); `stamp_us` is the
        wall time for Event-Timestamp (COA-04), the same as `now_us` unless given. `identifier`
        is 0-255 and free on the caller's socket (COA-05). `jitter_permille` is drawn by the
        caller from -100..100. Raises ValueError when the order does not fit into a packet.
        """
        request, ack, nak = _CODES[order.kind]
        wall_us = now_us if stamp_us is None else stamp_us
        stamp = encode_attributes([(EVENT_TIMESTAMP, write_integer(wall_us // 1_000_000))])
        self.octets: bytes = sign_request(
            request,
            identifier,
            None,
            stamp + order.attributes,
            secret,
            with_message_authenticator=True,
        )
        self._secret = secret
        self._identifier = identifier
        self._expected = {int(ack): Event.ACK, int(nak): Event.NAK}
        self._destination = (plain_address(order.address), order.port)
        self._require_mac = require_message_authenticator
        self._interval_us = _jittered(FIRST_INTERVAL_US, jitter_permille)
        self._deadline_us = now_us + GIVE_UP_US
        self.next_send_us: int = now_us + self._interval_us
        self.attempts_n: int = 1
        self.state: State = State.WAITING
        self.error_cause: int = 0

    @property
    def result(self) -> OrderResult | None:
        """How it ended; None while it is under way."""
        return _RESULTS.get(self.state)

    @property
    def session_gone(self) -> bool:
        """The device said that it has no such session (503, COA-11)."""
        return self.state is State.REFUSED and self.error_cause == SESSION_CONTEXT_NOT_FOUND

    def on_timer(self, now_us: int, *, jitter_permille: int = 0) -> bytes | None:
        """The octets to send again, or None: too early, already settled, or given up just now.

        A timer that comes late is no harm; one that comes after the 30 s settles it.
        """
        if now_us >= self._deadline_us:
            self.state = TRANSITIONS[self.state, Event.OVERDUE]
            return None
        if self.state is not State.WAITING or now_us < self.next_send_us:
            return None
        self.state = TRANSITIONS[self.state, Event.DUE]
        self.attempts_n += 1
        doubled = self._interval_us + _jittered(self._interval_us, jitter_permille)
        if doubled > GREATEST_INTERVAL_US:
            doubled = _jittered(GREATEST_INTERVAL_US, jitter_permille)
        self._interval_us = doubled
        self.next_send_us = min(now_us + doubled, self._deadline_us)
        return self.octets

    def on_reply(self, octets: bytes, source: tuple[str, int], now_us: int) -> Answer:
        """What a datagram from `source` means. Only a true answer settles anything (AUT-08, S9).

        True is: in time, from the address and port we sent to, with our Identifier, an ACK or NAK
        of our request, and with right sums. All else is dropped and waiting goes on.
        """
        if self.state is not State.WAITING or now_us >= self._deadline_us:
            return _NOT_OURS
        event = self._event_of(octets, source)
        self.state = TRANSITIONS[self.state, event]
        if event is Event.NOISE:
            return _NOT_OURS
        self.error_cause = decode(octets).integer(ERROR_CAUSE) or 0
        return Answer(self.result, self.error_cause)

    def _event_of(self, octets: bytes, source: tuple[str, int]) -> Event:
        try:
            if (plain_address(source[0]), source[1]) != self._destination:
                return Event.NOISE
            code, identifier, *_ = peek(octets)
            if identifier != self._identifier or code not in self._expected:
                return Event.NOISE
            mac = verify_reply(octets, self._secret, self.octets[4:20])
        except (PacketError, ValueError):
            return Event.NOISE
        if self._require_mac and mac is MacState.ABSENT:
            return Event.NOISE
        return self._expected[code]


def _jittered(interval_us: int, permille: int) -> int:
    assert -JITTER_MAX_PERMILLE <= permille <= JITTER_MAX_PERMILLE, "RFC 5080 jitter is 10 %"
    return interval_us + interval_us * permille // 1000
