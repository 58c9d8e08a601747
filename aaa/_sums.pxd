"""The data sheet of the sums: what compiled rooms may call without the interpreter."""

from libc.stdint cimport int64_t, uint8_t


cdef enum:
    DIGEST = 32     # octets of a SHA-256


cdef extern from "radius/_sha256.h" nogil:
    ctypedef struct sha256 "th_sha256":
        pass
    int way "th_sha256_way"
    void sha256_begin "th_sha256_begin"(sha256 *h)
    void sha256_feed "th_sha256_feed"(sha256 *h, const uint8_t *octets, size_t size)
    void sha256_end "th_sha256_end"(sha256 *h, uint8_t *digest)
    void hmac_sha256_c "th_hmac_sha256"(
        const uint8_t *key, size_t key_size, const uint8_t *octets, size_t size, uint8_t *digest
    )


# `login_sum`.
cdef bytes sum_of_login(int64_t device_id, int identifier, bytes authenticator, bytes area)
