# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The compiled half of the wire: framing, attribute walking, and the Packet that readers see.

Everything here works on the octets as they were received and touches each of them as seldom
as it can: this is the code that runs for every packet. Values are not interpreted (that is
`radius.attributes`), and no sum is looked at (that is `radius._authenticator`).

Every walk advances by at least one octet or ends (PKT-13); nothing here can loop for ever.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from radius.errors import REASONS as _REASONS, PacketError


cdef enum:
    MAX_VALUE = 253
    MAX_ATTRIBUTES = 200
    VENDOR_SPECIFIC = 26
    EAP_MESSAGE = 79
    CHARGEABLE_USER_IDENTITY = 89


# ---------------------------------------------------------------- framing

cdef inline bint is_dropped(int kind, int size) noexcept nogil:
    # PKT-10: no value, no attribute; but an empty CUI asks, an empty EAP-Message starts EAP.
    return size == 0 and kind != EAP_MESSAGE and kind != CHARGEABLE_USER_IDENTITY


cdef void walk_header(const uint8_t *octets, Py_ssize_t size, Frame *frame) noexcept nogil:
    memset(frame, 0, sizeof(Frame))
    if size < HEADER:
        frame.reason = TOO_SHORT
        frame.offset = <int> size
        return
    frame.length = (octets[2] << 8) | octets[3]
    if frame.length < HEADER or frame.length > MAX_PACKET:
        frame.reason = BAD_LENGTH
        frame.offset = 2
    elif size < frame.length:
        frame.reason = TRUNCATED
        frame.offset = <int> size
    elif not is_known(octets[0]):
        frame.reason = UNKNOWN_CODE


cdef void walk_attributes(
    const uint8_t *octets, int at, int end, Frame *frame
) noexcept nogil:
    cdef int kind, size
    while at < end:
        frame.offset = at
        if end - at < 2 or octets[at + 1] < 2:
            frame.reason = ATTRIBUTE_LENGTH
            return
        kind = octets[at]
        size = octets[at + 1]
        if at + size > end:
            frame.reason = ATTRIBUTE_OVERRUN
            return
        if kind == 0:
            frame.reason = ATTRIBUTE_TYPE_ZERO
            return
        frame.count += 1
        if frame.count > MAX_ATTRIBUTES:
            frame.reason = TOO_MANY_ATTRIBUTES
            return
        if kind == MESSAGE_AUTHENTICATOR:
            if size != 18 or frame.mac_offset:
                frame.reason = MAC_TWICE if size == 18 else MAC_LENGTH
                return
            frame.mac_offset = at + 2
        elif kind == EAP_MESSAGE:
            frame.has_eap = 1
        if is_dropped(kind, size - 2):
            frame.empty += 1
        at += size
    frame.offset = 0


cdef void walk(const uint8_t *octets, Py_ssize_t size, Frame *frame) noexcept nogil:
    """Checks the header and every attribute's frame (PKT-01..06, PKT-12, AUT-05)."""
    walk_header(octets, size, frame)
    if frame.reason == SOUND:
        walk_attributes(octets, HEADER, frame.length, frame)


cdef object fault(Frame *frame):
    """The PacketError of a frame that is not sound."""
    return PacketError(_REASONS[frame.reason], frame.offset)


cdef bytes kept(const uint8_t *octets, int at, int end, Frame *frame):
    """The attribute octets of a sound frame, without the empty ones."""
    cdef uint8_t[MAX_PACKET] room
    cdef int size, filled = 0
    if frame.empty == 0:
        return octets_from(octets + at, end - at)
    while at < end:
        size = octets[at + 1]
        if not is_dropped(octets[at], size - 2):
            memcpy(room + filled, octets + at, size)
            filled += size
        at += size
    return octets_from(room, filled)


cdef tuple pairs_of(bytes area):
    cdef const uint8_t *p = octets_of(area)
    cdef Py_ssize_t at = 0, end = PyBytes_GET_SIZE(area)
    cdef list found = []
    while at < end:
        found.append((<int> p[at], octets_from(p + at + 2, p[at + 1] - 2)))
        at += p[at + 1]
    return tuple(found)


def peek(bytes octets not None):
    """The header alone: (code, identifier, length, authenticator), or PacketError."""
    cdef Frame frame
    cdef const uint8_t *p = octets_of(octets)
    walk_header(p, PyBytes_GET_SIZE(octets), &frame)
    if frame.reason != SOUND:
        raise fault(&frame)
    return p[0], p[1], frame.length, octets_from(p + 4, 16)


cdef Packet packet_of(const uint8_t *octets, Frame *frame):
    """The packet in octets that were walked and found to be sound."""
    cdef Packet packet = Packet.__new__(Packet)
    packet.code = octets[0]
    packet.identifier = octets[1]
    packet.authenticator = octets_from(octets + 4, 16)
    packet.attribute_octets = kept(octets, HEADER, frame.length, frame)
    return packet


def decode(bytes octets not None):
    """A Packet from octets whose sums are not looked at, or PacketError."""
    cdef Frame frame
    cdef const uint8_t *p = octets_of(octets)
    walk(p, PyBytes_GET_SIZE(octets), &frame)
    if frame.reason != SOUND:
        raise fault(&frame)
    return packet_of(p, &frame)


def decode_attributes(bytes octets not None):
    """The (type, value) pairs of an attribute area, in order, or PacketError."""
    cdef Frame frame
    cdef Py_ssize_t size = PyBytes_GET_SIZE(octets)
    memset(&frame, 0, sizeof(Frame))
    if size > MAX_PACKET - HEADER:
        raise PacketError(_REASONS[BAD_LENGTH], MAX_PACKET - HEADER)
    walk_attributes(octets_of(octets), 0, <int> size, &frame)
    if frame.reason != SOUND:
        raise fault(&frame)
    return pairs_of(kept(octets_of(octets), 0, <int> size, &frame))


def encode_attributes(attributes):
    """The octets of (type, value) pairs in their order; empty values are left out (PKT-10)."""
    cdef list parts = []
    cdef int kind
    cdef bytes value
    cdef Py_ssize_t size
    for kind, value in attributes:
        size = PyBytes_GET_SIZE(value)
        if not 1 <= kind <= 255:
            raise ValueError(f"attribute type {kind} is not between 1 and 255")
        if size > MAX_VALUE:
            raise ValueError(f"attribute {kind} has {size} octets, at most {MAX_VALUE} fit")
        if not is_dropped(kind, <int> size):
            parts.append(bytes((kind, size + 2)))
            parts.append(value)
    return b"".join(parts)


# ---------------------------------------------------------------- inside a Vendor-Specific

cdef VendorFormat vendor_format(uint32_t vendor) noexcept nogil:
    """How a vendor frames its attributes (field notes 5.4); one octet each unless known."""
    cdef VendorFormat form
    form.type_size = 1
    form.length_size = 1
    form.continuation = 0
    if vendor == 429:                                   # USRobotics
        form.type_size = 4
        form.length_size = 0
    elif vendor == 8164:                                # Starent
        form.type_size = 2
        form.length_size = 2
    elif vendor == 4846 or vendor == 637 or vendor == 16445 or vendor == 54:
        form.type_size = 2                              # Lucent, Alcatel-ESAM, Kineto, DHCP
    elif vendor == 24757 or vendor == 5323:             # WiMAX, Telrad
        form.continuation = 1
    return form


cdef list split(const uint8_t *p, Py_ssize_t size, VendorFormat *form):
    """The (type, value, more) parts that exactly fill the octets, or None."""
    cdef list found = []
    cdef Py_ssize_t head = form.type_size + form.length_size + form.continuation
    cdef Py_ssize_t at = 0, length
    cdef uint32_t kind
    if size == 0:
        return None
    while at < size:
        if size - at < head:
            return None
        kind = p[at]
        if form.type_size == 2:
            kind = (kind << 8) | p[at + 1]
        elif form.type_size == 4:
            kind = load32(p + at)
        length = size - at
        if form.length_size:
            length = p[at + form.type_size]
            if form.length_size == 2:
                length = (length << 8) | p[at + form.type_size + 1]
        if length < head or at + length > size:
            return None
        found.append((
            kind,
            octets_from(p + at + head, length - head),
            form.continuation and p[at + head - 1] & 0x80 != 0,
        ))
        at += length
    return found


def split_vendor(
    bytes value not None, *, int type_size=1, int length_size=1, bint continuation=False
):
    """What follows a vendor's number, as [(type, octets, more follows)]; None if it does not
    fit. TLVs have the same shape (RFC 6929 s2.3)."""
    cdef VendorFormat form
    if type_size not in (1, 2, 4) or length_size not in (0, 1, 2):
        raise ValueError(f"no vendor has the format {type_size},{length_size}")
    form.type_size = type_size
    form.length_size = length_size
    form.continuation = continuation
    return split(octets_of(value), PyBytes_GET_SIZE(value), &form)


def format_of(uint32_t vendor):
    """(type octets, length octets, has a continuation octet) of a vendor's attributes."""
    cdef VendorFormat form = vendor_format(vendor)
    return form.type_size, form.length_size, bool(form.continuation)


# ---------------------------------------------------------------- the packet

@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Packet:
    """A packet: code, identifier, 16 octets of authenticator, ordered raw attributes.

    It never changes, and holds the attributes as octets: reading one by its number walks
    them without making objects of the others. Values are octets; nothing is interpreted, so
    what is not understood comes out as it came in (PKT-08, PKT-09). It points at nothing that
    could point back, so the collector need not know of it.
    """

    def __init__(self, int code, int identifier, bytes authenticator not None, attributes):
        if not is_known(code) or not 0 <= identifier <= 255:
            raise ValueError(f"no packet has code {code} and identifier {identifier}")
        if PyBytes_GET_SIZE(authenticator) != 16:
            raise ValueError("an authenticator has 16 octets")
        self.code = code
        self.identifier = identifier
        self.authenticator = authenticator
        self.attribute_octets = encode_attributes(attributes)

    @property
    def attributes(self):
        """Every attribute as (type, value), in the order of the wire."""
        if self.materialised is None:
            self.materialised = pairs_of(self.attribute_octets)
        return self.materialised

    cdef const uint8_t *find(self, int kind, const uint8_t *after) noexcept:
        # The next attribute of a type behind `after`, at its type octet; NULL at the end.
        cdef const uint8_t *p = octets_of(self.attribute_octets)
        cdef const uint8_t *end = p + PyBytes_GET_SIZE(self.attribute_octets)
        if after != NULL:
            p = after + after[1]
        while p < end:
            if p[0] == kind:
                return p
            p += p[1]
        return NULL

    def first(self, int kind):
        """The value of the first attribute of a type, or None."""
        cdef const uint8_t *p = self.find(kind, NULL)
        return None if p == NULL else octets_from(p + 2, p[1] - 2)

    def integer(self, int kind):
        """The first attribute of a type as unsigned 32 bits, or None; another size is as if
        it were absent (PKT-07)."""
        cdef const uint8_t *p = self.find(kind, NULL)
        return None if p == NULL or p[1] != 6 else load32(p + 2)

    def all(self, int kind):
        """The values of all attributes of a type, in order."""
        cdef list found = []
        cdef const uint8_t *p = self.find(kind, NULL)
        while p != NULL:
            found.append(octets_from(p + 2, p[1] - 2))
            p = self.find(kind, p)
        return found

    def concat(self, int kind):
        """The values of a type joined in order (EAP-Message and its like), None if absent."""
        cdef list found = self.all(kind)
        return b"".join(found) if found else None

    def vsas(self, uint32_t vendor, uint32_t kind):
        """The values of a vendor's attribute, in order, continued ones joined.

        A Vendor-Specific whose parts do not exactly fill it holds nothing (PKT-13).
        """
        cdef VendorFormat form = vendor_format(vendor)
        cdef list found = [], parts
        cdef const uint8_t *p = self.find(VENDOR_SPECIFIC, NULL)
        cdef bytes open_value = None
        while p != NULL:
            if p[1] > 6 and load32(p + 2) == vendor:
                parts = split(p + 6, p[1] - 6, &form)
                for number, value, more in parts or ():
                    if number != kind:
                        continue
                    open_value = value if open_value is None else open_value + value
                    if not more:
                        found.append(open_value)
                        open_value = None
            p = self.find(VENDOR_SPECIFIC, p)
        return found

    def vsa(self, uint32_t vendor, uint32_t kind):
        """The first value of a vendor's attribute, or None."""
        cdef list found = self.vsas(vendor, kind)
        return found[0] if found else None

    def vsa_integer(self, uint32_t vendor, uint32_t kind):
        """The first value of a vendor's attribute as unsigned 32 bits, or None."""
        cdef bytes value = self.vsa(vendor, kind)
        if value is None or PyBytes_GET_SIZE(value) != 4:
            return None
        return load32(octets_of(value))

    def __eq__(self, other):
        cdef Packet that
        if not isinstance(other, Packet):
            return NotImplemented
        that = other
        return (
            self.code == that.code and self.identifier == that.identifier
            and self.authenticator == that.authenticator
            and self.attribute_octets == that.attribute_octets
        )

    def __hash__(self):
        return hash((self.code, self.identifier, self.authenticator, self.attribute_octets))

    def __repr__(self):
        # Values stay out of it: a traceback must not show a password.
        return f"<Packet code {self.code} id {self.identifier}: {len(self.attributes)} attributes>"
