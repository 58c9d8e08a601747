# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Agendas: what `aaa.vigil` has to look at again, by when.

They do what `heapq` does, for pairs of an instant and a number, in sixteen octets each: every open
session is on one. What is due at the same instant comes in an order that depends on the notes
alone, so one history is played alike every time.
"""

cimport cython
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport int64_t


@cython.final
cdef class Agenda:
    """Numbers to be looked at again, each at an instant; one may be noted more than once."""

    def __dealloc__(self):
        PyMem_Free(self._notes)

    def __len__(self):
        return self._n

    def note(self, int64_t at_us, int64_t key):
        """Look at the number at this instant."""
        self.put(at_us, key)

    cdef int put(self, int64_t at_us, int64_t key) except -1:
        cdef Note *room
        cdef Py_ssize_t at, above
        if self._n == self._room:
            room = <Note *> PyMem_Realloc(
                self._notes, (self._room + self._room // 2 + 16) * sizeof(Note)
            )
            if room == NULL:
                raise MemoryError
            self._notes = room
            self._room += self._room // 2 + 16
        at = self._n
        self._n += 1
        while at:
            above = (at - 1) // 2
            if self._notes[above].at_us <= at_us:
                break
            self._notes[at] = self._notes[above]
            at = above
        self._notes[at].at_us, self._notes[at].key = at_us, key
        return 0

    def due(self, int64_t now_us, Py_ssize_t most):
        """The numbers noted for `now_us` or before, `most` of them, earliest first; each note is
        given once. Those of one instant come in an order that depends on the notes alone."""
        cdef list found = []
        while self._n and self._notes[0].at_us <= now_us and len(found) < most:
            found.append(self._notes[0].key)
            self._drop_first()
        return found

    cdef void _drop_first(self) noexcept:
        cdef Py_ssize_t at = 0
        cdef Py_ssize_t below
        cdef Note last
        self._n -= 1
        last = self._notes[self._n]
        while True:
            below = 2 * at + 1
            if below >= self._n:
                break
            if below + 1 < self._n and self._notes[below + 1].at_us < self._notes[below].at_us:
                below += 1
            if last.at_us <= self._notes[below].at_us:
                break
            self._notes[at] = self._notes[below]
            at = below
        self._notes[at] = last
