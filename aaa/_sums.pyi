"""The types of the compiled sums; what each function does is said in `_sums.pyx`."""

def hmac_sha256(key: bytes, octets: bytes, /) -> bytes:
    """The HMAC-SHA-256 of octets under a key of any length (RFC 2104)."""
