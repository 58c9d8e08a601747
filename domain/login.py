"""The canonical key of a subscriber: one function for logins, accounting, orders and tools.

If authentication lower-cased and accounting did not, usage would land on a ghost (NAI-05, F-30).
A name that is a MAC in any spelling becomes `aa:bb:cc:dd:ee:ff`; every other name is folded in
ASCII only: no Unicode folding, no realm is stripped, no octet is replaced (NAI-02, NAI-04).
"""

from __future__ import annotations

import re
from functools import lru_cache

_MAC = re.compile(r"[0-9a-fA-F]{12}")
_MAC_WITH_COLONS = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")
_MAC_DIGITS_N = 12
_MAC_SEPARATORS = re.compile(r"[:\-. ]")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
# What an escape looks like; plain text that holds one is escaped itself.
_ESCAPE = re.compile(r"\\\\|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}")

LOGIN_MAX_OCTETS = 253  # User-Name, NAI-01


@lru_cache(maxsize=256)  # one login asks for its station from several sides
def canonical_mac(text: str) -> str | None:
    """`aa:bb:cc:dd:ee:ff` for any usual spelling of a MAC, None for anything else."""
    if len(text) < _MAC_DIGITS_N:
        return None  # most logins; two searches for each record are saved
    if _MAC_WITH_COLONS.fullmatch(text):
        return text.lower()
    bare = _MAC_SEPARATORS.sub("", text.strip())
    if not _MAC.fullmatch(bare):
        return None
    bare = bare.lower()
    return ":".join(bare[at : at + 2] for at in range(0, 12, 2))


def canonical_login(text: str) -> str:
    """The key a User-Name stands for."""
    # Of ASCII both foldings are the same, and `lower` takes a tenth of the time.
    return canonical_mac(text) or (
        text.strip().lower() if text.isascii() else text.strip().translate(_ASCII_LOWER)
    )


def printable(octets: bytes) -> str:
    """Text octets from a NAS as safe text: UTF-8 kept, all else escaped, never replaced (S30).

    Two different octet strings never become one text: where anything is escaped, or looks as if
    it were, every backslash is doubled. Plain text with a backslash (`DOMAIN\\user`) stays as is.
    """
    octets = octets.rstrip(b"\0")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if not _UNSAFE.search(text) and not _ESCAPE.search(text):
            return text
    text = octets.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
