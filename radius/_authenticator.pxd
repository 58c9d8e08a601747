"""The data sheet of the sums: what another compiled module may use of them directly.

The first two neither allocate nor raise, so a loop over many datagrams can call them without the
interpreter. The frame is one that `radius._codec.walk` found to be sound. `signed` makes the octets
of a whole packet, and raises ValueError as `sign_reply` does.
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

cdef bytes signed(
    int code, int identifier, bytes authenticator, bytes area, bytes secret, bint with_mac
)
