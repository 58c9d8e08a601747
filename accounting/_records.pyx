# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Reading what `_journal.pyx` has written: a body's records, or only what they moved.

A month of one subscriber is thousands of records among millions, so a reader says what it wants
and nothing is made of the rest: all of one session's records, or of every record the few numbers
by which usage can be priced anew. What the numbers mean is said in `accounting.journal`; octets
that are no records are an IndexError, whatever is wrong with them, and nothing is read beyond them.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcmp


cdef enum:
    NUMBER_MAX = 9          # octets of a number of 63 bits
    # Positions among the numbers.
    SESSION_ID = 0
    ACCOUNT_ID = 1
    DEVICE_ID = 2
    PREVIOUS = 3
    ARRIVED_US = 4
    EVENT_US = 5
    INPUT_OCTETS = 6
    OUTPUT_OCTETS = 7
    SESSION_S = 8
    CHARGED_MICROS = 11
    EFFECT_SIZE = 12
    ATTRIBUTES_SIZE = 13
    UNRATED_INPUT = 14
    UNRATED_OUTPUT = 15
    UNRATED_S = 16
    WALLED = 17
    USES_SIZE = 18
    ACCT_STATUS_TYPE = 40
    OF_SERVICE_SIZE = 6
    BESIDE_SIZE = 12
    STORED_SIZE = 6
    OF_SESSIONS = 3         # Acct-Status-Type up to this: Start, Stop, Interim-Update

cdef const char *OF_SERVICE = "class-"  # how effects of services begin
cdef const char *BESIDE = "class-stored"  # of those that are no links of a chain
cdef const char *STORED = "stored"


cdef int read_one(
    const uint8_t *octets, Py_ssize_t size, Py_ssize_t at, int numbers_n, Parts *parts
) except -1:
    # Cut off, longer than a number can be, or beyond the end: none of it is a record.
    cdef int64_t number
    cdef int n, shift
    for n in range(numbers_n):
        number = shift = 0
        while True:
            if at >= size or shift == 7 * NUMBER_MAX:
                raise IndexError("the octets are no record")
            number |= <int64_t> (octets[at] & 0x7F) << shift
            shift += 7
            at += 1
            if octets[at - 1] < 0x80:
                break
        parts.numbers[n] = number
    for n in range(numbers_n, NUMBERS_MOST):
        parts.numbers[n] = 0
    parts.effect = at
    for n in (EFFECT_SIZE, ATTRIBUTES_SIZE, USES_SIZE):
        if parts.numbers[n] > size - at:
            raise IndexError("the last record is cut")
        at += parts.numbers[n]
        if n == EFFECT_SIZE:
            parts.attributes = at
        elif n == ATTRIBUTES_SIZE:
            parts.uses = at
    parts.end = at
    return 0


def records(bytes body not None, Py_ssize_t at, int numbers_n, int64_t session_id=0, /):
    """Return the records from `at` on, as tuples in the order of `accounting.journal.Record`.

    `numbers_n` numbers stand before each. With `session_id` only those of that session's chain; the
    others are read no further than to where they end. Raises IndexError, UnicodeDecodeError.
    """
    cdef const uint8_t *octets = <const uint8_t *> PyBytes_AS_STRING(body)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(body)
    cdef const char *text = PyBytes_AS_STRING(body)
    cdef Parts p
    fitting(at, numbers_n)
    found = []
    while at < size:
        read_one(octets, size, at, numbers_n, &p)
        at = p.end
        if session_id and (
            p.numbers[SESSION_ID] != session_id
            or said(octets + p.effect, p.numbers[EFFECT_SIZE], BESIDE, BESIDE_SIZE)
        ):
            continue
        found.append((
            p.numbers[0], p.numbers[1], p.numbers[2], p.numbers[3], p.numbers[4], p.numbers[5],
            PyUnicode_DecodeASCII(text + p.effect, p.numbers[EFFECT_SIZE], NULL),
            p.numbers[6], p.numbers[7], p.numbers[8], p.numbers[9], p.numbers[10], p.numbers[11],
            PyBytes_FromStringAndSize(text + p.attributes, p.numbers[ATTRIBUTES_SIZE]),
            p.numbers[14], p.numbers[15], p.numbers[16], p.numbers[17],
            PyBytes_FromStringAndSize(text + p.uses, p.numbers[USES_SIZE]),
        ))
    return found


def told(bytes body not None, Py_ssize_t at, int numbers_n, /):
    """Return what each record from `at` on left of its session, as tuples in the order of
    `accounting.journal.Told`. Of records of no session those are left out that cannot be of a
    service. Raises IndexError.
    """
    cdef const uint8_t *octets = <const uint8_t *> PyBytes_AS_STRING(body)
    cdef Py_ssize_t size = PyBytes_GET_SIZE(body)
    cdef Parts p
    cdef bint service
    cdef int kind
    fitting(at, numbers_n)
    found = []
    while at < size:
        read_one(octets, size, at, numbers_n, &p)
        at = p.end
        kind = status(octets + p.attributes, p.numbers[ATTRIBUTES_SIZE])
        if p.numbers[SESSION_ID]:
            service = of_service(octets + p.effect, p.numbers[EFFECT_SIZE])
        elif 0 < kind <= OF_SESSIONS and said(
            octets + p.effect, p.numbers[EFFECT_SIZE], STORED, STORED_SIZE
        ):
            service = True
        else:
            continue
        found.append((
            p.numbers[SESSION_ID], p.numbers[ACCOUNT_ID], p.numbers[PREVIOUS],
            p.numbers[EVENT_US],
            # A service begins and ends without its session: it is of no Start or Stop.
            0 if service else kind,
            p.numbers[WALLED],
            rated(p.numbers[INPUT_OCTETS], p.numbers[UNRATED_INPUT]),
            rated(p.numbers[OUTPUT_OCTETS], p.numbers[UNRATED_OUTPUT]),
            rated(p.numbers[SESSION_S], p.numbers[UNRATED_S]),
            p.numbers[CHARGED_MICROS],
            p.numbers[UNRATED_INPUT], p.numbers[UNRATED_OUTPUT],
            (
                p.numbers[DEVICE_ID], p.numbers[ARRIVED_US],
                PyBytes_FromStringAndSize(
                    <const char *> octets + p.attributes, p.numbers[ATTRIBUTES_SIZE]
                ),
            ) if service else None,
        ))
    return found


cdef int fitting(Py_ssize_t at, int numbers_n) except -1:
    if at < 0 or not ATTRIBUTES_SIZE < numbers_n <= NUMBERS_MOST:
        raise IndexError("no version of the journal has so many numbers")
    return 0


cdef inline bint said(
    const uint8_t *effect, Py_ssize_t size, const char *word, Py_ssize_t word_size
) noexcept nogil:
    return size == word_size and memcmp(effect, word, size) == 0


cdef inline bint of_service(const uint8_t *effect, Py_ssize_t size) noexcept nogil:
    return size > OF_SERVICE_SIZE and memcmp(effect, OF_SERVICE, OF_SERVICE_SIZE) == 0


cdef inline int64_t rated(int64_t total, int64_t unrated) noexcept nogil:
    return total - unrated if unrated < total else 0


cdef int status(const uint8_t *attributes, Py_ssize_t size) noexcept nogil:
    # Acct-Status-Type, if it stands there in four octets; else 0.
    cdef Py_ssize_t at = 0
    while at + 2 <= size and 2 <= attributes[at + 1] <= size - at:
        if attributes[at] == ACCT_STATUS_TYPE and attributes[at + 1] == 6:
            if attributes[at + 2] or attributes[at + 3] or attributes[at + 4]:
                return 0
            return attributes[at + 5]
        at += attributes[at + 1]
    return 0
