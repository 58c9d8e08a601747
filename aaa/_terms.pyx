# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Terms: what one plan offers at one device, alike to all who have nothing of their own.

`aaa.terms` works them out with the long road's own rules, once for each version of a plan; here
they are held as numbers, and as the attributes of a grant with its numbers to be filled in, so that
a login costs no more than the numbers that are its own. Nothing here decides anything.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from aaa._sums cimport DIGEST, hmac_sha256_c
from domain._session cimport Session
from radius._codec cimport octets_of
from rating._rater cimport Tariff

from domain.seams import US_PER_S as _US_PER_S


cdef extern from "_lane.h" nogil:
    int64_t paid_for "th_paid_for"(
        int64_t money, int64_t amount, int64_t unit, int64_t increment
    )


cdef enum:
    CLASS = 25
    CLASS_OCTETS = 30       # of the attribute: head, mark, 18 octets in base 64
    NAME_OCTETS = 18

cdef int64_t US_PER_S = _US_PER_S
cdef int64_t REACH_MAX = <int64_t> 1 << 62              # accounting.hold
cdef int64_t NUMBER_MAX = 0xFFFFFFFF
cdef const char *LETTERS = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)


cdef inline void store32(uint8_t *p, uint64_t number) noexcept nogil:
    p[0], p[1] = <uint8_t> (number >> 24), <uint8_t> (number >> 16)
    p[2], p[3] = <uint8_t> (number >> 8), <uint8_t> number


cdef void store_class(uint8_t *p, int64_t session_id, bytes key) noexcept:
    """`aaa.token.issue`, as an attribute."""
    cdef uint8_t[NAME_OCTETS] name
    cdef uint8_t[DIGEST] digest
    cdef uint32_t word
    cdef int at
    for at in range(8):
        name[at] = <uint8_t> (<uint64_t> session_id >> (56 - 8 * at))
    hmac_sha256_c(octets_of(key), PyBytes_GET_SIZE(key), name, 8, digest)
    memcpy(&name[8], digest, NAME_OCTETS - 8)
    p[0], p[1] = CLASS, CLASS_OCTETS
    memcpy(p + 2, b"th1.", 4)
    p += 6
    for at in range(0, NAME_OCTETS, 3):
        word = <uint32_t> name[at] << 16 | <uint32_t> name[at + 1] << 8 | name[at + 2]
        p[0], p[1] = LETTERS[word >> 18], LETTERS[word >> 12 & 63]
        p[2], p[3] = LETTERS[word >> 6 & 63], LETTERS[word & 63]
        p += 4


@cython.final
cdef class Terms:
    """What a plan offers at a device, alike to all who have nothing of their own.

    Made by `aaa.terms.lay`. `grant` are the attributes that tell a grant, and `places` where its
    numbers stand in them: of Session-Timeout, of the interim interval, and of each octet limit the
    low and the high word. `line_bps` is not 0 where nothing but the time that a line takes ends a
    session that is paid by volume; `guard_octets` is what passes before a device notices.
    """

    def __init__(
        self, plan, device, Tariff tariff not None, str access not None, bytes told not None,
        bytes grant not None, tuple places not None, tuple limit_names not None,
        dict speeds not None, int64_t interim_s, int64_t guard_octets, int64_t line_bps,
        int64_t renewal_s,
    ):
        cdef int at
        self.plan, self.device, self.tariff, self.access = plan, device, tariff, access
        self.told, self.grant, self.speeds = told, grant, speeds
        self.limit_names = limit_names
        self.limits_n = len(limit_names)
        if self.limits_n > LIMITS_MAX or len(places) != 2 + 2 * self.limits_n:
            raise ValueError("two numbers of time, and two words for each octet limit")
        for place in places:
            if not 0 <= place <= len(grant) - 4:
                raise ValueError("a number is not within the grant")
        if not told:
            raise ValueError("what is told begins with an octet of its own")
        self.timeout_at, self.interim_at = places[0], places[1]
        for at in range(self.limits_n):
            self.low_at[at], self.high_at[at] = places[2 + 2 * at], places[3 + 2 * at]
        self.plan_id, self.device_id = plan.plan_id, device.device_id
        self.sessions_max, self.max_session_s = plan.sessions_max, plan.max_session_s
        self.fee_micros, self.priced = plan.session_fee_micros, plan.priced
        self.grace_us = plan.package.grace_s * US_PER_S if plan.package is not None else 0
        self.interim_s, self.guard_octets, self.line_bps = interim_s, guard_octets, line_bps
        self.renewal_s = renewal_s

    cdef int64_t paid(self, int step, int64_t micros) noexcept:
        # How far the money carries by one price (`accounting.hold.reach`); -1: it costs nothing.
        if self.tariff.steps[step].amount == 0:
            return -1
        return min(
            paid_for(
                micros, self.tariff.steps[step].amount, self.tariff.steps[step].unit,
                self.tariff.steps[step].increment,
            ),
            REACH_MAX,
        )

    cdef bytes written(self, Session session, int64_t tell, bytes class_key):
        # The attributes of the Accept: Class, the grant with an octet limit, what else is told.
        cdef Py_ssize_t grant_n = PyBytes_GET_SIZE(self.grant)
        cdef Py_ssize_t told_n = PyBytes_GET_SIZE(self.told) - 1
        cdef bytes out = PyBytes_FromStringAndSize(NULL, CLASS_OCTETS + grant_n + told_n)
        cdef uint8_t *p = <uint8_t *> PyBytes_AS_STRING(out)
        cdef int at
        store_class(p, session.session_id, class_key)
        p += CLASS_OCTETS
        memcpy(p, octets_of(self.grant), grant_n)
        store32(p + self.timeout_at, min(session.timeout_s, NUMBER_MAX))
        store32(p + self.interim_at, min(max(session.interim_s, 1), NUMBER_MAX))
        tell = max(tell, 1)
        for at in range(self.limits_n):
            store32(p + self.low_at[at], tell & NUMBER_MAX)
            store32(p + self.high_at[at], tell >> 32)
        memcpy(p + grant_n, octets_of(self.told) + 1, told_n)
        return out
