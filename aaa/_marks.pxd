"""The data sheet of marks: sets of accounts that are held."""

from libc.stdint cimport int64_t

from aaa._index cimport ById

# Places in the notes of an account.
cdef enum:
    WHOLE = 0
    LATELY
    MARKS_N


cdef class Marks:
    cdef ById accounts
    cdef int place

    cdef bint has(self, int64_t key) noexcept
    cdef void put(self, int64_t key) noexcept
