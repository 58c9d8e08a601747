"""The data sheet of decisions that let somebody in, for whoever writes them down."""

from libc.stdint cimport int64_t

from aaa._request cimport Request
from domain._session cimport Session


cdef class LetIn:
    cdef readonly str login
    cdef readonly int64_t session_id
    cdef readonly int64_t decided_us
    cdef readonly int64_t device_id
    cdef readonly str mac       # canonical, or empty
    cdef tuple hints            # nas.login.LoginHints
    cdef str method
    cdef str source_address
    cdef bint signed
    cdef tuple limit_names      # of octet limits, which are one number
    cdef dict speeds            # by name: a number, or the name of a policy
    # What was granted: the session may change before this is written.
    cdef int64_t timeout_s, interim_s, limit_octets, granted_micros

    cdef str said_name(self)
    # How many octets `write_asked` and `write_told` write at most, together.
    cdef Py_ssize_t room(self) except -1
    # JSON as `store.rows.json_octets` makes it of `request` and `reply`; they return its end.
    cdef char *write_asked(self, char *at) except NULL
    cdef char *write_told(self, char *at) except NULL


# The outcome, with these attributes.
cdef object accepted(bytes written)

# What is told by the request and by the session as it begins; the rest is to be filled in.
cdef LetIn let_in(Request request, tuple hints, Session session)
