# cython: language_level=3, auto_pickle=False, autotestdict=False
"""What a login writes and a Start changes, without a step of the interpreter for each column.

The facts of a session are fifty columns, and a decision is a row as well: here they become cells
for SQLite (`store._packed`), the same that plain Python makes of the same records, in the order of
the columns; the tests compare them. Where a session keeps what is `domain/_session.pxd`'s.
Nothing here does I/O.
"""

from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport malloc
from libc.string cimport memcpy

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
from domain._texts cimport NO_TEXT, Piece, pieces_of, size_of, text_at
from store._packed cimport TH_BLOB, TH_NULL, TH_NUMBER, TH_TEXT, Rows, pack_value, put, th_cell


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
    cdef char *free = lay_texts(made, sessions)
    cdef Piece[STRANDS + 1] pieces
    cdef tuple place = None
    cdef Session one
    for one in sessions:
        pieces_of(one.texts, STRANDS + 1, pieces)
        if one.alike is not place:
            place = one.alike
            made.kept.append(place)             # whose texts the cells point into
        at = put(at, one.session_id)
        at = put(at, one.account_id)
        at = put(at, one.subscriber_id)
        at = put(at, one.device_id)
        at = put(at, one.plan_id)
        at = put(at, one.members[STATE])
        at = own(made, at, one, pieces, 0, &free)  # acct_session_id
        at = put(at, rare_of(one, CLASS_SESSION_ID))
        at = own(made, at, one, pieces, 1, &free)  # user_name
        at = own(made, at, one, pieces, 2, &free)  # calling_station_id
        at = borrowed(at, place[0])  # called_station_id
        at = put_or_null(at, one.port)
        at = own(made, at, one, pieces, 4, &free)  # nas_port_id
        at = borrowed(at, place[1])  # nas_ip_address
        at = borrowed(at, place[2])  # nas_identifier
        at = borrowed(at, place[3])  # source_address
        at = own(made, at, one, pieces, 5, &free)  # framed_ip_address
        at = own(made, at, one, pieces, 6, &free)  # framed_ipv6_prefix
        at = own(made, at, one, pieces, 7, &free)  # acct_multi_session_id
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
        at = borrowed(at, place[4])  # access
        at = own(made, at, one, pieces, 10, &free)  # told
        (at - 1).kind = TH_BLOB
        at = put(at, one.flags & ADOPTED != 0)
        at = put(at, rare_of(one, REPLACED_BY))
        at = own(made, at, one, pieces, 3, &free)  # mac
        at = own(made, at, one, pieces, 8, &free)  # framed_ipv6_address
        at = own(made, at, one, pieces, 9, &free)  # delegated_ipv6_prefix
        at = own(made, at, one, pieces, STRANDS, &free)
    made.sort(1)
    return made


cdef char *lay_texts(Rows made, list sessions) except NULL:
    # For own texts, which a session may replace while they are written. One in small letters takes
    # as much as the one before it.
    cdef Py_ssize_t octets_n = 1
    cdef Session one
    for one in sessions:
        octets_n += 2 * size_of(one.texts, STRANDS + 1)
    return lay(made, octets_n)


cdef th_cell *own(
    Rows made, th_cell *at, Session one, const Piece *pieces, int n, char **free
) except NULL:
    cdef Py_ssize_t size = pieces[n].size, octet
    cdef const unsigned char *octets = pieces[n].octets
    if size == NO_TEXT:
        at.kind = TH_NULL
        return at + 1
    if size >= 0:
        memcpy(free[0], octets, size)
    else:
        octets, size = pieces[n - 1].octets, pieces[n - 1].size
        for octet in range(size):
            if octets[octet] >= 0x80:
                return other(made, at, text_at(one.texts, n))
            free[0][octet] = <char> (octets[octet] + 32 * (b"A" <= octets[octet] <= b"Z"))
    free[0] += size
    return written(at, free[0] - size, free[0])


cdef char *lay(Rows made, Py_ssize_t octets_n) except NULL:
    made.made = malloc(octets_n)
    if made.made == NULL:
        raise MemoryError
    return <char *> made.made


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


cdef char *lay_room(Rows made, list decisions) except NULL:
    # For the texts of those that write their own.
    cdef Py_ssize_t octets_n = 1
    for one in decisions:
        if type(one) is LetIn:
            octets_n += (<LetIn> one).room()
    return lay(made, octets_n)


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
