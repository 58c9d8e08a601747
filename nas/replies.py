"""What a device is told of a service beside its limits: speeds, reply attributes, addresses.

Plans and subscribers carry reply attributes, some only for one dialect or for some kinds of
access. Several sources can speak of the same thing, and then the nearer one speaks alone, kind by
kind: the subscriber before the plan, a reply before the plan's speeds, a static address before
everything, the pools it stands for included. Order is kept within what is left, because some
devices read several values in order.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from domain.account import Subscriber
from domain.plan import Access, Reply
from nas import attribute_types as kinds
from nas.attribute_kind import Attribute, Kind, kind_of, pair_kind, vendor_kind
from nas.dialect import Dialect
from radius import decode_attributes
from radius.attributes import write_ipv4, write_ipv6, write_ipv6_prefix

_POOLS: Final[dict[int, tuple[Kind, ...]]] = {
    kinds.FRAMED_IP_ADDRESS: ((kinds.FRAMED_POOL,), pair_kind("ip:addr-pool")),
    kinds.FRAMED_IPV6_ADDRESS: ((kinds.STATEFUL_IPV6_ADDRESS_POOL,),),
    kinds.FRAMED_IPV6_PREFIX: ((kinds.FRAMED_IPV6_POOL,),),
    kinds.DELEGATED_IPV6_PREFIX: (
        (kinds.DELEGATED_IPV6_PREFIX_POOL,),
        vendor_kind(kinds.MIKROTIK, kinds.MIKROTIK_DELEGATED_IPV6_POOL),
    ),
}
"""The pools that a static address takes the place of: not every device lets the address win."""


def chosen(
    plan_replies: Iterable[Reply],
    subscriber_replies: Iterable[Reply],
    *,
    dialect: str,
    access: Access | None,
) -> list[Attribute]:
    """The reply attributes that apply to a login; the subscriber's win, kind by kind.

    An entry without dialect is for all of them, one without accesses for any; one with accesses
    is not for a login whose kind of access is not known.
    """
    return overridden(
        _applying(plan_replies, dialect, access), _applying(subscriber_replies, dialect, access)
    )


def addresses(subscriber: Subscriber) -> list[Attribute]:
    """The static addresses of a subscriber as attributes.

    Framed-IP-Address (RFC 2865), Framed-IPv6-Address (RFC 6911) or, for a prefix,
    Framed-IPv6-Prefix (RFC 3162), and Delegated-IPv6-Prefix (RFC 4818).
    """
    found: list[Attribute] = []
    if subscriber.framed_ip_address is not None:
        found.append((kinds.FRAMED_IP_ADDRESS, write_ipv4(subscriber.framed_ip_address)))
    if subscriber.framed_ipv6 is not None:
        if "/" in subscriber.framed_ipv6:
            prefix = write_ipv6_prefix(ipaddress.IPv6Network(subscriber.framed_ipv6))
            found.append((kinds.FRAMED_IPV6_PREFIX, prefix))
        else:
            found.append((kinds.FRAMED_IPV6_ADDRESS, write_ipv6(subscriber.framed_ipv6)))
    if subscriber.delegated_ipv6_prefix is not None:
        prefix = write_ipv6_prefix(ipaddress.IPv6Network(subscriber.delegated_ipv6_prefix))
        found.append((kinds.DELEGATED_IPV6_PREFIX, prefix))
    return found


def assembled(
    speeds: Sequence[Attribute], replies: Sequence[Attribute], static: Sequence[Attribute]
) -> list[Attribute]:
    """All that a device is told of a service: speeds, replies and static addresses in this order.

    A reply replaces a speed of its kind, an address replaces a reply of its kind and its pools.
    """
    pools = {pool for number, _ in static for pool in _POOLS.get(number, ())}
    return overridden(overridden(speeds, replies), static, also=pools)


def overridden(
    first: Sequence[Attribute], second: Sequence[Attribute], *, also: Collection[Kind] = ()
) -> list[Attribute]:
    """`first` without the kinds that `second` has or `also` names, then `second`."""
    gone = {kind_of(attribute) for attribute in second} | set(also)
    return [attribute for attribute in first if kind_of(attribute) not in gone] + list(second)


def live_change(
    dialect: Dialect, before: Sequence[Attribute], after: Sequence[Attribute]
) -> list[Attribute] | None:
    """What a CoA must carry so that a session told `before` has what `after` says.

    Empty: there is nothing to tell. None: the device cannot change that while the session runs.
    A CoA replaces all values of the kinds it names and leaves the others alone (RFC 5176 note
    3), so a kind can only be taken away where the dialect has a value that means none.
    """
    old, new = _by_kind(before), _by_kind(after)
    found: list[Attribute] = []
    for kind in [*new, *(kind for kind in old if kind not in new)]:
        if old.get(kind) == new.get(kind):
            continue
        values = new.get(kind) or dialect.none_of.get(kind)
        if kind not in dialect.live_kinds or values is None:
            return None
        found += values
    return found


def _by_kind(attributes: Iterable[Attribute]) -> dict[Kind, list[Attribute]]:
    found: dict[Kind, list[Attribute]] = {}
    for attribute in attributes:
        found.setdefault(kind_of(attribute), []).append(attribute)
    return found


def _applying(replies: Iterable[Reply], dialect: str, access: Access | None) -> list[Attribute]:
    return [
        attribute
        for reply in replies
        if reply.dialect in ("", dialect)
        and (not reply.accesses or (access is not None and access in reply.accesses))
        for attribute in decode_attributes(reply.octets)
    ]
