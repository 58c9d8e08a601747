"""The data sheet of the rater: what a compiled tariff holds, and how a total walks through it.

A `Step` is one way in which a session costs money, at the position of its `rating.Step`: fee,
volume, time. `walk` neither allocates nor raises and knows no Python object, so a bulk loop
runs without the interpreter's lock.
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


cdef struct Walk:
    const Step *steps       # STEPS of them
    int64_t *quantities     # in: one for each step, not negative
    int64_t *frees          # in: how much of each is not charged, not negative
    int64_t *micros         # out: one for each step


# 0, or 1 if a price or their sum does not fit in 63 bits.
cdef int walk(const Walk *road) noexcept nogil


cdef class Tariff:
    cdef Step[3] steps
    cdef int counted        # a position in rating.tariff.COUNTED
