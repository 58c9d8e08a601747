"""The data sheet of the movements of accounts: what compiled rooms add to them."""

from libc.stdint cimport int64_t

from domain._account cimport Account


cdef class AccountMove:
    cdef public Account after
    cdef public int64_t posted_micros
    cdef public int64_t open_micros
    cdef public int64_t held_micros
    cdef public int64_t entries_n
    cdef public bint promise


# One that moves nothing yet.
cdef AccountMove move_of(Account after)
