# cython: language_level=3, auto_pickle=False, autotestdict=False
"""A request as the desk gets it: a verified packet of a known device, and how it came.

Compiled only because there is one for each datagram: making one costs a tenth of what a class of
the interpreter's costs, and compiled rooms read it without looking names up. It decides nothing.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t

from radius._codec cimport Packet, load32

# Attributes that may be a credential.
cdef enum:
    USER_PASSWORD = 2
    CHAP_PASSWORD = 3
    VENDOR_SPECIFIC = 26
    ARAP_PASSWORD = 70
    EAP_MESSAGE = 79
    DIGEST_RESPONSE = 103
    MICROSOFT = 311


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Request:
    """A verified packet of a known device.

    `arrived_us` is UTC; `signed`: it carried a valid Message-Authenticator; `latches` were newly
    proved by it, to be remembered with its effect; `hash_ok` is what a slow password check found,
    once it has run; `put_off`: it was, and is not to be once more. It points at nothing that points
    back, so the collector need not know of it.
    """

    def __init__(
        self, Packet packet not None, device, str source_address not None, int64_t arrived_us,
        bint signed, tuple latches=(), hash_ok=None, bint put_off=False,
    ):
        self.packet = packet
        self.device = device
        self.source_address = source_address
        self.arrived_us = arrived_us
        self.signed = signed
        self.latches = latches
        self.hash_ok = hash_ok
        self.put_off = put_off

    def __repr__(self):
        return f"<Request from {self.source_address}: {self.packet!r}>"


cdef int only_credential(Packet packet) noexcept:
    # User-Password or CHAP-Password, if it is the only credential of a request; else 0
    # (`authenticate.credential_of`).
    cdef const uint8_t *found
    cdef bint pap = packet.find(USER_PASSWORD, NULL) != NULL
    if (
        pap == (packet.find(CHAP_PASSWORD, NULL) != NULL)
        or packet.find(EAP_MESSAGE, NULL) != NULL
        or packet.find(DIGEST_RESPONSE, NULL) != NULL
        or packet.find(ARAP_PASSWORD, NULL) != NULL
    ):
        return 0
    found = packet.find(VENDOR_SPECIFIC, NULL)
    while found != NULL:
        if found[1] >= 6 and load32(found + 2) == MICROSOFT:
            return 0
        found = packet.find(VENDOR_SPECIFIC, found)
    return USER_PASSWORD if pap else CHAP_PASSWORD
