"""The data sheet of the sums: what another compiled module may use of them directly.

Neither function allocates or raises, so a loop over many datagrams can call them without the
interpreter. The frame is one that `radius._codec.walk` found to be sound.
"""

from libc.stdint cimport uint8_t

from radius._codec cimport Frame


cdef int verify(
    const uint8_t *octets, Frame *frame, const uint8_t *secret, Py_ssize_t secret_size,
    const uint8_t *request_authenticator,
) noexcept nogil

cdef void sign(
    uint8_t *packet, int length, const uint8_t *secret, Py_ssize_t secret_size,
    const uint8_t *request_authenticator,
) noexcept nogil
