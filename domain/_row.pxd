"""The data sheet of what compiled rows have in common."""


cdef enum:
    SHARED_MAX_N = 4096     # different texts that are kept to be shared; the rest stand alone
    SHARED_MAX = 256        # octets or characters of one

# One text or octet string for all rows that say the same, as far as few different ones are said.
cdef object shared(object text)

# The fields as `dataclasses` wants them, equality, and how a row prints.
cdef dict fields_of(int required_n, str words)
cdef bint same(object one, object other, dict names) except -1
cdef str said(str kind, object row, dict names)
