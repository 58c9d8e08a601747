# cython: language_level=3, auto_pickle=False, autotestdict=False
"""A request as the desk gets it: a verified packet of a known device, and how it came.

Compiled only because there is one for each datagram: making one costs a tenth of what a class of
the interpreter's costs, and compiled rooms read it without looking names up. It decides nothing.
"""

cimport cython
from libc.stdint cimport int64_t

from radius._codec cimport Packet


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
