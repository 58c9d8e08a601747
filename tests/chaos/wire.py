"""RADIUS as a router speaks it, made by hand from the RFCs with `struct` and `hashlib`.

The generator must not share code with the server that it judges: an octet that both get wrong
would look right. Here is only what it needs: an Access-Request with PAP, an Accounting-Request,
their answers verified, and a Disconnect- or CoA-Request read and answered.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Sequence

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT = 1, 2, 3
ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 4, 5
DISCONNECT_REQUEST, DISCONNECT_ACK, DISCONNECT_NAK = 40, 41, 42
COA_REQUEST, COA_ACK, COA_NAK = 43, 44, 45

USER_NAME, USER_PASSWORD, NAS_IP_ADDRESS, NAS_PORT = 1, 2, 4, 5
CLASS, VENDOR_SPECIFIC, SESSION_TIMEOUT, CALLING_STATION_ID = 25, 26, 27, 31
ACCT_STATUS_TYPE, ACCT_DELAY_TIME, ACCT_INPUT_OCTETS, ACCT_OUTPUT_OCTETS = 40, 41, 42, 43
ACCT_SESSION_ID, ACCT_SESSION_TIME, ACCT_TERMINATE_CAUSE = 44, 46, 49
ACCT_INPUT_GIGAWORDS, ACCT_OUTPUT_GIGAWORDS, EVENT_TIMESTAMP = 52, 53, 55
MESSAGE_AUTHENTICATOR = 80
MIKROTIK, TOTAL_LIMIT, TOTAL_LIMIT_GIGAWORDS = 14988, 17, 18

NOTHING = bytes(16)
Attributes = list[tuple[int, bytes]]


def number(value: int) -> bytes:
    """Four octets, the most significant first."""
    return struct.pack("!I", value)


def _area(attributes: Sequence[tuple[int, bytes]]) -> bytes:
    return b"".join(bytes((kind, len(value) + 2)) + value for kind, value in attributes)


def _header(code: int, identifier: int, area: bytes, authenticator: bytes) -> bytes:
    return struct.pack("!BBH", code, identifier, len(area) + 20) + authenticator + area


def access_request(
    attributes: Attributes, password: str, secret: bytes, identifier: int, authenticator: bytes
) -> bytes:
    """An Access-Request with a PAP password, Message-Authenticator first (RFC 2865, 3579)."""
    plain = password.encode()
    plain += bytes(-len(plain) % 16)
    hidden, last = b"", authenticator
    for at in range(0, len(plain), 16):
        mask = hashlib.md5(secret + last).digest()
        last = bytes(a ^ b for a, b in zip(plain[at : at + 16], mask, strict=True))
        hidden += last
    rest = _area([*attributes, (USER_PASSWORD, hidden)])
    area = _area([(MESSAGE_AUTHENTICATOR, NOTHING)]) + rest
    unsigned = _header(ACCESS_REQUEST, identifier, area, authenticator)
    proof = hmac.digest(secret, unsigned, "md5")
    return unsigned[:22] + proof + unsigned[38:]


def accounting_request(attributes: Attributes, secret: bytes, identifier: int) -> bytes:
    """An Accounting-Request (RFC 2866 section 3); its authenticator is a sum of the rest."""
    area = _area(attributes)
    unsigned = _header(ACCOUNTING_REQUEST, identifier, area, NOTHING)
    return unsigned[:4] + hashlib.md5(unsigned + secret).digest() + area


def is_genuine(reply: bytes, request: bytes, secret: bytes) -> bool:
    """Is this the server's answer to that request? Length, identifier and both sums must be."""
    if len(reply) < 20 or len(reply) != struct.unpack_from("!H", reply, 2)[0]:
        return False
    summed = hashlib.md5(reply[:4] + request[4:20] + reply[20:] + secret).digest()
    if reply[1] != request[1] or summed != reply[4:20]:
        return False
    if reply[0] in (ACCESS_ACCEPT, ACCESS_REJECT):
        return _is_signed(reply, request[4:20], secret)
    return True


def _is_signed(reply: bytes, authenticator: bytes, secret: bytes) -> bool:
    """Answers to logins must carry a right Message-Authenticator (RFC 3579)."""
    at = 20
    while at + 2 <= len(reply):
        kind, size = reply[at], reply[at + 1]
        if kind == MESSAGE_AUTHENTICATOR:
            blank = reply[:4] + authenticator + reply[20 : at + 2] + NOTHING + reply[at + 18 :]
            proof = hmac.digest(secret, blank, "md5")
            return hmac.compare_digest(proof, reply[at + 2 : at + 18])
        at += max(size, 2)
    return False


def read(octets: bytes) -> Attributes:
    """The (type, value) pairs of a packet; raises ValueError if they do not add up."""
    found: Attributes = []
    at = 20
    while at < len(octets):
        size = octets[at + 1] if at + 1 < len(octets) else 0
        if size < 2 or at + size > len(octets):
            raise ValueError("an attribute runs out of its packet")
        found.append((octets[at], octets[at + 2 : at + size]))
        at += size
    return found


def first(attributes: Attributes, kind: int) -> bytes | None:
    """The value of the first attribute of a type."""
    return next((value for one, value in attributes if one == kind), None)


def octet_limit(attributes: Attributes) -> int | None:
    """Mikrotik-Total-Limit with its gigawords; None where neither is."""
    words = {}
    for kind, value in attributes:
        if kind == VENDOR_SPECIFIC and value[:4] == number(MIKROTIK) and len(value) == 10:
            words[value[4]] = int.from_bytes(value[6:10], "big")
    if TOTAL_LIMIT not in words:
        return None
    return words.get(TOTAL_LIMIT_GIGAWORDS, 0) << 32 | words[TOTAL_LIMIT]


def is_order(octets: bytes, secret: bytes) -> bool:
    """Is it a Disconnect- or CoA-Request with the right sum (RFC 5176)?"""
    if len(octets) < 20 or octets[0] not in (DISCONNECT_REQUEST, COA_REQUEST):
        return False
    if len(octets) != struct.unpack_from("!H", octets, 2)[0]:
        return False
    return hashlib.md5(octets[:4] + NOTHING + octets[20:] + secret).digest() == octets[4:20]


def answer_order(order: bytes, code: int, secret: bytes) -> bytes:
    """The signed answer to an order, without attributes."""
    head = struct.pack("!BBH", code, order[1], 20)
    return head + hashlib.md5(head + order[4:20] + secret).digest()
