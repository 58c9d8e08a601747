"""The data sheet of the journal's body: what a compiled decision writes without a Python object.

An `Effect` is a record's numbers in the order in which they are written; `put` copies the word and
the octets behind them, so that nothing of the caller's is kept.
"""

from libc.stdint cimport int64_t, uint8_t


cdef enum:
    NUMBERS = 19


cdef struct Effect:
    int64_t session_id
    int64_t account_id
    int64_t device_id
    int64_t previous
    int64_t arrived_us
    int64_t event_us
    int64_t input_octets
    int64_t output_octets
    int64_t session_s
    int64_t free_octets
    int64_t free_s
    int64_t charged_micros
    int64_t effect_size     # filled in by `put`
    int64_t attributes_size # filled in by `put`
    int64_t unrated_input
    int64_t unrated_output
    int64_t unrated_s
    int64_t walled
    int64_t uses_size       # filled in by `put`; 0 of all that the lane writes


cdef class Body:
    cdef uint8_t *start
    cdef Py_ssize_t size, room
    cdef readonly Py_ssize_t records_n
    cdef int grow(self, Py_ssize_t more) except -1
    cdef int put(
        self,
        Effect *effect,
        const char *word,
        Py_ssize_t word_size,
        const uint8_t *attributes,
        Py_ssize_t attributes_size,
        const uint8_t *uses=*,
        Py_ssize_t uses_size=*,
    ) except -1
