# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The sums of a packet: Request and Response Authenticators, Message-Authenticator, hiding.

The sums are taken over the octets as received or as they will be sent, trimmed to the length
field (PKT-04), and compared in constant time (AUT-04). The digests below them are our own
(`_md.h`, `_des.h`). Secrets are octets and never empty (PKT-11).

Policy, such as which clients must send a Message-Authenticator, stays outside but for the
cases in which the RFCs leave no choice: Status-Server (STS-01) and EAP (EAP-04).
"""

from cpython.bytes cimport PyBytes_GET_SIZE
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memset

from radius._codec cimport (
    BAD_AUTHENTICATOR, BAD_MAC, EAP_WITHOUT_MAC, HEADER, MAX_PACKET, MESSAGE_AUTHENTICATOR,
    MISSING_MAC, SOUND, UNKNOWN_CODE, Frame, fault, is_known, is_request, octets_from, octets_of,
    walk,
)

from radius.codes import MacState


cdef extern from "_md.h" nogil:
    ctypedef struct th_md:
        pass
    ctypedef struct th_hmac:
        pass
    void th_md_begin(th_md *h)
    void th_md5_feed(th_md *h, const uint8_t *p, size_t n)
    void th_md5_end(th_md *h, uint8_t *out)
    void th_md4(const uint8_t *p, size_t n, uint8_t *out)
    void th_hmac_begin(th_hmac *m, const uint8_t *key, size_t n)
    void th_hmac_feed(th_hmac *m, const uint8_t *p, size_t n)
    void th_hmac_end(th_hmac *m, uint8_t *out)
    int th_same(const uint8_t *a, const uint8_t *b, size_t n)


cdef extern from "_des.h" nogil:
    void th_des(const uint8_t *key, const uint8_t *block, uint8_t *out)


cdef object ABSENT = MacState.ABSENT
cdef object VALID = MacState.VALID
cdef uint8_t[16] ZEROS
memset(ZEROS, 0, 16)


# ---------------------------------------------------------------- authenticators
cdef void sum_packet(
    const uint8_t *octets, int length, const uint8_t *secret, Py_ssize_t secret_size,
    const uint8_t *authenticator, uint8_t *out,
) noexcept nogil:
    """MD5 over the packet with `authenticator` in its field, and the secret."""
    cdef th_md state
    th_md_begin(&state)
    th_md5_feed(&state, octets, 4)
    th_md5_feed(&state, authenticator, 16)
    th_md5_feed(&state, octets + HEADER, length - HEADER)
    th_md5_feed(&state, secret, secret_size)
    th_md5_end(&state, out)


cdef void sum_mac(
    const uint8_t *octets, Frame *frame, const uint8_t *secret, Py_ssize_t secret_size,
    const uint8_t *authenticator, uint8_t *out,
) noexcept nogil:
    """HMAC-MD5 over the packet with `authenticator` in its field and the sum itself zero."""
    cdef th_hmac state
    cdef int after = frame.mac_offset + 16
    th_hmac_begin(&state, secret, secret_size)
    th_hmac_feed(&state, octets, 4)
    th_hmac_feed(&state, authenticator, 16)
    th_hmac_feed(&state, octets + HEADER, frame.mac_offset - HEADER)
    th_hmac_feed(&state, ZEROS, 16)
    th_hmac_feed(&state, octets + after, frame.length - after)
    th_hmac_end(&state, out)


cdef int verify(
    const uint8_t *octets, Frame *frame, const uint8_t *secret, Py_ssize_t secret_size,
    const uint8_t *request_authenticator,
) noexcept nogil:
    """Checks the sums of a walked packet; a reason, or SOUND (table of RFC 2865, 2866, 5176).

    `request_authenticator` is that of the request a reply answers, and NULL for a request.
    """
    cdef uint8_t[16] computed
    cdef int code = octets[0]
    cdef const uint8_t *field = request_authenticator
    frame.offset = 4
    if field == NULL:
        field = ZEROS
    if code == 1 or code == 12:
        field = octets + 4
    else:
        sum_packet(octets, frame.length, secret, secret_size, field, computed)
        if not th_same(computed, octets + 4, 16):
            return BAD_AUTHENTICATOR
    if frame.mac_offset:
        sum_mac(octets, frame, secret, secret_size, field, computed)
        if not th_same(computed, octets + frame.mac_offset, 16):
            frame.offset = frame.mac_offset
            return BAD_MAC
    elif frame.has_eap:
        return EAP_WITHOUT_MAC
    elif code == 12:
        return MISSING_MAC
    return SOUND


cdef void sign(
    uint8_t *packet, int length, const uint8_t *secret, Py_ssize_t secret_size,
    const uint8_t *request_authenticator,
) noexcept nogil:
    """Fills in the sums of a packet built in place, whose Message-Authenticator (if any) is
    the first attribute. A reply needs the authenticator of its request; for a request it is
    NULL, and codes 1 and 12 hold their authenticator already.
    """
    cdef Frame frame
    cdef uint8_t[16] field
    cdef int code = packet[0]
    memset(&frame, 0, sizeof(Frame))
    if code == 1 or code == 12:
        memcpy(field, packet + 4, 16)
    elif request_authenticator == NULL:
        memset(field, 0, 16)
    else:
        memcpy(field, request_authenticator, 16)
    if length >= HEADER + 18 and packet[HEADER] == MESSAGE_AUTHENTICATOR:
        frame.length = length
        frame.mac_offset = HEADER + 2
        sum_mac(packet, &frame, secret, secret_size, field, packet + HEADER + 2)
    if code != 1 and code != 12:
        sum_packet(packet, length, secret, secret_size, field, packet + 4)


cdef int check_secret(bytes secret) except -1:
    if secret is None or PyBytes_GET_SIZE(secret) == 0:
        raise ValueError("a shared secret must not be empty")
    return 0


cdef int check_authenticator(bytes authenticator) except -1:
    if authenticator is None or PyBytes_GET_SIZE(authenticator) != 16:
        raise ValueError("an authenticator has 16 octets")
    return 0


cdef object verified(bytes octets, bytes secret, bytes request_authenticator, bint request):
    cdef Frame frame
    cdef const uint8_t *p = octets_of(octets)
    cdef const uint8_t *field = NULL
    check_secret(secret)
    if not request:
        field = octets_of(request_authenticator)
    walk(p, PyBytes_GET_SIZE(octets), &frame)
    if frame.reason == SOUND and is_request(p[0]) != request:
        frame.reason = UNKNOWN_CODE
    if frame.reason == SOUND:
        frame.reason = verify(
            p, &frame, octets_of(secret), PyBytes_GET_SIZE(secret),
            field,
        )
    if frame.reason != SOUND:
        raise fault(&frame)
    return VALID if frame.mac_offset else ABSENT


def verify_request(bytes octets not None, bytes secret not None):
    """Checks the sums of a request; says whether it had a Message-Authenticator."""
    return verified(octets, secret, None, True)


def verify_reply(
    bytes octets not None, bytes secret not None, bytes request_authenticator not None
):
    """Checks the sums of a reply; says whether it had a Message-Authenticator."""
    check_authenticator(request_authenticator)
    return verified(octets, secret, request_authenticator, False)


cdef bytes signed(
    int code, int identifier, bytes authenticator, bytes area, bytes secret, bint with_mac
):
    cdef uint8_t[MAX_PACKET] packet
    cdef Py_ssize_t length = HEADER + 18 * with_mac + PyBytes_GET_SIZE(area)
    cdef const uint8_t *request = NULL
    check_secret(secret)
    if not is_known(code) or not 0 <= identifier <= 255:
        raise ValueError(f"code {code} with identifier {identifier} cannot be sent")
    if length > MAX_PACKET:
        raise ValueError(f"a packet of {length} octets is over the limit of {MAX_PACKET}")
    packet[0] = code
    packet[1] = identifier
    packet[2] = <uint8_t> (length >> 8)
    packet[3] = <uint8_t> (length & 255)
    if authenticator is not None:
        check_authenticator(authenticator)
        request = octets_of(authenticator)
        memcpy(packet + 4, request, 16)
    if with_mac:
        packet[HEADER] = MESSAGE_AUTHENTICATOR
        packet[HEADER + 1] = 18
    memcpy(packet + HEADER + 18 * with_mac, octets_of(area), PyBytes_GET_SIZE(area))
    sign(packet, <int> length, octets_of(secret), PyBytes_GET_SIZE(secret), request)
    return octets_from(packet, length)


def sign_reply(
    int code, int identifier, bytes request_authenticator not None,
    bytes attribute_octets not None, bytes secret not None, *,
    bint with_message_authenticator,
):
    """The finished octets of a reply, its Message-Authenticator (if asked for) first."""
    if is_request(code):
        raise ValueError(f"code {code} is a request, not a reply")
    return signed(
        code, identifier, request_authenticator, attribute_octets, secret,
        with_message_authenticator,
    )


def sign_request(
    int code, int identifier, bytes authenticator,
    bytes attribute_octets not None, bytes secret not None, *,
    bint with_message_authenticator,
):
    """The finished octets of a request, its Message-Authenticator (if asked for) first."""
    if not is_request(code):
        raise ValueError(f"code {code} is a reply, not a request")
    if (authenticator is not None) != (code == 1 or code == 12):
        raise ValueError("codes 1 and 12 need an authenticator of their own, others compute it")
    return signed(
        code, identifier, authenticator, attribute_octets, secret, with_message_authenticator
    )


# ---------------------------------------------------------------- hiding

cdef bytes chained(bytes octets, bytes secret, bytes seed, bint hide):
    """Each block of 16 against MD5(secret, the cipher block before it), the first the seed."""
    cdef uint8_t[16] mask
    cdef th_md state
    cdef Py_ssize_t at = 0, size = PyBytes_GET_SIZE(octets), i, part
    cdef bytearray out = bytearray(size)
    cdef uint8_t *to = <uint8_t *> <char *> out
    cdef const uint8_t *source = octets_of(octets)
    cdef const uint8_t *before = octets_of(seed)
    cdef Py_ssize_t before_size = PyBytes_GET_SIZE(seed)
    check_secret(secret)
    while at < size:
        th_md_begin(&state)
        th_md5_feed(&state, octets_of(secret), PyBytes_GET_SIZE(secret))
        th_md5_feed(&state, before, before_size)
        th_md5_end(&state, mask)
        part = min(16, size - at)
        for i in range(part):
            to[at + i] = source[at + i] ^ mask[i]
        before = source + at
        if hide:
            before = to + at
        before_size = part
        at += part
    return bytes(out)


def hide_chain(bytes plain not None, bytes secret not None, bytes seed not None):
    """Hides octets block by block as RFC 2865 s5.2 does; the last block may be short."""
    return chained(plain, secret, seed, True)


def unhide_chain(bytes hidden not None, bytes secret not None, bytes seed not None):
    """Undoes `hide_chain`; with a wrong secret the result is noise."""
    return chained(hidden, secret, seed, False)


# ---------------------------------------------------------------- digests

def md5(bytes octets not None):
    """The MD5 sum of octets (RFC 1321)."""
    cdef th_md state
    cdef uint8_t[16] out
    th_md_begin(&state)
    th_md5_feed(&state, octets_of(octets), PyBytes_GET_SIZE(octets))
    th_md5_end(&state, out)
    return octets_from(out, 16)


def md4(bytes octets not None):
    """The MD4 sum of octets (RFC 1320)."""
    cdef uint8_t[16] out
    th_md4(octets_of(octets), PyBytes_GET_SIZE(octets), out)
    return octets_from(out, 16)


def hmac_md5(bytes key not None, bytes octets not None):
    """The HMAC-MD5 of octets under a key of any length (RFC 2104)."""
    cdef th_hmac state
    cdef uint8_t[16] out
    th_hmac_begin(&state, octets_of(key), PyBytes_GET_SIZE(key))
    th_hmac_feed(&state, octets_of(octets), PyBytes_GET_SIZE(octets))
    th_hmac_end(&state, out)
    return octets_from(out, 16)


def des(bytes key not None, bytes block not None):
    """One block of 8 octets under single DES, the key given as 7 octets without parity."""
    cdef uint8_t[8] out
    if PyBytes_GET_SIZE(key) != 7 or PyBytes_GET_SIZE(block) != 8:
        raise ValueError("DES takes a key of 7 octets and a block of 8")
    th_des(octets_of(key), octets_of(block), out)
    return octets_from(out, 8)


def same_octets(bytes first not None, bytes second not None):
    """Whether two values are equal, in a time that depends on their lengths alone."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(first)
    if size != PyBytes_GET_SIZE(second):
        return False
    return bool(th_same(octets_of(first), octets_of(second), size))
