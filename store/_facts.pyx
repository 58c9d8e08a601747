# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What a login writes and a Start changes, without a step of the interpreter for each column.

The facts of a session are fifty columns, and a decision is a row as well: here they become cells
for SQLite (`store._packed`), the same that plain Python makes of the same records, in the order of
the columns; the tests compare them. Where a session keeps what is `domain/_session.pxd`'s.
Nothing here does I/O.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport malloc

from aaa._decided cimport LetIn
from domain._session cimport (
    ADOPTED,
    CANDIDATE_EVENT_US,
    CANDIDATE_INPUT,
    CANDIDATE_OUTPUT,
    CANDIDATE_S,
    CLASS_SESSION_ID,
    CUT_ORDER_ID,
    EPOCH,
    FEE_DUE,
    HOLD,
    INPUT_BASE,
    NOTHING,
    OUTPUT_BASE,
    PART,
    REPLACED_BY,
    REVIEW_INPUT,
    REVIEW_OUTPUT,
    SESSION_BASE_S,
    START_SEEN,
    STATE,
    STOP_US,
    STRANDS,
    SYNTHETIC,
    TERMINATE_CAUSE,
    WALL,
    Session,
    rare_of,
)
from domain._texts cimport octets_at, text_at
from store._packed cimport TH_NULL, TH_NUMBER, TH_TEXT, Rows, pack_value, put, th_cell


cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL


cdef str ACCEPTED = "accepted"                  # aaa._decided.LetIn.code


cdef inline th_cell *other(Rows made, th_cell *at, object value) except NULL:
    pack_value(made, at, <PyObject *> value)
    return at + 1


cdef inline th_cell *put_or_null(th_cell *at, int64_t number) noexcept:
    at.value.number = number
    at.kind = TH_NULL if number == NOTHING else TH_NUMBER
    return at + 1


def pack_facts(list sessions):
    """Rows of `session_facts`, in the order of sessions."""
    cdef Rows made = Rows(len(sessions), 53)
    cdef th_cell *at = made.cells
    cdef Session one
    for one in sessions:
        at = put(at, one.session_id)
        at = put(at, one.account_id)
        at = put(at, one.subscriber_id)
        at = put(at, one.device_id)
        at = put(at, one.plan_id)
        at = put(at, one.members[STATE])
        at = other(made, at, text_at(one.texts, 0))  # acct_session_id
        at = put(at, rare_of(one, CLASS_SESSION_ID))
        at = other(made, at, text_at(one.texts, 1))  # user_name
        at = other(made, at, text_at(one.texts, 2))  # calling_station_id
        at = other(made, at, one.alike[0])  # called_station_id
        at = put_or_null(at, one.port)
        at = other(made, at, text_at(one.texts, 4))  # nas_port_id
        at = other(made, at, one.alike[1])  # nas_ip_address
        at = other(made, at, one.alike[2])  # nas_identifier
        at = other(made, at, one.alike[3])  # source_address
        at = other(made, at, text_at(one.texts, 5))  # framed_ip_address
        at = other(made, at, text_at(one.texts, 6))  # framed_ipv6_prefix
        at = other(made, at, text_at(one.texts, 7))  # acct_multi_session_id
        at = put(at, one.created_us)
        at = put(at, one.start_us)
        at = put_or_null(at, NOTHING if one.rare == NULL else one.rare[STOP_US])
        at = put(at, rare_of(one, TERMINATE_CAUSE))
        at = put(at, one.flags & START_SEEN != 0)
        at = put(at, one.flags & SYNTHETIC != 0)
        at = put(at, rare_of(one, INPUT_BASE))
        at = put(at, rare_of(one, OUTPUT_BASE))
        at = put(at, rare_of(one, SESSION_BASE_S))
        at = put(at, rare_of(one, EPOCH))
        at = put_or_null(at, NOTHING if one.rare == NULL else one.rare[CANDIDATE_EVENT_US])
        at = put(at, rare_of(one, CANDIDATE_INPUT))
        at = put(at, rare_of(one, CANDIDATE_OUTPUT))
        at = put(at, rare_of(one, CANDIDATE_S))
        at = put(at, rare_of(one, REVIEW_INPUT))
        at = put(at, rare_of(one, REVIEW_OUTPUT))
        at = put(at, one.flags & FEE_DUE != 0)
        at = put(at, rare_of(one, PART))
        at = put(at, one.members[HOLD])
        at = put(at, one.slot_until_us)
        at = put(at, one.timeout_s)
        at = put(at, one.limit_octets)
        at = put(at, one.interim_s)
        at = put(at, rare_of(one, CUT_ORDER_ID))
        at = put(at, one.members[WALL])
        at = put_or_null(at, one.look)
        at = other(made, at, one.alike[4])  # access
        at = other(made, at, octets_at(one.texts, 10))
        at = put(at, one.flags & ADOPTED != 0)
        at = put(at, rare_of(one, REPLACED_BY))
        at = other(made, at, text_at(one.texts, 3))  # mac
        at = other(made, at, text_at(one.texts, 8))  # framed_ipv6_address
        at = other(made, at, text_at(one.texts, 9))  # delegated_ipv6_prefix
        at = other(made, at, text_at(one.texts, STRANDS))
    made.sort(1)
    return made


def pack_decisions(list decisions, encoded):
    """Rows of `decisions` in the order in which they were made.

    `encoded` makes the octets of a JSON text.
    """
    cdef Rows made = Rows(len(decisions), 10)
    cdef th_cell *at = made.cells
    cdef char *free = lay_room(made, decisions)
    for one in decisions:
        if type(one) is LetIn:
            at = let_in(made, at, <LetIn> one, &free)
            continue
        at = other(made, at, one.login)
        at = put(at, one.n)
        at = put(at, one.decided_us)
        at = put(at, one.device_id)
        at = other(made, at, one.user_name)
        at = other(made, at, one.mac)
        at = other(made, at, one.code)
        at = put(at, one.session_id)
        at = text(made, at, encoded(one.request))
        at = text(made, at, encoded(one.reply))
    return made


cdef char *lay_room(Rows made, list decisions) except? NULL:
    # For the texts of those that write their own.
    cdef Py_ssize_t octets_n = 0
    for one in decisions:
        if type(one) is LetIn:
            octets_n += (<LetIn> one).room()
    made.made = malloc(max(octets_n, 1))
    if made.made == NULL:
        raise MemoryError
    return <char *> made.made


cdef th_cell *let_in(Rows made, th_cell *at, LetIn one, char **free) except NULL:
    cdef char *end
    made.kept.append(one)                       # whose texts the cells point into
    at = borrowed(at, one.login)
    at = put(at, one.session_id)
    at = put(at, one.decided_us)
    at = put(at, one.device_id)
    at = borrowed(at, one.said_name())
    at = borrowed(at, one.mac)
    at = borrowed(at, ACCEPTED)
    at = put(at, one.session_id)
    end = one.write_asked(free[0])
    at = written(at, free[0], end)
    free[0] = one.write_told(end)
    return written(at, end, free[0])


cdef inline th_cell *borrowed(th_cell *at, str value) except NULL:
    # A text that something else in `kept` holds.
    cdef Py_ssize_t size
    cdef const char *octets = PyUnicode_AsUTF8AndSize(value, &size)
    return written(at, octets, octets + size)


cdef inline th_cell *written(th_cell *at, const char *begin, const char *end) noexcept:
    at.value.octets, at.size, at.kind = begin, <int32_t> (end - begin), TH_TEXT
    return at + 1


cdef inline th_cell *text(Rows made, th_cell *at, bytes octets) except NULL:
    pack_value(made, at, <PyObject *> octets)
    at.kind = TH_TEXT
    return at + 1
