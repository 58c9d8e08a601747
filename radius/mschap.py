"""MS-CHAP version 1 and 2, and the MPPE keys that follow from them.

RFC 2433 and RFC 2759 say how a response is made, RFC 2548 how it travels in RADIUS, RFC 3079
how the keys of the encrypted link are derived. All of it starts from the NT hash, MD4 of the
password in UTF-16LE, so a subscriber whose NT hash alone is kept can log in; whoever knows
that hash can too (MSC-08), so it is as secret as the password.

LM responses are refused. Nothing here decides what a failure is called; `error_text` spells it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from radius._authenticator import des, md4, same_octets

RESPONSE_SIZE: Final = 50
"""Octets of MS-CHAP-Response (311/1) and of MS-CHAP2-Response (311/25)."""

ERROR_RESTRICTED_HOURS: Final = 646
ERROR_ACCOUNT_DISABLED: Final = 647
ERROR_PASSWORD_EXPIRED: Final = 648
ERROR_NO_DIALIN: Final = 649
ERROR_AUTHENTICATION: Final = 691
ERROR_CHANGING_PASSWORD: Final = 709

_USE_NT: Final = 1
_LM_MAGIC: Final = b"KGS!@#$%"
_MAGIC_SIGNING: Final = b"Magic server to client signing constant"
_MAGIC_ITERATION: Final = b"Pad to make it do more than one iteration"
_MAGIC_MASTER: Final = b"This is the MPPE Master Key"
_MAGIC_CLIENT_SENDS: Final = (
    b"On the client side, this is the send key; on the server side, it is the receive key."
)
_MAGIC_SERVER_SENDS: Final = (
    b"On the client side, this is the receive key; on the server side, it is the send key."
)


def nt_hash(password: str) -> bytes:
    """Return the 16 octets of the NT hash of a password (RFC 2759 s8.3)."""
    return md4(password.encode("utf-16-le", "surrogatepass"))


def lm_hash(password: str) -> bytes:
    """Return the 16 octets of the LAN Manager hash: the first 14 octets, upper case.

    Only MS-CHAP-MPPE-Keys still needs it. A password outside Latin-1 has none: 16 zeros.
    """
    try:
        plain = password.upper().encode("latin-1")[:14].ljust(14, b"\0")
    except UnicodeEncodeError:
        return bytes(16)
    return des(plain[:7], _LM_MAGIC) + des(plain[7:], _LM_MAGIC)


def challenge_response(challenge: bytes, password_hash: bytes) -> bytes:
    """Return the 24 octets that answer 8 octets of challenge (RFC 2433 A.5)."""
    padded = password_hash.ljust(21, b"\0")
    return b"".join(des(padded[at : at + 7], challenge) for at in (0, 7, 14))


def challenge_hash(peer_challenge: bytes, challenge: bytes, user_name: bytes) -> bytes:
    """Return the 8 octets that version 2 answers in place of the challenge (MSC-01)."""
    return hashlib.sha1(peer_challenge + challenge + user_name, usedforsecurity=False).digest()[:8]


def verify_v1(challenge: bytes, response: bytes, password_hash: bytes) -> bool:
    """Whether an MS-CHAP-Response was made with the password of this NT hash.

    False also for another size, a challenge that is not 8 octets, and an LM response.
    """
    if len(response) != RESPONSE_SIZE or len(challenge) != 8 or not response[1] & _USE_NT:
        return False
    return same_octets(challenge_response(challenge, password_hash), response[26:])


def verify_v2(
    challenge: bytes, response: bytes, user_name: bytes, password_hash: bytes
) -> bytes | None:
    """Return the value of MS-CHAP2-Success if the response was made with the password of this
    NT hash, else None.

    `challenge` is the MS-CHAP-Challenge of 16 octets, `response` the MS-CHAP2-Response, and
    `user_name` the User-Name as received; the names that a client may have hashed instead of
    it are tried in turn (MSC-01). The value is an identifier, `S=` and 40 capital hexadecimal
    digits (MSC-02).
    """
    if len(response) != RESPONSE_SIZE or len(challenge) != 16:
        return None
    peer, answer = response[2:18], response[26:]
    for name in names_to_try(user_name):
        hashed = challenge_hash(peer, challenge, name)
        if same_octets(challenge_response(hashed, password_hash), answer):
            return response[:1] + authenticator_response(password_hash, answer, hashed)
    return None


def names_to_try(user_name: bytes) -> list[bytes]:
    """Return the names that a client may have hashed, the likeliest first (MSC-01): without
    `DOMAIN\\`, as it stands, without `@realm`."""
    names = [user_name.rpartition(b"\\")[2], user_name]
    names += [name.rpartition(b"@")[0] for name in names if b"@" in name]
    return list(dict.fromkeys(names))


def authenticator_response(password_hash: bytes, nt_response: bytes, hashed: bytes) -> bytes:
    """Return `S=` and 40 capital hexadecimal digits that prove the server knows the password.

    `hashed` is the challenge hash of the exchange (RFC 2759 s8.7).
    """
    inner = _sha1(md4(password_hash), nt_response, _MAGIC_SIGNING)
    return b"S=" + _sha1(inner, hashed, _MAGIC_ITERATION).hex().upper().encode("ascii")


def mppe_start_keys(password_hash: bytes, nt_response: bytes) -> tuple[bytes, bytes]:
    """Return (MS-MPPE-Send-Key, MS-MPPE-Recv-Key) of version 2, 16 octets each, as the server
    sends them: the start keys (MSC-04, MSC-05; RFC 3079 s3). Each is then hidden with a salt.
    """
    master = _sha1(md4(password_hash), nt_response, _MAGIC_MASTER)[:16]
    return _start_key(master, _MAGIC_SERVER_SENDS), _start_key(master, _MAGIC_CLIENT_SENDS)


def mppe_keys_v1(password_hash: bytes, lan_manager_hash: bytes | None = None) -> bytes:
    """Return the 32 plain octets of MS-CHAP-MPPE-Keys: 8 of the LM hash (zeros if not known),
    16 of MD4(NT hash), 8 zeros (HID-07, RFC 2548 s2.4.1)."""
    return (lan_manager_hash or bytes(8))[:8] + md4(password_hash) + bytes(8)


def error_text(
    identifier: int, error: int, challenge: bytes, message: str = "", *, retry: bool = False
) -> bytes:
    """Return the value of MS-CHAP-Error: the identifier of the response, then
    `E=error R=retry C=challenge V=3 M=message` (MSC-03, RFC 2759 s6).

    `challenge` is 16 octets for the next try; clients want it even where none is allowed.
    """
    text = f"E={error} R={int(retry)} C={challenge.hex()} V=3"
    if message:
        text += f" M={message}"
    return bytes((identifier,)) + text.encode("utf-8")


def _start_key(master: bytes, magic: bytes) -> bytes:
    return _sha1(master, bytes(40), magic, b"\xf2" * 40)[:16]


def _sha1(*parts: bytes) -> bytes:
    return hashlib.sha1(b"".join(parts), usedforsecurity=False).digest()
