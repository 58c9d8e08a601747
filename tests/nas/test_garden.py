"""What is told behind a wall: the garden, and the addresses it does not speak of."""

from __future__ import annotations

from nas import attribute_types as kinds
from nas.garden import addresses_differ, behind_wall
from radius.vendors import vendor_attribute

POOL = (kinds.FRAMED_POOL, b"home")
ADDRESS = (kinds.FRAMED_IP_ADDRESS, b"\x0a\x00\x00\x01")
PREFIX = (kinds.DELEGATED_IPV6_PREFIX, b"\x00\x38\x20\x01\x0d\xb8")
RATE = vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_RATE_LIMIT, b"5M/20M")
ACTIVE = vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_ADDRESS_LIST, b"active")
WALLED = vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_ADDRESS_LIST, b"walled")
CISCO_POOL = vendor_attribute(kinds.CISCO, kinds.CISCO_AVPAIR, b"ip:addr-pool=walled")


def test_speeds_and_replies_of_the_service_are_gone_and_its_addresses_stay() -> None:
    service = [RATE, ACTIVE, POOL, ADDRESS, PREFIX]
    assert behind_wall(service, [WALLED]) == [POOL, ADDRESS, PREFIX, WALLED]


def test_a_pool_of_the_garden_takes_the_place_of_every_address_of_its_family() -> None:
    walled_pool = (kinds.FRAMED_POOL, b"walled")
    assert behind_wall([POOL, ADDRESS, PREFIX], [walled_pool]) == [PREFIX, walled_pool]
    assert behind_wall([ADDRESS, PREFIX], [CISCO_POOL]) == [PREFIX, CISCO_POOL]
    pool6 = (kinds.FRAMED_IPV6_POOL, b"walled6")
    assert behind_wall([ADDRESS, PREFIX], [pool6]) == [ADDRESS, pool6]


def test_only_addresses_are_a_change_of_address() -> None:
    assert not addresses_differ([RATE, POOL], [ACTIVE, POOL])
    assert addresses_differ([POOL], [ADDRESS])
    assert addresses_differ([], [PREFIX])
