"""The data sheet of the reach: how far money goes, for other compiled rooms.

It neither allocates nor raises and touches no reference count, so it may be called without the
interpreter's lock, as long as somebody keeps the scheme and what is pointed to.
"""

from libc.stdint cimport int64_t

from rating._scheme cimport Scheme
from rating._walk cimport Around


# How much of a flow of a cell the money pays from a state at an instant; or ALL, UNMETERED, BEYOND.
cdef int64_t reach_c(
    Scheme s, const int64_t *state, int cell, int flow, int64_t money_micros, int64_t at_us,
    const Around *around
) noexcept nogil
