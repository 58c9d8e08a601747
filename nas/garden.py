"""What a device is told of somebody who stands behind a wall: the garden's attributes, and where.

A walled garden says what makes it one: an address list, a redirect, a pool of its own, a low
speed. It takes the place of the plan's speeds and replies and of the subscriber's. Where it does
not speak of addresses, those of the full service stay: a line keeps its address when the wall
falls, because no CoA can change one (COA-08), and a static address is nobody else's meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from nas import attribute_types as kinds
from nas.attribute_kind import Attribute, Kind, kind_of, pair_kind, vendor_kind

# Framed-IP-Netmask, Framed-Route, Framed-Interface-Id, Framed-IPv6-Route (RFC 2865, RFC 3162)
_NETMASK, _ROUTE, _INTERFACE_ID, _IPV6_ROUTE = 9, 22, 96, 99

IPV4: Final[frozenset[Kind]] = frozenset(
    {
        (kinds.FRAMED_IP_ADDRESS,),
        (kinds.FRAMED_POOL,),
        pair_kind("ip:addr-pool"),
        (_NETMASK,),
        (_ROUTE,),
    }
)
IPV6: Final[frozenset[Kind]] = frozenset(
    {
        (kinds.FRAMED_IPV6_ADDRESS,),
        (kinds.FRAMED_IPV6_PREFIX,),
        (kinds.FRAMED_IPV6_POOL,),
        (kinds.STATEFUL_IPV6_ADDRESS_POOL,),
        (kinds.DELEGATED_IPV6_PREFIX,),
        (kinds.DELEGATED_IPV6_PREFIX_POOL,),
        vendor_kind(kinds.MIKROTIK, kinds.MIKROTIK_DELEGATED_IPV6_POOL),
        (_INTERFACE_ID,),
        (_IPV6_ROUTE,),
    }
)


def behind_wall(service: Iterable[Attribute], garden: Sequence[Attribute]) -> list[Attribute]:
    """The garden's attributes, and the addresses of the full service of which it says nothing.

    Decided for IPv4 and IPv6 apart: a garden with a pool for one of them says all of that one.
    """
    said = {kind_of(attribute) for attribute in garden}
    kept = frozenset().union(*(family for family in (IPV4, IPV6) if not said & family))
    return [attribute for attribute in service if kind_of(attribute) in kept] + list(garden)


def addresses_differ(before: Iterable[Attribute], after: Iterable[Attribute]) -> bool:
    """Does a change concern where the line gets its addresses from?"""
    return _addresses(before) != _addresses(after)


def _addresses(attributes: Iterable[Attribute]) -> list[Attribute]:
    return [one for one in attributes if kind_of(one) in IPV4 | IPV6]
