"""The data sheet of what logins have begun: what the turnstile asks for each login."""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t


cdef struct Beginning:
    PyObject *key               # owned
    int64_t session_id
    int64_t at_us


cdef class Begun:
    cdef dict places            # by key: the newest beginning of it, as counted since ever
    cdef Beginning *row         # a ring: the oldest is at `first_n` of its room, a power of two
    cdef int64_t first_n, end_n, room_n

    cdef bint has(self, bytes key) except -1
    cdef int put(self, bytes key, int64_t session_id, int64_t at_us) except -1
    cdef int widen(self) except -1
    cdef void drop_first(self) noexcept
