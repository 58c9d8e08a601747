"""The data sheet of the reader of logins.

An Access-Request is walked once; what the walk keeps is where each type of attribute stood first.
It never leaves the function that made it, since it points into octets that somebody else owns.
"""

from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_SET_ITEM
from libc.stdint cimport uint8_t

from radius._codec cimport Packet


cdef enum:
    TYPES = 256


cdef struct Found:
    const uint8_t *first[TYPES]     # the first attribute of each type, at its type octet; or NULL


# A tuple with names, whose places are all to be filled at once: its constructor would bind them.
cdef tuple blank(type kind, Py_ssize_t size)

cdef inline void set_at(tuple into, int n, object value) noexcept:
    Py_INCREF(value)
    PyTuple_SET_ITEM(into, n, value)

# `hints_of`, for who has many to read.
cdef tuple read(type kind, Packet packet, object is_captive, bint dhcp)
