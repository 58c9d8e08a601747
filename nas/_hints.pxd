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

# The places of a `nas.login.LoginHints`, in its order; thirteen are of what was said.
cdef enum:
    HINT_USER_NAME_OCTETS = 0
    HINT_USER_NAME = 1
    HINT_CALLING_STATION_ID = 2
    HINT_CALLED_STATION_ID = 3
    HINT_NAS_PORT = 4
    HINT_NAS_PORT_ID = 5
    HINT_NAS_PORT_TYPE = 6
    HINT_ACCT_SESSION_ID = 7
    HINT_NAS_IP_ADDRESS = 8
    HINT_NAS_IDENTIFIER = 9
    HINT_FRAMED_IP_ADDRESS = 10
    HINT_SERVICE_TYPE = 11
    HINT_FRAMED_PROTOCOL = 12
    HINT_CAPTIVE = 13
    HINT_DHCP = 14
    SAID_N = 13
    HINTS_N = 15


cdef struct Found:
    const uint8_t *first[TYPES]     # the first attribute of each type, at its type octet; or NULL


# A tuple with names, whose places are all to be filled at once: its constructor would bind them.
cdef tuple blank(type kind, Py_ssize_t size)

cdef inline void set_at(tuple into, int n, object value) noexcept:
    Py_INCREF(value)
    PyTuple_SET_ITEM(into, n, value)

# `hints_of`, for who has many to read.
cdef tuple read(type kind, Packet packet, object is_captive, bint dhcp)
