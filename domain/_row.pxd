"""The data sheet of what compiled rows have in common."""

cimport cython
from libc.stdint cimport int8_t


@cython.no_gc
cdef class Row:
    cdef tuple alike            # what many rows say alike
    cdef int8_t[3] members      # of enumerations, as their places in them
    cdef int8_t flags           # one bit each
    cdef int8_t[2] notes        # of no field: for whoever holds the row


@cython.no_gc
cdef class Texted(Row):
    cdef unsigned char *texts   # own texts in one piece, packed


cdef class Field:
    cdef int n


# Descriptors of fields that lie there.
cdef class _Text(Field):
    cdef bytes kinds


cdef class _Alike(Field):
    cdef tuple types


cdef class _Flag(Field):
    pass


cdef class _Member(Field):
    cdef tuple members
    cdef dict places


# The place of a member of an enumeration, named by itself or by its value: its place, or in a
# dictionary.
cdef int8_t index_of(object value, tuple members, dict places) except -1
cdef int keep_texts(Texted row, list texts) except -1
# One tuple for all rows that say the same, as far as few different ones are said.
cdef tuple alike(tuple said)

# The fields as `dataclasses` wants them, equality, and how a row prints.
cdef dict fields_of(int required_n, str words)
cdef bint same(object one, object other, dict names) except -1
cdef str said(str kind, object row, dict names)
