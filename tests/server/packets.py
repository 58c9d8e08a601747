"""Packets a router would send, and what it checks in an answer."""

from __future__ import annotations

from radius import encode_attributes
from radius.packet import sign_request, verify_reply
from tests.server.fakes import SECRET

INTERIM, START, STOP = 3, 1, 2


def login(
    identifier: int = 1,
    *,
    name: bytes = b"alice",
    signed: bool = True,
    authenticator: bytes = bytes(range(16)),
    extra: bytes = b"",
) -> bytes:
    """An Access-Request with a PAP password nobody can read."""
    attributes = encode_attributes([(1, name), (2, bytes(16))]) + extra
    return sign_request(
        1, identifier, authenticator, attributes, SECRET, with_message_authenticator=signed
    )


def record(
    identifier: int = 1,
    *,
    status: int = INTERIM,
    session: bytes = b"s1",
    signed: bool = False,
    octets_n: int = 0,
    session_s: int = 0,
    extra: bytes = b"",
) -> bytes:
    """An Accounting-Request."""
    pairs = [
        (1, b"alice"),
        (40, status.to_bytes(4, "big")),
        (44, session),
        (46, session_s.to_bytes(4, "big")),
        (42, octets_n.to_bytes(4, "big")),
        (43, octets_n.to_bytes(4, "big")),
    ]
    attributes = encode_attributes(pairs) + extra
    return sign_request(4, identifier, None, attributes, SECRET, with_message_authenticator=signed)


def status(identifier: int = 1, authenticator: bytes = bytes(range(16))) -> bytes:
    """A Status-Server."""
    return sign_request(12, identifier, authenticator, b"", SECRET, with_message_authenticator=True)


def check_reply(reply: bytes, request: bytes, code: int) -> None:
    """The reply is of this code, for this request, and its sums are right."""
    assert reply[0] == code
    assert reply[1] == request[1]
    verify_reply(reply, SECRET, request[4:20])
