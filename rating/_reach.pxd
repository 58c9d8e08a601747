"""The data sheet of the reach: how far money goes, for other compiled rooms.

It neither allocates nor raises and touches no reference count, so it may be called without the
interpreter's lock, as long as somebody keeps the scheme and what is pointed to.
"""

from libc.stdint cimport int64_t

from rating._scheme cimport Scheme
from rating._walk cimport Around


# How many more octets and seconds the money pays from a state at an instant, in the band of the
# first piece; ALL where that costs nothing. FITS, or UNMETERED or BEYOND.
cdef int reach_c(
    Scheme s, const int64_t *state, int64_t money_micros, int64_t at_us, const Around *around,
    int64_t *octets, int64_t *seconds
) noexcept nogil
