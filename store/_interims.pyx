# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What an interim writes, as packed rows (`store._packed`): numbers from record to cell.

Movements of accounts, what moves of sessions, and charges: the same rows that plain Python makes of
the same records, in the order of their keys; the tests compare them. Where a session keeps what is
`domain/_session.pxd`'s. Nothing here does I/O.
"""

cimport cython
from cpython.object cimport PyObject
from libc.string cimport memcpy

from aaa._moves cimport AccountMove
from domain._account cimport Account
from domain._session cimport (
    CLOSED_MICROS, UNRATED_INPUT, UNRATED_OUTPUT, UNRATED_S, USES, Charge, Session, rare_of,
)
from domain._texts cimport octets_at, raw_at
from store._packed cimport TH_BLOB, Rows, pack_value, put, th_cell

cdef enum:
    CHARGE_KEYS_N = 5
    CHARGE_COLUMNS_N = 11
    FIRST_SUM = 6       # input and output octets, seconds, micros
    SUMS_N = 4

cdef const char *NO_OCTETS = b""


def pack_moves(list moves):
    """AccountMoves as rows of the statement `move`, in the order of accounts."""
    cdef Rows made = Rows(len(moves), 10)
    cdef th_cell *at = made.cells
    cdef Account after
    cdef AccountMove move
    for move in moves:
        after = move.after
        at = put(at, after.account_id)
        at = put(at, move.posted_micros)
        at = put(at, move.open_micros)
        at = put(at, move.held_micros)
        at = put(at, move.entries_n)
        at = put(at, after.posted_micros)
        at = put(at, after.open_micros)
        at = put(at, after.held_micros)
        at = put(at, after.entries_n)
        at = put(at, move.promise)
    made.sort(1)
    return made


def pack_advances(list sessions):
    """What moves of sessions as rows of `session_totals`, in the order of sessions."""
    cdef Rows made = Rows(len(sessions), 21)
    cdef th_cell *at = made.cells
    cdef Session one
    for one in sessions:
        at = put(at, one.session_id)
        at = put(at, one.account_id)
        at = put(at, one.version)
        at = put(at, one.last_event_us)
        at = put(at, one.last_seen_us)
        at = put(at, one.input_octets)
        at = put(at, one.output_octets)
        at = put(at, one.session_s)
        at = put(at, one.free_octets)
        at = put(at, one.free_s)
        at = put(at, one.charged_micros)
        at = put(at, rare_of(one, CLOSED_MICROS))
        at = put(at, one.granted_micros)
        at = put(at, one.used_micros)
        at = put(at, one.hold_until_us)
        at = put(at, one.journal_last)
        at = put(at, one.records_n)
        at = put(at, rare_of(one, UNRATED_INPUT))
        at = put(at, rare_of(one, UNRATED_OUTPUT))
        at = put(at, rare_of(one, UNRATED_S))
        at = put_uses(made, at, one)
    made.sort(1)
    return made


cdef inline th_cell *put_uses(Rows made, th_cell *at, Session one) except NULL:
    # Few sessions have any, and all have to be asked.
    cdef Py_ssize_t size
    cdef bytes uses
    raw_at(one.texts, USES, &size)
    at.kind, at.size, at.value.octets = TH_BLOB, 0, NO_OCTETS
    if size:
        uses = octets_at(one.texts, USES)
        pack_value(made, at, <PyObject *> uses)
    return at + 1


def pack_charges(list charges):
    """Charges as rows of `charges`, by key. Two additions to one row stay two: each is met."""
    cdef Rows made = Rows(len(charges), CHARGE_COLUMNS_N)
    cdef th_cell *at = made.cells
    cdef Charge one
    for one in charges:
        at = put(at, one.account_id)
        at = put(at, one.session_id)
        at = put(at, one.part)
        at = put(at, one.step)
        at = put(at, one.day)
        at = put(at, one.plan_id)
        at = put(at, one.input_octets)
        at = put(at, one.output_octets)
        at = put(at, one.session_s)
        at = put(at, one.amount_micros)
        pack_value(made, at, <PyObject *> one.entry_id)
        at += 1
    made.sort(CHARGE_KEYS_N)
    return made


@cython.overflowcheck(True)
def pack_sums(list charges):
    """As `pack_charges`, but several additions to one row are one: PostgreSQL meets a row once.

    Raises OverflowError for a sum beyond 64 bits.
    """
    cdef Rows made = pack_charges(charges)
    cdef th_cell *last = made.cells
    cdef th_cell *one
    cdef Py_ssize_t n, place, kept_n = min(made.rows_n, 1)
    for n in range(1, made.rows_n):
        one = made.cells + n * CHARGE_COLUMNS_N
        if is_same_row(last, one):
            for place in range(FIRST_SUM, FIRST_SUM + SUMS_N):
                last[place].value.number = last[place].value.number + one[place].value.number
            continue
        last += CHARGE_COLUMNS_N
        kept_n += 1
        if last != one:
            memcpy(last, one, CHARGE_COLUMNS_N * sizeof(th_cell))
    made.rows_n = kept_n
    return made


cdef bint is_same_row(const th_cell *one, const th_cell *other) noexcept:
    cdef Py_ssize_t place
    for place in range(CHARGE_KEYS_N):
        if one[place].value.number != other[place].value.number:
            return False
    return True
