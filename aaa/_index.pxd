"""The data sheet of the indexes that the books keep: tables by number, sets of numbers.

A dictionary takes some hundred octets for an entry whose key is a number, since the number is an
object. Here a key takes eight octets and what it leads to another eight, at half to four fifths
of the places. Numbers are above the smallest of 64 bits, which marks a free place.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t


cdef extern from *:
    """
    static inline void th_fetch(const void *from) { __builtin_prefetch(from); }
    """
    # Have the processor fetch the sixty-four octets around; any address will do.
    void fetch_at "th_fetch"(const void *at) nogil

# The key of a free place.
cdef int64_t FREE_PLACE


cdef class ById:
    cdef int64_t *_keys
    cdef PyObject **_found
    cdef Py_ssize_t _places_n
    cdef Py_ssize_t _n

    # What a number leads to, borrowed, or NULL.
    cdef PyObject *find(self, int64_t key) noexcept
    # Have the processor fetch where it would be found.
    cdef void fetch(self, int64_t key) noexcept
    cdef int put(self, int64_t key, object value) except -1
    cdef int expect(self, Py_ssize_t more_n) except -1
    cdef void _forget(self) noexcept
    cdef int _resize(self, Py_ssize_t places_n) except -1
    cdef object _take(self, int64_t key)


cdef class Ids:
    cdef int64_t *_keys
    cdef Py_ssize_t _places_n
    cdef Py_ssize_t _n

    cdef bint has(self, int64_t key) noexcept
    cdef int put(self, int64_t key) except -1
    cdef int expect(self, Py_ssize_t more_n) except -1


cdef class Numbers:
    cdef int64_t *_keys
    cdef int64_t *_values
    cdef Py_ssize_t _places_n
    cdef Py_ssize_t _n

    cdef Py_ssize_t _place(self, int64_t key) noexcept


cdef class Few:
    cdef ById _rows             # a number's only row, or a tuple of several

    cdef int put(self, int64_t key, object row) except -1
