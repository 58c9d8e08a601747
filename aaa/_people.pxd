"""The data sheet of who a login is about: what compiled rooms may look up without a call."""

from aaa._index cimport ById
from domain._account cimport Subscriber


# `aaa.decisions.login_key`.
cdef str login_of(tuple hints)

# `aaa.logins.Logins.get`, in its table.
cdef Subscriber person(ById people, str login)
