# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Which session each login has begun and when, in the order in which they were told.

An ordered dictionary does the same, at three times the cost for each login: one is added to it for
each, and as many are forgotten once it is full. What is kept and for how long `aaa.repeats` says.
"""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport int64_t

cdef enum:
    ROOM_N = 64                 # of the first ring


@cython.final
cdef class Begun:
    """Sessions and instants by the keys of logins, oldest first."""

    def __cinit__(self):
        self.places = {}

    def __dealloc__(self):
        while self.first_n < self.end_n:
            self.drop_first()
        PyMem_Free(self.row)

    def __len__(self):
        return len(self.places)

    def __contains__(self, bytes key not None):
        return self.has(key)

    cdef bint has(self, bytes key) except -1:
        return key in self.places

    def add(self, dict begun not None, int64_t at_us):
        """These sessions were begun at this instant."""
        for key, session_id in begun.items():
            self.put(key, session_id, at_us)

    cdef int put(self, bytes key, int64_t session_id, int64_t at_us) except -1:
        # One that is known already is the newest now; where it was is passed over.
        cdef Beginning *one
        if self.end_n - self.first_n == self.room_n:
            self.widen()
        self.places[key] = self.end_n
        one = &self.row[self.end_n & (self.room_n - 1)]
        Py_INCREF(key)
        one.key, one.session_id, one.at_us = <PyObject *> key, session_id, at_us
        self.end_n += 1
        return 0

    cdef int widen(self) except -1:
        cdef int64_t room_n = max(2 * self.room_n, ROOM_N), n
        cdef Beginning *row = <Beginning *> PyMem_Malloc(room_n * sizeof(Beginning))
        if row == NULL:
            raise MemoryError
        for n in range(self.first_n, self.end_n):
            row[n & (room_n - 1)] = self.row[n & (self.room_n - 1)]
        PyMem_Free(self.row)
        self.row, self.room_n = row, room_n
        return 0

    def find(self, bytes key not None):
        """The session and the instant; 0 and 0: none is known."""
        cdef int64_t n
        place = self.places.get(key)
        if place is None:
            return 0, 0
        n = <int64_t> place & (self.room_n - 1)
        return self.row[n].session_id, self.row[n].at_us

    def forget(self, int64_t before_us, Py_ssize_t most_n):
        """Forget the oldest, while there are more than so many or they are from before then."""
        cdef Beginning *one
        while self.first_n < self.end_n:
            one = &self.row[self.first_n & (self.room_n - 1)]
            key = <object> one.key
            if self.places[key] == self.first_n:
                if len(self.places) <= most_n and one.at_us >= before_us:
                    return
                del self.places[key]
            self.drop_first()

    cdef void drop_first(self) noexcept:
        Py_XDECREF(self.row[self.first_n & (self.room_n - 1)].key)
        self.first_n += 1
