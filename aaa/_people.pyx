# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Who a login is about, and whether that is known: for a whole batch without a look at the rest.

What a batch names is worked out in plain Python (`aaa.wants`), and what of it memory lacks
(`aaa.books`). Of nearly all logins that is nothing, since who is not on line is read beforehand; so
they are looked up here first, and only those that lead to something else are asked in full.

Nothing here reads or decides anything; a stranger is not refused, but read.
"""

from cpython.object cimport PyObject, PyObject_Hash

from aaa._index cimport ById
from aaa._marks cimport Marks
from aaa._spelling cimport is_folded
from domain._account cimport LOGIN, Subscriber
from domain._texts cimport is_text

from domain.login import canonical_login
from nas.login import LoginHints

# Places in nas.login.LoginHints.
cdef enum:
    USER_NAME = 1
    CALLING_STATION_ID = 2


cdef str login_of(tuple hints):
    cdef str name = hints[USER_NAME]
    if name and is_folded(name):
        return name
    return canonical_login(name or hints[CALLING_STATION_ID])


cdef Subscriber person(ById people, str login):
    cdef PyObject *found = people.find(PyObject_Hash(login) >> 1)   # `aaa.logins.number_of`
    if found == NULL or not is_text((<Subscriber> found).texts, LOGIN, login):
        return None
    return <Subscriber> found


def strangers(list named not None, books):
    """Those of `aaa.wants.Named` that are no logins, or of somebody who is not held whole."""
    cdef ById people = books.subscribers.by_number
    cdef Marks whole = books._whole
    cdef Subscriber found
    cdef list rest = []
    for one in named:
        if type(one.read) is LoginHints:
            found = person(people, login_of(<tuple> one.read))
            if found is not None and whole.has(found.account_id):
                continue
        rest.append(one)
    return rest
