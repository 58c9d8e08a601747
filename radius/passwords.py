"""Hidden values and the credentials of PAP and CHAP.

User-Password and its relatives are XORed with a chain of MD5 sums over the shared secret
(RFC 2865 s5.2, RFC 2868 s3.5). That hides them from a glance and no more. With a wrong secret
the result is noise, not an error: a caller who sees a password that is not printable should
tell the operator to compare the secrets (HID-02).

Values in a reply are hidden with the authenticator of the request, not that of the reply
(AUT-06); inside a CoA-Request with 16 zero octets (AUT-07). Salts are drawn by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from radius._authenticator import hide_chain, md5, same_octets, unhide_chain

MAX_PASSWORD: Final = 128
MAX_SALTED: Final = 239
"""Octets that fit into a salted value by RFC 2868: 15 blocks less the octet of length."""

_BLOCK: Final = 16
_CHAP_PASSWORD_SIZE: Final = 17


def hide_password(password: bytes, secret: bytes, request_authenticator: bytes) -> bytes:
    """Return the octets of User-Password (encrypt=1): 16 to 128 of them, the empty password
    being one block (HID-01). Raises ValueError for a password over 128 octets."""
    if len(password) > MAX_PASSWORD:
        raise ValueError(f"a password of {len(password)} octets is over {MAX_PASSWORD}")
    padded = password.ljust(max(_BLOCK, _whole_blocks(len(password))), b"\0")
    return hide_chain(padded, secret, request_authenticator)


def unhide_password(hidden: bytes, secret: bytes, request_authenticator: bytes) -> bytes | None:
    """Return the password in the octets of User-Password, trailing NULs taken off and NULs
    within kept (HID-02); None if their number cannot be right (HID-03)."""
    if not hidden or len(hidden) % _BLOCK or len(hidden) > MAX_PASSWORD:
        return None
    return unhide_chain(hidden, secret, request_authenticator).rstrip(b"\0")


def hide_salted(plain: bytes, secret: bytes, request_authenticator: bytes, salt: bytes) -> bytes:
    """Return salt and hidden octets of an attribute with encrypt=2, without a tag.

    `salt` is 2 octets with the top bit set, different for each hidden attribute of a packet
    (HID-05). Raises ValueError for more than 239 octets or a salt of another form.
    """
    if len(salt) != 2 or not salt[0] & 0x80:
        raise ValueError("a salt is 2 octets, the top bit set")
    if len(plain) > MAX_SALTED:
        raise ValueError(f"a value of {len(plain)} octets is over {MAX_SALTED}")
    counted = bytes((len(plain),)) + plain
    padded = counted.ljust(_whole_blocks(len(counted)), b"\0")
    return salt + hide_chain(padded, secret, request_authenticator + salt)


def unhide_salted(hidden: bytes, secret: bytes, request_authenticator: bytes) -> bytes | None:
    """Return the plain octets of an attribute with encrypt=2, its tag already taken off.

    A short last block is read too. None if there is no whole salt, no octet behind it, or the
    length inside is more than what follows it (HID-04), as a wrong secret mostly makes it.
    """
    if len(hidden) < 3:
        return None
    plain = unhide_chain(hidden[2:], secret, request_authenticator + hidden[:2])
    length = plain[0]
    return plain[1 : 1 + length] if length <= len(plain) - 1 else None


def hide_block(plain: bytes, secret: bytes, request_authenticator: bytes) -> bytes:
    """Return the 16 octets of Ascend-Send-Secret (encrypt=3): one block against
    MD5(authenticator, secret). Raises ValueError for more than 16 octets."""
    if len(plain) > _BLOCK:
        raise ValueError(f"a value of {len(plain)} octets is over {_BLOCK}")
    mask = md5(request_authenticator + secret)
    return bytes(a ^ b for a, b in zip(plain.ljust(_BLOCK, b"\0"), mask, strict=True))


def unhide_block(hidden: bytes, secret: bytes, request_authenticator: bytes) -> bytes | None:
    """Return the octets of Ascend-Send-Secret without trailing NULs, None if not 16."""
    if len(hidden) != _BLOCK:
        return None
    return hide_block(hidden, secret, request_authenticator).rstrip(b"\0")


def hide_mppe_keys(keys: bytes, secret: bytes, request_authenticator: bytes) -> bytes:
    """Return the hidden octets of MS-CHAP-MPPE-Keys, 32 plain octets (HID-07)."""
    if len(keys) != 32:
        raise ValueError("MS-CHAP-MPPE-Keys holds 32 octets")
    return hide_chain(keys, secret, request_authenticator)


def unhide_mppe_keys(hidden: bytes, secret: bytes, request_authenticator: bytes) -> bytes | None:
    """Return the 32 octets of MS-CHAP-MPPE-Keys, zeros at the end kept; None if not 32."""
    if len(hidden) != 32:
        return None
    return unhide_chain(hidden, secret, request_authenticator)


def salts(start: int) -> Iterator[bytes]:
    """Yield 32,768 salts, all different, top bit set, beginning at the low 15 bits of `start`.

    One iterator per packet keeps its salts apart (HID-05); `start` is drawn by the caller.
    """
    for step in range(1 << 15):
        yield (0x8000 | (start + step) & 0x7FFF).to_bytes(2, "big")


def chap_response(identifier: int, password: bytes, challenge: bytes) -> bytes:
    """Return the octets of CHAP-Password: the identifier and MD5(identifier, password,
    challenge) (RFC 2865 s5.3)."""
    ident = bytes((identifier,))
    return ident + md5(ident + password + challenge)


def verify_chap(chap_password: bytes, password: bytes, challenge: bytes) -> bool:
    """Whether a CHAP-Password of 17 octets was made with this password.

    `challenge` is the CHAP-Challenge of any length if the request has one, else its
    authenticator.
    """
    if len(chap_password) != _CHAP_PASSWORD_SIZE:
        return False
    return same_octets(chap_response(chap_password[0], password, challenge), chap_password)


def _whole_blocks(size: int) -> int:
    return (size + _BLOCK - 1) // _BLOCK * _BLOCK
