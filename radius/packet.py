"""Packets as a whole: from octets to `Packet` and back, with every sum checked or made.

These are the entry points for callers who have one packet and one secret. A door that must
find its client first takes the steps apart: `peek` (header only), `verify_request` (sums only),
`decode` (attributes only), and `sign_reply` with attribute octets prepared beforehand.

Nothing here draws randomness: the authenticator of an Access-Request is the caller's to draw,
from the operating system, new for each new packet (AUT-09).
"""

from __future__ import annotations

from typing import Final

from radius._authenticator import sign_reply, sign_request, verify_reply, verify_request
from radius._codec import Packet, decode, encode_attributes, peek
from radius.codes import REQUESTS, Code

__all__ = [
    "MESSAGE_AUTHENTICATOR",
    "Packet",
    "decode",
    "decode_packet",
    "encode_packet",
    "peek",
    "sign_reply",
    "sign_request",
    "verify_reply",
    "verify_request",
]

MESSAGE_AUTHENTICATOR: Final = 80
_OWN_AUTHENTICATOR: Final = frozenset({Code.ACCESS_REQUEST, Code.STATUS_SERVER})


def decode_packet(
    octets: bytes, secret: bytes, request_authenticator: bytes | None = None
) -> Packet:
    """Return the packet in `octets` after checking everything that can be checked.

    That is the frame (PKT-01..06, PKT-12), the authenticator of the codes that have one that
    can be computed (AUT-01), a Message-Authenticator if there is one (AUT-03, AUT-05), and that
    there is one in a Status-Server (STS-01) and beside an EAP-Message (EAP-04). Octets behind
    the packet's length are ignored (PKT-04).

    `request_authenticator` (16 octets) is that of the request which the packet answers: needed
    for replies, not for requests. Raises `PacketError` for octets to be discarded, `ValueError`
    for an empty secret or a missing request authenticator.
    """
    code, *_ = peek(octets)
    if code in REQUESTS:
        verify_request(octets, secret)
    elif request_authenticator is None:
        raise ValueError(f"code {code} is a reply: the request's authenticator is needed")
    else:
        verify_reply(octets, secret, request_authenticator)
    return decode(octets)


def encode_packet(
    packet: Packet,
    secret: bytes,
    request_authenticator: bytes | None = None,
    *,
    message_authenticator: bool = True,
) -> bytes:
    """Return the octets of a packet with its sums made.

    A Message-Authenticator, if wanted, is the first attribute (BLR-01); one that the packet
    already holds is left out, since its sum is of another packet. Access-Request and
    Status-Server keep the packet's own authenticator; that of other requests is computed, and
    that of replies is computed from `request_authenticator` (16 octets).

    Raises `ValueError` when the packet is over 4096 octets or an argument does not fit its code.
    """
    area = packet.attribute_octets
    if packet.first(MESSAGE_AUTHENTICATOR) is not None:
        area = encode_attributes(
            pair for pair in packet.attributes if pair[0] != MESSAGE_AUTHENTICATOR
        )
    if packet.code in REQUESTS:
        own = packet.authenticator if packet.code in _OWN_AUTHENTICATOR else None
        return sign_request(
            packet.code,
            packet.identifier,
            own,
            area,
            secret,
            with_message_authenticator=message_authenticator,
        )
    if request_authenticator is None:
        raise ValueError(f"code {packet.code} is a reply: the request's authenticator is needed")
    return sign_reply(
        packet.code,
        packet.identifier,
        request_authenticator,
        area,
        secret,
        with_message_authenticator=message_authenticator,
    )
