"""Which kind of attribute something is: what replaces what, and what a device can change live.

By its number alone, but for the numbers that hold others: a vendor's attributes are told apart by
vendor and inner number, extended ones (RFC 6929) by their extended type, and Cisco's AVPairs by
the name before their value, because all of that vendor's settings travel in one attribute.
Attributes of one kind belong together: whoever says one of them says all (RFC 5176 note 3).
"""

from __future__ import annotations

import re

from nas import attribute_types as kinds
from radius.nesting import EXTENDED, LONG_EXTENDED
from radius.vendors import VENDOR_SPECIFIC, known_format

Attribute = tuple[int, bytes]
"""Type and value, as `radius.encode_attributes` takes them."""

Kind = tuple[int | bytes, ...]
"""Such as (8,), (26, 14988, 8), or (26, 9, 1, b"ip:addr-pool")."""

_PAIR_NAME = re.compile(rb"[^=*]*")  # `name=value`, or `name*value` where it is optional


def kind_of(attribute: Attribute) -> Kind:
    """The kind of one attribute; octets that are cut short are of the kind they begin with."""
    number, value = attribute
    if number == VENDOR_SPECIFIC:
        return (number, *_of_vendor(value, known_format(int.from_bytes(value[:4], "big")).head))
    if number in EXTENDED:
        return (number, *_extended(value, 1))
    if number in LONG_EXTENDED:
        return (number, *_extended(value, 2))
    return (number,)


def vendor_kind(vendor: int, number: int) -> Kind:
    """The kind of a vendor's attribute of this number."""
    return VENDOR_SPECIFIC, vendor, number


def pair_kind(name: str) -> Kind:
    """The kind of a Cisco AVPair of this name, such as `ip:addr-pool`."""
    return (*vendor_kind(kinds.CISCO, kinds.CISCO_AVPAIR), name.encode("ascii"))


def _of_vendor(value: bytes, head: int) -> Kind:
    """Vendor and number; for an AVPair also its name."""
    vendor = int.from_bytes(value[:4], "big")
    number = int.from_bytes(value[4 : 4 + known_format(vendor).type_size], "big")
    if (vendor, number) != (kinds.CISCO, kinds.CISCO_AVPAIR):
        return vendor, number
    name = _PAIR_NAME.match(value[4 + head :])
    assert name is not None, "the pattern matches nothing as well"
    return vendor, number, name[0]


def _extended(value: bytes, head: int) -> Kind:
    """The extended type; below 26 a vendor and its number follow."""
    if value[:1] != b"\x1a":
        return tuple(value[:1])
    vendor = int.from_bytes(value[head : head + 4], "big")
    return (VENDOR_SPECIFIC, vendor, *value[head + 4 : head + 5])
