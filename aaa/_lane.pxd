"""The data sheet of the lane: what it keeps between batches and holds at hand within one."""

from libc.stdint cimport int64_t, uint64_t

from aaa._index cimport ById
from aaa._request cimport Request
from aaa._said cimport Said
from aaa._track cimport Track
from accounting._journal cimport Body


cdef class Lane:
    cdef ById tracks                # by hash of the names
    cdef dict days                  # by zone
    cdef readonly dict grounds      # of `aaa._survey`, which hold as long as all tracks may
    cdef uint64_t[2] key
    cdef Said *said
    cdef list records               # the batch
    cdef readonly list senders      # the devices whose packets are in it, some more than once
    cdef int64_t now_us, skew_us, journal_id
    cdef object turn, books, hearing, heard, reports, notes
    cdef dict moved, changed, charge_rows, moves, allowance_moves
    cdef Body body
    cdef int64_t heard_id
    cdef uint64_t drops_n           # how often a track went; until then a place of one holds
    cdef readonly int64_t taken_n   # records decided here since the start
    cdef bint is_found(self, const Said *said) noexcept
    cpdef bint take(self, int at) except -1
    cdef Track track_of(self, Request request, Said *said)
    cdef bint decide(self, Request request, Said *said, Track track) except -1
    cdef bint charge(
        self, Request request, Said *said, Track track, int64_t at_us,
        int64_t rise_input, int64_t rise_output, int64_t after_s, bint unchanged,
        bint wrong, bint stamped, int64_t stamped_us, int64_t delay_s,
    ) except -1
    cdef int hear(
        self, Track track, int64_t arrived_us, bint stamped, int64_t stamped_us, int64_t delay_s
    ) except -1
    cdef int consume(self, Track track, int64_t octets, int64_t seconds) except -1
    cdef int add_charges(
        self, Track track, const int64_t *micros, int64_t event_us,
        int64_t rise_input, int64_t rise_output, int64_t rise_s,
    ) except -1
    cdef int move(self, Track track, int64_t rise, int64_t back) except -1
    cdef int touch(self, Track track) except -1
    cdef int keep(self, Request request, Track track, int64_t at_us, bint unchanged) except -1
