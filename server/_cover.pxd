"""The data sheet of reports: what an interim is about, in a form that compares in no time.

Nothing here is used by another compiled module.
"""

from libc.stdint cimport uint64_t


cdef enum:
    COUNTERS_N = 3          # seconds, input, output


cdef class Report:
    cdef readonly bytes key
    cdef uint64_t[COUNTERS_N] told
