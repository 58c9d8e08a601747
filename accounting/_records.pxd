"""The data sheet of the reader: where the parts of a record lie in the body of a journal row.

`read_one` makes no Python object, so a reader pays only for what it asks about; the octets are the
caller's and have to stay for as long as the parts are looked at.
"""

from libc.stdint cimport int64_t, uint8_t


cdef enum:
    NUMBERS_MOST = 19       # as `_journal.pxd` lists them


cdef struct Parts:
    int64_t[NUMBERS_MOST] numbers
    Py_ssize_t effect, attributes, uses, end     # where they begin, and where the next record does


# Raises IndexError for what is no record.
cdef int read_one(
    const uint8_t *octets, Py_ssize_t size, Py_ssize_t at, int numbers_n, Parts *parts
) except -1
