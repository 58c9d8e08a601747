# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The HMAC-SHA-256 of the few octets of a Class.

Compiled because each login needs one over so little that the way into a crypto library is three
times as long as the sum. All that is longer, and what is sealed, goes to the library all the same.
`tests/aaa/test_sums.py` compares it with that.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t


def hmac_sha256(bytes key not None, bytes octets not None, /):
    """The HMAC-SHA-256 of octets under a key of any length (RFC 2104)."""
    cdef uint8_t[DIGEST] digest
    hmac_sha256_c(
        <const uint8_t *> PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
        <const uint8_t *> PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), digest,
    )
    return PyBytes_FromStringAndSize(<const char *> digest, DIGEST)
