# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The HMAC-SHA-256 of the few octets of a Class, and the SHA-256 of what a login says.

Compiled because each login needs one of each over so little that the way into a crypto library is
three times as long as the sum. All that is longer, and what is sealed, goes to the library all the
same. `tests/aaa/test_sums.py` compares both with that.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t


def hmac_sha256(bytes key not None, bytes octets not None, /):
    """The HMAC-SHA-256 of octets under a key of any length (RFC 2104)."""
    cdef uint8_t[DIGEST] digest
    hmac_sha256_c(
        <const uint8_t *> PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
        <const uint8_t *> PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), digest,
    )
    return PyBytes_FromStringAndSize(<const char *> digest, DIGEST)


def login_sum(int64_t device_id, int identifier, bytes authenticator not None, bytes area not None):
    """The SHA-256 of who asks, with which identifier and authenticator, and of all it says: fixed
    widths first, so that no two logins are the same octets."""
    return sum_of_login(device_id, identifier, authenticator, area)


def use_instructions(bint wanted, /):
    """Use the processor's own instructions in this module from now on, where it has any; or not."""
    global way
    way = -1 if wanted else 0


cdef bytes sum_of_login(int64_t device_id, int identifier, bytes authenticator, bytes area):
    cdef sha256 state
    cdef uint8_t[9] who
    cdef uint8_t[DIGEST] digest
    cdef int at
    for at in range(8):
        who[at] = <uint8_t> (device_id >> (56 - 8 * at))
    who[8] = <uint8_t> identifier
    sha256_begin(&state)
    sha256_feed(
        &state, <const uint8_t *> PyBytes_AS_STRING(authenticator), PyBytes_GET_SIZE(authenticator)
    )
    sha256_feed(&state, who, 9)
    sha256_feed(&state, <const uint8_t *> PyBytes_AS_STRING(area), PyBytes_GET_SIZE(area))
    sha256_end(&state, digest)
    return PyBytes_FromStringAndSize(<const char *> digest, DIGEST)
