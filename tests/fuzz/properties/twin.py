"""The decoder of packets once more, as plain as it can be said: the fuzzer's second opinion.

It is written from the rules (PKT-01 to PKT-13, AUT-01 to AUT-05, STS-01, EAP-04) and from no line
of the compiled codec: octets are cut off a list that gets shorter, digests come from the standard
library. It is slow and never ships; where it and the codec differ, one of them is wrong.
"""

from __future__ import annotations

import hashlib
import hmac

Pair = tuple[int, bytes]

CODES = frozenset({1, 2, 3, 4, 5, 11, 12, 40, 41, 42, 43, 44, 45, 52})
REQUESTS = frozenset({1, 4, 12, 40, 43})
OWN_AUTHENTICATOR = frozenset({1, 12})
VALUELESS = frozenset({79, 89})
"""EAP-Message and Chargeable-User-Identity mean something when they are empty (PKT-10)."""

MOST_ATTRIBUTES = 200


class Unsound(Exception):
    """Octets that are no packet: (reason, offset), as the codec would say."""


def attributes(octets: bytes, start: int = 0) -> list[Pair]:
    """Return every attribute of an area, empty ones too; `start` is added to offsets.

    Raises Unsound.
    """
    pairs: list[Pair] = []
    at = 0
    macs = 0
    while at < len(octets):
        rest = octets[at : at + 255]
        if len(rest) < 2 or rest[1] < 2:
            raise Unsound("attribute-length", start + at)
        kind, size = rest[0], rest[1]
        if size > len(rest):
            raise Unsound("attribute-overrun", start + at)
        if kind == 0:
            raise Unsound("attribute-type-zero", start + at)
        if len(pairs) == MOST_ATTRIBUTES:
            raise Unsound("too-many-attributes", start + at)
        if kind == 80:
            macs += 1
            if size != 18:
                raise Unsound("message-authenticator-length", start + at)
            if macs > 1:
                raise Unsound("message-authenticator-twice", start + at)
        pairs.append((kind, rest[2:size]))
        at += size
    return pairs


def kept(pairs: list[Pair]) -> tuple[Pair, ...]:
    """Return the attributes less those without a value (PKT-10)."""
    return tuple(pair for pair in pairs if pair[1] or pair[0] in VALUELESS)


def trimmed(octets: bytes) -> bytes:
    """Return the octets that the length field says are the packet. Raises Unsound."""
    if len(octets) < 20:
        raise Unsound("too-short", len(octets))
    length = octets[2] * 256 + octets[3]
    if length < 20 or length > 4096:
        raise Unsound("bad-length", 2)
    if length > len(octets):
        raise Unsound("truncated", len(octets))
    if octets[0] not in CODES:
        raise Unsound("unknown-code", 0)
    return octets[:length]


def decode(octets: bytes) -> list[Pair]:
    """Return every attribute of a packet. Raises Unsound."""
    return attributes(trimmed(octets)[20:], 20)


def verify(octets: bytes, secret: bytes, request_authenticator: bytes | None) -> bool:
    """Return whether a packet has a Message-Authenticator, its sums being right.

    `request_authenticator` is None for a request. Raises Unsound.
    """
    pairs = decode(octets)
    packet = trimmed(octets)
    code = packet[0]
    if (code in REQUESTS) != (request_authenticator is None):
        raise Unsound("unknown-code", 0)
    field = request_authenticator or bytes(16)
    if code in OWN_AUTHENTICATOR:
        field = packet[4:20]
    elif hashlib.md5(packet[:4] + field + packet[20:] + secret).digest() != packet[4:20]:
        raise Unsound("bad-authenticator", 4)
    at = 20
    for kind, value in pairs:
        if kind == 80:
            blank = packet[:4] + field + packet[20 : at + 2] + bytes(16) + packet[at + 18 :]
            if hmac.digest(secret, blank, "md5") != value:
                raise Unsound("bad-message-authenticator", at + 2)
            return True
        at += 2 + len(value)
    if any(kind == 79 for kind, _ in pairs):
        raise Unsound("eap-without-message-authenticator", 4)
    if code == 12:
        raise Unsound("missing-message-authenticator", 4)
    return False


def split(octets: bytes, type_size: int, length_size: int, flags: bool) -> list[Pair] | None:
    """Return the (number, octets) that exactly fill the inside of a Vendor-Specific, or None;
    the octet of flags, if the format has one, stays the first of the octets."""
    found: list[Pair] = []
    if not octets:
        return None
    while octets:
        before = type_size + length_size
        if len(octets) < before + flags:
            return None
        size = int.from_bytes(octets[type_size:before], "big") if length_size else len(octets)
        if size < before + flags or size > len(octets):
            return None
        found.append((int.from_bytes(octets[:type_size], "big"), octets[before:size]))
        octets = octets[size:]
    return found


def vendor_values(pairs: tuple[Pair, ...], vendor: int, kind: int) -> list[bytes]:
    """Return the values of a vendor's attribute, continued ones joined (WiMAX, Telrad)."""
    type_size, length_size, flags = FORMATS.get(vendor, (1, 1, False))
    found: list[bytes] = []
    begun: bytes | None = None
    for number, value in pairs:
        if number != 26 or len(value) < 5 or int.from_bytes(value[:4], "big") != vendor:
            continue
        for inner, octets in split(value[4:], type_size, length_size, flags) or ():
            if inner != kind:
                continue
            more = flags and octets[0] >= 128
            begun = (begun or b"") + (octets[1:] if flags else octets)
            if not more:
                found.append(begun)
                begun = None
    return found


FORMATS: dict[int, tuple[int, int, bool]] = {
    429: (4, 0, False),
    8164: (2, 2, False),
    4846: (2, 1, False),
    637: (2, 1, False),
    16445: (2, 1, False),
    54: (2, 1, False),
    24757: (1, 1, True),
    5323: (1, 1, True),
}
"""Vendors with another format than RFC 2865 proposes: octets of type, of length, flags."""
