"""The data sheet of agendas."""

from libc.stdint cimport int64_t


cdef struct Note:
    int64_t at_us
    int64_t key


cdef class Agenda:
    cdef Note *_notes           # a heap: the earliest is the first
    cdef Py_ssize_t _room
    cdef Py_ssize_t _n

    cdef int put(self, int64_t at_us, int64_t key) except -1
    cdef void _drop_first(self) noexcept
