# cython: language_level=3, auto_pickle=False, autotestdict=False
"""A track: all that the lane knows of one session while nothing but interims happens to it.

What is here is worked out once, by `aaa.lane` with the long road's own rules, and holds until
something else touches the session, its account, its plan or its device; then the track is dropped.
Totals are not here: they are the session's, which every road moves.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from aaa._index cimport fetch_at
from domain._account cimport Account, Allowance
from domain._session cimport Session
from rating._rater cimport FEE, TIME, VOLUME, Tariff

from domain.period import day_bounds_us, day_number


cdef extern from "_lane.h" nogil:
    int64_t paid_for "th_paid_for"(
        int64_t money, int64_t amount, int64_t unit, int64_t increment
    )
    int64_t sum_within "th_sum_within"(int64_t a, int64_t b, int64_t c, int64_t limit)


cdef int64_t REACH_MAX = <int64_t> 1 << 62              # accounting.hold
cdef int64_t FOREVER_US = 0x7FFFFFFFFFFFFFFF

cdef enum:
    COURSES_MAX_N = 4096    # beyond this all are forgotten; tracks keep theirs
    # What the processor fetches at once, and how many of these hold numbers that an interim needs.
    LINE_OCTETS = 64
    SESSION_LINES = 4
    ACCOUNT_LINES = 2

cdef dict COURSES = {}


@cython.final
cdef class Days:
    """Local days of one zone: the day of an instant, remembered while it lasts."""

    def __init__(self, str timezone not None):
        self.timezone = timezone
        self.start_us = self.end_us = 0

    cdef int64_t day_of(self, int64_t us) except -1:
        if not self.start_us <= us < self.end_us:
            self.day = day_number(us, self.timezone)
            self.start_us, self.end_us = day_bounds_us(self.day, self.timezone)
        return self.day


@cython.final
@cython.no_gc
cdef class Course:
    """What all tracks of one device have alike whose sessions are on one plan.

    `source_address` is where their records come from. It points at nothing that could point back.
    """

    def __init__(
        self, device, str source_address, Tariff tariff, Days days, tuple numbers, tuple words
    ):
        self.device, self.source_address = device, source_address
        self.tariff, self.days = tariff, days
        self.plan_id, self.interval_s, rate_bps, self.fee_micros = numbers[:4]
        self.rate_bps = -1 if rate_bps is None else rate_bps
        self.guard_octets, self.included_octets, self.included_s = numbers[4:]
        self.held, self.limited, self.charges, self.volume, self.time = words
        self.unit_octets = device.octets_unit
        self.high = device.gigawords and device.gigawords_trusted
        self.swap = device.swap


cdef Course course_of(
    device, str source_address, Tariff tariff, Days days, tuple numbers, tuple words
):
    # A device is known by being the same object, which its course keeps.
    key = (id(device), source_address, tariff, days, numbers, words)
    found = COURSES.get(key)
    if found is None:
        if len(COURSES) >= COURSES_MAX_N:
            COURSES.clear()
        found = COURSES[key] = Course(device, source_address, tariff, days, numbers, words)
    return <Course> found


@cython.final
@cython.no_gc
cdef class Track:
    """All that the lane needs to know of one session; made by `aaa.lane.lay`.

    `until_us` is when time alone changes what the session gets; `fee_micros` the session fee it
    may owe; `guard_octets`, `rated_limit_octets` and `limited` are about the octet limit that its
    device was told (`aaa.grants.overstated`); `allowance` is None if nothing is included. What it
    has in common with others is its course. It points at nothing that could point back.
    """

    def __init__(
        self, Session session not None, Account account not None, device,
        str source_address, Tariff tariff not None,
        Days days not None, Allowance allowance, int64_t plan_id, int64_t interval_s,
        rate_bps, until_us,
        int64_t fee_micros, int64_t guard_octets, int64_t rated_limit_octets,
        int64_t included_octets, int64_t included_s, bint held, bint limited, bint charges,
        bint volume, bint time, priced,
    ):
        self.session, self.account, self.allowance = session, account, allowance
        self.course = course_of(
            device, source_address, tariff, days,
            (
                plan_id, interval_s, rate_bps, fee_micros,
                guard_octets, included_octets, included_s,
            ),
            (held, limited, charges, volume, time),
        )
        self.until_us = FOREVER_US if until_us is None else until_us
        self.rated_limit_octets = rated_limit_octets
        self.priced[FEE], self.priced[VOLUME], self.priced[TIME] = priced
        self.owed = session.fee_due
        self.alive = False

    def __dealloc__(self):
        # The session only points at it while it lasts, and does not keep it.
        if self.session is not None and self.session.track == <PyObject *> self:
            self.session.track = NULL


cdef inline int64_t paid_reach(
    Course course, int kind, int64_t money, int64_t free, int64_t left
) noexcept:
    # How many octets or seconds in all: what costs nothing, and what the money pays.
    return sum_within(
        paid_for(
            money, course.tariff.steps[kind].amount,
            course.tariff.steps[kind].unit, course.tariff.steps[kind].increment,
        ),
        free, left, REACH_MAX,
    )


cdef bint goes_on(
    Track track, const int64_t *micros, int64_t total, int64_t granted,
    int64_t counted, int64_t seconds, int64_t free_octets, int64_t free_s,
    int64_t left_octets, int64_t left_s,
) noexcept:
    # Would `aaa.enforce` find nothing to do (hold.reach, limits.exhausted, grants.overstated)?
    cdef Course course = track.course
    cdef int64_t money, reach, paid
    if not course.charges:
        return True
    if not course.volume and not course.time:
        return total <= granted
    money = granted - course.fee_micros
    if money < 0:
        return False
    if course.tariff.steps[VOLUME].amount:
        reach = paid_reach(course, VOLUME, money - micros[TIME], free_octets, left_octets)
        if counted >= reach:
            return False
        if course.limited:
            paid = reach - min(course.guard_octets, reach // 2)
            if track.rated_limit_octets > paid:
                return False
    if course.tariff.steps[TIME].amount:
        if seconds >= paid_reach(course, TIME, money - micros[VOLUME], free_s, left_s):
            return False
    return True


cdef void fetch(Track track) noexcept:
    cdef const char *session = <const char *> <PyObject *> track.session
    cdef const char *account = <const char *> <PyObject *> track.account
    cdef int line
    for line in range(SESSION_LINES):
        fetch_at(session + line * LINE_OCTETS)
    for line in range(ACCOUNT_LINES):
        fetch_at(account + line * LINE_OCTETS)
