"""Who has a static address, asked before it is given to somebody else.

Unique indexes refuse an address that two subscribers are given at the same moment. What they cannot
see, prefixes that enclose one another, is looked for here, within the transaction of the change:
whatever encloses a prefix has one of few texts, and what is enclosed begins like it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.account import Subscriber
from domain.address import PREFIX_BITS, Holders, addresses_of, overlap
from store import schema

_T = schema.subscribers.c
_IPV6 = (_T.framed_ipv6, _T.delegated_ipv6_prefix)


async def in_the_way(
    connection: AsyncConnection, subscriber: Subscriber
) -> tuple[str, str, str] | None:
    """An address of this subscriber, the one it overlaps, and that one's login; None if free."""
    for wanted in addresses_of(subscriber):
        query = (
            select(_T.login, _T.framed_ip_address, *_IPV6)
            .where(_candidates(wanted), _T.subscriber_id != subscriber.subscriber_id)
            .order_by(_T.login)
        )
        for login, *texts in await connection.execute(query):
            for text in texts:
                if text is not None and overlap(text, wanted):
                    return wanted, text, str(login)
    return None


async def holders(connection: AsyncConnection, *, but: Sequence[int] = ()) -> Holders:
    """Everybody's addresses, for checking many at once; `but` are ids of subscribers."""
    left_out = frozenset(but)
    query = select(_T.subscriber_id, _T.login, _T.framed_ip_address, *_IPV6).where(
        or_(_T.framed_ip_address.is_not(None), *(column.is_not(None) for column in _IPV6))
    )
    rows = await connection.execute(query)
    return Holders(
        (text, str(login))
        for key, login, *texts in rows
        for text in texts
        if text is not None and key not in left_out
    )


def _candidates(text: str) -> ColumnElement[bool]:
    """Rows among which every overlapping one is."""
    network = ipaddress.ip_network(text)
    if isinstance(network, ipaddress.IPv4Network):
        return _T.framed_ip_address == text
    same = list(_enclosing(network))
    parts: list[ColumnElement[bool]] = [column.in_(same) for column in _IPV6]
    if network.prefixlen < 128:
        parts += [column.like(f"{begin}%") for begin in _beginnings(network) for column in _IPV6]
    return or_(*parts)


def _enclosing(network: ipaddress.IPv6Network) -> Iterator[str]:
    """The texts of a prefix (or address) and of everything that encloses it."""
    if network.prefixlen == 128:
        yield str(network.network_address)
    for bits in range(PREFIX_BITS[0], min(network.prefixlen, PREFIX_BITS[1]) + 1):
        yield str(network.supernet(new_prefix=bits))


def _beginnings(network: ipaddress.IPv6Network) -> list[str]:
    """How the text of whatever lies within a prefix begins.

    Whole groups stand as they are up to the first that is zero, which may have been left out.
    """
    begin = ""
    groups = network.network_address.exploded.split(":")[: network.prefixlen // 16]
    for group in groups:
        number = int(group, 16)
        if number == 0:
            return [f"{begin}0:", f"{begin}:" if begin else "::"]
        begin += f"{number:x}:"
    return [begin]
