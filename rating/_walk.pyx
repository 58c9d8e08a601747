# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The walk: what a rise of a session's totals does to its state, to allowances and to counters.

A rise is cut where bands, pots and periods change and split there in proportion to time,
cumulatively, so that the parts add up to it (T3). Each part goes to its cell; allowances pay for it
in the order given; what is left fills the lines of the family that prices it; what caps let go is
waived. A cell's flows are what was covered and what is in lines. A walk that does not fit in
63 bits changes nothing.

Two rules that the plan's words leave open: an allowance pays only for what costs something (free
traffic takes nothing from it), and a booster besides for what fair use counts. Where several flows
share an allowance that ends within one record, download goes first.
"""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, memset

from rating._lines cimport fill_from, price_gross
from rating._scheme cimport (
    CLASSES_MOST, DOWN, FLOWS, LARGER, LINES_MOST, TIME, UP, WIDTH_MOST, Family, Scheme, Uses,
    quantity_c,
)

cdef extern from "Python.h":
    PyObject **PySequence_Fast_ITEMS(object things)
    Py_ssize_t PySequence_Fast_GET_SIZE(object things)


FLOW_DOWN = 1 << DOWN
FLOW_UP = 1 << UP
FLOW_LARGER = 1 << LARGER
FLOW_TIME = 1 << TIME

TIERS = OF_TIERS
FAIR = OF_FAIR_USE
CAP = OF_CAP

cdef int64_t MOST = 0x7FFFFFFFFFFFFFFF
cdef enum:
    UP_AT = 0           # of a cell
    DOWN_AT = 1

ALWAYS_US = -MOST
NEVER_US = MOST


@cython.final
@cython.no_gc
cdef class Rise:
    """By how much a record raised the rated totals of a session between two instants.

    `classes` are (up, down) of class 1, 2, ...; fewer than the scheme has means nothing of the
    others. Class 0 is the rest. `from_us` not before `to_us`: all of it happened at `to_us`.
    Raises ValueError if something is negative or the classes have more than there is.
    """

    def __cinit__(
        self, int64_t up, int64_t down, int64_t seconds, int64_t from_us, int64_t to_us, classes=(),
    ):
        cdef int64_t of_up, of_down
        self.c.seconds, self.c.from_us, self.c.to_us = seconds, from_us, to_us
        self.classes_n = 1
        for of_up, of_down in classes:
            if self.classes_n == CLASSES_MOST:
                raise ValueError("there are at most eight classes")
            if of_up < 0 or of_down < 0 or of_up > up or of_down > down:
                raise ValueError("the classes rise by more than the session")
            self.c.octets[self.classes_n] = Octets(of_up, of_down)
            up -= of_up
            down -= of_down
            self.classes_n += 1
        if up < 0 or down < 0 or seconds < 0:
            raise ValueError("a rise is not negative")
        self.c.octets[0] = Octets(up, down)


@cython.final
@cython.no_gc
cdef class Draw:
    """A pot as a walk sees it: how much is left, what it may pay for, in which slot that counts."""

    def __cinit__(
        self, int64_t left, uint64_t cells, int flows, int slot,
        int64_t from_us=ALWAYS_US, int64_t until_us=NEVER_US,
    ):
        if slot < 0:
            raise ValueError("a draw counts in a slot of the scheme")
        self.c = DrawC(left, 0, cells, flows, slot, from_us, until_us)

    @property
    def left(self):
        """How much of it may still be taken: octets or seconds."""
        return self.c.left

    @left.setter
    def left(self, int64_t left):
        self.c.left = left

    @property
    def took(self):
        """What the last walk took."""
        return self.c.took


@cython.final
@cython.no_gc
cdef class Meter:
    """A counter of an account over a period as a walk sees it."""

    def __cinit__(
        self, int measures, int index, int64_t used,
        int64_t from_us=ALWAYS_US, int64_t until_us=NEVER_US,
    ):
        if not OF_TIERS <= measures <= OF_CAP or used < 0:
            raise ValueError("a meter measures TIERS, FAIR or CAP and is not negative")
        self.c = MeterC(measures, index, used, 0, from_us, until_us)

    @property
    def used(self):
        """What it has counted: octets, seconds, or micros."""
        return self.c.used

    @used.setter
    def used(self, int64_t used):
        self.c.used = used

    @property
    def moved(self):
        """What the last walk added."""
        return self.c.moved


cdef int gather(
    Around *around, Scheme s, pieces, draws, meters, char *near, void **far
) except -1:
    # Lays out for C what Python gave; the objects are kept by whoever called. What does not fit
    # near goes to memory that the caller frees.
    cdef Py_ssize_t draws_n = listed(draws), meters_n = listed(meters), pieces_n
    cdef Py_ssize_t i, size
    cdef PieceC *piece
    cdef PyObject **given
    if type(pieces) is not list and type(pieces) is not tuple:
        pieces = tuple(pieces)
    pieces_n = listed(pieces)
    size = pieces_n * sizeof(PieceC) + draws_n * sizeof(DrawC *) + meters_n * sizeof(MeterC *)
    if pieces_n == 0:
        raise ValueError("a rise lies in at least one piece")
    if size > NEAR_OCTETS:
        far[0] = near = <char *> PyMem_Malloc(size)
        if near is NULL:
            raise MemoryError
    piece = <PieceC *> near
    around.pieces, around.pieces_n = piece, pieces_n
    around.draws, around.draws_n = <DrawC **> (piece + pieces_n), draws_n
    around.meters, around.meters_n = <MeterC **> (around.draws + draws_n), meters_n
    given = PySequence_Fast_ITEMS(pieces)
    for i in range(pieces_n):
        set_piece(&piece[i], <object> given[i], s.bands_n)
    given = PySequence_Fast_ITEMS(draws)
    for i in range(draws_n):
        around.draws[i] = &(<Draw?> <object> given[i]).c
        if around.draws[i].slot >= s.slots_n:
            raise ValueError("a draw counts in a slot of the scheme")
    given = PySequence_Fast_ITEMS(meters)
    for i in range(meters_n):
        around.meters[i] = &(<Meter?> <object> given[i]).c
    return 0


cdef inline Py_ssize_t listed(things) except -1:
    # Only lists and tuples: they own what they hold for as long as it is looked at.
    if type(things) is not list and type(things) is not tuple:
        raise TypeError("draws and meters come in lists or tuples")
    return PySequence_Fast_GET_SIZE(things)


cdef inline int set_piece(PieceC *piece, said, int bands_n) except -1:
    piece.until_us, piece.band = said
    if not 0 <= piece.band < bands_n:
        raise ValueError("a piece lies in a band of the scheme")
    return 0


cdef int refuse(int found) except -1:
    if found == UNMETERED:
        raise ValueError("the plan counts something over a period for which no meter was given")
    if found == FREED:
        raise ValueError("caps have let go of more than the state costs")
    assert found != FELL, "T1: a price fell as usage rose"
    raise OverflowError("the usage or its price does not fit in 63 bits")


def walk(
    Scheme scheme not None, Uses uses not None, Rise rise not None, pieces, draws, meters,
    bint fee_was, bint fee_due, /,
):
    """Let a rise pass: (micros before, micros after) of the session.

    Changes `uses`, each draw's `took` and each meter's `moved`. `pieces` are (until_us, band) in
    time order; the last goes on to the end. `draws` in the order in which they are used up. Every
    tier counter, fair-use counter and cap of the plan whose period is not the session needs a
    meter for every instant of the rise. Raises OverflowError for what does not fit in 63 bits and
    ValueError for arguments that do not fit the scheme; nothing is changed then.
    """
    cdef int64_t[WIDTH_MOST] after
    cdef char[NEAR_OCTETS] near
    cdef void *far = NULL
    cdef Around around
    cdef int found
    fitting(scheme, uses, rise)
    around.fee_was, around.fee_due = fee_was, fee_due
    try:
        gather(&around, scheme, pieces, draws, meters, near, &far)
        found = walk_c(scheme, uses.numbers_c, after, &rise.c, &around)
    finally:
        PyMem_Free(far)
    if found:
        refuse(found)
    memcpy(uses.numbers_c, after, scheme.width * sizeof(int64_t))
    return around.was_micros, around.now_micros


def spread(Scheme scheme not None, Uses uses not None, Rise rise not None, pieces, /):
    """Only add the rise to cells and bands, as `walk` does; for replays."""
    cdef int64_t[WIDTH_MOST] after
    cdef char[NEAR_OCTETS] near
    cdef void *far = NULL
    cdef Around around
    cdef int found
    fitting(scheme, uses, rise)
    try:
        gather(&around, scheme, pieces, (), (), near, &far)
        memcpy(after, uses.numbers_c, scheme.width * sizeof(int64_t))
        found = spread_c(scheme, after, &rise.c, around.pieces, around.pieces_n)
    finally:
        PyMem_Free(far)
    if found:
        refuse(found)
    memcpy(uses.numbers_c, after, scheme.width * sizeof(int64_t))


cdef int fitting(Scheme s, Uses uses, Rise rise) except -1:
    if uses.scheme is not s:
        raise ValueError("the state is of another scheme")
    if rise is not None and rise.classes_n > s.classes_n:
        raise ValueError("the scheme has fewer classes")
    return 0


cdef int walk_c(
    Scheme s, const int64_t *before, int64_t *after, const RiseC *rise, Around *around
) noexcept nogil:
    cdef int64_t[LINES_MOST] lines
    cdef int64_t was, now
    cdef int found, i
    for i in range(around.draws_n):
        around.draws[i].took = 0
    for i in range(around.meters_n):
        around.meters[i].moved = 0
    memcpy(after, before, s.width * sizeof(int64_t))
    was = price_gross(s, before, NULL, around.fee_was, lines)
    found = BEYOND if was < 0 else FREED if was < before[s.waived_at] else FITS
    if found == FITS:
        found = pass_through(s, after, rise, around, True)
    if found == FITS:
        now = price_gross(s, after, before, around.fee_due, lines)
        if now < 0:
            found = BEYOND
        elif now < was:
            found = FELL
        else:
            found = waive(s, after, was, now, around)
    if found:
        for i in range(around.draws_n):
            around.draws[i].took = 0
        for i in range(around.meters_n):
            around.meters[i].moved = 0
    return found


cdef int spread_c(
    Scheme s, int64_t *after, const RiseC *rise, const PieceC *pieces, int pieces_n
) noexcept nogil:
    cdef Around around
    memset(&around, 0, sizeof(around))
    around.pieces, around.pieces_n = pieces, pieces_n
    return pass_through(s, after, rise, &around, False)


cdef int pass_through(
    Scheme s, int64_t *after, const RiseC *rise, Around *around, bint charging
) noexcept nogil:
    # Cuts the rise where something changes, and gives each part to its cell.
    cdef Octets[CLASSES_MOST] given
    cdef Octets[CLASSES_MOST] part
    cdef int64_t given_s = 0, part_s, begin = rise.from_us, end
    cdef uint64_t whole = 0, passed
    cdef const PieceC *piece = around.pieces
    cdef const PieceC *last = around.pieces + around.pieces_n - 1
    cdef int found, i
    around.last_us = rise.to_us
    if rise.from_us >= rise.to_us:
        return pass_part(
            s, after, rise.octets, rise.seconds, last.band, rise.to_us, around, charging
        )
    whole = <uint64_t> rise.to_us - <uint64_t> rise.from_us
    memset(given, 0, sizeof(given))
    while begin < rise.to_us:
        while piece < last and piece.until_us <= begin:
            piece += 1
        end = next_cut(begin, rise.to_us, piece.until_us if piece < last else rise.to_us, around)
        passed = <uint64_t> end - <uint64_t> rise.from_us
        for i in range(s.classes_n):
            part[i].up = share(rise.octets[i].up, passed, whole) - given[i].up
            part[i].down = share(rise.octets[i].down, passed, whole) - given[i].down
            given[i].up += part[i].up
            given[i].down += part[i].down
        part_s = share(rise.seconds, passed, whole) - given_s
        given_s += part_s
        found = pass_part(s, after, part, part_s, piece.band, begin, around, charging)
        if found:
            return found
        around.last_us = begin
        begin = end
    return FITS


cdef int64_t next_cut(
    int64_t begin, int64_t end, int64_t until, const Around *around
) noexcept nogil:
    # The first instant after `begin` at which the band, a pot or a period changes.
    cdef const DrawC *draw
    cdef const MeterC *meter
    cdef int i
    end = min(end, until)
    for i in range(around.draws_n):
        draw = around.draws[i]
        if begin < draw.from_us < end:
            end = draw.from_us
        if begin < draw.until_us < end:
            end = draw.until_us
    for i in range(around.meters_n):
        meter = around.meters[i]
        if begin < meter.from_us < end:
            end = meter.from_us
        if begin < meter.until_us < end:
            end = meter.until_us
    return end


cdef int pass_part(
    Scheme s, int64_t *after, const Octets *octets, int64_t seconds, int band, int64_t at_us,
    const Around *around, bint charging
) noexcept nogil:
    # One part of a rise, in one band, class by class; download first, time with class 0.
    cdef int64_t *cell_octets
    cdef int64_t *cell_s = &after[s.seconds_at + band]
    cdef int64_t up, down, larger
    cdef int found = FITS
    cdef int i, cell
    for i in range(s.classes_n):
        cell = band * s.classes_n + i
        cell_octets = &after[2 * cell]
        up, down = octets[i].up, octets[i].down
        if up or down:
            larger = max(cell_octets[UP_AT], cell_octets[DOWN_AT])
            if up > MOST - cell_octets[UP_AT] or down > MOST - cell_octets[DOWN_AT]:
                return BEYOND
            cell_octets[UP_AT] += up
            cell_octets[DOWN_AT] += down
            if charging and s.larger:
                larger = max(cell_octets[UP_AT], cell_octets[DOWN_AT]) - larger
                found = flow_in(s, after, cell, LARGER, larger, at_us, around)
            elif charging:
                found = flow_in(s, after, cell, DOWN, down, at_us, around)
                if found == FITS:
                    found = flow_in(s, after, cell, UP, up, at_us, around)
        if found == FITS and i == 0 and seconds:
            if seconds > MOST - cell_s[0]:
                return BEYOND
            cell_s[0] += seconds
            if charging:
                found = flow_in(s, after, cell, TIME, seconds, at_us, around)
        if found:
            return found
    return FITS


cdef int flow_in(
    Scheme s, int64_t *after, int cell, int flow, int64_t quantity, int64_t at_us,
    const Around *around
) noexcept nogil:
    # What a flow of a cell rose by: allowances first, then the family that prices it.
    cdef int64_t rest = quantity, unboosted = quantity, taken
    cdef int family = s.ways[FLOWS * cell + flow]
    cdef bint fair = s.fair and (s.counted[flow] >> cell) & 1
    cdef int64_t *covered
    cdef DrawC *draw
    cdef int i
    if quantity == 0 or (family < 0 and not fair):
        return FITS
    for i in range(around.draws_n):
        draw = around.draws[i]
        if rest == 0:
            break
        if not pays(s, draw, cell, flow, at_us):
            continue
        taken = min(rest, draw.left - draw.took)
        covered = &after[s.covered_at + draw.slot]
        if taken > MOST - covered[0]:
            return BEYOND
        covered[0] += taken
        draw.took += taken
        rest -= taken
        if draw.slot >= s.bundles_n:
            unboosted -= taken
    if fair and s.fair_metered and unboosted:
        if add_to_meter(around, OF_FAIR_USE, 0, unboosted, at_us) < 0:
            return UNMETERED
    if family < 0 or rest == 0:
        return FITS
    return fill(s, after, &s.families[family], rest, at_us, around, family)


cdef int64_t add_to_meter(
    const Around *around, int measures, int index, int64_t quantity, int64_t at_us
) noexcept nogil:
    # What the meter that measures this at this instant stood at before; UNMETERED without one. A
    # sum beyond 63 bits stays at the most.
    cdef MeterC *meter
    cdef int64_t before
    cdef int i
    for i in range(around.meters_n):
        meter = around.meters[i]
        if meter.measures == measures and meter.index == index and holds(
            meter.from_us, meter.until_us, at_us
        ):
            before = meter.used + meter.moved
            meter.moved += min(quantity, MOST - before)
            return before
    return UNMETERED


cdef int fill(
    Scheme s, int64_t *after, const Family *family, int64_t quantity, int64_t at_us,
    const Around *around, int index
) noexcept nogil:
    # Lets a quantity flow into the lines of its family, from where its counter stands.
    cdef int64_t before = quantity_c(s, after, family)
    if quantity > MOST - before:
        return BEYOND
    if family.metered:
        before = add_to_meter(around, OF_TIERS, index, quantity, at_us)
        if before < 0:
            return UNMETERED
        if quantity > MOST - before:
            return BEYOND
    return BEYOND if fill_from(s, after, family, before, quantity) else FITS


cdef int waive(
    Scheme s, int64_t *after, int64_t was, int64_t now, Around *around
) noexcept nogil:
    # Caps let go what is beyond them; what is not let go moves the caps of the account.
    cdef int64_t *waived = &after[s.waived_at]
    cdef int64_t due = now - was, left
    cdef int i
    was -= waived[0]
    for i in range(s.caps_n):
        left = left_of_cap(s, i, was, around.last_us, around)
        if left == UNMETERED:
            return UNMETERED
        due = min(due, left)
    waived[0] = now - was - due
    around.was_micros, around.now_micros = was, was + due
    for i in range(s.caps_n):
        if s.caps[i].metered:
            add_to_meter(around, OF_CAP, i, due, around.last_us)
    return FITS


cdef int64_t left_of_cap(
    Scheme s, int cap, int64_t session_micros, int64_t at_us, const Around *around
) noexcept nogil:
    cdef const MeterC *meter
    cdef int i
    if not s.caps[cap].metered:
        return max(s.caps[cap].most_micros - session_micros, 0)
    for i in range(around.meters_n):
        meter = around.meters[i]
        if meter.measures == OF_CAP and meter.index == cap and holds(
            meter.from_us, meter.until_us, at_us
        ):
            return max(s.caps[cap].most_micros - meter.used, 0)
    return UNMETERED
