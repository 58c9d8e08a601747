"""What the n-th subscriber of a benchmark is called; `generator/crowd.h` says the same in C.

The generator makes every name from a number, and whoever prepares a database or a users file makes
the same names here. Nothing may be known to only one of the two: tests compare them on the wire.
"""

from __future__ import annotations

from ipaddress import IPv4Address

SECRET = "testing123"
SOURCE = "127.0.0.9"  # the address that the generator sends from
OTHER_SOURCE = "127.0.0.10"  # of two workers this one and SOURCE are heard by different ones
SOURCES = "127.0.0.8/30"  # both
FIRST_ADDRESS = 0x64400000  # 100.64.0.0, of which a million fit into the shared space of RFC 6598
FIRST_PORT = 15_728_640


def login(n: int) -> str:
    """User-Name."""
    return f"user{n}"


def password(n: int) -> str:
    """Password, of at most 16 octets so that PAP needs one block."""
    return f"secret{n}"


def acct_session_id(n: int) -> str:
    """Acct-Session-Id."""
    return f"8{n:08X}"


def station(n: int) -> str:
    """Calling-Station-Id."""
    return "02:00:" + n.to_bytes(4, "big").hex(":").upper()


def address(n: int) -> str:
    """Framed-IP-Address."""
    return str(IPv4Address(FIRST_ADDRESS + n))


def nas_port(n: int) -> int:
    """NAS-Port."""
    return FIRST_PORT + n
