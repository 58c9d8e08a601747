# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Arrays of 64-bit integers as PostgreSQL takes them, in octets.

The hot road hands PostgreSQL one array for each column. The driver's own encoder asks of each
element whether it might be an array itself, which costs more than everything else that the server
does for the row. Nothing here knows a table, and nothing here does I/O.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.long cimport PyLong_Check
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

cdef extern from "<endian.h>" nogil:
    uint32_t htobe32(uint32_t)
    uint64_t htobe64(uint64_t)

cdef enum:
    INT8_OID = 20
    HEAD_OCTETS = 20    # dimensions, "has nulls", element type, length, first index
    MOST = 50_000_000   # elements: a parameter of PostgreSQL's ends at 1 GiB


cdef inline char *put32(char *at, int32_t value) noexcept nogil:
    cdef uint32_t big = htobe32(<uint32_t>value)
    memcpy(at, &big, 4)
    return at + 4


def int8_array(values, /):
    """`int8[]` in PostgreSQL's binary form, from integers and None (NULL).

    Raises OverflowError for a number beyond 64 bits, TypeError for what is no number.
    """
    cdef tuple row = values if type(values) is tuple else tuple(values)
    cdef Py_ssize_t n = len(row), nulls_n = 0
    cdef object one
    cdef int64_t number
    cdef uint64_t big
    if n > MOST:
        raise OverflowError("too many numbers for one array")
    for one in row:
        nulls_n += one is None
    octets = PyBytes_FromStringAndSize(NULL, HEAD_OCTETS + 12 * n - 8 * nulls_n)
    cdef char *at = PyBytes_AS_STRING(octets)
    at = put32(at, 1)
    at = put32(at, 1 if nulls_n else 0)
    at = put32(at, INT8_OID)
    at = put32(at, <int32_t>n)
    at = put32(at, 1)
    for one in row:
        if one is None:
            at = put32(at, -1)
            continue
        if not PyLong_Check(one):
            raise TypeError("an array of numbers takes whole numbers and None")
        number = one
        at = put32(at, 8)
        big = htobe64(<uint64_t>number)
        memcpy(at, &big, 8)
        at += 8
    return octets
