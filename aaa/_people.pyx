# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Who a login is about, and whether that is known: for a whole batch without a look at the rest.

What a batch names is worked out in plain Python (`aaa.wants`), and what of it memory lacks
(`aaa.books`). Of nearly all logins that is nothing, since who is not on line is read beforehand; so
they are looked up here first, and only those that lead to something else are asked in full.

Nothing here reads or decides anything; a stranger is not refused, but read.
"""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject, PyObject_Hash
from libc.stdint cimport int64_t

from aaa._index cimport FREE_PLACE, ById, fetch_at
from aaa._marks cimport Marks
from aaa._spelling cimport is_folded
from domain._account cimport LOGIN, Account, Subscriber
from domain._texts cimport is_text
from nas._hints cimport HINT_CALLING_STATION_ID, HINT_USER_NAME

from domain.login import canonical_login
from nas.login import LoginHints

cdef enum:
    READ = 2                    # place in aaa.wants.Named
    ROW_HALF = 64               # octets


cdef str login_of(tuple hints):
    cdef str name = hints[HINT_USER_NAME]
    if name and is_folded(name):
        return name
    return canonical_login(name or hints[HINT_CALLING_STATION_ID])


cdef Subscriber person(ById people, str login):
    cdef PyObject *found = people.find(PyObject_Hash(login) >> 1)   # `aaa.logins.number_of`
    if found == NULL or not is_text((<Subscriber> found).texts, LOGIN, login):
        return None
    return <Subscriber> found


cdef int fetch_all(ById people, ById accounts, list named) except -1:
    """Have the rows of all of them come from memory at once: those of a batch are anywhere in it,
    and to wait for one after the other takes as long as to decide."""
    cdef Py_ssize_t n, size = len(named)
    cdef int64_t *keys = <int64_t *> PyMem_Malloc(size * (sizeof(int64_t) + sizeof(PyObject *)))
    cdef PyObject **held = <PyObject **> (keys + size)
    if keys == NULL:
        raise MemoryError
    try:
        for n in range(size):
            read = (<tuple> named[n])[READ]
            keys[n] = FREE_PLACE
            if type(read) is LoginHints:
                keys[n] = PyObject_Hash(login_of(<tuple> read)) >> 1
                people.fetch(keys[n])
        for n in range(size):
            held[n] = people.find(keys[n])
            fetch_row(held[n])
        for n in range(size):
            if held[n] != NULL:
                fetch_at((<Subscriber> held[n]).texts)
                accounts.fetch((<Subscriber> held[n]).account_id)
        for n in range(size):
            if held[n] != NULL:
                held[n] = accounts.find((<Subscriber> held[n]).account_id)
                fetch_row(held[n])
        for n in range(size):
            if held[n] != NULL:
                fetch_row(<PyObject *> (<Account> held[n]).live)
    finally:
        PyMem_Free(keys)
    return 0


cdef inline void fetch_row(PyObject *row) noexcept nogil:
    # The numbers that are looked at first are near its beginning.
    fetch_at(row)
    fetch_at(<const char *> row + ROW_HALF)


def strangers(list named not None, books):
    """Those of `aaa.wants.Named` that are no logins, or of somebody who is not held whole."""
    cdef ById people = books.subscribers.by_number
    cdef Marks whole = books._whole
    cdef Subscriber found
    cdef list rest = []
    fetch_all(people, whole.accounts, named)
    for one in named:
        if type(one.read) is LoginHints:
            found = person(people, login_of(<tuple> one.read))
            if found is not None and whole.has(found.account_id):
                continue
        rest.append(one)
    return rest
