"""The data sheet of the codec: what another compiled module may use of it directly.

A `Frame` is what one walk over the octets of a packet finds out. `walk` neither allocates nor
raises, so a loop over many datagrams can call it without the interpreter.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t


cdef enum:
    HEADER = 20
    MAX_PACKET = 4096
    MESSAGE_AUTHENTICATOR = 80

# Positions in radius.errors.REASONS.
cdef enum:
    SOUND = 0
    TOO_SHORT = 1
    BAD_LENGTH = 2
    TRUNCATED = 3
    UNKNOWN_CODE = 4
    ATTRIBUTE_LENGTH = 5
    ATTRIBUTE_OVERRUN = 6
    ATTRIBUTE_TYPE_ZERO = 7
    TOO_MANY_ATTRIBUTES = 8
    MAC_LENGTH = 9
    MAC_TWICE = 10
    BAD_AUTHENTICATOR = 11
    BAD_MAC = 12
    MISSING_MAC = 13
    EAP_WITHOUT_MAC = 14


cdef struct Frame:
    int reason          # position in radius.errors.REASONS, 0 when the packet is sound
    int offset          # the octet at which it is not
    int length          # octets of the packet; what was received beyond them is padding
    int count           # attributes
    int empty           # attributes without a value that are to be left out (PKT-10)
    int mac_offset      # where the value of Message-Authenticator begins, 0 if there is none
    int has_eap         # 1 if there is an EAP-Message


cdef struct VendorFormat:
    int type_size       # octets of a vendor's attribute number: 1, 2 or 4
    int length_size     # octets of its length field: 0, 1 or 2
    int continuation    # 1 if an octet of flags follows the length (WiMAX)


cdef inline const uint8_t *octets_of(bytes value) noexcept:
    return <const uint8_t *> PyBytes_AS_STRING(value)


cdef inline bytes octets_from(const uint8_t *start, Py_ssize_t size):
    return PyBytes_FromStringAndSize(<const char *> start, size)


cdef inline uint32_t load32(const uint8_t *p) noexcept nogil:
    return (<uint32_t> p[0] << 24) | (<uint32_t> p[1] << 16) | (<uint32_t> p[2] << 8) | p[3]


cdef inline bint is_request(int code) noexcept nogil:
    return code == 1 or code == 4 or code == 12 or code == 40 or code == 43


cdef inline bint is_known(int code) noexcept nogil:
    return 1 <= code <= 5 or code == 11 or code == 12 or 40 <= code <= 45 or code == 52


cdef void walk(const uint8_t *octets, Py_ssize_t size, Frame *frame) noexcept nogil

cdef object fault(Frame *frame)

cdef VendorFormat vendor_format(uint32_t vendor) noexcept nogil


cdef class Packet:
    cdef readonly int code
    cdef readonly int identifier
    cdef readonly bytes authenticator
    cdef readonly bytes attribute_octets
    cdef tuple materialised
    cdef const uint8_t *find(self, int kind, const uint8_t *after) noexcept


cdef Packet packet_of(const uint8_t *octets, Frame *frame)
