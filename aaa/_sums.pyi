"""The types of the compiled sums; what each function does is said in `_sums.pyx`."""

from typing import Any, Final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_sums.pxd` says what it is."""

def hmac_sha256(key: bytes, octets: bytes, /) -> bytes:
    """The HMAC-SHA-256 of octets under a key of any length (RFC 2104)."""

def use_instructions(wanted: bool, /) -> None:
    """Use the processor's own instructions in this module from now on, where it has any; or not."""

def login_sum(device_id: int, identifier: int, authenticator: bytes, area: bytes) -> bytes:
    """The SHA-256 of who asks, with which identifier and authenticator, and of all it says."""
