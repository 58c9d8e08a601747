"""The data sheet of a record as the lane reads it: its numbers by place, and the hash of its names.

`read_said` neither allocates nor raises; `key` are two words that nobody outside knows.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from aaa._index cimport ById
from aaa._request cimport Request


cdef extern from "_lane.h" nogil:
    void names_hash "th_names_hash"(
        const uint64_t *key, const uint8_t *octets, size_t size, uint64_t *result
    )


# Attributes that differ from interim to interim, and their places in `Said.numbers`.
cdef enum:
    STATUS = 0
    DELAY = 1
    INPUT = 2
    OUTPUT = 3
    SESSION_TIME = 4
    INPUT_HIGH = 5
    OUTPUT_HIGH = 6
    STAMP = 7
    IGNORED = 8     # packets: nobody bills by them
    NUMBERS = 9


cdef struct Said:
    # What one record says, as far as it is one for the lane.
    int sound                       # 0: nothing here is for the lane
    uint32_t present                # one bit for each of `numbers`
    uint32_t[NUMBERS] numbers
    uint64_t[2] names
    PyObject *track                 # where the lane found it, borrowed; NULL: not found yet
    uint64_t drops_n                # as long as no more tracks than these have gone


cdef inline bint says(const Said *said, int place) noexcept nogil:
    return said.present >> place & 1


cdef int read_said(const uint64_t *key, Request request, Said *said) except -1

# Some items of a batch, read; where the tracks of those that are records are is on its way here.
cdef int read_ahead(
    const uint64_t *key, ById tracks, list batch, Py_ssize_t at, Py_ssize_t until, Said *said
) except -1


# Half of the hash of the names, as a number that a table can have.
cdef inline int64_t key_of(const uint64_t *names) noexcept nogil:
    return <int64_t> (names[0] >> 1)

# A counter in octets from its low part, and its high part if that is to be trusted; -1: too many.
cdef int64_t octets_of(const Said *said, int low, int high, bint trusted, int64_t unit) noexcept
