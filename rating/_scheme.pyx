# cython: language_level=3, auto_pickle=False, autotestdict=False
"""A whole plan as flat arrays, and the state of a session under it.

Whole numbers only, none negative: octets of cells, seconds of bands, lines, what allowances have
covered and what caps have let go. What lines cost is in `_lines.pyx`, how a rise changes the state
in `_walk.pyx`; plans are checked and explained in `rating.scheme`, which makes schemes. A scheme
does not change. The state is packed into octets for the books, one spelling for each.
"""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcmp, memcpy

from rating._rater cimport Step, price_step

cdef int64_t MOST = 0x7FFFFFFFFFFFFFFF
cdef int64_t MOST_INCREMENT = 0x4000000000000000
cdef int MODES = 3


@cython.final
@cython.no_gc
cdef class Scheme:
    """A whole plan's prices, flat; made by `rating.scheme.compile_scheme`, which checks.

    `shape` is (bands, classes, larger); `ways` the family of each flow of each cell or -1, four
    to a cell; a family is (mode, metered, minimum micros, tiers), a tier (since, amount, unit,
    increment, rounding); `slots` is (bundles, whether there are boosters), `fair` a mask of cells
    for each flow and whether an account counts, a cap (metered, most micros, stops). Raises
    ValueError for numbers with which the arithmetic would not be exact.
    """

    # Families and tiers are NULL until they are made: a new object's memory is all zeros.
    def __init__(
        self, tuple shape, int64_t fee_micros, tuple ways, tuple families, tuple slots,
        tuple fair, tuple caps,
    ):
        if self.families is not NULL:
            raise ValueError("a scheme is made once")
        self.bands_n, self.classes_n, self.larger = shape
        self.bundles_n, boosters = slots
        self.cells_n = self.bands_n * self.classes_n
        if not (1 <= self.bands_n <= BANDS_MOST and 1 <= self.classes_n <= CLASSES_MOST):
            raise ValueError("a scheme has 1 to 9 bands and 1 to 9 classes")
        if self.cells_n > CELLS_MOST or len(ways) != FLOWS * self.cells_n:
            raise ValueError("a scheme has up to 64 cells, with four ways each")
        if not 0 <= self.bundles_n <= SLOTS_MOST - 2 or len(caps) > CAPS_MOST or fee_micros < 0:
            raise ValueError("a scheme has up to 32 bundles and 8 caps, and no fee below 0")
        self.fee_micros = fee_micros
        self.slots_n = self.bundles_n + (2 if boosters else 0)
        take_families(self, families)
        take_ways(self, ways)
        self.caps_n = len(caps)
        for i, (metered, most_micros, stops) in enumerate(caps):
            self.caps[i].metered, self.caps[i].most_micros, self.caps[i].stops = (
                metered, most_micros, stops
            )
        self.fair = fair is not None
        if fair is not None:
            for i in range(FLOWS):
                self.counted[i] = fair[i]
            self.fair_metered = fair[FLOWS]

    def __dealloc__(self):
        PyMem_Free(self.families)
        PyMem_Free(self.tiers)

    def family(self, int family):
        """Return (mode, first line, lines, minimum micros) of a family."""
        if not 0 <= family < self.families_n:
            raise IndexError("the scheme has no such family")
        cdef Family *found = &self.families[family]
        return found.mode, found.first_line, found.lines_n, found.minimum_micros

    def way(self, int cell, int flow):
        """Return the family that prices a flow of a cell, or -1."""
        if not (0 <= cell < self.cells_n and 0 <= flow < FLOWS):
            raise IndexError("the scheme has no such cell or flow")
        return self.ways[FLOWS * cell + flow]


cdef int take_families(Scheme s, tuple families) except -1:
    # Copies families and tiers, gives each its lines and its tally, and lays out the state.
    cdef Family *family
    cdef Tier *tier
    cdef int tiers_n = sum([len(found[3]) for found in families])
    if len(families) > LINES_MOST or tiers_n > LINES_MOST:
        raise ValueError("a scheme has up to 256 tiers in all")
    s.families = <Family *> PyMem_Calloc(max(len(families), 1), sizeof(Family))
    s.tiers = <Tier *> PyMem_Calloc(max(tiers_n, 1), sizeof(Tier))
    if s.families is NULL or s.tiers is NULL:
        raise MemoryError
    tier = s.tiers
    s.seconds_at = 2 * s.cells_n
    s.lines_at = s.seconds_at + s.bands_n
    for mode, metered, minimum_micros, tiers in families:
        family = &s.families[s.families_n]
        if not 0 <= mode < MODES or minimum_micros < 0 or not 1 <= len(tiers) <= TIERS_MOST:
            raise ValueError("a family has mode 0 to 2, no minimum below 0, and 1 to 16 tiers")
        family.mode, family.metered, family.minimum_micros = mode, metered, minimum_micros
        family.first_tier, family.tiers_n = <int> (tier - s.tiers), len(tiers)
        family.first_line, family.lines_n = s.lines_n, len(tiers) if mode == GRADUATED else 1
        family.tally = -1
        s.lines_n += family.lines_n
        s.families_n += 1
        last = -1
        for since, amount, unit, increment, rounding in tiers:
            if since <= last or (last < 0) != (since == 0):
                raise ValueError("tiers begin at 0 and rise")
            set_tier(tier, since, amount, unit, increment, rounding)
            last = since
            tier += 1
        if mode == PACKAGE and (len(tiers) != 1 or minimum_micros or tiers[0][3] != 1):
            raise ValueError("packages have one tier, no minimum and no increment")
    s.covered_at = s.lines_at + s.lines_n
    for i in range(s.families_n):
        if s.families[i].mode != GRADUATED:
            s.families[i].tally = s.covered_at
            s.covered_at += 1
        if s.families[i].mode == VOLUME:
            reckon_dearest(s, &s.families[i])
    s.waived_at = s.covered_at + s.slots_n
    s.width = s.waived_at + 1
    return 0


cdef int set_tier(
    Tier *tier, int64_t since, int64_t amount, int64_t unit, int64_t increment, int64_t rounding
) except -1:
    # The limits are those that `_price.h` counts on.
    if amount < 0 or unit < 1 or not 1 <= increment <= MOST_INCREMENT or not 0 <= rounding <= 2:
        raise ValueError("a tier is (amount >= 0, unit >= 1, increment 1 to 2^62, rounding 0 to 2)")
    tier.since = since
    tier.step = Step(amount, unit, increment, rounding)
    return 0


cdef int reckon_dearest(Scheme s, const Family *family) noexcept:
    # What the last quantity of each tier costs, and the most of them so far.
    cdef Tier *tiers = &s.tiers[family.first_tier]
    cdef int64_t micros
    cdef int i
    for i in range(1, family.tiers_n):
        tiers[i].dearest = -1
        if tiers[i - 1].dearest >= 0:
            if price_step(&tiers[i - 1].step, tiers[i].since - 1, 0, &micros) == 0:
                tiers[i].dearest = max(micros, tiers[i - 1].dearest)
    return 0


cdef int take_ways(Scheme s, tuple ways) except -1:
    # Which family prices what, and with it which cells cost anything by flow.
    cdef int i, cell, flow
    for i in range(FLOWS * s.cells_n):
        if not -1 <= ways[i] < s.families_n:
            raise ValueError("a way leads to a family of the scheme, or is -1")
        s.ways[i] = ways[i]
        cell, flow = i // FLOWS, i % FLOWS
        if s.ways[i] < 0:
            continue
        if flow != TIME and (flow == LARGER) != s.larger:
            raise ValueError("the larger direction is counted everywhere or nowhere")
        if flow == TIME and cell % s.classes_n:
            raise ValueError("time belongs to class 0")
        s.priced[flow] |= (<uint64_t> 1) << cell
    return 0


@cython.final
@cython.no_gc
cdef class Uses:
    """The state of one session under one scheme: whole numbers, none negative."""

    def __cinit__(self, Scheme scheme not None, bytes packed not None=b""):
        self.numbers_c = <int64_t *> PyMem_Calloc(scheme.width, sizeof(int64_t))
        if self.numbers_c is NULL:
            raise MemoryError
        self.scheme = scheme
        if packed:
            unpack(self, packed, len(packed))

    def __dealloc__(self):
        PyMem_Free(self.numbers_c)

    def pack(self):
        """Return the numbers as LEB128, without the zeros at their end; b"" if all are zero."""
        cdef unsigned char[10 * WIDTH_MOST] octets
        cdef Py_ssize_t size = 0
        cdef int width = self.scheme.width
        cdef uint64_t rest
        cdef int i
        while width and self.numbers_c[width - 1] == 0:
            width -= 1
        for i in range(width):
            rest = <uint64_t> self.numbers_c[i]
            while rest > 0x7F:
                octets[size] = 0x80 | (rest & 0x7F)
                rest >>= 7
                size += 1
            octets[size] = <unsigned char> rest
            size += 1
        return octets[:size]

    def copy(self):
        """Return another of its own with the same numbers."""
        cdef Uses other = Uses(self.scheme)
        memcpy(other.numbers_c, self.numbers_c, self.scheme.width * sizeof(int64_t))
        return other

    def __eq__(self, other):
        if type(other) is not Uses or (<Uses> other).scheme is not self.scheme:
            return NotImplemented
        return 0 == memcmp(
            self.numbers_c, (<Uses> other).numbers_c, self.scheme.width * sizeof(int64_t)
        )

    __hash__ = None

    def numbers(self):
        """Return all of them, in the order of the state."""
        return tuple([self.numbers_c[i] for i in range(self.scheme.width)])

    @property
    def totals(self):
        """(up octets, down octets, seconds) over all cells: the session's rated totals."""
        cdef Scheme s = self.scheme
        up = down = seconds = 0
        for i in range(s.cells_n):
            up += self.numbers_c[2 * i]
            down += self.numbers_c[2 * i + 1]
        for i in range(s.bands_n):
            seconds += self.numbers_c[s.seconds_at + i]
        return up, down, seconds

    def octets(self, int cell):
        """Return (up, down) of a cell."""
        within(cell, self.scheme.cells_n)
        return self.numbers_c[2 * cell], self.numbers_c[2 * cell + 1]

    def seconds(self, int band):
        """Return the seconds of a band."""
        within(band, self.scheme.bands_n)
        return self.numbers_c[self.scheme.seconds_at + band]

    def line(self, int line):
        """Return the octets, seconds, packages or (volume tiers) micros of a line."""
        within(line, self.scheme.lines_n)
        return self.numbers_c[self.scheme.lines_at + line]

    def quantity(self, int family):
        """Return the octets or seconds that a family charges for, over all its lines."""
        within(family, self.scheme.families_n)
        return quantity_c(self.scheme, self.numbers_c, &self.scheme.families[family])

    def covered(self, int slot):
        """Return the octets or seconds that the slot's allowance has paid for."""
        within(slot, self.scheme.slots_n)
        return self.numbers_c[self.scheme.covered_at + slot]

    @property
    def waived_micros(self):
        """Of the price, what caps have let go."""
        return self.numbers_c[self.scheme.waived_at]

    def same_usage(self, Uses other not None):
        """Return whether cells and bands are the same."""
        if other.scheme.width != self.scheme.width:
            raise ValueError("the two are of different schemes")
        return 0 == memcmp(
            self.numbers_c, other.numbers_c, self.scheme.lines_at * sizeof(int64_t)
        )


cdef int within(int position, int n) except -1:
    if not 0 <= position < n:
        raise IndexError("the scheme has no such place")
    return 0


cdef int unpack(Uses uses, const unsigned char *octets, Py_ssize_t size) except -1:
    # One spelling for each state: no number longer than need be, no zeros at the end.
    cdef int width = uses.scheme.width
    cdef int n = 0, shift = 0
    cdef uint64_t number = 0
    cdef Py_ssize_t i
    for i in range(size):
        if n == width or shift > 56:
            raise ValueError("these octets are no state of this scheme: too many or too large")
        number |= (<uint64_t> (octets[i] & 0x7F)) << shift
        shift += 7
        if octets[i] & 0x80:
            continue
        if octets[i] == 0 and (shift > 7 or i == size - 1):
            raise ValueError("these octets are no state: there are zeros at an end")
        uses.numbers_c[n] = <int64_t> number
        n += 1
        number, shift = 0, 0
    if shift:
        raise ValueError("these octets are no state: the last number is cut off")
    return 0
