# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What an Access-Request says beside its credential, in one walk over its octets.

Thirteen attributes by name are thirteen walks and as many objects of octets that become text at
once. Here is one walk, and text is made from the octets where they are. The meaning of each value
is that of `nas.values`: whatever is not plain ASCII, and every IPv6 address, goes through there,
and `tests/nas/test_hints.py` compares all of it with readers in plain Python.
"""

from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.tuple cimport PyTuple_New
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memset

from nas.values import ipv6_of as _ipv6_of, text_of as _text_of

from radius._codec cimport Packet, load32, octets_from, octets_of


cdef extern from *:
    """
    static inline PyObject *th_blank(PyObject *kind, Py_ssize_t size)
    {
        return ((PyTypeObject *) kind)->tp_alloc((PyTypeObject *) kind, size);
    }
    """
    object blank_of "th_blank"(object kind, Py_ssize_t size)


# Numbers of attributes, as in `nas.attribute_types`.
cdef enum:
    USER_NAME = 1
    NAS_IP_ADDRESS = 4
    NAS_PORT = 5
    SERVICE_TYPE = 6
    FRAMED_PROTOCOL = 7
    FRAMED_IP_ADDRESS = 8
    CALLED_STATION_ID = 30
    CALLING_STATION_ID = 31
    VENDOR_SPECIFIC = 26
    NAS_IDENTIFIER = 32
    ACCT_SESSION_ID = 44
    NAS_PORT_TYPE = 61
    NAS_PORT_ID = 87
    NAS_IPV6_ADDRESS = 95

cdef enum:
    LONGEST_IPV4 = 15


cdef bint is_plain(const uint8_t *p, Py_ssize_t size) noexcept nogil:
    """Printable ASCII without a backslash: text as it stands."""
    cdef Py_ssize_t at
    for at in range(size):
        if p[at] < 0x20 or p[at] > 0x7E or p[at] == 0x5C:
            return False
    return True


cdef str text(const uint8_t *p):
    if p == NULL:
        return ""
    if is_plain(p + 2, p[1] - 2):
        return PyUnicode_DecodeASCII(<const char *> p + 2, p[1] - 2, NULL)
    return _text_of(octets_from(p + 2, p[1] - 2))


cdef object integer(const uint8_t *p):
    return None if p == NULL or p[1] != 6 else load32(p + 2)


cdef str ipv4(const uint8_t *p):
    cdef char[LONGEST_IPV4] room
    cdef int filled = 0, octet, at
    cdef uint32_t number
    if p == NULL or p[1] != 6:
        return ""
    number = load32(p + 2)
    if number == 0 or number >= 0xFFFFFFFE:
        return ""  # what stands for no address (RFC 2865 s5.8)
    for at in range(4):
        octet = p[2 + at]
        if at:
            room[filled] = b"."
            filled += 1
        if octet >= 100:
            room[filled] = <char> (48 + octet // 100)
            filled += 1
        if octet >= 10:
            room[filled] = <char> (48 + octet // 10 % 10)
            filled += 1
        room[filled] = <char> (48 + octet % 10)
        filled += 1
    return PyUnicode_DecodeASCII(room, filled, NULL)


cdef object octets(const uint8_t *p):
    return None if p == NULL else octets_from(p + 2, p[1] - 2)


cdef tuple blank(type kind, Py_ssize_t size):
    return <tuple> blank_of(kind, size)


cdef int fill(tuple into, bytes area, Found *found) except -1:
    # The first fields, as they were said; the area is walked once.
    cdef const uint8_t *p = octets_of(area)
    cdef const uint8_t *end = p + PyBytes_GET_SIZE(area)
    cdef const uint8_t **first = found.first
    cdef str address
    memset(found, 0, sizeof(Found))
    while p < end:
        if end - p < 2 or p[1] < 2 or p[1] > end - p:
            raise ValueError("these are no whole attributes")
        if first[p[0]] == NULL:
            first[p[0]] = p
        p += p[1]
    address = ipv4(first[NAS_IP_ADDRESS])
    if not address and first[NAS_IPV6_ADDRESS] != NULL:
        address = _ipv6_of(octets(first[NAS_IPV6_ADDRESS]))
    set_at(into, HINT_USER_NAME_OCTETS, octets(first[USER_NAME]))
    set_at(into, HINT_USER_NAME, text(first[USER_NAME]))
    set_at(into, HINT_CALLING_STATION_ID, text(first[CALLING_STATION_ID]))
    set_at(into, HINT_CALLED_STATION_ID, text(first[CALLED_STATION_ID]))
    set_at(into, HINT_NAS_PORT, integer(first[NAS_PORT]))
    set_at(into, HINT_NAS_PORT_ID, text(first[NAS_PORT_ID]))
    set_at(into, HINT_NAS_PORT_TYPE, integer(first[NAS_PORT_TYPE]))
    set_at(into, HINT_ACCT_SESSION_ID, text(first[ACCT_SESSION_ID]))
    set_at(into, HINT_NAS_IP_ADDRESS, address)
    set_at(into, HINT_NAS_IDENTIFIER, text(first[NAS_IDENTIFIER]))
    set_at(into, HINT_FRAMED_IP_ADDRESS, ipv4(first[FRAMED_IP_ADDRESS]))
    set_at(into, HINT_SERVICE_TYPE, integer(first[SERVICE_TYPE]))
    set_at(into, HINT_FRAMED_PROTOCOL, integer(first[FRAMED_PROTOCOL]))
    return 0


cdef tuple read(type kind, Packet packet, object is_captive, bint dhcp):
    cdef Found found
    cdef tuple made = blank(kind, HINTS_N)
    fill(made, packet.attribute_octets, &found)
    set_at(made, HINT_CAPTIVE, found.first[VENDOR_SPECIFIC] != NULL and is_captive(packet))
    set_at(made, HINT_DHCP, dhcp)
    return made


def hints_of(type kind not None, Packet packet not None, is_captive, bint dhcp):
    """What a packet says as a `nas.login.LoginHints`, which is `kind`: thirteen fields as they were
    said, whether `is_captive` says so, which is asked only if there are vendors' attributes, and
    `dhcp`."""
    return read(kind, packet, is_captive, dhcp)


def said(bytes area not None, /):
    """The first thirteen fields of `nas.login.LoginHints`, in order, from attribute octets."""
    cdef Found found
    cdef tuple made = PyTuple_New(SAID_N)
    fill(made, area, &found)
    return made
