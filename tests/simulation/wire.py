"""RADIUS as a router speaks it: requests that it sends, replies and orders that it reads.

Written from the RFCs and the vendors' lists of attributes, and not from what the server's own
rooms say about devices; only the codec and the sums underneath are shared, for they are tested
against another implementation and must be fast. What is not genuine reads as None, whatever is
wrong with it: a router drops it without a word, and must never act on it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from radius import (
    Packet,
    PacketError,
    decode,
    encode_attributes,
    sign_reply,
    sign_request,
    verify_reply,
    verify_request,
)
from radius.mschap import challenge_hash, challenge_response, nt_hash
from radius.passwords import chap_response, hide_password

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT = 1, 2, 3
ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 4, 5
DISCONNECT_REQUEST, COA_REQUEST = 40, 43
ACK, NAK = 1, 2  # to be added to the code of an order

USER_NAME, CHAP_PASSWORD, NAS_IP_ADDRESS, NAS_PORT = 1, 3, 4, 5
FRAMED_IP_ADDRESS, CLASS, SESSION_TIMEOUT = 8, 25, 27
CALLING_STATION_ID, NAS_IDENTIFIER = 31, 32
FILTER_ID = 11
STATUS_TYPE, DELAY_TIME, INPUT_OCTETS, OUTPUT_OCTETS = 40, 41, 42, 43
ACCT_SESSION_ID, SESSION_TIME, TERMINATE_CAUSE = 44, 46, 49
INPUT_GIGAWORDS, OUTPUT_GIGAWORDS, EVENT_TIMESTAMP = 52, 53, 55
CHAP_CHALLENGE, NAS_PORT_TYPE, INTERIM_INTERVAL = 60, 61, 85
ERROR_CAUSE = 101
STATUS = {"start": 1, "stop": 2, "interim": 3, "on": 7, "off": 8}

_MIKROTIK, _MICROSOFT = 14988, 311
_RECV, _XMIT, _RATE, _RECV_HIGH, _XMIT_HIGH, _TOTAL, _TOTAL_HIGH = 1, 2, 8, 14, 15, 17, 18
_ADDRESS_LIST = 19
_FACTORS = {"k": 1_000, "M": 1_000_000}

Pair = tuple[int, bytes]


@dataclass(slots=True)
class Told:
    """The limits in an Accept or a CoA-Request; 0: nothing was said about it.

    Octet limits and the timeout are totals since the session began. Speeds are bits per second.
    """

    timeout_s: int = 0
    interim_s: int = 0
    total: int = 0
    input: int = 0
    output: int = 0
    up_bps: int = 0
    down_bps: int = 0
    garden: str = ""
    tokens: list[bytes] = field(default_factory=list)

    @property
    def octets(self) -> int:
        """The octet limit, in whichever direction it counts; 0: there is none."""
        return self.total or self.output or self.input


def number(value: int) -> bytes:
    """32 bits on the wire."""
    return value.to_bytes(4, "big")


def address(text: str) -> bytes:
    """An IPv4 address on the wire."""
    return bytes(int(part) for part in text.split("."))


def access_request(
    identifier: int, authenticator: bytes, pairs: Iterable[Pair], secret: bytes, *, signed: bool
) -> bytes:
    """The octets of an Access-Request; `pairs` prove the password under `authenticator`."""
    area = encode_attributes(pairs)
    return sign_request(
        ACCESS_REQUEST, identifier, authenticator, area, secret, with_message_authenticator=signed
    )


def credential(
    method: str,
    login: str,
    password: str,
    secret: bytes,
    *,
    authenticator: bytes,
    dice: random.Random,
) -> list[Pair]:
    """The attributes that prove a password, by method: `pap`, `chap` or `mschap2`."""
    if method == "pap":
        return [(2, hide_password(password.encode(), secret, authenticator))]
    challenge = dice.randbytes(16)
    if method == "chap":
        response = chap_response(dice.randrange(256), password.encode(), challenge)
        return [(CHAP_PASSWORD, response), (CHAP_CHALLENGE, challenge)]
    assert method == "mschap2", method
    peer = dice.randbytes(16)
    short = challenge_hash(peer, challenge, login.encode())
    proof = challenge_response(short, nt_hash(password))
    response = bytes([dice.randrange(256), 0]) + peer + bytes(8) + proof
    return [_own(_MICROSOFT, 11, challenge), _own(_MICROSOFT, 25, response)]


def accounting_request(identifier: int, area: bytes, secret: bytes, *, signed: bool) -> bytes:
    """The octets of an Accounting-Request; `area` are its attributes as they stand in it."""
    return sign_request(
        ACCOUNTING_REQUEST, identifier, None, area, secret, with_message_authenticator=signed
    )


def read_reply(octets: bytes, secret: bytes, asked: bytes) -> Packet | None:
    """A genuine reply to the request with the authenticator `asked`, else None."""
    try:
        verify_reply(octets, secret, asked)
        return decode(octets)
    except (PacketError, ValueError):
        return None


def read_order(octets: bytes, secret: bytes) -> Packet | None:
    """A genuine Disconnect- or CoA-Request, else None."""
    try:
        if not octets or octets[0] not in (DISCONNECT_REQUEST, COA_REQUEST):
            return None
        verify_request(octets, secret)
        return decode(octets)
    except (PacketError, ValueError):
        return None


def answer(order: Packet, secret: bytes, error_cause: int = 0) -> bytes:
    """The ACK to an order, or the NAK with its Error-Cause."""
    said = [(ERROR_CAUSE, number(error_cause))] if error_cause else []
    return sign_reply(
        order.code + (NAK if error_cause else ACK),
        order.identifier,
        order.authenticator,
        encode_attributes(said),
        secret,
        with_message_authenticator=True,
    )


def told(packet: Packet) -> Told:
    """The limits that a packet states."""
    found = Told(
        timeout_s=packet.integer(SESSION_TIMEOUT) or 0,
        interim_s=packet.integer(INTERIM_INTERVAL) or 0,
        total=_wide(packet, _TOTAL, _TOTAL_HIGH),
        input=_wide(packet, _RECV, _RECV_HIGH),
        output=_wide(packet, _XMIT, _XMIT_HIGH),
        tokens=packet.all(CLASS),
    )
    place = packet.vsa(_MIKROTIK, _ADDRESS_LIST) or packet.first(FILTER_ID) or b""
    found.garden = place.decode()
    rate = packet.vsa(_MIKROTIK, _RATE)
    if rate is not None:
        found.up_bps, found.down_bps = (bits(part) for part in rate.decode().split("/"))
    return found


def bits(text: str) -> int:
    """A speed such as `512k` or `2M` in bits per second."""
    factor = _FACTORS.get(text[-1], 1)
    return int(text.rstrip("kM")) * factor


def _wide(packet: Packet, low: int, high: int) -> int:
    """64 bits that come as two attributes."""
    upper = packet.vsa_integer(_MIKROTIK, high) or 0
    return upper << 32 | (packet.vsa_integer(_MIKROTIK, low) or 0)


def _own(vendor: int, kind: int, value: bytes) -> Pair:
    return 26, number(vendor) + bytes([kind, len(value) + 2]) + value
