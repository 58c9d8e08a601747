"""Locks for secrets: a key file outside the database, and one-way password hashes.

What must be read again (passwords that CHAP needs, NT hashes, shared secrets) is encrypted with a
key derived from the key file, so a copied database alone tells nothing. Each sealed value is bound
to its purpose and row: moved to another row it does not open. What is never read again is hashed.
The file is read and written by the floor above; here are only its octets. No key, password or
hash may ever stand in an error text.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Purposes, and what names the row in each.
CREDENTIAL = "credential"  # row: the decimal subscriber id
DEVICE_SECRET = "device-secret"  # row: the decimal device id

_FILE_HEAD = "tollhouse-key 1"
_FILE_NOTE = (
    "# Whoever has this file and the database can read every password. Without this file nobody\n"
    "# can, so keep a copy of it apart from the backups of the database."
)
_KEY_OCTETS = 32
_SEAL_VERSION = 1
_KEY_ID_OCTETS = 4
_NONCE_OCTETS = 12  # random: far fewer than 2^32 values are sealed under one key (SP 800-38D)
_TAG_OCTETS = 16
_HEAD_OCTETS = 1 + _KEY_ID_OCTETS + _NONCE_OCTETS

# scrypt costs: 16 MiB and some 40 ms of one core. A router's login storm has to be served with
# these; the costs are kept in each hash, so they can be raised without locking anybody out.
_SCRYPT_LOG_N = 14
_SCRYPT_R = 8
_SCRYPT_P = 1
_COSTS_MAX = (20, 16, 16)  # what a stored hash may ask of us
_HASH_OCTETS = 32
SALT_OCTETS = 16


def _derive(master: bytes, label: str, length: int) -> bytes:
    """A subkey for one use (RFC 5869); different labels give unrelated keys."""
    kdf = HKDF(algorithm=SHA256(), length=length, salt=None, info=f"tollhouse {label}".encode())
    return kdf.derive(master)


def new_key_file(octets: Callable[[int], bytes]) -> bytes:
    """The content of a fresh key file; `octets` draws from a cryptographic source."""
    key = octets(_KEY_OCTETS)
    assert len(key) == _KEY_OCTETS
    return f"{_FILE_HEAD}\n{_FILE_NOTE}\n{key.hex()}\n".encode()


def _parse_key_file(content: bytes) -> list[bytes]:
    """The master keys of a key file, newest first. ValueError says which line is wrong."""
    try:
        lines = content.decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise ValueError("the key file is not a text file of ours") from None
    if not lines or lines[0].strip() != _FILE_HEAD:
        raise ValueError(f"the key file does not begin with the line '{_FILE_HEAD}'")
    keys: list[bytes] = []
    for number, line in enumerate(lines[1:], start=2):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != _KEY_OCTETS:
            raise ValueError(f"line {number} of the key file is not {2 * _KEY_OCTETS} hex digits")
        keys.append(key)
    if not keys:
        raise ValueError("the key file holds no key")
    return keys


class KeyRing:
    """The keys of one key file, as an `aaa.ports.Sealer`.

    The first key seals, every key opens, so a new key can be put above an old one. `class_key`
    authenticates Class attributes; it comes from the last key, because sessions that are alive
    while a key is added go on carrying what was signed before.
    """

    def __init__(self, content: bytes, octets: Callable[[int], bytes]) -> None:
        """`content` of the key file (ValueError when it is none), `octets` draws nonces."""
        masters = _parse_key_file(content)
        self._octets = octets
        self._locks = {
            _derive(key, "key id", _KEY_ID_OCTETS): AESGCM(_derive(key, "seal", _KEY_OCTETS))
            for key in masters
        }
        # By what begins each value that the lock has sealed (`aaa._unsealed`).
        self.decrypts: dict[bytes, Callable[[bytes, bytes, bytes], bytes]] = {
            bytes([_SEAL_VERSION]) + key_id: lock.decrypt for key_id, lock in self._locks.items()
        }
        self._current = next(iter(self._locks))
        self.class_key = _derive(masters[-1], "class", _KEY_OCTETS)

    @property
    def key_id(self) -> str:
        """Names the sealing key without telling anything about it."""
        return self._current.hex()

    def seal(self, purpose: str, row: str, clear: bytes) -> bytes:
        """Encrypt for one row of one purpose: version, key id, nonce, AES-256-GCM text, tag."""
        nonce = self._octets(_NONCE_OCTETS)
        assert len(nonce) == _NONCE_OCTETS
        lock = self._locks[self._current]
        sealed = lock.encrypt(nonce, clear, _bound_to(purpose, row))
        return bytes([_SEAL_VERSION]) + self._current + nonce + sealed

    def open(self, purpose: str, row: str, sealed: bytes) -> bytes:
        """Decrypt. ValueError says whether it is another key, another row or not sealed at all."""
        if type(sealed) is not bytes:
            sealed = bytes(sealed)
        if len(sealed) < _HEAD_OCTETS + _TAG_OCTETS or sealed[0] != _SEAL_VERSION:
            raise ValueError(f"the {purpose} of row {row} is not a sealed value")
        key_id = sealed[1 : 1 + _KEY_ID_OCTETS]
        lock = self._locks.get(key_id)
        if lock is None:
            raise ValueError(
                f"the {purpose} of row {row} was sealed with key {key_id.hex()}, but the key file "
                f"holds {', '.join(known.hex() for known in self._locks)}: put the right file back"
            )
        nonce = sealed[1 + _KEY_ID_OCTETS : _HEAD_OCTETS]
        try:
            return lock.decrypt(nonce, sealed[_HEAD_OCTETS:], _bound_to(purpose, row))
        except InvalidTag:
            raise ValueError(
                f"the {purpose} of row {row} does not open: it was changed, or belongs elsewhere"
            ) from None


def _bound_to(purpose: str, row: str) -> bytes:
    """The associated octets that tie a sealed value to its place; no two places share them."""
    return f"{purpose}\0{row}".encode()


def hash_password(password: bytes, salt: bytes) -> bytes:
    """A one-way credential as text: `scrypt$14$8$1$<salt hex>$<hash hex>`.

    `salt` is SALT_OCTETS random octets. Takes tens of milliseconds: never on the event loop.
    """
    assert len(salt) == SALT_OCTETS
    costs = (_SCRYPT_LOG_N, _SCRYPT_R, _SCRYPT_P)
    digest = _scrypt(password, salt, costs)
    return f"scrypt${'$'.join(map(str, costs))}${salt.hex()}${digest.hex()}".encode()


def check_password(password: bytes, hashed: bytes) -> bool:
    """Is this the password behind a text of `hash_password`? Constant time in the digest.

    A text that is none of ours raises ValueError: a spoilt row must not look like a wrong
    password.
    """
    try:
        name, log_n, r, p, salt, digest = hashed.decode("ascii").split("$")
        costs = (int(log_n), int(r), int(p))
        wanted = bytes.fromhex(digest)
        salt_octets = bytes.fromhex(salt)
    except ValueError:
        raise ValueError("the stored hash of a password is damaged") from None
    bounded = all(1 <= cost <= most for cost, most in zip(costs, _COSTS_MAX, strict=True))
    if name != "scrypt" or len(wanted) != _HASH_OCTETS or not bounded:
        raise ValueError("the stored hash of a password is of an unknown kind")
    return hmac.compare_digest(_scrypt(password, salt_octets, costs), wanted)


def _scrypt(password: bytes, salt: bytes, costs: tuple[int, int, int]) -> bytes:
    """scrypt (RFC 7914) with costs (log2 N, r, p)."""
    log_n, r, p = costs
    n = 1 << log_n
    return hashlib.scrypt(
        password, salt=salt, n=n, r=r, p=p, maxmem=132 * n * r + 132 * r * p, dklen=_HASH_OCTETS
    )
