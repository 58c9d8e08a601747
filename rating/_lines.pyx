# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The lines of a session: how a quantity flows into the tiers of its family, and what a line costs.

A session's price is a function of its own numbers alone (A2): each line is priced and rounded once
(T2), none falls as usage rises (T1), and what caps have let go is one of the numbers. A price that
does not fit in 63 bits is refused with OverflowError; nothing wraps.

A family with a minimum costs at least what that costs in its first tier, once it was used. What
that adds is part of the first line, until later lines have grown into it: so each line is monotone.
Volume tiers, where all has the price of the tier reached, cost the most that any smaller quantity
would have cost, so that a cheaper tier is no refund.
"""

from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int64_t

from rating._rater cimport Step, price_step
from rating._scheme cimport LINES_MOST, PACKAGE, VOLUME, Family, Scheme, Tier, Uses, quantity_c

cdef int64_t MOST = 0x7FFFFFFFFFFFFFFF


def price(Scheme scheme not None, Uses uses not None, bint fee_due, /):
    """Return the micros of (fee, line 0, line 1, ..., minus what is waived): what a state costs.

    Raises OverflowError if a line or the sum before caps does not fit in 63 bits.
    """
    cdef int64_t[LINES_MOST] lines
    cdef int lines_n = scheme.lines_n
    cdef tuple answer
    cdef int i
    gross_of(scheme, uses, fee_due, lines)
    answer = PyTuple_New(lines_n + 2)
    put(answer, 0, scheme.fee_micros if fee_due else 0)
    for i in range(lines_n):
        put(answer, i + 1, lines[i])
    put(answer, lines_n + 1, -uses.numbers_c[scheme.waived_at])
    return answer


cdef inline int put(tuple answer, Py_ssize_t i, int64_t number) except -1:
    # A new tuple is filled place by place; it takes over a reference.
    cdef object place = number
    Py_INCREF(place)
    PyTuple_SET_ITEM(answer, i, place)
    return 0


def charged(Scheme scheme not None, Uses uses not None, bint fee_due, /):
    """Return the sum of `price`: the micros that the session costs."""
    cdef int64_t[LINES_MOST] lines
    return gross_of(scheme, uses, fee_due, lines) - uses.numbers_c[scheme.waived_at]


cdef int64_t gross_of(Scheme s, Uses uses, bint fee_due, int64_t *lines) except -1:
    cdef int64_t gross
    if uses.scheme is not s:
        raise ValueError("the state is of another scheme")
    gross = price_gross(s, uses.numbers_c, NULL, fee_due, lines)
    if gross < 0:
        raise OverflowError("the price does not fit in 63 bits")
    return gross


cdef int64_t price_gross(
    Scheme s, const int64_t *state, const int64_t *priced, bint fee_due, int64_t *lines
) noexcept nogil:
    cdef int64_t gross = s.fee_micros if fee_due else 0
    cdef const Family *family
    cdef int i, line
    for i in range(s.families_n):
        family = &s.families[i]
        if priced is NULL or moved(s, state, priced, family):
            if price_family(s, state, family, &lines[family.first_line]):
                return -1
        for line in range(family.first_line, family.first_line + family.lines_n):
            if lines[line] > MOST - gross:
                return -1
            gross += lines[line]
    return gross


cdef inline bint moved(
    Scheme s, const int64_t *state, const int64_t *priced, const Family *family
) noexcept nogil:
    # Does a family's part of the two states differ?
    cdef int i
    if family.tally >= 0 and state[family.tally] != priced[family.tally]:
        return True
    for i in range(s.lines_at + family.first_line, s.lines_at + family.first_line + family.lines_n):
        if state[i] != priced[i]:
            return True
    return False


cdef int price_family(
    Scheme s, const int64_t *state, const Family *family, int64_t *lines
) noexcept nogil:
    cdef const int64_t *numbers = &state[s.lines_at + family.first_line]
    cdef const Tier *tiers = &s.tiers[family.first_tier]
    cdef Step whole
    cdef int i
    if family.mode == VOLUME:
        lines[0] = numbers[0]
    elif family.mode == PACKAGE:
        whole = Step(tiers[0].step.amount, 1, 1, 0)
        if price_step(&whole, numbers[0], 0, &lines[0]):
            return -1
    else:
        for i in range(family.lines_n):
            if price_step(&tiers[i].step, numbers[i], 0, &lines[i]):
                return -1
    if family.minimum_micros and quantity_c(s, state, family):
        return raise_first(lines, family.lines_n, family.minimum_micros)
    return 0


cdef int raise_first(int64_t *lines, int lines_n, int64_t minimum_micros) noexcept nogil:
    # Each line becomes what it adds to the larger of the sum so far and the minimum. That is
    # monotone in every line, and the sum becomes the larger of the two.
    cdef int64_t total = lines[0], so_far
    cdef int i
    lines[0] = so_far = max(total, minimum_micros)
    for i in range(1, lines_n):
        if lines[i] > MOST - total:
            return -1
        total += lines[i]
        lines[i] = max(total, minimum_micros) - so_far
        so_far += lines[i]
    return 0


cdef int fill_from(
    Scheme s, int64_t *after, const Family *family, int64_t before, int64_t quantity
) noexcept nogil:
    cdef int64_t *lines = &after[s.lines_at + family.first_line]
    cdef const Tier *tiers = &s.tiers[family.first_tier]
    cdef int64_t now = before + quantity, rise, was, end
    cdef int i = family.tiers_n - 1
    if family.tally >= 0:
        after[family.tally] += quantity
    if family.mode == PACKAGE:
        rise = packages(now, tiers[0].step.unit) - packages(before, tiers[0].step.unit)
    elif family.mode == VOLUME:
        was, rise = dearest_c(s, family, before), dearest_c(s, family, now)
        if rise < 0:
            return -1
        rise -= was
    else:
        while tiers[i].since > before:
            i -= 1
        while True:
            end = min(now, tiers[i + 1].since) if i + 1 < family.tiers_n else now
            lines[i] += end - before
            before = end
            i += 1
            if before == now:
                return 0
    if rise > MOST - lines[0]:
        return -1
    lines[0] += rise
    return 0


cdef inline int64_t packages(int64_t quantity, int64_t size) noexcept nogil:
    # How many were started.
    return quantity // size + (quantity % size != 0)


cdef int64_t dearest_c(Scheme s, const Family *family, int64_t quantity) noexcept nogil:
    cdef const Tier *tiers = &s.tiers[family.first_tier]
    cdef int64_t micros
    cdef int i = family.tiers_n - 1
    while tiers[i].since > quantity:
        i -= 1
    if tiers[i].dearest < 0 or price_step(&tiers[i].step, quantity, 0, &micros):
        return -1
    return max(micros, tiers[i].dearest)
