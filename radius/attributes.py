"""Values: what the octets of an attribute mean, by the data types of RFC 8044.

Readers take the octets of one attribute and return None when their number or content does not
fit the type: such an attribute stays in the packet as it is and is treated as absent
(PKT-07). Writers return octets, and raise ValueError for a value that the type cannot hold.

Nothing here needs a dictionary; `radius.values` has the same types as people write them.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Final

MAX_VALUE: Final = 253
"""Octets that fit into one attribute."""

_INTEGER: Final = struct.Struct("!I")
_INTEGER64: Final = struct.Struct("!Q")
_SIGNED: Final = struct.Struct("!i")
_SHORT: Final = struct.Struct("!H")


def read_integer(value: bytes) -> int | None:
    """Return an unsigned number of 4 octets; also of type time: seconds since 1970 in UTC."""
    return _INTEGER.unpack(value)[0] if len(value) == 4 else None


def write_integer(number: int) -> bytes:
    """Return the 4 octets of a number between 0 and 2**32 - 1."""
    return _packed(_INTEGER, number)


def read_integer64(value: bytes) -> int | None:
    """Return an unsigned number of 8 octets (RFC 6929 s2.5)."""
    return _INTEGER64.unpack(value)[0] if len(value) == 8 else None


def write_integer64(number: int) -> bytes:
    """Return the 8 octets of a number between 0 and 2**64 - 1."""
    return _packed(_INTEGER64, number)


def read_signed(value: bytes) -> int | None:
    """Return a signed number of 4 octets (used by some vendors)."""
    return _SIGNED.unpack(value)[0] if len(value) == 4 else None


def write_signed(number: int) -> bytes:
    """Return the 4 octets of a number between -2**31 and 2**31 - 1."""
    return _packed(_SIGNED, number)


def read_short(value: bytes) -> int | None:
    """Return an unsigned number of 2 octets."""
    return _SHORT.unpack(value)[0] if len(value) == 2 else None


def write_short(number: int) -> bytes:
    """Return the 2 octets of a number between 0 and 65535."""
    return _packed(_SHORT, number)


def read_byte(value: bytes) -> int | None:
    """Return an unsigned number of 1 octet."""
    return value[0] if len(value) == 1 else None


def write_byte(number: int) -> bytes:
    """Return the octet of a number between 0 and 255."""
    if not 0 <= number <= 255:
        raise ValueError(f"{number} does not fit into 1 octet")
    return bytes((number,))


def read_text(value: bytes) -> str | None:
    """Return UTF-8 text without NULs that some NAS add at its end.

    None for octets that are not UTF-8 and for a NUL within: such a value is never mended,
    because two different values could then become one.
    """
    stripped = value.rstrip(b"\0")
    if b"\0" in stripped:
        return None
    try:
        return stripped.decode("utf-8")
    except UnicodeDecodeError:
        return None


def write_text(text: str) -> bytes:
    """Return the UTF-8 octets of a text, at most 253 of them."""
    value = text.encode("utf-8")
    if len(value) > MAX_VALUE:
        raise ValueError(f"a text of {len(value)} octets is over the limit of {MAX_VALUE}")
    return value


def read_ipv4(value: bytes) -> ipaddress.IPv4Address | None:
    """Return an address of 4 octets."""
    return ipaddress.IPv4Address(value) if len(value) == 4 else None


def write_ipv4(address: str | ipaddress.IPv4Address) -> bytes:
    """Return the 4 octets of an address."""
    return ipaddress.IPv4Address(address).packed


def read_ipv6(value: bytes) -> ipaddress.IPv6Address | None:
    """Return an address of 16 octets."""
    return ipaddress.IPv6Address(value) if len(value) == 16 else None


def write_ipv6(address: str | ipaddress.IPv6Address) -> bytes:
    """Return the 16 octets of an address."""
    return ipaddress.IPv6Address(address).packed


def read_ipv6_prefix(value: bytes) -> ipaddress.IPv6Network | None:
    """Return a prefix written as 0, length in bits, and 0 to 16 octets (RFC 3162 s2.3).

    Fewer octets than the length needs are taken as zeros, and bits behind the prefix are
    cleared: both are sent by real devices.
    """
    if not 2 <= len(value) <= 18 or value[1] > 128:
        return None
    return ipaddress.IPv6Network((value[2:].ljust(16, b"\0"), value[1]), strict=False)


def write_ipv6_prefix(prefix: str | ipaddress.IPv6Network) -> bytes:
    """Return the short form of a prefix: no more octets than its length needs."""
    network = ipaddress.IPv6Network(prefix)
    needed = (network.prefixlen + 7) // 8
    return bytes((0, network.prefixlen)) + network.network_address.packed[:needed]


def read_ipv4_prefix(value: bytes) -> ipaddress.IPv4Network | None:
    """Return a prefix written as 0, length in bits, and 4 octets (RFC 6572).

    The top two bits of the length are flags in some texts and are not looked at.
    """
    if len(value) != 6 or value[1] & 0x3F > 32:
        return None
    return ipaddress.IPv4Network((value[2:], value[1] & 0x3F), strict=False)


def write_ipv4_prefix(prefix: str | ipaddress.IPv4Network) -> bytes:
    """Return the 6 octets of a prefix."""
    network = ipaddress.IPv4Network(prefix)
    return bytes((0, network.prefixlen)) + network.network_address.packed


def read_ifid(value: bytes) -> str | None:
    """Return an interface identifier of 8 octets as four groups of hexadecimal digits."""
    if len(value) != 8:
        return None
    return ":".join(f"{group:x}" for group in struct.unpack("!4H", value))


def write_ifid(text: str) -> bytes:
    """Return the 8 octets of an interface identifier of four groups, `0:0:0:1`."""
    groups = text.split(":")
    if len(groups) != 4 or not all(_is_hex(group, 1, 4) for group in groups):
        raise ValueError(f"{text!r} is not an interface identifier such as 0:0:0:1")
    return b"".join(int(group, 16).to_bytes(2, "big") for group in groups)


def read_ether(value: bytes) -> str | None:
    """Return an Ethernet address of 6 octets, in lower case with colons."""
    return value.hex(":") if len(value) == 6 else None


def write_ether(text: str) -> bytes:
    """Return the 6 octets of an Ethernet address, `00:1a:2b:3c:4d:5e`."""
    parts = text.split(":")
    if len(parts) != 6 or not all(_is_hex(part, 1, 2) for part in parts):
        raise ValueError(f"{text!r} is not an Ethernet address such as 00:1a:2b:3c:4d:5e")
    return bytes(int(part, 16) for part in parts)


def _packed(form: struct.Struct, number: int) -> bytes:
    try:
        return form.pack(number)
    except struct.error:
        raise ValueError(f"{number} does not fit into {form.size} octets") from None


def _is_hex(text: str, shortest: int, longest: int) -> bool:
    digits = "0123456789abcdefABCDEF"
    return shortest <= len(text) <= longest and all(character in digits for character in text)
