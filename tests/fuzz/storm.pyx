# cython: language_level=3, auto_pickle=False, boundscheck=False, wraparound=False
# cython: cdivision=True, initializedcheck=False
"""The same properties at the speed of C: many small changes of each input that a fuzzer sends.

A fuzzer that is led by coverage finds the way in, and the time between two of its inputs would be
enough for dozens. So each input is followed by 63 changes of it, drawn from a generator that is
seeded by the input itself: an input that fails fails again. Every change is one execution: it goes
through the shipped `decode`, `price` or `verify`, and what comes out is held against rules written
out here once more in C. Nothing here ships.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove, memset

from radius._codec cimport Packet

import hashlib
import hmac

from radius import PacketError, sign_reply, sign_request, verify_reply, verify_request
from radius._codec import decode, decode_attributes, encode_attributes
from radius.codes import MacState
from radius.errors import REASONS
from rating._rater import Tariff, price, rate_many

# Changes of each input, itself among them.
SWARM = 64

cdef uint64_t TOP = <uint64_t> 1 << 63

cdef enum:
    ROOM = 4200


cdef extern from *:
    """
    #include <stdint.h>
    typedef unsigned __int128 storm_wide;

    /* Is `micros` the price of `charged` by `amount` for each `unit`? By multiplying, so that it
     * shares no division with the rater. A price over 63 bits is -1. */
    static int storm_price_is(int64_t micros, uint64_t charged, int64_t amount, int64_t unit,
                              int rounding)
    {
        const storm_wide product = (storm_wide)charged * (storm_wide)amount;
        const storm_wide u = (storm_wide)unit, top = (storm_wide)1 << 63;
        storm_wide m;
        if (micros < 0) {
            if (rounding == 0) return product >= top * u;
            if (rounding == 1) return product > (top - 1) * u;
            return product >= (top - 1) * u + (u - u / 2);
        }
        m = (storm_wide)micros * u;
        if (rounding == 0) return m <= product && product - m < u;
        if (rounding == 1) return m >= product && m - product < u;
        return m >= product ? m - product <= u / 2 : product - m < u - u / 2;
    }
    """
    bint storm_price_is(int64_t micros, uint64_t charged, int64_t amount, int64_t unit,
                        int rounding) nogil


# ---------------------------------------------------------------- changing octets

cdef uint8_t[16] ODD = [0, 1, 2, 3, 6, 18, 19, 26, 79, 80, 89, 127, 128, 253, 254, 255]


cdef struct Dice:
    uint64_t state


cdef inline uint64_t roll(Dice *dice) noexcept nogil:
    dice.state ^= dice.state << 13
    dice.state ^= dice.state >> 7
    dice.state ^= dice.state << 17
    return dice.state


cdef Dice dice_of(const uint8_t *octets, Py_ssize_t size) noexcept nogil:
    cdef Dice dice
    cdef Py_ssize_t i
    dice.state = 0x9E3779B97F4A7C15
    for i in range(size):
        dice.state = (dice.state ^ octets[i]) * <uint64_t> 0x100000001B3
    if dice.state == 0:
        dice.state = 1
    return dice


cdef Py_ssize_t change(uint8_t *p, Py_ssize_t size, Py_ssize_t most, Dice *dice) noexcept nogil:
    """Changes octets in place, one to four times; returns how many there are now."""
    cdef int times = 1 + <int> (roll(dice) & 3)
    cdef uint64_t how
    cdef Py_ssize_t at, count, source
    while times:
        times -= 1
        how = roll(dice)
        at = <Py_ssize_t> ((how >> 8) % <uint64_t> (size + 1))
        count = 1 + <Py_ssize_t> ((how >> 40) & 7)
        if at == size or how & 7 == 0:                      # put some in
            if size + count > most:
                continue
            memmove(p + at + count, p + at, size - at)
            memset(p + at, <int> (how >> 48) & 0xFF, count)
            size += count
        elif how & 7 == 1:                                  # take some out
            count = min(count, size - at)
            memmove(p + at, p + at + count, size - at - count)
            size -= count
        elif how & 7 == 2:                                  # one bit
            p[at] ^= 1 << ((how >> 32) & 7)
        elif how & 7 == 3:                                  # a few more or fewer
            p[at] = <uint8_t> (p[at] + ((how >> 32) & 15) - 8)
        elif how & 7 == 4:                                  # from somewhere else
            source = <Py_ssize_t> ((how >> 32) % <uint64_t> size)
            count = min(count * 4, min(size - at, size - source))
            memmove(p + at, p + source, count)
        else:                                               # a number that means something
            p[at] = ODD[(how >> 32) & 15]
    return size


# ---------------------------------------------------------------- packets

cdef bint known(int code) noexcept nogil:
    return code in (1, 2, 3, 4, 5, 11, 12, 40, 41, 42, 43, 44, 45, 52)


cdef int frame(
    const uint8_t *p, Py_ssize_t size, int *offset, uint8_t *area, Py_ssize_t *filled
) noexcept nogil:
    """The rules of a packet's frame once more: a reason, or 0 and what is to be kept of it."""
    cdef Py_ssize_t at = 20, length
    cdef int kind, step, count = 0, macs = 0
    offset[0] = <int> size
    filled[0] = 0
    if size < 20:
        return 1
    length = p[2] * 256 + p[3]
    offset[0] = 2
    if length < 20 or length > 4096:
        return 2
    offset[0] = <int> size
    if length > size:
        return 3
    offset[0] = 0
    if not known(p[0]):
        return 4
    while at != length:
        offset[0] = <int> at
        if length - at == 1:
            return 5
        kind, step = p[at], p[at + 1]
        if step < 2:
            return 5
        if step > length - at:
            return 6
        if kind == 0:
            return 7
        count += 1
        if count == 201:
            return 8
        if kind == 80:
            if step != 18:
                return 9
            macs += 1
            if macs == 2:
                return 10
        if step > 2 or kind == 79 or kind == 89:
            memcpy(area + filled[0], p + at, step)
            filled[0] += step
        at += step
    offset[0] = 0
    return 0


cdef int check_datagram(const uint8_t *p, Py_ssize_t size) except -1:
    cdef uint8_t[4200] area
    cdef Py_ssize_t filled
    cdef int offset, reason = frame(p, size, &offset, area, &filled)
    cdef bytes octets = PyBytes_FromStringAndSize(<const char *> p, size)
    cdef bytes again
    cdef Packet packet, second
    try:
        packet = decode(octets)
    except PacketError as error:
        if error.reason != REASONS[reason] or error.offset != offset:
            raise AssertionError(f"{error}, not {REASONS[reason]} at {offset}: {octets.hex()}")
        return 0
    if reason or (
        PyBytes_GET_SIZE(packet.attribute_octets) != filled
        or memcmp(PyBytes_AS_STRING(packet.attribute_octets), area, filled)
        or packet.code != p[0] or packet.identifier != p[1]
        or memcmp(PyBytes_AS_STRING(packet.authenticator), p + 4, 16)
    ):
        raise AssertionError(f"decoded otherwise, {REASONS[reason]}: {octets.hex()}")
    again = octets[:2] + bytes(((20 + filled) >> 8, (20 + filled) & 255)) + octets[4:20]
    second = decode(again + packet.attribute_octets)
    if second.attribute_octets != packet.attribute_octets:
        raise AssertionError(f"the canonical form is none: {octets.hex()}")
    if encode_attributes(packet.attributes) != packet.attribute_octets:
        raise AssertionError(f"encoded otherwise: {octets.hex()}")
    return 0


def check_wire(bytes octets not None):
    """One datagram and 63 changes of it, three of four with a length field that is right."""
    cdef uint8_t[ROOM] room
    cdef const uint8_t *p = <const uint8_t *> PyBytes_AS_STRING(octets)
    cdef Py_ssize_t size = min(PyBytes_GET_SIZE(octets), ROOM - 1), now
    cdef Dice dice = dice_of(p, size)
    cdef int i
    check_datagram(p, size)
    for i in range(1, SWARM):
        memcpy(room, p, size)
        now = change(room, size, ROOM - 1, &dice) if i > 1 else size
        if i & 3 and now >= 4:
            room[2] = <uint8_t> (now >> 8)
            room[3] = <uint8_t> (now & 255)
        check_datagram(room, now)


# ---------------------------------------------------------------- prices

cdef int64_t number(const uint8_t *p) noexcept nogil:
    """A number of 63 bits at most from ten octets: the first says how many of them count."""
    cdef uint64_t found = 0
    cdef int i
    for i in range(p[0] % 9):
        found = found << 8 | p[1 + i]
    return <int64_t> (found & ~TOP)


cdef uint64_t charged_of(int64_t quantity, int64_t free, int64_t increment) noexcept nogil:
    cdef uint64_t rest
    if quantity <= free:
        return 0
    rest = <uint64_t> (quantity - free)
    while increment > 1 and rest % <uint64_t> increment:
        rest += <uint64_t> increment - rest % <uint64_t> increment
    return rest


cdef int check_usage(
    object tariff, int64_t *steps, int64_t *usage, int64_t[::1] row, int64_t[::1] out
) except -1:
    """`steps` are fee, then amount, unit, increment, rounding of volume and of time."""
    cdef int64_t[3] micros
    cdef uint64_t total
    cdef uint64_t volume = charged_of(usage[0], usage[2], steps[3])
    cdef uint64_t seconds = charged_of(usage[1], usage[3], steps[7])
    cdef bint refused = False, fits
    cdef int i
    for i in range(5):
        row[i] = usage[i]
    for i in range(3):
        out[i] = -7
    try:
        micros[0], micros[1], micros[2] = price(
            tariff, usage[0], usage[1], usage[2], usage[3], bool(usage[4])
        )
    except OverflowError:
        refused = True
    try:
        rate_many(tariff, row, out)
    except OverflowError:
        if not refused:
            raise AssertionError(f"bulk refused {[steps[i] for i in range(9)]} {list(row)}")
    if refused:
        fits = (
            storm_price_is(-1, volume, steps[1], steps[2], <int> steps[4])
            or storm_price_is(-1, seconds, steps[5], steps[6], <int> steps[8])
        )
        if out[0] != -7 or not (fits or sum_is_over(tariff, steps, usage)):
            raise AssertionError(f"refused {[steps[i] for i in range(9)]} {list(row)}")
        return 0
    total = <uint64_t> micros[0] + <uint64_t> micros[1]
    if (
        micros[0] != (steps[0] if usage[4] else 0)
        or not storm_price_is(micros[1], volume, steps[1], steps[2], <int> steps[4])
        or not storm_price_is(micros[2], seconds, steps[5], steps[6], <int> steps[8])
        or total >= TOP
        or total + <uint64_t> micros[2] >= TOP
        or out[0] != micros[0] or out[1] != micros[1] or out[2] != micros[2]
    ):
        raise AssertionError(f"priced otherwise: {[steps[i] for i in range(9)]} {list(row)}")
    return 0


cdef bint sum_is_over(object tariff, int64_t *steps, int64_t *usage) except -1:
    """Is it the sum that does not fit, each step for itself being priced?"""
    cdef object total = steps[0] if usage[4] else 0
    total += price(tariff, usage[0], 0, usage[2], 0, False)[1]
    total += price(tariff, 0, usage[1], 0, usage[3], False)[2]
    return total > 2**63 - 1


def check_rater(bytes octets not None):
    """One tariff and 64 totals under it: 13 numbers of ten octets each, the last five changing."""
    cdef uint8_t[140] room
    cdef const uint8_t *p = <const uint8_t *> PyBytes_AS_STRING(octets)
    cdef Py_ssize_t size = min(PyBytes_GET_SIZE(octets), 130)
    cdef Dice dice = dice_of(p, size)
    cdef int64_t[9] steps
    cdef int64_t[5] usage
    cdef int64_t[::1] row, out
    cdef int i, k
    memset(room, 0, sizeof(room))
    memcpy(room, p, size)
    for i in range(9):
        steps[i] = number(room + 10 * i)
    for i in (2, 6):
        steps[i] = max(steps[i], 1)
        steps[i + 1] = min(max(steps[i + 1], 1), <int64_t> 1 << 62)
        steps[i + 2] %= 3
    tariff = Tariff(
        room[130] & 3, steps[0],
        (steps[1], steps[2], steps[3], steps[4]), (steps[5], steps[6], steps[7], steps[8]),
    )
    row, out = ROW, OUT
    for i in range(SWARM):
        if i:
            change(room + 90, 40, 40, &dice)
        for k in range(4):
            usage[k] = number(room + 90 + 10 * k)
        usage[4] = room[129] & 1
        check_usage(tariff, steps, usage, row, out)


import array

ROW = array.array("q", [0] * 5)
OUT = array.array("q", [0] * 3)


# ---------------------------------------------------------------- sums

def check_sums(bytes octets not None):
    """One signed packet and 63 changes of it under its secret: right or wrong as by hashlib.

    The first octet is the code, the second says whether it is signed with a
    Message-Authenticator, the third how many octets of secret follow.
    """
    cdef uint8_t[ROOM] room
    cdef Py_ssize_t size, now, offset
    cdef const uint8_t *p
    cdef Dice dice
    cdef int i, code
    if PyBytes_GET_SIZE(octets) < 20:
        return
    code = (1, 4, 12, 40, 43, 2, 3, 5, 11, 41, 42, 44, 45, 52)[octets[0] % 14]
    offset = 3 + 1 + (octets[2] & 31)
    secret = octets[3:offset]
    field = octets[offset : offset + 16].ljust(16, b"\0")
    area = octets[offset + 16 : offset + 16 + 4000]
    with_mac = bool(octets[1] & 1)
    request = code in (1, 4, 12, 40, 43)
    if request:
        signed = sign_request(
            code, octets[1], field if code in (1, 12) else None, area, secret,
            with_message_authenticator=with_mac,
        )
    else:
        signed = sign_reply(code, octets[1], field, area, secret, with_message_authenticator=with_mac)
    p = <const uint8_t *> PyBytes_AS_STRING(signed)
    size = PyBytes_GET_SIZE(signed)
    dice = dice_of(p, size)
    check_signed(signed, secret, None if request else field)
    for i in range(1, SWARM):
        memcpy(room, p, size)
        now = change(room, size, ROOM - 1, &dice)
        if i & 1 and now >= 4:
            room[2] = <uint8_t> (now >> 8)
            room[3] = <uint8_t> (now & 255)
        check_signed(
            PyBytes_FromStringAndSize(<const char *> room, now), secret, None if request else field
        )


cdef int check_signed(bytes octets, bytes secret, bytes field) except -1:
    expected = expected_of(octets, secret, field)
    try:
        found = verify_request(octets, secret) if field is None else verify_reply(
            octets, secret, field
        )
    except PacketError as error:
        found = (error.reason, error.offset)
    if found != expected:
        raise AssertionError(f"{found}, not {expected}: {octets.hex()} by {secret.hex()} {field}")
    return 0


cdef object expected_of(bytes octets, bytes secret, bytes field):
    """What verifying has to say, by the standard library's digests."""
    cdef uint8_t[4200] area
    cdef const uint8_t *p = <const uint8_t *> PyBytes_AS_STRING(octets)
    cdef Py_ssize_t filled, at = 20, length
    cdef int offset, code, mac = 0, eap = 0
    cdef int reason = frame(p, PyBytes_GET_SIZE(octets), &offset, area, &filled)
    if reason:
        return REASONS[reason], offset
    code, length = p[0], p[2] * 256 + p[3]
    if (code in (1, 4, 12, 40, 43)) != (field is None):
        return "unknown-code", 0
    seed = octets[4:20] if code in (1, 12) else (field or bytes(16))
    if code not in (1, 12):
        made = hashlib.md5(octets[:4] + seed + octets[20:length] + secret).digest()
        if made != octets[4:20]:
            return "bad-authenticator", 4
    while at < length:
        if p[at] == 80:
            mac = <int> at + 2
        eap |= p[at] == 79
        at += p[at + 1]
    if mac:
        blank = octets[:4] + seed + octets[20:mac] + bytes(16) + octets[mac + 16 : length]
        if hmac.digest(secret, blank, "md5") != octets[mac : mac + 16]:
            return "bad-message-authenticator", mac
        return MacState.VALID
    if eap:
        return "eap-without-message-authenticator", 4
    return ("missing-message-authenticator", 4) if code == 12 else MacState.ABSENT
