"""Octets from a device as plain values, and values back as the octets the device used.

A value that does not fit its type reads as absent (PKT-07), never as zero. Text goes through
`domain.login.printable`, which loses nothing, so that an order can name a session with exactly
the octets the device itself reported (COA-07).
"""

from __future__ import annotations

import ipaddress
import re

from domain.login import printable

_ESCAPE = re.compile(r"\\(?:(\\)|x([0-9a-f]{2})|u([0-9a-f]{4}))")

# What a device reports while it has no address to report (RFC 2865 s5.8 for the last two).
_NO_ADDRESS = frozenset({bytes(4), b"\xff\xff\xff\xfe", b"\xff\xff\xff\xff"})


def integer_of(value: bytes | None) -> int | None:
    """An unsigned number of four octets, or None."""
    if value is None or len(value) != 4:
        return None
    return int.from_bytes(value, "big")


def text_of(value: bytes | None) -> str:
    """Safe text of an attribute, empty if it is absent (S30)."""
    if not value:
        return ""
    # Nearly all names are plain ASCII, and this road is walked ten times for each record.
    if value.isascii() and b"\\" not in value:
        text = str(value, "ascii")
        if text.isprintable():
            return text
    return printable(value)


def octets_of(text: str) -> bytes:
    """The octets that `text_of` made this text from (but for NULs at their end)."""
    parts: list[bytes] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        parts.append(text[at : found.start()].encode("utf-8"))
        backslash, octet, character = found.groups()
        if backslash:
            parts.append(b"\\")
        elif octet:
            parts.append(bytes.fromhex(octet))
        else:
            parts.append(chr(int(character, 16)).encode("utf-8"))
        at = found.end()
    parts.append(text[at:].encode("utf-8"))
    return b"".join(parts)


def ipv4_of(value: bytes | None) -> str:
    """A dotted address; empty when absent or when the octets stand for no address."""
    if value is None or len(value) != 4 or value in _NO_ADDRESS:
        return ""
    return "%d.%d.%d.%d" % tuple(value)  # noqa: UP031 - half the time of a join


def ipv6_of(value: bytes | None) -> str:
    """A compressed address, or empty."""
    if value is None or len(value) != 16:
        return ""
    return str(ipaddress.IPv6Address(value))


def plain_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as it is compared: a v4-mapped one is IPv4, a zone is left out.

    A socket that serves both families shows IPv4 peers as `::ffff:192.0.2.1`. Raises ValueError
    for text that is no address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
