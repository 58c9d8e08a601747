# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The walk turned round: how far money goes from a session's state, in one band, at an instant.

It is found by halves, with the very functions that price, so that it can never promise what they
would not charge: so much is paid, one more would cost more. Allowances that hold now come first;
that one of them or a period ends soon is for the caller to mind.

Money is thought of as going to one flow of one class at a time, the dearest. A session that mixes
what is priced apart can start an increment or a package of each; the record that tells ends it.
"""

from cpython.mem cimport PyMem_Free
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from rating._lines cimport fill_from, price_family, price_gross
from rating._scheme cimport FLOWS, LINES_MOST, TIME, WIDTH_MOST, Family, Scheme, Uses, quantity_c
from rating._walk cimport (
    ALL, BEYOND, FITS, FREED, NEAR_OCTETS, OF_TIERS, UNMETERED, Around, DrawC, MeterC, fitting,
    gather, holds, left_of_cap, pays, refuse,
)

cdef int64_t MOST = 0x7FFFFFFFFFFFFFFF
cdef enum:
    UNASKED = -100
    OWING = -101  # not even what is left of a started increment is paid for


def reach(
    Scheme scheme not None, Uses uses not None, int64_t money_micros, int64_t at_us, int band,
    draws, meters, bint fee_due, /,
):
    """How many more (octets, seconds) the money pays in a band, each spending all of it.

    Octets in whichever direction and class is dearest. Money that pays just so much: one more
    would cost more. Below zero it pays nothing, not even the rest of a started increment. Draws
    that hold at `at_us` are used up first; caps that stop count as no money, caps that do not make
    the rest free. None: it costs nothing, however much.
    """
    cdef char[NEAR_OCTETS] near
    cdef void *far = NULL
    cdef Around around
    cdef int64_t octets, seconds
    cdef int found
    fitting(scheme, uses, None)
    around.fee_was = around.fee_due = fee_due
    try:
        gather(&around, scheme, ((MOST, band),), draws, meters, near, &far)
        found = reach_c(
            scheme, uses.numbers_c, money_micros, at_us, &around, &octets, &seconds
        )
    finally:
        PyMem_Free(far)
    if found:
        refuse(found)
    return None if octets == ALL else octets, None if seconds == ALL else seconds


cdef int reach_c(
    Scheme s, const int64_t *state, int64_t money_micros, int64_t at_us, const Around *around,
    int64_t *octets, int64_t *seconds
) noexcept nogil:
    cdef int64_t[LINES_MOST] lines
    cdef int64_t[LINES_MOST] paid       # by family; UNASKED until it is asked for
    cdef int64_t gross = price_gross(s, state, NULL, around.fee_due, lines), most
    cdef int first = around.pieces[0].band * s.classes_n
    cdef int cell, flow, family
    cdef int64_t *least
    octets[0] = seconds[0] = ALL
    if gross < 0:
        return BEYOND
    if gross < state[s.waived_at]:
        return FREED
    money_micros = spendable(s, gross - state[s.waived_at], money_micros, at_us, around)
    if money_micros == ALL:
        return FITS
    if money_micros == UNMETERED:
        return UNMETERED
    for family in range(s.families_n):
        paid[family] = 0 if money_micros == OWING else UNASKED
    for cell in range(first, first + s.classes_n):
        for flow in range(FLOWS):
            family = s.ways[FLOWS * cell + flow]
            if family < 0:
                continue
            if paid[family] == UNASKED:
                paid[family] = paid_by_family(s, state, family, lines, money_micros, at_us, around)
            if paid[family] == UNMETERED:
                return UNMETERED
            if paid[family] == ALL:
                continue
            most = with_pots(s, cell, flow, at_us, around, paid[family])
            least = seconds if flow == TIME else octets
            if least[0] == ALL or most < least[0]:
                least[0] = most
    return FITS


cdef int64_t with_pots(
    Scheme s, int cell, int flow, int64_t at_us, const Around *around, int64_t quantity
) noexcept nogil:
    # What is paid for, after all that pots pay for; at the most it stays.
    cdef const DrawC *draw
    cdef int i
    for i in range(around.draws_n):
        draw = around.draws[i]
        if pays(s, draw, cell, flow, at_us):
            quantity += min(draw.left, MOST - quantity)
    return quantity


cdef int64_t spendable(
    Scheme s, int64_t session_micros, int64_t money_micros, int64_t at_us, const Around *around
) noexcept nogil:
    # The money as caps leave it: no more than one that stops has left; ALL if another is reached
    # before, since what is beyond that is free. OWING if more was charged than there was, or a cap
    # that stops is reached: of the increment that was started then, perhaps little is paid for.
    cdef int64_t stops = MOST, free = MOST, left
    cdef int i
    for i in range(s.caps_n):
        left = left_of_cap(s, i, session_micros, at_us, around)
        if left == UNMETERED:
            return UNMETERED
        if s.caps[i].stops:
            stops = min(stops, left)
        else:
            free = min(free, left)
    if free < stops and free <= max(money_micros, 0):
        return ALL
    return OWING if money_micros < 0 or stops == 0 else min(money_micros, stops)


cdef int64_t paid_by_family(
    Scheme s, const int64_t *state, int index, const int64_t *lines, int64_t money_micros,
    int64_t at_us, const Around *around
) noexcept nogil:
    # The largest quantity whose lines cost no more than the money beyond what they cost now, by
    # halves: prices never fall as quantities rise.
    cdef const Family *family = &s.families[index]
    cdef int64_t counter = quantity_c(s, state, family), room = MOST - counter, was = 0
    cdef int64_t paid, worth
    cdef int i
    if family.metered:
        counter = standing(index, at_us, around)
        if counter < 0:
            return UNMETERED
        room = min(room, MOST - counter)
    for i in range(family.first_line, family.first_line + family.lines_n):
        was += lines[i]
    paid = within(s, state, family, counter, room, was, money_micros)
    if money_micros > 0 or paid == ALL:
        return paid
    # Rounded down, less than a micro's worth costs nothing: whoever has nothing left is at the end.
    worth = within(s, state, family, counter, room, was, 1)
    return 0 if worth == ALL or paid <= worth - paid else paid


cdef int64_t within(
    Scheme s, const int64_t *state, const Family *family, int64_t counter, int64_t room,
    int64_t was, int64_t money_micros
) noexcept nogil:
    # The largest quantity that costs no more than the money beyond what there was; ALL: all of it.
    cdef int64_t[WIDTH_MOST] after
    cdef int64_t[LINES_MOST] now
    cdef int64_t pays_for = 0, beyond = room, middle
    money_micros = min(money_micros, MOST - was) + was
    if family_costs(s, state, after, family, counter, room, now) <= <uint64_t> money_micros:
        return ALL
    while pays_for + 1 < beyond:
        middle = pays_for + (beyond - pays_for) // 2
        if family_costs(s, state, after, family, counter, middle, now) <= <uint64_t> money_micros:
            pays_for = middle
        else:
            beyond = middle
    return pays_for


cdef int64_t standing(int family, int64_t at_us, const Around *around) noexcept nogil:
    # Where an account's counter of tiers stands; UNMETERED if it was not given.
    cdef const MeterC *meter
    cdef int i
    for i in range(around.meters_n):
        meter = around.meters[i]
        if meter.measures == OF_TIERS and meter.index == family and holds(
            meter.from_us, meter.until_us, at_us
        ):
            return meter.used
    return UNMETERED


cdef uint64_t family_costs(
    Scheme s, const int64_t *state, int64_t *after, const Family *family, int64_t counter,
    int64_t quantity, int64_t *lines
) noexcept nogil:
    # What a family's lines cost after so much more; beyond 63 bits: more than any money.
    cdef uint64_t micros = 0
    cdef int i
    memcpy(
        &after[s.lines_at + family.first_line], &state[s.lines_at + family.first_line],
        family.lines_n * sizeof(int64_t),
    )
    if family.tally >= 0:
        after[family.tally] = state[family.tally]
    if fill_from(s, after, family, counter, quantity):
        return <uint64_t> -1
    if price_family(s, after, family, lines):
        return <uint64_t> -1
    for i in range(family.lines_n):
        if <uint64_t> lines[i] > <uint64_t> MOST - micros:
            return <uint64_t> -1
        micros += lines[i]
    return micros
