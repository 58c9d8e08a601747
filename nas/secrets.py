"""Shared secrets: how they are written, and which of them somebody will find by trying.

A secret is octets, not text (BLR-09): `0x` and hexadecimal digits give any octets, all else is
taken as UTF-8. An empty one is refused, a weak one is warned about and works: the device may not
take a better one.
"""

from __future__ import annotations

import base64

LENGTH_BROKEN = 8  # octets; found by trying in hours
LENGTH_SHORT = 12
LENGTH_GOOD = 16
GENERATED_OCTETS = 20  # 160 bits, 32 letters and digits

_KNOWN = frozenset(
    {
        "0000",
        "1234",
        "12345",
        "123456",
        "12345678",
        "123456789",
        "1234567890",
        "admin",
        "changeme",
        "cisco",
        "cisco123",
        "default",
        "hotspot",
        "letmein",
        "mikrotik",
        "mysecret",
        "password",
        "public",
        "qwerty",
        "radius",
        "radius123",
        "radiussecret",
        "radsec",
        "secret",
        "secret123",
        "sharedsecret",
        "supersecret",
        "test",
        "test123",
        "testing",
        "testing123",
    }
)


def parse_secret(text: str) -> bytes:
    """The octets of a secret as an operator writes it. Raises ValueError with one sentence."""
    if text[:2] in ("0x", "0X"):
        digits = text[2:]
        if not digits or len(digits) % 2 or not _is_hex(digits):
            raise ValueError(
                "a secret that begins with 0x is hexadecimal: give an even number of digits 0-9 a-f"
            )
        return bytes.fromhex(digits)
    if not text:
        raise ValueError("the shared secret is empty: give at least 16 characters")
    return text.encode("utf-8", "surrogateescape")


def secret_warnings(secret: bytes) -> list[str]:
    """What is weak about a secret, worst first; empty: nothing. The secret is never quoted."""
    found: list[str] = []
    if secret.decode("latin-1").strip().lower() in _KNOWN:
        found.append("the shared secret is a well-known example: everybody tries it first")
    size = len(secret)
    if size <= LENGTH_BROKEN:
        found.append(f"the shared secret has {size} octets and can be found by trying all of them")
    elif size < LENGTH_SHORT:
        found.append(f"the shared secret has only {size} octets; under {LENGTH_SHORT} is weak")
    elif size < LENGTH_GOOD:
        found.append(f"the shared secret has {size} octets; {LENGTH_GOOD} or more are better")
    if size > LENGTH_BROKEN and len(set(secret)) <= 4:
        found.append("the shared secret repeats very few different characters")
    if secret != secret.strip():
        found.append("the shared secret begins or ends with white space: is that meant?")
    return found


def written_secret(octets: bytes) -> str:
    """A new secret, as text that every device takes, from `GENERATED_OCTETS` random octets."""
    if len(octets) != GENERATED_OCTETS:
        raise ValueError(f"a generated secret is made of {GENERATED_OCTETS} octets")
    return base64.b32encode(octets).decode("ascii").lower()


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in text)
