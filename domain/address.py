"""Static addresses of subscribers: what may be one, how it is written, and who is in whose way.

An address or prefix is one subscriber's. Two that enclose one another would route one subscriber's
traffic to another, so it is not only equal ones that are refused. Everything is kept as its one
canonical text, which a unique index can compare.
"""

from __future__ import annotations

import bisect
import ipaddress
from collections.abc import Iterable
from typing import Final

from domain.account import Subscriber

PREFIX_BITS: Final = (16, 127)

Span = tuple[int, int, int]
"""IP version, first and last address as numbers."""


def static_ipv4(text: str) -> str:
    """An IPv4 address that one subscriber can have. ValueError in one sentence."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError(
            f"{text[:60]!r} is not an IPv4 address; write such as 100.64.0.7"
        ) from None
    # RouterOS reads 127/8 and everything from 224 on as "take one of the pool".
    if address.is_loopback or address.is_unspecified or int(address) >= 0xE0 << 24:
        raise ValueError(f"{address} is nobody's address")
    return str(address)


def static_ipv6(text: str) -> str:
    """An IPv6 address, or a prefix with its length; ValueError in one sentence."""
    if "/" in text:
        return delegated_prefix(text)
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError(
            f"{text[:60]!r} is not an IPv6 address or prefix; write such as 2001:db8::7 or "
            "2001:db8:0:7::/64"
        ) from None
    if "%" in text or _nobodys(address):
        raise ValueError(f"{text[:60]} is nobody's address")
    return str(address)


def delegated_prefix(text: str) -> str:
    """An IPv6 prefix; ValueError in one sentence, also for bits behind its length."""
    try:
        network = ipaddress.IPv6Network(text, strict=False)
        address = ipaddress.IPv6Address(text.partition("/")[0])
    except ValueError:
        raise ValueError(
            f"{text[:60]!r} is not an IPv6 prefix; write such as 2001:db8:1:ff00::/56"
        ) from None
    if "/" not in text or not PREFIX_BITS[0] <= network.prefixlen <= PREFIX_BITS[1]:
        raise ValueError(f"a prefix has a length of /{PREFIX_BITS[0]} to /{PREFIX_BITS[1]}")
    if address != network.network_address:
        raise ValueError(f"{text[:60]} has bits behind its length; the prefix is {network}")
    if _nobodys(address):
        raise ValueError(f"{network} is nobody's prefix")
    return str(network)


def span_of(text: str) -> Span:
    """The addresses that a canonical text stands for."""
    network = ipaddress.ip_network(text)
    return network.version, int(network.network_address), int(network.broadcast_address)


def addresses_of(subscriber: Subscriber) -> list[str]:
    """The canonical texts of what a subscriber has."""
    found = (
        subscriber.framed_ip_address,
        subscriber.framed_ipv6,
        subscriber.delegated_ipv6_prefix,
    )
    return [text for text in found if text is not None]


def overlap(one: str, other: str) -> bool:
    """Do two canonical texts have an address in common?"""
    a, b = span_of(one), span_of(other)
    return a[0] == b[0] and a[1] <= b[2] and b[1] <= a[2]


class Holders:
    """Who has which addresses, of any number of subscribers; none of them overlap."""

    def __init__(self, held: Iterable[tuple[str, str]] = ()) -> None:
        """`held` are pairs of a canonical text and its holder's login, which do not overlap."""
        rows = sorted((span_of(text), text, login) for text, login in held)
        self._spans = [row[0] for row in rows]
        self._rows = [(text, login) for _, text, login in rows]

    def overlapping(self, text: str) -> tuple[str, str] | None:
        """The (canonical text, login) that is in the way of this one; None if it is free."""
        wanted = span_of(text)
        at = bisect.bisect_right(self._spans, wanted)
        for index in (at - 1, at):
            if 0 <= index < len(self._rows) and overlap(self._rows[index][0], text):
                return self._rows[index]
        return None

    def add(self, text: str, login: str) -> tuple[str, str] | None:
        """Give an address to a login if it is free; answers who is in the way if it is not."""
        found = self.overlapping(text)
        if found is None:
            wanted = span_of(text)
            at = bisect.bisect_right(self._spans, wanted)
            self._spans.insert(at, wanted)
            self._rows.insert(at, (text, login))
        return found


def _nobodys(address: ipaddress.IPv6Address) -> bool:
    return (
        address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or address.is_link_local
        or address.ipv4_mapped is not None
    )
