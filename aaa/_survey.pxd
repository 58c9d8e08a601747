"""The data sheet of the ground that tracks are laid on."""

from libc.stdint cimport int64_t, uint8_t

from aaa._lane cimport Lane
from aaa._request cimport Request
from aaa._track cimport Course, Days, Track
from domain._account cimport Account, Subscriber
from domain._session cimport Session
from rating._rater cimport Tariff


cdef struct Found:
    const uint8_t *first[256]       # of each kind; NULL: none


cdef class Ground:
    cdef readonly tuple key
    cdef object plan, offer, device
    cdef Tariff tariff
    cdef Days days
    cdef tuple buyers           # what the subscribers have alike
    cdef int64_t interim_s, fee_micros, guard_octets, grace_us
    cdef object rate_bps
    cdef bint limited, charges, volume, time
    cdef dict courses           # by interval and words

    cdef Course course(self, Session session)
    cdef Track track(self, Session session, Subscriber owner, Account account)
