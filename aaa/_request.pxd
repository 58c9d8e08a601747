"""The data sheet of a request: what compiled rooms above and beside the desk read of it directly.

A request is made by the door for each datagram that is worked on, so it is a plain struct with
names; the desk and the line before it read it as any other object.
"""

from libc.stdint cimport int64_t

from radius._codec cimport Packet


cdef class Request:
    cdef public Packet packet
    cdef public object device
    cdef public str source_address
    cdef public int64_t arrived_us
    cdef public bint signed
    cdef public tuple latches
    cdef public object hash_ok
    cdef public bint put_off


# User-Password or CHAP-Password, if it is the only credential of a request; else 0.
cdef int only_credential(Packet packet) noexcept
