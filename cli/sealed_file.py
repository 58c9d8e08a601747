"""A stream of octets in a file that only a passphrase opens, and that tells if it was changed.

Layout, numbers big-endian:

    "tollhouse-backup 1\\n"    what it is, and the version of this layout
    log2 N, r, p               one octet each: the costs of scrypt (RFC 7914)
    salt                       16 octets
    proof                      16 octets: the last third of what scrypt makes of the passphrase
    chunks                     AES-256-GCM of 256 KiB each, the last one shorter, each with 16
                               octets of tag after it

The key is the first 32 octets of what scrypt makes; `proof` tells a wrong passphrase from a damaged
file. The nonce of a chunk is its number (11 octets) and whether it is the last (1 octet); all that
stands before the chunks is authenticated with each of them. So chunks cannot be changed, left out,
doubled, exchanged or cut off unnoticed. A key seals one file: the salt is new each time. No
passphrase and no key may ever stand in an error text.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT_OCTETS = 16
CHUNK_OCTETS = 256 * 1024
SCRYPT_LOG_N = 17  # 128 MiB and some 0.4 s of one core: once for each backup

_MAGIC = b"tollhouse-backup 1\n"
_FAMILY = b"tollhouse-backup "
_HEAD = struct.Struct(f">BBB{SALT_OCTETS}s16s")
_COSTS_MAX = (18, 8, 2)  # what a file may ask of us
_KEY_OCTETS, _PROOF_OCTETS, _TAG_OCTETS = 32, 16, 16
_SLACK_OCTETS = 1 << 20  # OpenSSL counts a little more than the algorithm needs


class SealBroken(ValueError):
    """Not a sealed file, another passphrase, or not what was written; the text says which."""


class SealingWriter:
    """Takes octets and writes them sealed. Without `finish` the file cannot be read."""

    def __init__(self, file: BinaryIO, passphrase: bytes, salt: bytes, *, log_n: int) -> None:
        """Write the head. `salt` is SALT_OCTETS from a cryptographic source, new each time."""
        costs = (log_n, 8, 1)
        key, proof = _keys(passphrase, salt, costs)
        self._head = _MAGIC + _HEAD.pack(*costs, salt, proof)
        self._lock, self._file = AESGCM(key), file
        self._waiting, self._number = bytearray(), 0
        file.write(self._head)

    def write(self, octets: bytes) -> None:
        """Take in more octets."""
        self._waiting += octets
        while (
            len(self._waiting) > CHUNK_OCTETS
        ):  # the last chunk is never empty but in an empty file
            self._seal(bytes(self._waiting[:CHUNK_OCTETS]), last=False)
            del self._waiting[:CHUNK_OCTETS]

    def finish(self) -> None:
        """Write what is left, marked as the end."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, clear: bytes, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._file.write(self._lock.encrypt(nonce, clear, self._head))
        self._number += 1


def unsealed(file: BinaryIO, passphrase: bytes) -> Iterator[bytes]:
    """The octets that were sealed, some at a time. Raises SealBroken.

    Nothing that was yielded may count before the end is reached: a file that was cut between two
    chunks is only recognised there.
    """
    magic = file.read(len(_MAGIC))
    if magic != _MAGIC:
        if magic.startswith(_FAMILY):
            raise SealBroken("was written by a newer Tollhouse than this one")
        raise SealBroken("is not a backup of Tollhouse")
    packed = file.read(_HEAD.size)
    if len(packed) != _HEAD.size:
        raise SealBroken("is damaged: it ends in its head")
    *costs, salt, proof = _HEAD.unpack(packed)
    if not all(1 <= cost <= most for cost, most in zip(costs, _COSTS_MAX, strict=True)):
        raise SealBroken("is damaged in its head")
    key, wanted = _keys(passphrase, salt, (costs[0], costs[1], costs[2]))
    if not hmac.compare_digest(wanted, proof):
        raise SealBroken("does not open with this passphrase")
    lock, head, number = AESGCM(key), magic + packed, 0
    sealed = file.read(CHUNK_OCTETS + _TAG_OCTETS)
    while True:
        following = file.read(CHUNK_OCTETS + _TAG_OCTETS)
        try:
            yield lock.decrypt(_nonce(number, last=not following), sealed, head)
        except InvalidTag:
            raise SealBroken(f"is damaged or incomplete (chunk {number})") from None
        if not following:
            return
        sealed, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _keys(passphrase: bytes, salt: bytes, costs: tuple[int, int, int]) -> tuple[bytes, bytes]:
    """Key and proof."""
    log_n, r, p = costs
    n = 1 << log_n
    made = hashlib.scrypt(
        passphrase,
        salt=salt,
        n=n,
        r=r,
        p=p,
        maxmem=132 * r * (n + p) + _SLACK_OCTETS,
        dklen=_KEY_OCTETS + _PROOF_OCTETS,
    )
    return made[:_KEY_OCTETS], made[_KEY_OCTETS:]
