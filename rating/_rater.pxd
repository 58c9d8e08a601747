"""The data sheet of the rater: what a compiled tariff holds, and what other compiled rooms call.

A `Step` is one way in which a session costs money, at the position of its `rating.Step`: fee,
volume, time. `price_c` and `counted_c` neither allocate nor raise and touch no reference count,
so they may be called without the interpreter's lock, as long as somebody keeps the tariff.
"""

from libc.stdint cimport int64_t


cdef extern from "_price.h" nogil:
    ctypedef struct Step "th_step":
        int64_t amount
        int64_t unit
        int64_t increment
        int64_t rounding

    int price_step "th_price_step"(
        const Step *step, int64_t quantity, int64_t free_quantity, int64_t *micros
    )


cdef enum:
    FEE = 0
    VOLUME = 1
    TIME = 2
    STEPS = 3


cdef class Tariff:
    cdef Step[3] steps
    cdef object fee         # of the first step, as a number of the interpreter's
    cdef int counted        # a position in rating.tariff.COUNTED


# The octets that count, or -1 if they do not fit in 63 bits or a direction is negative.
cdef int64_t counted_c(Tariff t, int64_t up, int64_t down) noexcept nogil

# What `rating.price` says, in the order fee, volume, time. 0; or -1, `out3` untouched, if a
# quantity is negative or a price or their sum does not fit in 63 bits.
cdef int price_c(
    Tariff t, int64_t octets, int64_t seconds, int64_t free_octets, int64_t free_s,
    bint fee_due, int64_t *out3
) noexcept nogil
