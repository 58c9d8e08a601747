"""The data sheet of what the books keep in the records of accounts."""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from aaa._index cimport ById, Few
from domain._account cimport Account

# Places in the notes of an account.
cdef enum:
    WHOLE = 0
    LATELY
    MARKS_N

# Which rows of an account.
cdef enum:
    LIVE = 0
    PEOPLE
    KIN_N


cdef class Marks:
    cdef ById accounts
    cdef int place

    cdef bint has(self, int64_t key) noexcept
    cdef void put(self, int64_t key) noexcept


cdef class Kin:
    cdef ById accounts
    cdef Few others             # of accounts that are not held
    cdef int place

    # The only row, or a tuple of several; borrowed, or NULL.
    cdef PyObject *find(self, int64_t key) noexcept
    cdef int put(self, int64_t key, object row) except -1
    cdef int inherit(self, Account account, PyObject *before) except -1
