"""What must hold for the compiled digests: they are those of other people, for any octets.

MD5 and HMAC come from the standard library, MD4 and DES from pycryptodomex. Hiding is held against
the sentences of RFC 2865 section 5.2, block by block.
"""

from __future__ import annotations

import hashlib
import hmac

from Cryptodome.Cipher import DES
from Cryptodome.Hash import MD4

from radius._authenticator import des, hide_chain, hmac_md5, md4, md5, same_octets, unhide_chain
from tests.fuzz.properties.taker import Taker


def check(octets: bytes) -> None:
    """Compiled digests, DES and comparison against those of other people."""
    taker = Taker(octets)
    key, block, seed = taker.filled(7), taker.filled(8), taker.short_piece()
    secret = taker.short_piece()
    rest = taker.rest()
    assert md5(rest) == hashlib.md5(rest).digest()
    assert md4(rest) == MD4.new(rest).digest()
    assert hmac_md5(secret, rest) == hmac.digest(secret, rest, "md5")
    assert des(key, block) == DES.new(_with_parity(key), DES.MODE_ECB).encrypt(block)
    assert same_octets(seed, secret) == (seed == secret)
    assert same_octets(rest, bytes(rest))
    if not secret:
        return
    hidden = hide_chain(rest, secret, seed)
    assert hidden == _chained(rest, secret, seed), "hidden otherwise than RFC 2865 5.2 says"
    assert unhide_chain(hidden, secret, seed) == rest


def _with_parity(key: bytes) -> bytes:
    """56 bits as 8 octets of 7, the lowest bit of each being the parity that DES ignores."""
    number = int.from_bytes(key, "big")
    return bytes((number >> shift & 0x7F) << 1 for shift in range(49, -1, -7))


def _chained(plain: bytes, secret: bytes, seed: bytes) -> bytes:
    """Hide octets as RFC 2865 section 5.2 says it."""
    before, out = seed, b""
    for at in range(0, len(plain), 16):
        mask = hashlib.md5(secret + before).digest()
        before = bytes(a ^ b for a, b in zip(plain[at : at + 16], mask, strict=False))
        out += before
    return out
