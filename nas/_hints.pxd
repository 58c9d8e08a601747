"""The data sheet of the reader of logins: other compiled rooms have no business with it.

An Access-Request is walked once; what the walk keeps is where each type of attribute stood first.
It never leaves the function that made it, since it points into octets that somebody else owns.
"""

from libc.stdint cimport uint8_t


cdef enum:
    TYPES = 256


cdef struct Found:
    const uint8_t *first[TYPES]     # the first attribute of each type, at its type octet; or NULL
