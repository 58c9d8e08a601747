"""Is this the subscriber? PAP, CHAP, MS-CHAPv1, MS-CHAPv2 and MAC logins (field notes 7.2).

Each credential kind can serve some of the methods; what it cannot serve is said as such, so that
an operator changes a setting instead of a password. Every comparison is in constant time. What a
success or a refusal must carry for its method (MPPE keys, MS-CHAP-Error) is prepared here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from aaa import crypt_hashes, sealing
from aaa.ports import Sealer
from domain.account import CredentialKind, Subscriber
from domain.login import canonical_mac
from domain.refusal import Refusal
from radius import Packet, mschap, passwords
from radius.vendors import VENDOR_SPECIFIC

USER_PASSWORD = 2
CHAP_PASSWORD = 3
SERVICE_TYPE = 6
CHAP_CHALLENGE = 60
ARAP_PASSWORD = 70
EAP_MESSAGE = 79
DIGEST_RESPONSE = 103
MICROSOFT = 311
MS_CHAP_RESPONSE, MS_CHAP_CHALLENGE, MS_CHAP2_RESPONSE = 1, 11, 25
MS_CHAP_ERROR, MS_ENCRYPTION_POLICY, MS_ENCRYPTION_TYPES = 2, 7, 8
MS_CHAP_MPPE_KEYS, MS_MPPE_SEND_KEY, MS_MPPE_RECV_KEY, MS_CHAP2_SUCCESS = 12, 16, 17, 26
CALL_CHECK = 10

# One-way passwords, and what finds out off the loop whether an offered one is right.
_SLOW: dict[CredentialKind, Callable[[bytes, bytes], bool]] = {
    CredentialKind.HASH: sealing.check_password,
    CredentialKind.CRYPT: crypt_hashes.check_crypt,
}


class Method(enum.StrEnum):
    """The credential a request carries; exactly one (ATH-02)."""

    PAP = "PAP"
    CHAP = "CHAP"
    MSCHAP = "MS-CHAP"
    MSCHAP2 = "MS-CHAPv2"
    EAP = "EAP"
    DIGEST = "Digest"
    ARAP = "ARAP"
    NONE = "none"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the check found.

    `refusal` None: it is the subscriber. `vendor` are Microsoft attributes (type, value) for the
    reply, values in clear; those in `salted` are hidden with a salt, `hidden` like a password.
    `check`: hashing must be done off the loop first. `hint` is for the operator.
    """

    refusal: Refusal | None
    vendor: tuple[tuple[int, bytes], ...] = ()
    salted: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    check: Callable[[], bool] | None = None
    hint: str = ""


PROVED: Final = Proof(None)

_PLAIN: Final = (
    (USER_PASSWORD, Method.PAP),
    (CHAP_PASSWORD, Method.CHAP),
    (EAP_MESSAGE, Method.EAP),
    (DIGEST_RESPONSE, Method.DIGEST),
    (ARAP_PASSWORD, Method.ARAP),
)
_VENDOR: Final = ((MS_CHAP_RESPONSE, Method.MSCHAP), (MS_CHAP2_RESPONSE, Method.MSCHAP2))


@dataclass(slots=True)
class Credential:
    """What a request offers, taken apart once."""

    method: Method
    packet: Packet
    secret: bytes = field(repr=False)
    password: bytes | None = field(default=None, repr=False)  # PAP only, unhidden

    @property
    def looks_wrong_secret(self) -> bool:
        """Is the unhidden password noise? Then the shared secrets probably differ (HID-02)."""
        if self.password is None:
            return False
        try:
            return not self.password.decode("utf-8").isprintable()
        except UnicodeDecodeError:
            return True


def credential_of(packet: Packet, secret: bytes) -> Credential:
    """Which credential a request carries (ATH-02, ATH-03)."""
    first = packet.first
    methods = [method for kind, method in _PLAIN if first(kind) is not None]
    if first(VENDOR_SPECIFIC) is not None:
        for kind, method in _VENDOR:
            if packet.vsa(MICROSOFT, kind) is not None:
                methods.append(method)
    if len(methods) > 1:
        return Credential(Method.SEVERAL, packet, secret)
    method = methods[0] if methods else Method.NONE
    password = None
    if method is Method.PAP:
        hidden = packet.first(USER_PASSWORD) or b""
        password = passwords.unhide_password(hidden, secret, packet.authenticator)
    return Credential(method, packet, secret, password)


_UNSERVED: Final = frozenset({Method.SEVERAL, Method.EAP, Method.DIGEST, Method.ARAP})


def prove(
    credential: Credential, subscriber: Subscriber, sealer: Sealer, hash_ok: bool | None
) -> Proof:
    """Check the credential of a request against that of the subscriber."""
    method = credential.method
    if method in _UNSERVED:
        return Proof(Refusal.MALFORMED_CREDENTIAL, hint=f"credential: {method}")
    if subscriber.credential_kind is CredentialKind.NONE:
        return _prove_mac(credential, subscriber)
    if method is Method.NONE:
        return Proof(Refusal.MALFORMED_CREDENTIAL, hint="no credential at all")
    if method is Method.PAP and credential.password is None:
        return Proof(Refusal.MALFORMED_CREDENTIAL, hint="User-Password of a wrong length (HID-03)")
    if subscriber.credential_kind in _SLOW:
        return _prove_hash(credential, subscriber, hash_ok)
    row = str(subscriber.subscriber_id)
    clear = sealer.open(sealing.CREDENTIAL, row, subscriber.credential)
    if subscriber.credential_kind is CredentialKind.NT:
        return _prove_nt(credential, clear, None)
    return _prove_clear(credential, clear)


def _verdict(right: bool, credential: Credential) -> Proof:
    if right:
        return PROVED
    hint = ""
    if credential.looks_wrong_secret:
        hint = "the password is not readable: the shared secrets probably differ (HID-02)"
    return Proof(Refusal.WRONG_CREDENTIAL, hint=hint)


def _prove_mac(credential: Credential, subscriber: Subscriber) -> Proof:
    """A login without a password: its name is a MAC (ATH-03, ATH-04).

    The device sends an empty password, the MAC once more, or, with Call-Check, none. A CHAP made
    of an empty password or of the name as it was written serves too.
    """
    if credential.method is Method.NONE:
        if credential.packet.integer(SERVICE_TYPE) == CALL_CHECK:
            return PROVED
        return Proof(Refusal.MALFORMED_CREDENTIAL, hint="no credential, and not a Call-Check")
    if credential.method is Method.PAP:
        password = credential.password or b""
        same = canonical_mac(password.decode("latin-1")) == subscriber.login
        return _verdict(not password or same, credential)
    if credential.method is Method.CHAP:
        name = credential.packet.first(1) or b""
        return _verdict(any(_chap(credential.packet, word) for word in (b"", name)), credential)
    return Proof(Refusal.METHOD, hint=f"{credential.method} for a login without a password")


def _prove_hash(credential: Credential, subscriber: Subscriber, hash_ok: bool | None) -> Proof:
    if credential.method is not Method.PAP:
        return Proof(
            Refusal.METHOD,
            hint=f"a one-way password serves PAP only; the router used {credential.method}",
        )
    if hash_ok is None:
        password, hashed = credential.password or b"", subscriber.credential
        right = _SLOW[subscriber.credential_kind]
        return Proof(None, check=lambda: right(password, hashed))
    return _verdict(hash_ok, credential)


def _prove_nt(credential: Credential, nt_hash: bytes, clear: bytes | None) -> Proof:
    if credential.method is Method.CHAP:
        return Proof(Refusal.METHOD, hint="an NT hash cannot serve CHAP")
    if credential.method is Method.PAP:
        try:
            offered = mschap.nt_hash((credential.password or b"").decode("utf-8"))
        except UnicodeDecodeError:
            return _verdict(False, credential)
        return _verdict(compare_digest(offered, nt_hash), credential)
    if credential.method is Method.MSCHAP:
        return _prove_v1(credential, nt_hash, clear)
    return _prove_v2(credential, nt_hash)


def _prove_clear(credential: Credential, clear: bytes) -> Proof:
    if credential.method is Method.PAP:
        return _verdict(compare_digest(credential.password or b"", clear), credential)
    if credential.method is Method.CHAP:
        return _verdict(_chap(credential.packet, clear), credential)
    return _prove_nt(credential, mschap.nt_hash(clear.decode("utf-8")), clear)


def _chap(packet: Packet, password: bytes) -> bool:
    """CHAP over CHAP-Challenge, else over the Request Authenticator (P12, P12b, P12c)."""
    challenge = packet.first(CHAP_CHALLENGE) or packet.authenticator
    return passwords.verify_chap(packet.first(CHAP_PASSWORD) or b"", password, challenge)


def _prove_v1(credential: Credential, nt_hash: bytes, clear: bytes | None) -> Proof:
    packet = credential.packet
    challenge = packet.vsa(MICROSOFT, MS_CHAP_CHALLENGE) or b""
    response = packet.vsa(MICROSOFT, MS_CHAP_RESPONSE) or b""
    if not mschap.verify_v1(challenge, response, nt_hash):
        return _verdict(False, credential)
    lan_manager = mschap.lm_hash(clear.decode("utf-8")) if clear is not None else None
    return Proof(
        None,
        vendor=((MS_CHAP_MPPE_KEYS, mschap.mppe_keys_v1(nt_hash, lan_manager)), *_ENCRYPTION),
        hidden=frozenset({MS_CHAP_MPPE_KEYS}),
    )


def _prove_v2(credential: Credential, nt_hash: bytes) -> Proof:
    packet = credential.packet
    challenge = packet.vsa(MICROSOFT, MS_CHAP_CHALLENGE) or b""
    response = packet.vsa(MICROSOFT, MS_CHAP2_RESPONSE) or b""
    success = mschap.verify_v2(challenge, response, packet.first(1) or b"", nt_hash)
    if success is None:
        return _verdict(False, credential)
    send, receive = mschap.mppe_start_keys(nt_hash, response[26:])
    keys = ((MS_MPPE_SEND_KEY, send), (MS_MPPE_RECV_KEY, receive))
    return Proof(
        None,
        vendor=((MS_CHAP2_SUCCESS, success), *_ENCRYPTION, *keys),
        salted=frozenset({MS_MPPE_SEND_KEY, MS_MPPE_RECV_KEY}),
    )


# Encryption allowed, not required; 40 and 128 bits (MSC-04).
_ENCRYPTION = (
    (MS_ENCRYPTION_POLICY, (1).to_bytes(4, "big")),
    (MS_ENCRYPTION_TYPES, (6).to_bytes(4, "big")),
)


def error_attribute(packet: Packet, refusal: Refusal, challenge: bytes) -> bytes | None:
    """The MS-CHAP-Error a refused MS-CHAP login must carry (MSC-03), None for other methods."""
    response = packet.vsa(MICROSOFT, MS_CHAP2_RESPONSE) or packet.vsa(MICROSOFT, MS_CHAP_RESPONSE)
    if not response:
        return None
    return mschap.error_text(response[0], refusal.mschap_error, challenge)
