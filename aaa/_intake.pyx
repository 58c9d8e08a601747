# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Rows that were read, taken into the books: the plain case of each, many at a time.

At the start there are a million sessions with their accounts, and every batch of logins brings some
hundred accounts. A row is plain when nothing is known yet of its id, its account and its name, as
nearly all are; every other goes the long way, through the methods of `aaa.books` and `aaa.vigil`,
which is also what the plain case is compared with in the tests. Nothing is decided here.
"""

from cpython.object cimport PyObject, PyObject_Hash
from libc.stdint cimport int8_t, int64_t

from aaa._agenda cimport Agenda
from aaa._index cimport ById, Ids
from aaa._marks cimport Kin, Marks
from domain._account cimport Account, Subscriber
from domain._session cimport COUNTED, HOLD, NOTED, NOTHING, STATE, Session

from aaa.vigil import HELD as _HELD, LIVE as _LIVE, QUIET as _QUIET, SILENT as _SILENT
from domain.seams import US_PER_S as _US_PER_S
from domain.session_state import HoldState, SessionState

cdef int8_t QUIET = _QUIET
cdef int8_t SILENT = _SILENT
cdef int8_t LIVE = _LIVE
cdef int8_t HELD = _HELD
cdef int8_t OPEN = SessionState.OPEN
cdef int8_t MONEY_HELD = HoldState.HELD
cdef int64_t SECOND_US = _US_PER_S


def hold_accounts(books, list accounts):
    """Hold those that are not held whole yet; answers which, and marks all as whole."""
    cdef Ids fresh = Ids()
    cdef Marks whole = books._whole
    cdef ById held = books.accounts
    cdef Kin people = books._people, live = books._live
    cdef dict allowances = books.allowances
    cdef int64_t held_micros = 0
    cdef PyObject *before
    cdef Account account
    held.expect(len(accounts))
    for row in accounts:
        account = <Account?> row
        if whole.has(account.account_id):
            continue
        before = held.find(account.account_id)
        if before != NULL:
            held_micros -= (<Account> before).held_micros
        live.inherit(account, before)
        people.pop(account.account_id)
        held.put(account.account_id, account)  # the one before it may be gone now
        held_micros += account.held_micros
        if allowances:
            allowances.pop(account.account_id, None)
        fresh.put(account.account_id)
    for account in accounts:
        whole.put(account.account_id)
    books.held_micros += held_micros
    return fresh


def hold_people(books, list subscribers, Ids fresh not None):
    """Hold the subscribers of fresh accounts."""
    cdef ById by_login = books.subscribers.by_number
    cdef ById by_number = books._by_number
    cdef Kin people = books._people
    cdef Subscriber one
    add, known = books._buyers.add, books.subscribers
    by_number.expect(len(subscribers))
    by_login.expect(len(subscribers))
    for row in subscribers:
        one = <Subscriber?> row
        if fresh.has(one.account_id):
            by_login.put(PyObject_Hash(one.login) >> 1, one)  # as `aaa.logins.number_of`
            by_number.put(one.subscriber_id, one)
            people.put(one.account_id, one)
            add(one, known)


cdef class _Beside:
    # What the books keep of one device, found once for all its sessions of a load.
    def __init__(self, books, device_id):
        vigil = books.vigil
        self.live = books.live_on[device_id]
        self.silent = vigil.agenda_of(device_id, SILENT)
        self.quiet = vigil.agenda_of(device_id, QUIET)


def hold_sessions(books, list sessions, bint all_names, set keys_shared not None):
    """Hold sessions that are not held yet, and look up all of them by what they say.

    With `all_names`, each is known to be the only one of its name, unless the key is shared.
    """
    cdef ById held = books.sessions
    cdef ById names = books.same_id.by_number
    cdef Kin live = books._live
    cdef Marks lately = books.lately
    cdef dict devices = {}
    cdef int64_t stale_min_s = books.vigil.stale_min_s
    cdef Py_ssize_t live_n = 0, held_n = 0
    cdef _Beside beside = None
    cdef int64_t device_id = 0, number
    cdef tuple key
    cdef Session one
    cdef Agenda looks = books.vigil.looks
    mine = books.vigil.mine
    held.expect(len(sessions))
    if all_names:
        names.expect(len(sessions))
    for row in sessions:
        one = <Session?> row
        if beside is None or one.device_id != device_id:
            device_id = one.device_id
            beside = devices.get(device_id)
            if beside is None:
                beside = devices[device_id] = _Beside(books, device_id)
        key = (device_id, one.acct_session_id)
        number = PyObject_Hash(key) >> 1  # as `aaa.same_ids.number_of`
        alone = all_names and (not keys_shared or key not in keys_shared)
        if not is_plain(one, held, live) or not key[1] or names.find(number) != NULL:
            if alone:
                books.same_id.know(key)
            books.hold_session(one)
            continue
        held.put(one.session_id, one)
        if alone:
            names.put(number, one)
        beside.live.put(one.session_id)
        live.put(one.account_id, one)
        lately.put(one.account_id)
        note_look(one, looks)
        note_silence(one, beside, stale_min_s)
        one.notes[COUNTED] = LIVE | HELD if one.members[HOLD] == MONEY_HELD else LIVE
        if mine is None or mine(one.session_id):
            live_n += 1
            held_n += (one.notes[COUNTED] & HELD) != 0
    books.vigil.live_n += live_n
    books.vigil.held_n += held_n


cdef bint is_plain(Session one, ById held, Kin live) noexcept:
    # Open and new: nothing is noted of it, and nothing else is held under its id or its account.
    if one.members[STATE] != OPEN or one.notes[NOTED] or one.notes[COUNTED]:
        return False
    return held.find(one.session_id) == NULL and live.find(one.account_id) == NULL


cdef int note_look(Session one, Agenda looks) except -1:
    # As `aaa.vigil.Vigil.see`.
    if one.look == NOTHING or one.look == one.look_noted_us:
        return 0
    one.look_noted_us = one.look
    return looks.put(one.look, one.session_id)


cdef int note_silence(Session one, _Beside beside, int64_t stale_min_s) except -1:
    # As `aaa.vigil.Vigil.see`, of a session of which nothing is noted.
    one.noted_us = one.last_seen_us + max(3 * one.interim_s, stale_min_s) * SECOND_US
    if one.session_s or one.input_octets or one.output_octets:
        one.notes[NOTED] = SILENT
        return beside.silent.put(one.noted_us, one.session_id)
    one.notes[NOTED] = QUIET
    return beside.quiet.put(one.noted_us, one.session_id)
