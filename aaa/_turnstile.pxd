"""The data sheet of the turnstile: what it keeps between batches and holds at hand within one."""

from libc.stdint cimport int64_t, uint64_t

from aaa._begun cimport Begun
from aaa._index cimport ById
from aaa._marks cimport Kin
from aaa._request cimport Request
from aaa._terms cimport Terms
from domain._account cimport Account, Subscriber
from domain._session cimport Session


cdef class Turnstile:
    cdef dict terms
    cdef object lay             # makes terms
    cdef readonly int64_t passed_n      # logins let in here since the start
    # The batch under way.
    cdef object turn, books, sealer, heard, draft
    cdef Begun earlier
    cdef dict decrypts          # see `aaa._unsealed`
    cdef dict begun
    cdef dict plans, newest_plan        # of the books
    cdef set periodic
    cdef dict moves, made, moved, changed   # of the draft
    cdef list decisions
    cdef int64_t lapsed_n
    cdef ById people, accounts
    cdef Kin live
    cdef bytes class_key
    cdef int64_t now_us, start_wait_us, hold_margin_us

    cdef object admitted(self, Request request, tuple hints)
    cdef Terms terms_of(self, Request request, tuple hints, Subscriber subscriber)
    cdef object proof_of(self, Request request, Subscriber subscriber)
    cdef object let_in(
        self, Request request, tuple hints, Subscriber subscriber, Terms terms, str login, str mac
    )
    cdef Session replaced(self, Subscriber subscriber, str mac, str station)
    cdef int lapse(self, Session old, Account account) except -1
    cdef int touch(self, Session old) except -1
    cdef int hold(self, Account account, int64_t micros, bint promise) except -1
    cdef Session session_of(
        self, Request request, tuple hints, Subscriber subscriber, Terms terms, str mac
    )
    cdef object grant(
        self, Request request, tuple hints, str login, Terms terms, Session session,
        int64_t octets, int64_t seconds, int64_t end_us, tuple proof, bytes key, str mac,
    )
    cdef int place(self, Session session, str name) except -1
    cdef uint64_t lot(self) except? 0
    cdef int remember(
        self, Request request, tuple hints, str login, Terms terms, Session session,
        str method, str mac,
    ) except -1
