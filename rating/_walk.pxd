"""The data sheet of the walk: what a record, an allowance and a counter are to compiled rooms.

`walk_c` and `spread_c` neither allocate nor raise and touch no reference count, so they may be
called without the interpreter's lock, as long as somebody keeps the scheme and what is pointed to.
"""

from libc.stdint cimport int64_t, uint64_t

from rating._scheme cimport CLASSES_MOST, Scheme, Uses


cdef extern from "_share.h" nogil:
    int64_t share "th_share"(int64_t quantity, uint64_t part, uint64_t whole)


cdef enum:
    NEAR_OCTETS = 512   # of pieces, draws and meters, that need no memory of their own

cdef enum:
    FITS = 0
    ALL = -1        # `reach_c` only: it costs nothing, however much
    BEYOND = -2     # something does not fit in 63 bits
    UNMETERED = -3  # a counter that the plan needs was not given
    FELL = -4       # a price that fell (T1): a fee that was due and is no longer
    FREED = -8      # a state that no walk leaves: caps have let go of more than it costs

# What a counter measures.
cdef enum:
    OF_TIERS = 0
    OF_FAIR_USE = 1
    OF_CAP = 2


ctypedef struct PieceC:
    int64_t until_us
    int band


ctypedef struct Octets:
    int64_t up
    int64_t down


ctypedef struct RiseC:
    Octets[CLASSES_MOST] octets     # of each class; class 0 is the rest
    int64_t seconds
    int64_t from_us
    int64_t to_us


ctypedef struct DrawC:
    int64_t left
    int64_t took
    uint64_t cells
    int flows
    int slot
    int64_t from_us
    int64_t until_us


ctypedef struct MeterC:
    int measures
    int index
    int64_t used
    int64_t moved
    int64_t from_us
    int64_t until_us


# What a walk looks at beside the rise; draws and meters receive `took` and `moved`.
ctypedef struct Around:
    const PieceC *pieces
    int pieces_n
    DrawC **draws
    int draws_n
    MeterC **meters
    int meters_n
    bint fee_was
    bint fee_due
    int64_t last_us         # what comes out: where the last part of the rise begins, and the price
    int64_t was_micros
    int64_t now_micros


cdef class Rise:
    cdef RiseC c
    cdef int classes_n


cdef class Draw:
    cdef DrawC c


cdef class Meter:
    cdef MeterC c


# Writes the state after a rise to `after`, which is not `before`. FITS, or what is wrong: then
# nothing was taken and nothing moved, and `after` is to be thrown away.
cdef int walk_c(
    Scheme s, const int64_t *before, int64_t *after, const RiseC *rise, Around *around
) noexcept nogil

# Only cells and bands; `after` begins as it is.
cdef int spread_c(
    Scheme s, int64_t *after, const RiseC *rise, const PieceC *pieces, int pieces_n
) noexcept nogil

# What the walk and the reach share.
cdef int gather(
    Around *around, Scheme s, pieces, draws, meters, char *near, void **far
) except -1
cdef int refuse(int found) except -1
cdef int fitting(Scheme s, Uses uses, Rise rise) except -1
cdef int64_t left_of_cap(
    Scheme s, int cap, int64_t session_micros, int64_t at_us, const Around *around
) noexcept nogil


cdef inline bint holds(int64_t from_us, int64_t until_us, int64_t at_us) noexcept nogil:
    return from_us <= at_us < until_us


# May this pot pay for this traffic now? Free traffic takes nothing, but a booster pays for what
# fair use counts.
cdef inline bint pays(
    Scheme s, const DrawC *draw, int cell, int flow, int64_t at_us
) noexcept nogil:
    cdef uint64_t payable = s.priced[flow]
    if draw.slot >= s.bundles_n:
        payable |= s.counted[flow]
    return (
        (draw.flows >> flow) & 1
        and (draw.cells & payable) >> cell & 1
        and draw.left > 0
        and holds(draw.from_us, draw.until_us, at_us)
    )
