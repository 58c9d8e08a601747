"""The data sheet of the lines: what other compiled rooms call to fill and to price them.

None of these allocates, raises or touches a reference count, so they may be called without the
interpreter's lock, as long as somebody keeps the scheme.
"""

from libc.stdint cimport int64_t

from rating._scheme cimport Family, Scheme


# The micros of a family's lines, one each. 0; or -1 if they or their sum do not fit in 63 bits.
cdef int price_family(
    Scheme s, const int64_t *state, const Family *family, int64_t *lines
) noexcept nogil

# The price of a state before caps, or -1 if it does not fit in 63 bits. `lines` receives the micros
# of each line; or has those of the state `priced`, unless that is NULL, and only what differs from
# it is priced anew.
cdef int64_t price_gross(
    Scheme s, const int64_t *state, const int64_t *priced, bint fee_due, int64_t *lines
) noexcept nogil

# Lets a quantity flow into a family's lines, whose counter stands at `before`; their sum fits. 0;
# or -1 if a line does not fit in 63 bits.
cdef int fill_from(
    Scheme s, int64_t *state, const Family *family, int64_t before, int64_t quantity
) noexcept nogil
