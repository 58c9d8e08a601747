"""What a dictionary says: attributes and vendors, one frozen record for each line.

A path is the way from the packet to an attribute: (8,) is Framed-IP-Address, (26, 14988, 8)
is Mikrotik-Rate-Limit, (241, 5, 1) the first TLV inside extended attribute 241.5, and
(245, 26, 11344, 1) an extended vendor-specific one. It is what an OID says, as numbers.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from radius.vendors import VENDOR_SPECIFIC, VendorFormat

TYPES: Final = frozenset(
    "string octets ipaddr ipv6addr ipv4prefix ipv6prefix combo-ip ifid ether date integer "
    "integer64 signed short byte abinary tlv vsa extended long-extended evs".split()
)
"""The data types of FreeRADIUS 3 dictionaries; a loader knows other spellings of some."""

CONTAINERS: Final = frozenset({"tlv", "vsa", "extended", "long-extended", "evs"})
"""Types that hold attributes, not a value."""

NUMBERS: Final = frozenset({"integer", "integer64", "signed", "short", "byte"})
"""Types whose numbers may have names (VALUE lines)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    """An ATTRIBUTE line: a name for a path, and how its octets are to be read.

    `size` is the declared number of octets (`octets[16]`), None if any. `encrypt` is 0, or 1,
    2, 3 for the ways of hiding in `radius.passwords`. `file` and `line` say where it stands.
    """

    name: str
    path: tuple[int, ...]
    type: str
    size: int | None = None
    tagged: bool = False
    encrypt: int = 0
    array: bool = False
    concat: bool = False
    virtual: bool = False
    secret: bool = False
    file: str = ""
    line: int = 0

    @property
    def vendor(self) -> int:
        """The number of the vendor it belongs to, 0 if none."""
        if self.path[0] == VENDOR_SPECIFIC and len(self.path) > 2:
            return self.path[1]
        if self.path[1:2] == (VENDOR_SPECIFIC,) and len(self.path) > 3:
            return self.path[2]
        return 0

    @property
    def travels(self) -> bool:
        """Whether it can stand in a packet: a server's own attributes cannot (numbers over
        255, `virtual`)."""
        return 0 < self.path[0] <= 255 and not self.virtual


@dataclasses.dataclass(frozen=True, slots=True)
class Vendor:
    """A VENDOR line: a name, a private enterprise number, and how its attributes are framed."""

    name: str
    number: int
    format: VendorFormat = dataclasses.field(default_factory=VendorFormat)


@dataclasses.dataclass(frozen=True, slots=True)
class NamedNumber:
    """A VALUE line: a name for one number of the attribute at a path."""

    path: tuple[int, ...]
    name: str
    number: int
