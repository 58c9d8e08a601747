"""The types of the compiled sums; what each function does is said in `_authenticator.pyx`."""

from typing import Any, Final

from radius.codes import MacState

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_authenticator.pxd` says what it is."""

def verify_request(octets: bytes, secret: bytes) -> MacState:
    """Checks the sums of a request; says whether it had a Message-Authenticator."""

def verify_reply(octets: bytes, secret: bytes, request_authenticator: bytes) -> MacState:
    """Checks the sums of a reply; says whether it had a Message-Authenticator."""

def sign_reply(
    code: int,
    identifier: int,
    request_authenticator: bytes,
    attribute_octets: bytes,
    secret: bytes,
    *,
    with_message_authenticator: bool,
) -> bytes:
    """The finished octets of a reply, its Message-Authenticator (if asked for) first."""

def sign_request(
    code: int,
    identifier: int,
    authenticator: bytes | None,
    attribute_octets: bytes,
    secret: bytes,
    *,
    with_message_authenticator: bool,
) -> bytes:
    """The finished octets of a request, its Message-Authenticator (if asked for) first."""

def hide_chain(plain: bytes, secret: bytes, seed: bytes) -> bytes:
    """Hides octets block by block as RFC 2865 s5.2 does; the last block may be short."""

def unhide_chain(hidden: bytes, secret: bytes, seed: bytes) -> bytes:
    """Undoes `hide_chain`; with a wrong secret the result is noise."""

def md5(octets: bytes) -> bytes:
    """The MD5 sum of octets (RFC 1321)."""

def md4(octets: bytes) -> bytes:
    """The MD4 sum of octets (RFC 1320)."""

def hmac_md5(key: bytes, octets: bytes) -> bytes:
    """The HMAC-MD5 of octets under a key of any length (RFC 2104)."""

def des(key: bytes, block: bytes) -> bytes:
    """One block of 8 octets under single DES, the key given as 7 octets without parity."""

def same_octets(first: bytes, second: bytes) -> bool:
    """Whether two values are equal, in a time that depends on their lengths alone."""
