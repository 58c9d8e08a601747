# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Texts of a row in one piece of memory: one after the other, each behind its length.

A text of Python takes fifty octets besides its own. Of the texts of a million sessions hardly one
is read between two reports, so they are kept as octets and made into texts when somebody asks.
Which place is a text and which octets only the row knows; nothing here is for Python to call.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Malloc
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy


# Before each text is its length and two, seven bits an octet, the lowest first.

cdef enum:
    NONE = 0                # no text
    SMALL = 1               # the text before it in small letters, as a MAC is of its station
    LENGTH = 2
    MANY = 0x7F
    MORE = 0x80


cdef inline const unsigned char *read_number(
    const unsigned char *at, Py_ssize_t *number
) noexcept nogil:
    cdef int shift = 0
    number[0] = 0
    while at[0] & MORE:
        number[0] |= <Py_ssize_t> (at[0] & MANY) << shift
        shift += 7
        at += 1
    number[0] |= <Py_ssize_t> at[0] << shift
    return at + 1


cdef inline unsigned char *put_number(unsigned char *at, Py_ssize_t number) noexcept nogil:
    while number > MANY:
        at[0] = <unsigned char> (number & MANY | MORE)
        number >>= 7
        at += 1
    at[0] = <unsigned char> number
    return at + 1


cdef const unsigned char *skip(const unsigned char *at, int texts_n) noexcept nogil:
    cdef Py_ssize_t number
    cdef int n
    for n in range(texts_n):
        at = read_number(at, &number)
        at += number - LENGTH if number > LENGTH else 0
    return at


cdef Py_ssize_t size_of(const unsigned char *packed, int texts_n) noexcept nogil:
    return skip(packed, texts_n) - packed if packed != NULL else 0


cdef const char *octets_of(object text, Py_ssize_t *size) except NULL:
    if text is None:
        size[0] = 0
        return b""
    if type(text) is bytes:
        size[0] = PyBytes_GET_SIZE(text)
        return PyBytes_AS_STRING(text)
    return PyUnicode_AsUTF8AndSize(text, size)


cdef bint is_small(object text, object before) except -1:
    return (
        type(text) is str and type(before) is str and len(text) == len(before) > 0
        and text == before.lower()
    )


cdef inline Py_ssize_t digits_of(Py_ssize_t number) noexcept nogil:
    # Octets of a length.
    cdef Py_ssize_t digits_n = 1
    while number > MANY:
        number >>= 7
        digits_n += 1
    return digits_n


cdef unsigned char *pack(list texts) except NULL:
    # Room for what it takes up and no more: there are two of these for each open session.
    cdef Py_ssize_t room = 0, size, n
    cdef uint64_t small = 0                     # a bit for each that is the one before it
    cdef unsigned char *packed
    cdef unsigned char *at
    cdef const char *octets
    before = None
    for n, text in enumerate(texts):
        if is_small(text, before):
            small |= <uint64_t> 1 << n
            room += 1
            before = None                       # its octets are not there for the next one
        else:
            octets_of(text, &size)
            room += size + digits_of(size + LENGTH)
            before = text
    at = packed = <unsigned char *> PyMem_Malloc(max(room, 1))
    if packed == NULL:
        raise MemoryError
    for n, text in enumerate(texts):
        if small >> n & 1:
            at = put_number(at, SMALL)
        elif text is None:
            at = put_number(at, NONE)
        else:
            octets = octets_of(text, &size)
            at = put_number(at, size + LENGTH)
            memcpy(at, octets, size)
            at += size
    return packed


cdef const unsigned char *raw_at(
    const unsigned char *packed, int n, Py_ssize_t *size
) noexcept nogil:
    cdef const unsigned char *at
    size[0] = -1
    if packed == NULL:
        return NULL
    at = read_number(skip(packed, n), size)
    size[0] = size[0] - LENGTH if size[0] >= LENGTH else -1
    return at


cdef str text_at(const unsigned char *packed, int n):
    cdef Py_ssize_t number
    cdef const unsigned char *at
    if packed == NULL:
        return None
    at = read_number(skip(packed, n), &number)
    if number == NONE:
        return None
    if number == SMALL:
        return text_at(packed, n - 1).lower()
    return PyUnicode_DecodeUTF8(<const char *> at, number - LENGTH, NULL)


cdef bint is_text(const unsigned char *packed, int n, str text) except -1:
    cdef Py_ssize_t size, wanted
    cdef const unsigned char *at = raw_at(packed, n, &size)
    cdef const char *octets = PyUnicode_AsUTF8AndSize(text, &wanted)
    return size == wanted and memcmp(at, octets, size) == 0


cdef bytes octets_at(const unsigned char *packed, int n):
    cdef Py_ssize_t number
    cdef const unsigned char *at
    if packed == NULL:
        return None
    at = read_number(skip(packed, n), &number)
    return PyBytes_FromStringAndSize(<const char *> at, number - LENGTH)


cdef void pieces_of(const unsigned char *packed, int texts_n, Piece *pieces) noexcept nogil:
    cdef const unsigned char *at = packed
    cdef Py_ssize_t number = NONE
    cdef int n
    for n in range(texts_n):
        if packed != NULL:
            at = read_number(at, &number)
        pieces[n].octets, pieces[n].size = at, NO_TEXT
        if number == SMALL:
            pieces[n].size = AS_BEFORE
        elif number >= LENGTH:
            pieces[n].size = number - LENGTH
            at += number - LENGTH
