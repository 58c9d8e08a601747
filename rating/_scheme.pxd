"""The data sheet of schemes: what a compiled plan and the state of a session hold.

A cell is band * classes + class; flows are numbered DOWN, UP, LARGER, TIME. The state has
`width` numbers: (up, down) of each cell, seconds of each band, lines, the quantities of families
whose lines do not add up to it, covered of each slot, waived.
"""

from libc.stdint cimport int64_t, uint64_t

from rating._rater cimport Step


cdef enum:
    DOWN = 0
    UP = 1
    LARGER = 2
    TIME = 3
    FLOWS = 4

cdef enum:
    GRADUATED = 0
    VOLUME = 1      # all of it at the price of the tier reached
    PACKAGE = 2

cdef enum:
    CELLS_MOST = 64
    CLASSES_MOST = 9    # with all other traffic
    BANDS_MOST = 9      # with the time outside of all
    LINES_MOST = 256
    TIERS_MOST = 16
    SLOTS_MOST = 34     # 32 bundles, boosters of octets, boosters of seconds
    CAPS_MOST = 8
    # The widest state: cells, bands, lines, as many tallies, slots, waived.
    WIDTH_MOST = 2 * CELLS_MOST + BANDS_MOST + 2 * LINES_MOST + SLOTS_MOST + 1


ctypedef struct Tier:
    int64_t since
    Step step
    int64_t dearest     # volume: the most that any quantity below `since` costs; -1: too much


ctypedef struct Family:
    int mode
    bint metered        # its tiers count an account's usage, not the session's
    int first_tier
    int tiers_n
    int first_line
    int lines_n
    int tally           # where the state keeps its quantity, or -1: its lines add up to it
    int64_t minimum_micros


ctypedef struct Cap:
    bint metered        # of an account's period, not of the session
    bint stops
    int64_t most_micros


cdef class Scheme:
    cdef readonly int bands_n
    cdef readonly int classes_n
    cdef readonly int lines_n
    cdef readonly int slots_n
    cdef readonly int width
    cdef readonly bint larger
    cdef readonly int64_t fee_micros
    cdef int cells_n
    cdef int families_n
    cdef int bundles_n      # slots from here on are boosters'
    cdef int seconds_at     # where the state keeps the seconds of band 0, and so on
    cdef int lines_at
    cdef int covered_at
    cdef int waived_at
    cdef int caps_n
    cdef bint fair          # is fair use counted?
    cdef bint fair_metered
    cdef uint64_t[FLOWS] priced         # cells in which a flow costs something
    cdef uint64_t[FLOWS] counted        # cells in which fair use counts a flow
    cdef int[CELLS_MOST * FLOWS] ways   # the family of a flow of a cell, or -1
    cdef Cap[CAPS_MOST] caps
    cdef Family *families
    cdef Tier *tiers


cdef class Uses:
    cdef int64_t *numbers_c
    cdef Scheme scheme


# What a family charges for, over all its lines. What flowed in was checked to fit; what was read
# from octets may not, and stays at the most.
cdef inline int64_t quantity_c(
    Scheme s, const int64_t *state, const Family *family
) noexcept nogil:
    cdef const int64_t *numbers = &state[s.lines_at + family.first_line]
    cdef int64_t quantity = 0, room
    cdef int i
    if family.tally >= 0:
        return state[family.tally]
    for i in range(family.lines_n):
        room = <int64_t> 0x7FFFFFFFFFFFFFFF - quantity
        quantity += numbers[i] if numbers[i] < room else room
    return quantity
