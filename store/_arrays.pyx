# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Arrays as PostgreSQL takes them, in octets.

The hot road hands PostgreSQL one array for each column. The driver's own encoder asks of each
element whether it might be an array itself, which costs more than everything else that the server
does for the row. Packed rows become arrays without any Python object for a value. Nothing here
knows a table, and nothing here does I/O.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.long cimport PyLong_Check
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from store._packed cimport TH_NULL, TH_NUMBER, Rows, th_cell, value_of

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


cdef inline char *put64(char *at, int64_t value) noexcept nogil:
    cdef uint64_t big = htobe64(<uint64_t>value)
    at = put32(at, 8)
    memcpy(at, &big, 8)
    return at + 8


cdef char *put_head(char *at, Py_ssize_t n, Py_ssize_t nulls_n) noexcept nogil:
    at = put32(at, 1)
    at = put32(at, 1 if nulls_n else 0)
    at = put32(at, INT8_OID)
    at = put32(at, <int32_t>n)
    return put32(at, 1)


def int8_array(values, /):
    """`int8[]` in PostgreSQL's binary form, from integers and None (NULL).

    Raises OverflowError for a number beyond 64 bits, TypeError for what is no number.
    """
    cdef tuple row = values if type(values) is tuple else tuple(values)
    cdef Py_ssize_t n = len(row), nulls_n = 0
    cdef object one
    cdef int64_t number
    if n > MOST:
        raise OverflowError("too many numbers for one array")
    for one in row:
        nulls_n += one is None
    octets = PyBytes_FromStringAndSize(NULL, HEAD_OCTETS + 12 * n - 8 * nulls_n)
    cdef char *at = put_head(PyBytes_AS_STRING(octets), n, nulls_n)
    for one in row:
        if one is None:
            at = put32(at, -1)
            continue
        if not PyLong_Check(one):
            raise TypeError("an array of numbers takes whole numbers and None")
        number = one
        at = put64(at, number)
    return octets


def columns_of(Rows rows not None):
    """The columns of packed rows: one of numbers as `int8[]` in octets, others as tuples.

    A column of NULL alone is of numbers. Raises OverflowError as `int8_array`.
    """
    if rows.rows_n > MOST:
        raise OverflowError("too many numbers for one array")
    return [column_of(rows, place) for place in range(rows.columns_n)]


cdef object column_of(Rows rows, Py_ssize_t place):
    cdef Py_ssize_t n, nulls_n = 0
    cdef const th_cell *one
    for n in range(rows.rows_n):
        one = rows.cells + n * rows.columns_n + place
        if one.kind == TH_NULL:
            nulls_n += 1
        elif one.kind != TH_NUMBER:
            return tuple(values_of(rows, place))
    octets = PyBytes_FromStringAndSize(NULL, HEAD_OCTETS + 12 * rows.rows_n - 8 * nulls_n)
    cdef char *at = put_head(PyBytes_AS_STRING(octets), rows.rows_n, nulls_n)
    for n in range(rows.rows_n):
        one = rows.cells + n * rows.columns_n + place
        at = put32(at, -1) if one.kind == TH_NULL else put64(at, one.value.number)
    return octets


cdef list values_of(Rows rows, Py_ssize_t place):
    cdef Py_ssize_t n
    return [value_of(rows.cells + n * rows.columns_n + place) for n in range(rows.rows_n)]
