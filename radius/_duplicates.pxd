"""The data sheet of the memory of answers: what the compiled road asks it directly.

A Ticket holds what one request is known by and, later, what was answered to it, in one object: a
busy server remembers a hundred thousand of them. A ticket is in at most one bucket, and in the line
of the answered ones if it has been answered; the memory owns one reference for both.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef enum Stage:
    OPEN = 0            # it is being worked on
    ANSWERED = 1
    FORGOTTEN = 2       # given up, abandoned or too old: not in the memory any more


cdef class Ticket:
    cdef tuple peer                 # address and port it came from
    cdef bytes told                 # the reply; None while it is open
    cdef uint64_t mixed             # of the whole key
    cdef int64_t expires_us
    cdef PyObject *behind           # the next one in its bucket
    cdef PyObject *older            # neighbours in the line of the answered ones
    cdef PyObject *newer
    cdef int socket_n
    cdef uint8_t identifier
    cdef uint8_t code
    cdef uint8_t stage
    cdef uint8_t[16] asked          # its authenticator


cdef class Duplicates:
    cdef PyObject **buckets
    cdef Py_ssize_t buckets_n       # a power of two
    cdef Py_ssize_t remembered_n
    cdef Py_ssize_t limit_n
    cdef int64_t keep_us
    cdef PyObject *oldest           # of the answered ones: the first to go
    cdef PyObject *newest

    cdef Ticket find(
        self, uint64_t mixed, int socket_n, tuple peer, uint8_t identifier, uint8_t code
    )
    cdef int grow(self) except -1
    cdef int put(self, Ticket ticket) except -1
    cdef void drop(self, Ticket ticket) noexcept
    cdef object take_in(
        self, int socket_n, tuple peer, uint8_t identifier, uint8_t code,
        const uint8_t *authenticator, int64_t now_us,
    )
    cdef bint remember(self, Ticket ticket, bytes reply, int64_t now_us) except -1
