"""The data sheet of the short road: what is kept of a source, of a request and of a batch.

Nothing here is used by another compiled module; it stands apart so that the code reads as steps.
"""

from libc.stdint cimport int64_t, uint8_t

from aaa._request cimport Request
from radius._codec cimport Packet
from radius._duplicates cimport Duplicates, Ticket


cdef enum:
    WAITS_N = 32            # more than there are bounds of a waiting time


cdef class Source:
    """A source address we know, and what of it is not in the meters yet."""

    cdef object device
    cdef bytes secret
    cdef Py_ssize_t records_n
    cdef Py_ssize_t logins_n
    cdef Py_ssize_t unsigned_n
    cdef bint latched       # all that its logins can prove is proved


cdef class Visit:
    cdef public object rank
    cdef public Py_ssize_t arrival_n
    cdef public int64_t entered_us
    cdef readonly Request item
    cdef readonly tuple peer
    cdef readonly str local
    cdef readonly Ticket ticket
    cdef Road road


cdef class Road:
    cdef object door
    cdef object foyer
    cdef object roster
    cdef dict paths                 # by which of our addresses each source reached us last
    cdef object post
    cdef object flush
    cdef Duplicates duplicates
    cdef bint logins, records       # which it serves
    cdef bint touched               # something was posted in this batch
    cdef int socket_n
    cdef object generation          # of the devices that `sources` are of
    cdef dict sources
    cdef list fresh                 # sources with something to count
    cdef Source source_of(self, str address)
    cdef int take(
        self, bytes octets, tuple peer, str local, list visits, int64_t now_us, int64_t entered_us
    ) except -1
    cdef int note(self, Source source, bint login, bint signed) except -1
    cdef int count(self, int64_t now_us) except -1


cdef class Settling:
    cdef object foyer
    cdef Duplicates duplicates
    cdef int64_t now_us
    cdef list roads                 # that have posts
    # the outcome that was looked at last
    cdef object outcome
    cdef object reply_code
    cdef int code
    cdef bytes attributes
    cdef str label
    cdef bint plain
    # what is not in the meters yet: waiting times by kind of request, then runs of the same
    cdef int64_t[2][WAITS_N] waits_n
    cdef int64_t[2] waits_us
    cdef str run_label
    cdef bint run_login
    cdef int run_code
    cdef int64_t run_n
    cdef object sent_device
    cdef int sent_code
    cdef int64_t sent_n
    cdef int look(self, object outcome) except -1
    cdef bint answer(self, Visit visit, object outcome) except -1
    cdef int count_run(self) except -1
    cdef int count_sent(self) except -1
    cdef int count(self) except -1
