# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Sets of accounts that are held, as marks in their records: which are held whole, which are known.

A set of numbers takes up to twenty octets for each account beside the table that finds it; a mark
takes none, and goes with its record. Of an account that is not held nothing is known here. Walks
are in the order of the table, which depends on the numbers alone; a walk is over a copy.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from aaa._index cimport FREE_PLACE, ById
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
