# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The journal's body while a batch is decided: records one behind the other, as they are kept.

Every accounting record of every device goes through here once, so it is written straight as octets:
no object is kept for it and nothing is gone through again at the end of the batch. What the octets
mean, and how they are read, is said in `accounting.journal`; this only writes.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy


cdef enum:
    NUMBER_MAX = 9          # octets of a number of 63 bits, seven to an octet
    FIRST_ROOM = 1 << 14


cdef inline uint8_t *write_number(uint8_t *at, int64_t number) noexcept nogil:
    while number > 0x7F:
        at[0] = <uint8_t> (number & 0x7F | 0x80)
        number >>= 7
        at += 1
    at[0] = <uint8_t> number
    return at + 1


cdef class Body:
    """The records of one batch, in order. Opens with `mark`, which tells the version."""

    def __cinit__(self, bytes mark not None):
        self.start = NULL
        self.size = self.room = 0
        self.records_n = 0
        cdef Py_ssize_t marked = PyBytes_GET_SIZE(mark)
        self.grow(marked + FIRST_ROOM)
        memcpy(self.start, PyBytes_AS_STRING(mark), marked)
        self.size = marked

    def __dealloc__(self):
        PyMem_Free(self.start)

    def __len__(self):
        return self.records_n

    def append(self, record not None):
        """Write one `accounting.journal.Record`. Raises OverflowError for a number that no
        column holds and AssertionError for one below zero; then nothing is written."""
        cdef Effect effect
        cdef bytes word, attributes, uses
        (
            effect.session_id, effect.account_id, effect.device_id, effect.previous,
            effect.arrived_us, effect.event_us, said, effect.input_octets,
            effect.output_octets, effect.session_s, effect.free_octets, effect.free_s,
            effect.charged_micros, attributes, effect.unrated_input, effect.unrated_output,
            effect.unrated_s, effect.walled, uses,
        ) = record
        word = said.encode("ascii")
        self.put(
            &effect,
            PyBytes_AS_STRING(word), PyBytes_GET_SIZE(word),
            <const uint8_t *> PyBytes_AS_STRING(attributes), PyBytes_GET_SIZE(attributes),
            <const uint8_t *> PyBytes_AS_STRING(uses), PyBytes_GET_SIZE(uses),
        )

    def octets(self):
        """All that was written."""
        return PyBytes_FromStringAndSize(<const char *> self.start, self.size)

    cdef int grow(self, Py_ssize_t more) except -1:
        cdef Py_ssize_t room = self.room
        cdef uint8_t *start
        if self.size + more <= room:
            return 0
        while room < self.size + more:
            room = room * 2 if room else FIRST_ROOM
        start = <uint8_t *> PyMem_Realloc(self.start, room)
        if start == NULL:
            raise MemoryError
        self.start, self.room = start, room
        return 0

    cdef int put(
        self,
        Effect *effect,
        const char *word,
        Py_ssize_t word_size,
        const uint8_t *attributes,
        Py_ssize_t attributes_size,
        const uint8_t *uses=NULL,
        Py_ssize_t uses_size=0,
    ) except -1:
        cdef const int64_t *numbers = <const int64_t *> effect
        cdef uint8_t *at
        cdef int n
        effect.effect_size, effect.attributes_size = word_size, attributes_size
        effect.uses_size = uses_size
        for n in range(NUMBERS):
            if numbers[n] < 0:
                raise AssertionError("a number of the journal is below zero")
        self.grow(NUMBERS * NUMBER_MAX + word_size + attributes_size + uses_size)
        at = self.start + self.size
        for n in range(NUMBERS):
            at = write_number(at, numbers[n])
        memcpy(at, word, word_size)
        memcpy(at + word_size, attributes, attributes_size)
        if uses_size:
            memcpy(at + word_size + attributes_size, uses, uses_size)
        self.size = (at - self.start) + word_size + attributes_size + uses_size
        self.records_n += 1
        return 0
