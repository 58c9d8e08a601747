# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Tables by number and sets of numbers: what the books look rows up with.

They do what `dict` and `set` do, for keys that are whole numbers, in a quarter of the
room: a million open sessions are looked up in several ways. Walks are in an order that depends on
the numbers alone, so one history is played alike every time; a walk is over a copy.
"""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uint64_t

cdef int64_t FREE = <int64_t> (<uint64_t> 1 << 63)
cdef int64_t FREE_PLACE = FREE
cdef object ABSENT = object()

cdef enum:
    LEAST = 8           # places of a table that holds anything
    LARGE = 1 << 16     # beyond this one grows by less
    MOST = 1 << 30


cdef inline Py_ssize_t place_of(int64_t key, Py_ssize_t places_n) noexcept nogil:
    # Ids of one second differ in their last bits, and ids of devices are small: mix them well. The
    # upper half of the product, which all bits of the key are in, is a share of the places.
    cdef uint64_t mixed = <uint64_t> key * <uint64_t> 0x9E3779B97F4A7C15
    return <Py_ssize_t> (((mixed >> 32) * <uint64_t> places_n) >> 32)


cdef inline Py_ssize_t next_to(Py_ssize_t at, Py_ssize_t places_n) noexcept nogil:
    return at + 1 if at + 1 < places_n else 0


cdef inline Py_ssize_t way(Py_ssize_t start, Py_ssize_t end, Py_ssize_t places_n) noexcept nogil:
    # How many places on from the one is the other?
    return end - start if end >= start else end - start + places_n


cdef inline Py_ssize_t more_than(Py_ssize_t places_n) except -1:
    # A table of a million takes two thirds of what it would if it doubled.
    if places_n >= MOST:
        raise MemoryError
    return max(places_n + places_n // (4 if places_n >= LARGE else 2), <Py_ssize_t> LEAST)


cdef inline Py_ssize_t places_for(Py_ssize_t places_n, Py_ssize_t keys_n) except -1:
    # As many places as there are, or more if so many keys would fill them above four fifths.
    while 5 * keys_n > 4 * places_n:
        places_n = more_than(places_n)
    return places_n


cdef inline Py_ssize_t seek(
    const int64_t *keys, Py_ssize_t places_n, int64_t key, int64_t free
) noexcept nogil:
    # The place of a key, or the free place where it belongs; there is always a free one.
    cdef Py_ssize_t at = place_of(key, places_n)
    while keys[at] != key and keys[at] != free:
        at = next_to(at, places_n)
    return at


cdef inline Py_ssize_t follower(
    const int64_t *keys, Py_ssize_t places_n, Py_ssize_t gap, Py_ssize_t at, int64_t free
) noexcept nogil:
    # Behind a gap, the next key that would no longer be found across it; -1: there is none.
    cdef Py_ssize_t home
    while True:
        at = next_to(at, places_n)
        if keys[at] == free:
            return -1
        home = place_of(keys[at], places_n)
        if way(home, at, places_n) >= way(gap, at, places_n):
            return at


cdef int64_t *free_places(Py_ssize_t places_n) except NULL:
    cdef Py_ssize_t n
    cdef int64_t *keys = <int64_t *> PyMem_Malloc(places_n * sizeof(int64_t))
    if keys == NULL:
        raise MemoryError
    for n in range(places_n):
        keys[n] = FREE
    return keys


cdef int check_key(int64_t key) except -1:
    if key == FREE:
        raise OverflowError("the smallest number of 64 bits is no key")
    return 0


@cython.final
cdef class ById:
    """A mapping from whole numbers; what `dict` does under the same names."""

    def __dealloc__(self):
        self._forget()

    cdef void _forget(self) noexcept:
        cdef Py_ssize_t at
        cdef Py_ssize_t places_n = self._places_n
        cdef int64_t *keys = self._keys
        cdef PyObject **found = self._found
        self._places_n, self._n, self._keys, self._found = 0, 0, NULL, NULL
        for at in range(places_n):
            if keys[at] != FREE:
                Py_DECREF(<object> found[at])
        PyMem_Free(keys)
        PyMem_Free(found)

    cdef PyObject *find(self, int64_t key) noexcept:
        cdef Py_ssize_t at
        if self._n == 0 or key == FREE:
            return NULL
        at = seek(self._keys, self._places_n, key, FREE)
        return self._found[at] if self._keys[at] == key else NULL

    cdef void fetch(self, int64_t key) noexcept:
        cdef Py_ssize_t at = place_of(key, self._places_n)
        fetch_at(self._keys + at)
        fetch_at(self._found + at)

    cdef int _resize(self, Py_ssize_t places_n) except -1:
        cdef int64_t *keys = free_places(places_n)
        cdef PyObject **found = <PyObject **> PyMem_Calloc(places_n, sizeof(PyObject *))
        cdef Py_ssize_t at, to
        if found == NULL:
            PyMem_Free(keys)
            raise MemoryError
        for at in range(self._places_n):
            if self._keys[at] != FREE:
                to = seek(keys, places_n, self._keys[at], FREE)
                keys[to], found[to] = self._keys[at], self._found[at]
        PyMem_Free(self._keys)
        PyMem_Free(self._found)
        self._keys, self._found, self._places_n = keys, found, places_n
        return 0

    def __setitem__(self, int64_t key, value):
        self.put(key, value)

    cdef int put(self, int64_t key, object value) except -1:
        cdef Py_ssize_t at
        cdef PyObject *before
        check_key(key)
        if 5 * (self._n + 1) > 4 * self._places_n:
            self._resize(more_than(self._places_n))
        at = seek(self._keys, self._places_n, key, FREE)
        before = self._found[at] if self._keys[at] == key else NULL
        Py_INCREF(value)
        self._found[at] = <PyObject *> value
        if before == NULL:
            self._keys[at] = key
            self._n += 1
        else:
            Py_DECREF(<object> before)
        return 0

    cdef int expect(self, Py_ssize_t more_n) except -1:
        # So many numbers more are to come: make room for all at once.
        cdef Py_ssize_t places_n = places_for(self._places_n, self._n + more_n)
        if places_n != self._places_n:
            self._resize(places_n)
        return 0

    cdef object _take(self, int64_t key):
        # What the number led to, which it does no longer; ABSENT: it led nowhere.
        cdef Py_ssize_t gap, at
        cdef object value
        if self.find(key) == NULL:
            return ABSENT
        gap = seek(self._keys, self._places_n, key, FREE)
        value = <object> self._found[gap]
        Py_DECREF(value)
        self._n -= 1
        at = gap
        while True:
            at = follower(self._keys, self._places_n, gap, at, FREE)
            if at < 0:
                break
            self._keys[gap], self._found[gap] = self._keys[at], self._found[at]
            gap = at
        self._keys[gap], self._found[gap] = FREE, NULL
        return value

    def get(self, int64_t key, default=None):
        """What the number leads to, or the default."""
        cdef PyObject *found = self.find(key)
        return default if found == NULL else <object> found

    def __getitem__(self, int64_t key):
        cdef PyObject *found = self.find(key)
        if found == NULL:
            raise KeyError(key)
        return <object> found

    def __delitem__(self, int64_t key):
        if self._take(key) is ABSENT:
            raise KeyError(key)

    def __contains__(self, int64_t key):
        return self.find(key) != NULL

    def __len__(self):
        return self._n

    def __iter__(self):
        return iter(self.keys())

    def setdefault(self, int64_t key, default):
        """What the number leads to; the default from now on, if that is nothing."""
        cdef PyObject *found = self.find(key)
        if found != NULL:
            return <object> found
        self[key] = default
        return default

    def pop(self, int64_t key, default=None):
        """What the number led to, or the default; it leads nowhere from now on."""
        found = self._take(key)
        return default if found is ABSENT else found

    def keys(self):
        """The numbers, in a list."""
        return [self._keys[at] for at in range(self._places_n) if self._keys[at] != FREE]

    def values(self):
        """What the numbers lead to, in a list."""
        return [
            <object> self._found[at] for at in range(self._places_n) if self._keys[at] != FREE
        ]

    def walk(self, Py_ssize_t start, Py_ssize_t places_n):
        """The numbers at so many places from one on, in a list; and the place that comes next.

        At the end it goes on at the beginning. A number that was put or taken meanwhile may move
        others from place to place, so one walk around may miss some.
        """
        cdef Py_ssize_t at = start if 0 <= start < self._places_n else 0
        cdef list keys = []
        for _ in range(min(places_n, self._places_n)):
            if self._keys[at] != FREE:
                keys.append(self._keys[at])
            at = next_to(at, self._places_n)
        return keys, at

    def items(self):
        """Pairs of both, in a list."""
        return list(zip(self.keys(), self.values()))

    def clear(self):
        """Forget everything."""
        self._forget()


@cython.final
cdef class Ids:
    """A set of whole numbers; what `set` does under the same names."""

    def __init__(self, numbers=()):
        # Room for all at once: the numbers of another table come in the order of their places, and
        # would all crowd at the beginning of a small one, where each has to walk past the others.
        self.expect(len(numbers))
        for key in numbers:
            self.put(key)

    def __dealloc__(self):
        PyMem_Free(self._keys)

    cdef bint has(self, int64_t key) noexcept:
        if self._n == 0 or key == FREE:
            return False
        return self._keys[seek(self._keys, self._places_n, key, FREE)] == key

    def add(self, int64_t key):
        """The number is in it from now on."""
        self.put(key)

    cdef int put(self, int64_t key) except -1:
        cdef Py_ssize_t at
        check_key(key)
        self.expect(1)
        at = seek(self._keys, self._places_n, key, FREE)
        if self._keys[at] == FREE:
            self._keys[at] = key
            self._n += 1
        return 0

    cdef int expect(self, Py_ssize_t more_n) except -1:
        # So many numbers more are to come: make room for all at once.
        cdef Py_ssize_t places_n = places_for(self._places_n, self._n + more_n)
        cdef int64_t *keys
        cdef Py_ssize_t at
        if places_n == self._places_n:
            return 0
        keys = free_places(places_n)
        for at in range(self._places_n):
            if self._keys[at] != FREE:
                keys[seek(keys, places_n, self._keys[at], FREE)] = self._keys[at]
        PyMem_Free(self._keys)
        self._keys, self._places_n = keys, places_n
        return 0

    def discard(self, int64_t key):
        """The number is not in it from now on."""
        cdef Py_ssize_t gap, at
        if not self.has(key):
            return
        gap = at = seek(self._keys, self._places_n, key, FREE)
        self._n -= 1
        while True:
            at = follower(self._keys, self._places_n, gap, at, FREE)
            if at < 0:
                break
            self._keys[gap] = self._keys[at]
            gap = at
        self._keys[gap] = FREE

    def __contains__(self, int64_t key):
        return self.has(key)

    def __len__(self):
        return self._n

    def __iter__(self):
        return iter(
            [self._keys[at] for at in range(self._places_n) if self._keys[at] != FREE]
        )

    def clear(self):
        """Forget all numbers."""
        PyMem_Free(self._keys)
        self._keys, self._places_n, self._n = NULL, 0, 0


@cython.final
cdef class Numbers:
    """A mapping from whole numbers to whole numbers; what `dict` does under the same names."""

    def __dealloc__(self):
        PyMem_Free(self._keys)
        PyMem_Free(self._values)

    cdef Py_ssize_t _place(self, int64_t key) noexcept:
        # Where the key is; -1: nowhere.
        cdef Py_ssize_t at
        if self._n == 0 or key == FREE:
            return -1
        at = seek(self._keys, self._places_n, key, FREE)
        return at if self._keys[at] == key else -1

    def __setitem__(self, int64_t key, int64_t value):
        cdef int64_t *keys
        cdef int64_t *values
        cdef Py_ssize_t at, to, places_n
        check_key(key)
        if 5 * (self._n + 1) > 4 * self._places_n:
            places_n = more_than(self._places_n)
            keys, values = free_places(places_n), free_places(places_n)
            for at in range(self._places_n):
                if self._keys[at] != FREE:
                    to = seek(keys, places_n, self._keys[at], FREE)
                    keys[to], values[to] = self._keys[at], self._values[at]
            PyMem_Free(self._keys)
            PyMem_Free(self._values)
            self._keys, self._values, self._places_n = keys, values, places_n
        at = seek(self._keys, self._places_n, key, FREE)
        self._n += self._keys[at] == FREE
        self._keys[at], self._values[at] = key, value

    def __delitem__(self, int64_t key):
        cdef Py_ssize_t gap = self._place(key)
        cdef Py_ssize_t at = gap
        if gap < 0:
            raise KeyError(key)
        self._n -= 1
        while True:
            at = follower(self._keys, self._places_n, gap, at, FREE)
            if at < 0:
                break
            self._keys[gap], self._values[gap] = self._keys[at], self._values[at]
            gap = at
        self._keys[gap] = FREE

    def __getitem__(self, int64_t key):
        cdef Py_ssize_t at = self._place(key)
        if at < 0:
            raise KeyError(key)
        return self._values[at]

    def get(self, int64_t key, default=None):
        """The number that it leads to, or the default."""
        cdef Py_ssize_t at = self._place(key)
        return default if at < 0 else self._values[at]

    def rise(self, list keys not None):
        """One more, in 63 bits, for each of these keys that is there, as often as it is named."""
        cdef Py_ssize_t at
        for key in keys:
            at = self._place(key)
            if at >= 0:
                self._values[at] = <int64_t> ((<uint64_t> self._values[at] + 1) & ~<uint64_t> FREE)

    def __contains__(self, int64_t key):
        return self._place(key) >= 0

    def __len__(self):
        return self._n


@cython.final
cdef class Few:
    """The rows of each number: mostly one, which is then held as it is, seldom several.

    A row is not a tuple, and is known by being the same object.
    """

    def __cinit__(self):
        self._rows = ById()

    def of(self, int64_t key):
        """The rows of a number in a tuple, in the order in which they came."""
        cdef PyObject *found = self._rows.find(key)
        if found == NULL:
            return ()
        return <object> found if isinstance(<object> found, tuple) else (<object> found,)

    def add(self, int64_t key, row):
        """The row is the number's as well, if it is not already."""
        self.put(key, row)

    cdef int put(self, int64_t key, object row) except -1:
        cdef PyObject *found = self._rows.find(key)
        if found == NULL:
            return self._rows.put(key, row)
        if found == <PyObject *> row:
            return 0
        rows = self.of(key)
        for other in rows:
            if other is row:
                return 0
        return self._rows.put(key, (*rows, row))

    def remove(self, int64_t key, row):
        """The row is no longer the number's, if it was."""
        cdef PyObject *found = self._rows.find(key)
        if found == NULL:
            return
        if found == <PyObject *> row:
            self._rows.pop(key)
        elif isinstance(<object> found, tuple):
            rows = tuple([other for other in <tuple> found if other is not row])
            self._rows[key] = rows[0] if len(rows) == 1 else rows

    def pop(self, int64_t key):
        """The rows of a number in a tuple; it has none from now on."""
        rows = self.of(key)
        self._rows.pop(key)
        return rows

    def __contains__(self, int64_t key):
        return self._rows.find(key) != NULL

    def __len__(self):
        return len(self._rows)
