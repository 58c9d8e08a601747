"""Password hashes of crypt(3) that were made elsewhere: md5, sha256, sha512 and bcrypt.

A provider who moves in brings them from another server, and its subscribers must not be asked for
new passwords. They are only checked, never made, and serve PAP only, as nothing can be computed
from them. The sha schemes follow Drepper's public specification, md5 the FreeBSD one; bcrypt is
left to its library. Each is slow on purpose: never on the event loop. No hash may stand in an error
text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from hmac import compare_digest
from itertools import cycle, islice
from typing import Any, Final

import bcrypt

_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MD5 = re.compile(rb"\$1\$([^$\0\n]{0,8})\$([./0-9A-Za-z]{22})")
_SHA = re.compile(
    rb"\$([56])\$(?:rounds=([1-9][0-9]{0,8})\$)?([^$\0\n]{0,16})\$"
    rb"([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})"
)
_BCRYPT = re.compile(rb"\$2[aby]\$([0-9]{2})\$[./0-9A-Za-z]{53}")

SHA_ROUNDS_DEFAULT: Final = 5_000
SHA_ROUNDS_MAX: Final = 200_000  # some 0.3 s; the specification's own bounds are 1,000 and 10^9
BCRYPT_COSTS: Final = range(4, 15)  # 14: about a second
BCRYPT_OCTETS: Final = 72  # what lies behind never counted in bcrypt
_MD5_ROUNDS = 1_000

_Hash = Callable[[bytes], Any]
_MD5_ORDER = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5), (11,))


def check_form(hashed: bytes) -> None:
    """ValueError in one sentence unless this is a hash that can be checked here."""
    if (found := _BCRYPT.fullmatch(hashed)) is not None:
        if int(found[1]) not in BCRYPT_COSTS:
            raise ValueError(f"a bcrypt hash of cost {int(found[1])} is too slow to serve logins")
        return
    if (found := _SHA.fullmatch(hashed)) is not None and len(found[4]) == _sha_length(found[1]):
        if not 1_000 <= int(found[2] or SHA_ROUNDS_DEFAULT) <= SHA_ROUNDS_MAX:
            raise ValueError(f"a crypt hash of {int(found[2])} rounds is not served")
        return
    if _MD5.fullmatch(hashed) is None:
        raise ValueError("not a crypt hash; known are $1$, $5$, $6$, $2a$, $2b$ and $2y$")


def check_crypt(password: bytes, hashed: bytes) -> bool:
    """Is this the password behind a hash? Constant time in the digest.

    A hash that `check_form` refuses raises ValueError: a spoilt row must not look like a wrong
    password.
    """
    try:
        check_form(hashed)
    except ValueError:
        raise ValueError("the stored hash of a password is damaged") from None
    if b"\0" in password:  # where crypt(3) would have stopped to read
        return False
    if hashed.startswith(b"$2"):
        return bcrypt.checkpw(password[:BCRYPT_OCTETS], hashed)
    if (found := _MD5.fullmatch(hashed)) is not None:
        return compare_digest(_md5_digest(password, found[1]), found[2])
    found = _SHA.fullmatch(hashed)
    assert found is not None
    make = hashlib.sha256 if found[1] == b"5" else hashlib.sha512
    rounds = int(found[2] or SHA_ROUNDS_DEFAULT)
    return compare_digest(_sha_digest(make, password, found[3], rounds), found[4])


def _sha_length(kind: bytes) -> int:
    return 43 if kind == b"5" else 86


def _sha_digest(make: _Hash, password: bytes, salt: bytes, rounds: int) -> bytes:
    """The digest of $5$ or $6$ in its alphabet (Drepper, steps 1 to 22)."""
    second = make(password + salt + password).digest()
    mixed = password + salt + _stretched(second, len(password))
    length = len(password)
    while length:
        mixed += second if length & 1 else password
        length >>= 1
    current: bytes = make(mixed).digest()
    p = _stretched(make(password * len(password)).digest(), len(password))
    s = _stretched(make(salt * (16 + current[0])).digest(), len(salt))
    current = _rounds(make, current, p, s, rounds)
    return _encoded(current, _sha_order(len(current)))


def _md5_digest(password: bytes, salt: bytes) -> bytes:
    """The digest of $1$ in its alphabet."""
    second = hashlib.md5(password + salt + password, usedforsecurity=False).digest()
    mixed = password + b"$1$" + salt + _stretched(second, len(password))
    length = len(password)
    while length:
        mixed += b"\0" if length & 1 else password[:1]
        length >>= 1

    def make(text: bytes) -> Any:
        return hashlib.md5(text, usedforsecurity=False)

    current = _rounds(make, make(mixed).digest(), password, salt, _MD5_ROUNDS)
    return _encoded(current, _MD5_ORDER)


def _rounds(make: _Hash, current: bytes, p: bytes, s: bytes, n: int) -> bytes:
    """The rounds that make it slow; all three schemes mix password and salt in one pattern."""
    for at in range(n):
        odd = at & 1
        current = make(
            (p if odd else current)
            + (s if at % 3 else b"")
            + (p if at % 7 else b"")
            + (current if odd else p)
        ).digest()
    return current


def _stretched(text: bytes, length: int) -> bytes:
    """The text again and again, so many octets of it."""
    return bytes(islice(cycle(text), length)) if length else b""


def _sha_order(size: int) -> tuple[tuple[int, ...], ...]:
    """Which octets of a digest are written together: three columns that take turns."""
    third = size // 3
    turn = (2, 0, 1) if size == 32 else (1, 2, 0)
    columns: tuple[int, ...] = (0, third, 2 * third)
    groups: list[tuple[int, ...]] = []
    for at in range(third):
        groups.append(tuple(column + at for column in columns))
        columns = tuple(columns[place] for place in turn)
    groups.append((31, 30) if size == 32 else (63,))
    return tuple(groups)


def _encoded(digest: bytes, order: tuple[tuple[int, ...], ...]) -> bytes:
    """Octets in crypt's alphabet: six bits a character, the lowest first."""
    written = bytearray()
    for group in order:
        number = 0
        for place in group:
            number = number << 8 | digest[place]
        for _ in range((8 * len(group) + 5) // 6):
            written.append(_ALPHABET[number & 63])
            number >>= 6
    return bytes(written)
