"""The data sheet of a track and of the days of a zone, for the lane, which reads them in C."""

from libc.stdint cimport int64_t, uint64_t

from domain._account cimport Account, Allowance
from domain._session cimport Session
from rating._rater cimport Tariff


cdef class Days:
    cdef readonly str timezone
    cdef int64_t start_us, end_us, day
    cdef int64_t day_of(self, int64_t us) except -1


cdef class Course:
    cdef object device
    cdef str source_address
    cdef Tariff tariff
    cdef Days days
    cdef int64_t plan_id, interval_s, rate_bps, fee_micros
    cdef int64_t guard_octets, included_octets, included_s, unit_octets
    cdef bint high, swap, held, limited, charges, volume, time


cdef class Track:                   # without methods in C: their table would take room in each
    cdef Session session
    cdef Account account
    cdef Allowance allowance
    cdef Course course
    cdef uint64_t[2] names
    cdef int64_t until_us, rated_limit_octets
    cdef int64_t[3] priced
    cdef char alive, owed


# Does the money of a session go on, when its totals are these?
cdef bint goes_on(
    Track track, const int64_t *micros, int64_t total, int64_t granted,
    int64_t counted, int64_t seconds, int64_t free_octets, int64_t free_s,
    int64_t left_octets, int64_t left_s,
) noexcept

# One course for all that have all of it alike; what is in the tuples is said in `Track.__init__`.
cdef Course course_of(
    device, str source_address, Tariff tariff, Days days, tuple numbers, tuple words
)

# Have the memory send what an interim of the track moves.
cdef void fetch(Track track) noexcept
