"""Vendor-Specific attributes: a vendor's number, then attributes framed the vendor's own way.

Most vendors give type and length one octet each, as RFC 2865 s5.26 proposes; the others are
listed in `radius._codec`, and a dictionary may state a format of its own. Writers here put one
vendor attribute into each Vendor-Specific, which every receiver understands.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Final

from radius._codec import format_of

VENDOR_SPECIFIC: Final = 26
_MAX_INSIDE: Final = 253 - 4


@dataclasses.dataclass(frozen=True, slots=True)
class VendorFormat:
    """How a vendor frames its attributes.

    `type_size` octets of number (1, 2 or 4), `length_size` octets of length (0, 1 or 2; the
    length counts the whole attribute), and one octet of flags if `continuation`, whose top bit
    says that the value goes on in the next attribute (WiMAX).
    """

    type_size: int = 1
    length_size: int = 1
    continuation: bool = False

    @property
    def head(self) -> int:
        """Octets before the value."""
        return self.type_size + self.length_size + self.continuation

    def framed(self, kind: int, value: bytes, *, more: bool = False) -> bytes:
        """Return one attribute of this format; ValueError if number or value do not fit."""
        if not 0 <= kind < 1 << 8 * self.type_size:
            raise ValueError(f"vendor attribute {kind} does not fit into {self.type_size} octets")
        size = self.head + len(value)
        limit = _MAX_INSIDE if self.length_size != 1 else min(255, _MAX_INSIDE)
        if size > limit:
            raise ValueError(f"a vendor attribute of {size} octets is over the limit of {limit}")
        octets = kind.to_bytes(self.type_size, "big")
        if self.length_size:
            octets += size.to_bytes(self.length_size, "big")
        if self.continuation:
            octets += b"\x80" if more else b"\x00"
        return octets + value


@functools.lru_cache(maxsize=64)  # asked for every attribute of a vendor that is written
def known_format(vendor: int) -> VendorFormat:
    """Return the format of a vendor by its number; that of RFC 2865 unless known otherwise."""
    return VendorFormat(*format_of(vendor))


def vendor_attribute(vendor: int, kind: int, value: bytes) -> tuple[int, bytes]:
    """Return the Vendor-Specific attribute (26, octets) that holds one vendor attribute.

    Raises ValueError when the value does not fit into one (usually 247 octets).
    """
    octets = known_format(vendor).framed(kind, value)
    return VENDOR_SPECIFIC, vendor.to_bytes(4, "big") + octets


def vendor_attributes(
    vendor: int, kind: int, value: bytes, form: VendorFormat | None = None
) -> list[tuple[int, bytes]]:
    """Return the Vendor-Specific attributes that hold one value, continued where the vendor's
    format can (WiMAX) and otherwise exactly one."""
    form = form or known_format(vendor)
    room = _MAX_INSIDE - form.head
    number = vendor.to_bytes(4, "big")
    if not form.continuation or len(value) <= room:
        return [(VENDOR_SPECIFIC, number + form.framed(kind, value))]
    pieces = [value[at : at + room] for at in range(0, len(value), room)]
    return [
        (VENDOR_SPECIFIC, number + form.framed(kind, piece, more=at < len(pieces) - 1))
        for at, piece in enumerate(pieces)
    ]
