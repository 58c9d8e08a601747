# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What one accounting record says to the lane: its counters and times, and a hash of the rest.

Routers send the same names with every interim of a session, and only a handful of numbers differ.
So one pass over the octets takes the numbers out and hashes everything else, octet for octet, of a
number only that it is there: two records with one hash say the same of their session. A record that
is no interim, or that cannot be one for the lane whatever its session is, is not sound.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from aaa._index cimport ById
from aaa._request cimport Request
from radius._codec cimport load32


cdef enum:
    ACCOUNTING_REQUEST = 4
    INTERIM = 3
    AREA_MAX = 4096

cdef int64_t COUNTER_MAX_OCTETS = <int64_t> 1 << 60     # nas.accounting_record

# Without these three there is nothing to compare with.
cdef uint32_t NEEDED = 1 << INPUT | 1 << OUTPUT | 1 << SESSION_TIME


cdef inline int place_of(int kind) noexcept nogil:
    if kind == 42:
        return INPUT
    if kind == 43:
        return OUTPUT
    if kind == 46:
        return SESSION_TIME
    if kind == 55:
        return STAMP
    if kind == 47 or kind == 48:
        return IGNORED
    if kind == 52:
        return INPUT_HIGH
    if kind == 53:
        return OUTPUT_HIGH
    if kind == 41:
        return DELAY
    if kind == 40:
        return STATUS
    return -1


cdef int read_said(const uint64_t *key, Request request, Said *said) except -1:
    # Counters and times apart, all that the record says goes into the hash, octet for octet;
    # of a counter, that it is there.
    cdef uint8_t[AREA_MAX + 8] names
    cdef bytes area = request.packet.attribute_octets
    cdef const uint8_t *octets = <const uint8_t *> PyBytes_AS_STRING(area)
    cdef Py_ssize_t at = 0, end = PyBytes_GET_SIZE(area)
    cdef int kind, size, place
    cdef size_t named = 8
    cdef int64_t device_id = request.device.device_id
    if end > AREA_MAX:
        return 0
    memcpy(names, &device_id, 8)
    said.present = 0
    said.track = NULL
    while at < end:
        if end - at < 2:
            return 0
        kind, size = octets[at], octets[at + 1]
        if size < 2 or end - at < size:
            return 0
        place = place_of(kind)
        if place >= 0:
            if size != 6 or (said.present >> place & 1 and place != IGNORED):
                return 0
            said.present |= <uint32_t> 1 << place
            said.numbers[place] = load32(octets + at + 2)
            names[named] = <uint8_t> kind
            named += 1
        elif kind == 2 or kind == 3 or kind == 33:
            return 0                    # a secret, which is not kept; Proxy-State: echoed
        elif kind != 80:
            memcpy(&names[named], octets + at, size)
            named += size
        at += size
    if not said.present >> STATUS & 1 or said.numbers[STATUS] != INTERIM:
        return 0
    if (said.present & NEEDED) != NEEDED:
        return 0
    names_hash(key, names, named, said.names)
    said.sound = 1
    return 0


cdef int read_ahead(
    const uint64_t *key, ById tracks, list batch, Py_ssize_t at, Py_ssize_t until, Said *said
) except -1:
    for at in range(at, until):
        said[at].sound = 0
        item = batch[at]
        if type(item) is Request and (<Request> item).packet.code == ACCOUNTING_REQUEST:
            read_said(key, <Request> item, &said[at])
            if said[at].sound:
                tracks.fetch(key_of(said[at].names))
    return 0


cdef int64_t octets_of(const Said *said, int low, int high, bint trusted, int64_t unit) noexcept:
    cdef uint64_t total = said.numbers[low]
    if trusted and said.present >> high & 1:
        total |= <uint64_t> said.numbers[high] << 32
    if total > <uint64_t> (COUNTER_MAX_OCTETS // unit):
        return -1
    return <int64_t> total * unit
