# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Reading an interim as a report: whose it is, and its counters; in one walk over its octets.

What a report is good for is told in `server.cover`. Under overload this is done for every interim
that comes, those that are turned away included, so it must cost next to nothing. Of several
instances of an attribute the first one counts.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

from aaa._request cimport Request
from radius._codec cimport MAX_PACKET, Packet, load32, octets_from, octets_of

from nas import attribute_types as _kinds

cdef enum:
    ACCOUNTING_REQUEST = 4
    INTERIM = 3
    DEVICE_OCTETS = 8
    ADDRESS_MAX = 255
    CLASSES_MAX = 16        # instances of Class; more of them cover nothing

cdef enum:
    # places of numbers
    STATUS = 1
    SECONDS = 2
    INPUT = 3
    OUTPUT = 4
    INPUT_HIGH = 5
    OUTPUT_HIGH = 6
    # places of names
    FIRST_NAME = 7
    SESSION_ID = 7
    PLACES_N = 13
    CLASS = 13

# Each attribute type, and its place, or 0.
cdef int[256] PLACE
for _kind in range(256):
    PLACE[_kind] = 0
for _place, _kind in enumerate((
    _kinds.ACCT_STATUS_TYPE, _kinds.ACCT_SESSION_TIME, _kinds.ACCT_INPUT_OCTETS,
    _kinds.ACCT_OUTPUT_OCTETS, _kinds.ACCT_INPUT_GIGAWORDS, _kinds.ACCT_OUTPUT_GIGAWORDS,
    _kinds.ACCT_SESSION_ID, _kinds.USER_NAME, _kinds.CALLING_STATION_ID,
    _kinds.FRAMED_IP_ADDRESS, _kinds.NAS_PORT, _kinds.NAS_IDENTIFIER, _kinds.CLASS,
), 1):
    PLACE[_kind] = _place


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Report:
    """What an interim is about (`key`), and its octets on the wire."""

    @property
    def counters(self):
        """Seconds, input, output."""
        return self.told[0], self.told[1], self.told[2]

    def covers(self, Report earlier not None):
        """Is none of its counters lower? Only asked of reports with one key."""
        cdef int n
        for n in range(COUNTERS_N):
            if self.told[n] < earlier.told[n]:
                return False
        return True


cdef uint64_t number(const uint8_t *high, const uint8_t *low) noexcept:
    return (<uint64_t> load32(high + 2) << 32 if high != NULL else 0) | load32(low + 2)


def report_of(Request request not None):
    """The report in a request; None if it is no interim that another one could cover.

    Differences (F-23) cover nothing, and a counter that is absent or is not of four octets cannot
    be compared.
    """
    cdef Packet packet = request.packet
    cdef const uint8_t *p = octets_of(packet.attribute_octets)
    cdef const uint8_t *end = p + PyBytes_GET_SIZE(packet.attribute_octets)
    cdef const uint8_t *found[PLACES_N]
    cdef const uint8_t *classes[CLASSES_MAX]
    cdef uint8_t[DEVICE_OCTETS + 1 + ADDRESS_MAX + MAX_PACKET] room
    cdef int n, place, classes_n = 0
    cdef const char *address
    cdef Py_ssize_t address_size, filled
    cdef int64_t device_id
    cdef Report report
    if packet.code != ACCOUNTING_REQUEST:
        return None
    for n in range(PLACES_N):
        found[n] = NULL
    while p < end:
        place = PLACE[p[0]]
        if place == CLASS:
            if classes_n == CLASSES_MAX:
                return None
            classes[classes_n] = p
            classes_n += 1
        elif place and found[place] == NULL:
            if place < FIRST_NAME and p[1] != 6:
                return None
            found[place] = p
        p += p[1]
    if (
        found[STATUS] == NULL or load32(found[STATUS] + 2) != INTERIM
        or found[SESSION_ID] == NULL or found[SECONDS] == NULL
        or found[INPUT] == NULL or found[OUTPUT] == NULL
        or request.device.counter_mode == "delta"
    ):
        return None
    address = PyUnicode_AsUTF8AndSize(request.source_address, &address_size)
    if address_size > ADDRESS_MAX:
        return None
    device_id = request.device.device_id
    memcpy(room, &device_id, DEVICE_OCTETS)
    room[DEVICE_OCTETS] = <uint8_t> address_size
    memcpy(room + DEVICE_OCTETS + 1, address, address_size)
    filled = DEVICE_OCTETS + 1 + address_size
    for n in range(FIRST_NAME, PLACES_N):
        if found[n] != NULL:
            memcpy(room + filled, found[n], found[n][1])
            filled += found[n][1]
    for n in range(classes_n):
        memcpy(room + filled, classes[n], classes[n][1])
        filled += classes[n][1]
    report = Report.__new__(Report)
    report.key = octets_from(room, filled)
    report.told[0] = load32(found[SECONDS] + 2)
    report.told[1] = number(found[INPUT_HIGH], found[INPUT])
    report.told[2] = number(found[OUTPUT_HIGH], found[OUTPUT])
    return report
