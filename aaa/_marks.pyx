# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What the books keep by account, in the records of the accounts: marks, sessions, subscribers.

A table of its own takes some twenty octets for each account, a place in the record takes eight or
none, and goes with it. A mark of an account that is not held is not kept; sessions and subscribers
of such a one are, in a table beside. Walks are in the order of the table of accounts, which depends
on the numbers alone; a walk is over a copy.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from aaa._index cimport FREE_PLACE, ById, Few
from domain._account cimport Account


@cython.final
cdef class Marks:
    """The accounts of a table that bear one of the marks; what `set` does under the same names."""

    def __init__(self, ById accounts not None, int place):
        if not 0 <= place < MARKS_N:
            raise ValueError(f"there is no mark {place}")
        self.accounts, self.place = accounts, place

    cdef bint has(self, int64_t key) noexcept:
        cdef PyObject *found = self.accounts.find(key)
        return found != NULL and (<Account> found).notes[self.place] != 0

    cdef void put(self, int64_t key) noexcept:
        cdef PyObject *found = self.accounts.find(key)
        if found != NULL:
            (<Account> found).notes[self.place] = 1

    def add(self, int64_t key):
        """The account bears the mark from now on, if it is held."""
        self.put(key)

    def discard(self, int64_t key):
        """The account does not bear the mark."""
        cdef PyObject *found = self.accounts.find(key)
        if found != NULL:
            (<Account> found).notes[self.place] = 0

    def clear(self):
        """No account bears the mark."""
        cdef Py_ssize_t at
        for at in range(self.accounts._places_n):
            if self.accounts._keys[at] != FREE_PLACE:
                (<Account> self.accounts._found[at]).notes[self.place] = 0

    def __contains__(self, int64_t key):
        return self.has(key)

    def __iter__(self):
        return iter([key for key in self.accounts.keys() if self.has(key)])

    def __len__(self):
        return sum([1 for key in self.accounts.keys() if self.has(key)])


@cython.final
cdef class Kin:
    """The rows of each account: what `Few` does under the same names.

    Before a record is put into the table of accounts, `inherit` is called with it and the one in
    its place, or NULL.
    """

    def __init__(self, ById accounts not None, int place):
        if not 0 <= place < KIN_N:
            raise ValueError(f"there is no kin {place}")
        self.accounts, self.place, self.others = accounts, place, Few()

    cdef PyObject *find(self, int64_t key) noexcept:
        cdef PyObject *found = self.accounts.find(key)
        if found == NULL:
            return self.others._rows.find(key)
        found = kept(<Account> found, self.place)
        return NULL if found == <PyObject *> None else found

    cdef int put(self, int64_t key, object row) except -1:
        cdef PyObject *account = self.accounts.find(key)
        cdef PyObject *found
        if account == NULL:
            return self.others.put(key, row)
        found = kept(<Account> account, self.place)
        if found == <PyObject *> None:
            return keep(<Account> account, self.place, row)
        rows = self.of(key)
        for other in rows:
            if other is row:
                return 0
        return keep(<Account> account, self.place, (*rows, row))

    cdef int inherit(self, Account account, PyObject *before) except -1:
        if before != NULL:
            return keep(account, self.place, <object> kept(<Account> before, self.place))
        if len(self.others):
            rows = self.others.pop(account.account_id)
            keep(account, self.place, None if not rows else rows[0] if len(rows) == 1 else rows)
        return 0

    def of(self, int64_t key):
        """The rows of an account in a tuple, in the order in which they came."""
        cdef PyObject *found = self.find(key)
        if found == NULL:
            return ()
        return <object> found if isinstance(<object> found, tuple) else (<object> found,)

    def add(self, int64_t key, row):
        """The row is the account's as well, if it is not already."""
        self.put(key, row)

    def remove(self, int64_t key, row):
        """The row is no longer the account's, if it was."""
        cdef PyObject *account = self.accounts.find(key)
        cdef PyObject *found
        if account == NULL:
            self.others.remove(key, row)
            return
        found = kept(<Account> account, self.place)
        if found == <PyObject *> row:
            keep(<Account> account, self.place, None)
        elif isinstance(<object> found, tuple):
            rows = tuple([other for other in <tuple> found if other is not row])
            keep(<Account> account, self.place, rows[0] if len(rows) == 1 else rows)

    def pop(self, int64_t key):
        """The rows of an account in a tuple; it has none from now on."""
        cdef PyObject *account = self.accounts.find(key)
        if account == NULL:
            return self.others.pop(key)
        rows = self.of(key)
        keep(<Account> account, self.place, None)
        return rows

    def __contains__(self, int64_t key):
        return self.find(key) != NULL


cdef inline PyObject *kept(Account account, int place) noexcept:
    return <PyObject *> (account.live if place == LIVE else account.people)


cdef inline int keep(Account account, int place, object rows) except -1:
    if place == LIVE:
        account.live = rows
    else:
        account.people = rows
    return 0
