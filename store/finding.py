"""Subscribers sought by whatever a person has of them: login, MAC, address or name.

A support desk is given a word and does not say what kind it is. Each kind that the word can be is
asked for, by an index of its own, and each subscriber that is found says by what. Addresses and
stations are those that a subscriber was given for good and those of sessions that run.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.login import canonical_login, canonical_mac
from store import lookup, name_words, office_subscribers, schema
from store.lookup import Network, Sought
from store.office_subscribers import Customer

_T = schema.subscribers.c


@dataclass(frozen=True, slots=True)
class Found:
    """A subscriber and by what it was found: login, MAC, address, session or name."""

    customer: Customer
    by: str


async def search(connection: AsyncConnection, text: str, *, limit: int) -> list[Found]:
    """Who fits a word, the surest kinds first, `limit` at most."""
    by: dict[int, str] = {}
    low, mac = canonical_login(text), canonical_mac(text)
    for one in await office_subscribers.search(connection, text, limit=limit):
        subscriber = one.subscriber
        fits = subscriber.login.startswith(low)
        by[subscriber.subscriber_id] = "login" if fits else "MAC"
    network = network_of(text)
    if network is not None:
        for subscriber_id in await connection.scalars(_given(network).limit(limit)):
            by.setdefault(subscriber_id, "address")
    if network is not None or mac is not None:
        running = Sought(network=network, mac=mac, ended=False)
        for session in await lookup.sessions(connection, running, limit=limit):
            if session.session.subscriber_id:
                by.setdefault(session.session.subscriber_id, "session")
    named = name_words.named(text) if mac is None and network is None else None
    if named is not None:
        for subscriber_id in await connection.scalars(named.limit(limit)):
            by.setdefault(subscriber_id, "name")
    ids = list(by)[:limit]
    customers = await office_subscribers.with_ids(connection, ids)
    called = {one.subscriber.subscriber_id: one for one in customers}
    return [Found(called[key], by[key]) for key in ids if key in called]


def network_of(text: str) -> Network | None:
    """The address or IPv6 prefix that a text is, if it is one."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return None if network.version == 4 and network.prefixlen < 32 else network


def _given(network: Network) -> Select[Any]:
    """Whose address it is for good, alone or inside a prefix."""
    if isinstance(network, ipaddress.IPv4Network):
        mine = _T.framed_ip_address == str(network.network_address)
        return select(_T.subscriber_id).where(mine)
    around = lookup.prefixes_around(network)
    alone = [str(network.network_address)] if network.prefixlen == network.max_prefixlen else []
    return select(_T.subscriber_id).where(
        or_(_T.framed_ipv6.in_([*around, *alone]), _T.delegated_ipv6_prefix.in_(around))
    )
