"""The data sheet of sessions and their charges: where each number lies, for compiled rooms.

What each field means, and in which unit, is said in `_session.pyi`. Counters, money and instants
are 64-bit numbers in the object itself: a million sessions are held, and an object for each of
their numbers would take three times the room. What few sessions have, and all texts, lie beside
the object (`_session.pyx`); of that, only the numbers are of use to other compiled rooms.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from domain._row cimport Texted


cdef enum:
    # Numbers that are nothing for nearly all sessions; the last two may be None.
    CLASS_SESSION_ID = 0
    TERMINATE_CAUSE
    INPUT_BASE
    OUTPUT_BASE
    SESSION_BASE_S
    EPOCH
    CANDIDATE_INPUT
    CANDIDATE_OUTPUT
    CANDIDATE_S
    REVIEW_INPUT
    REVIEW_OUTPUT
    CLOSED_MICROS
    PART
    CUT_ORDER_ID
    REPLACED_BY
    UNRATED_INPUT
    UNRATED_OUTPUT
    UNRATED_S
    STOP_US
    CANDIDATE_EVENT_US
    RARE_N


cdef class Session(Texted):
    cdef public int64_t session_id
    cdef public int64_t account_id
    cdef public int64_t subscriber_id
    cdef public int64_t device_id
    cdef public int64_t plan_id
    cdef public int64_t version
    cdef public int64_t created_us
    cdef public int64_t start_us
    cdef public int64_t last_event_us
    cdef public int64_t last_seen_us
    cdef public int64_t input_octets
    cdef public int64_t output_octets
    cdef public int64_t session_s
    cdef public int64_t free_octets
    cdef public int64_t free_s
    cdef public int64_t charged_micros
    cdef public int64_t granted_micros
    cdef public int64_t used_micros
    cdef public int64_t hold_until_us
    cdef public int64_t slot_until_us
    cdef public int64_t timeout_s
    cdef public int64_t limit_octets
    cdef public int64_t interim_s
    cdef public int64_t journal_last
    cdef public int64_t records_n
    # Not of the row: what `aaa.vigil` has noted of it, and in `notes`.
    cdef public int64_t noted_us
    cdef public int64_t look_noted_us
    cdef int64_t port                   # nas_port; NOTHING: None
    cdef int64_t look                   # look_us; NOTHING: None
    cdef int64_t *rare                  # RARE_N numbers; NULL: all as for a new session
    cdef PyObject *track                # what `aaa._lane` has laid for it, which takes it away


# None among the numbers that may be None, and the members of the enumerations.
cdef int64_t NOTHING
cdef tuple STATES, HOLDS, WALLS

# Places in `members` and `notes`, bits of `flags`, and how many own texts there are.
cdef enum:
    STATE = 0
    HOLD
    WALL

cdef enum:
    NOTED = 0
    COUNTED

cdef enum:
    START_SEEN = 1
    SYNTHETIC = 2
    FEE_DUE = 4
    ADOPTED = 8

# The places of `strands` and `uses` among the own texts: the last ones.
cdef enum:
    STRANDS = 11
    USES = 12

# For who makes a session without its constructor: all of RARE_N numbers; own texts (Acct-Session-
# Id, login, station, mac or None, port, IPv4 address, IPv6 prefix, Multi-Session-Id, IPv6 address,
# delegated prefix, what was told, `strands`, `uses`); those of its place (called station, address
# and identifier of the NAS, source address, access).
cdef int keep_rare(Session row, const int64_t *numbers) except -1
cdef int keep_said(Session row, list texts, tuple place) except -1


# One of the rare numbers up to UNRATED_S.
cdef inline int64_t rare_of(Session row, int n) noexcept:
    return 0 if row.rare == NULL else row.rare[n]


cdef class Charge:
    cdef public int64_t account_id
    cdef public int64_t session_id
    cdef public int64_t part
    cdef public int64_t step
    cdef public int64_t day
    cdef public int64_t plan_id
    cdef public int64_t input_octets
    cdef public int64_t output_octets
    cdef public int64_t session_s
    cdef public int64_t amount_micros
    cdef public object entry_id


# One of nothing yet.
cdef Charge charge_of(
    int64_t account_id, int64_t session_id, int64_t part, int64_t step, int64_t day, int64_t plan_id
)
