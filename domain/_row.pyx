# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What compiled rows have in common: they look like dataclasses, and share what they say alike.

A row has its fields in `__dataclass_fields__`, so `fields` and `replace` of the standard library
work on it; it is equal to another if all of them are. Which fields there are is said once for each
kind of row, as text, where the row is. Nothing here is for Python to call.

A row's own texts are octets in one piece (`_texts.pyx`); what many rows say alike, all of it
together, is one tuple that they share. Each such field is a descriptor that knows where to look.
"""

import dataclasses

cimport cython
from cpython.mem cimport PyMem_Free
from libc.stdint cimport int8_t

from domain._texts cimport octets_at, pack, text_at

cdef enum:
    SHARED_MAX_N = 4096     # different tuples that are kept to be shared; the rest stand alone

cdef dict SHARED = {}


@cython.no_gc
cdef class Row:
    """What a row keeps beside its numbers."""


@cython.no_gc
cdef class Texted(Row):
    """One that has texts of its own."""

    def __dealloc__(self):
        PyMem_Free(self.texts)


cdef class Field:
    """A field of a row: which one of its kind."""

    def __cinit__(self, int n, *more):
        self.n = n


@cython.final
cdef class _Text(Field):
    """A text of a row's own. `kinds` has an octet for each text of the row in order: `t` a text,
    `n` a text or None, `b` octets."""

    def __cinit__(self, int n, bytes kinds):
        self.kinds = kinds

    def __get__(self, Texted row, owner):
        return self if row is None else text_of(row, self.n, self.kinds[self.n])

    def __set__(self, Texted row not None, value):
        cdef list texts
        cdef int n
        if type(value) is not (bytes if self.kinds[self.n] == c"b" else str):
            if value is not None or self.kinds[self.n] != c"n":
                raise TypeError(f"{value!r} cannot be a text of this row")
        texts = [text_of(row, n, self.kinds[n]) for n in range(len(self.kinds))]
        texts[self.n] = value
        keep_texts(row, texts)


@cython.final
cdef class _Alike(Field):
    """A field, of certain types, that many rows have alike together with the others like this."""

    def __cinit__(self, int n, *types):
        self.types = types

    def __get__(self, Row row, owner):
        return self if row is None or row.alike is None else row.alike[self.n]

    def __set__(self, Row row not None, value):
        cdef list said
        if type(value) not in self.types:
            raise TypeError(f"{value!r} cannot be in this row")
        said = list(row.alike)
        said[self.n] = value
        row.alike = alike(tuple(said))


@cython.final
cdef class _Flag(Field):
    """Yes or no: a bit."""

    def __get__(self, Row row, owner):
        return self if row is None else row.flags & self.n != 0

    def __set__(self, Row row not None, bint value):
        row.flags = row.flags | self.n if value else row.flags & ~self.n


@cython.final
cdef class _Member(Field):
    """Which of an enumeration's `members`, kept as its place. Its value is taken as well, which is
    its place, or has it in the dictionary."""

    def __cinit__(self, int n, tuple members, dict places=None):
        self.members, self.places = members, places

    def __get__(self, Row row, owner):
        return self if row is None else self.members[row.members[self.n]]

    def __set__(self, Row row not None, value):
        row.members[self.n] = index_of(value, self.members, self.places)


cdef int8_t index_of(object value, tuple members, dict places) except -1:
    cdef object place = value if places is None else places.get(value)
    cdef Py_ssize_t at = -1 if place is None else place
    if not 0 <= at < len(members):
        raise ValueError(f"{value!r} is none of {members}")
    return <int8_t> at


cdef inline object text_of(Texted row, int n, char kind):
    return octets_at(row.texts, n) if kind == c"b" else text_at(row.texts, n)


cdef int keep_texts(Texted row, list texts) except -1:
    cdef unsigned char *packed = pack(texts)
    PyMem_Free(row.texts)
    row.texts = packed
    return 0


cdef tuple alike(tuple said):
    cdef tuple found = SHARED.get(said)
    if found is not None:
        return found
    if len(SHARED) < SHARED_MAX_N:
        SHARED[said] = said
    return said


cdef dict fields_of(int required_n, str words):
    # `name` is an int, `name:type` anything else; the first few have no default.
    cdef list listed = []
    for n, word in enumerate(words.split()):
        name, _, kind = word.partition(":")
        kind = (kind or "int").replace("|", " | ")
        listed.append((name, kind) if n < required_n else (name, kind, None))
    return dataclasses.make_dataclass("Row", listed).__dataclass_fields__


cdef bint same(object one, object other, dict names) except -1:
    for name in names:
        if getattr(one, name) != getattr(other, name):
            return False
    return True


cdef str said(str kind, object row, dict names):
    return f"{kind}({', '.join([f'{name}={getattr(row, name)!r}' for name in names])})"
