# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Sessions and charges as the books hold them: rows with names, made of plain numbers.

Compiled because a million of them are held at once and each interim changes one: a number in the
object takes eight octets and no collector looks at it. To Python they are dataclasses (`replace`
and `fields` work); what they mean is said in `_session.pyi`, and nothing here decides anything.

What is nothing for nearly all sessions has no room in the object: such numbers are in an array that
is made when the first of them is something. Texts lie beside it as well (`_row.pyx`).
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport int8_t, int64_t, uint64_t

from domain._row cimport (
    _Alike, Field, _Flag, _Member, _Text, Texted, alike, fields_of, index_of, keep_texts,
    said, same,
)
from domain._texts cimport size_of

from domain.session_state import HoldState, SessionState, Walled

cdef tuple STATES = tuple(SessionState)
cdef tuple HOLDS = tuple(HoldState)
cdef tuple WALLS = tuple(Walled)
cdef int8_t ACCEPTED = SessionState.ACCEPTED
cdef int8_t OPEN = SessionState.OPEN
cdef int8_t HELD = HoldState.HELD

cdef int64_t NOTHING = <int64_t> (<uint64_t> 1 << 63)     # None among numbers

# The kinds of own texts, in the order of `keep_said`.
cdef bytes TEXTS = b"tttnttttttbtb"



cdef dict SESSION = fields_of(
    7,
    """
    session_id account_id subscriber_id device_id plan_id state:SessionState version
    acct_session_id:str class_session_id user_name:str calling_station_id:str
    called_station_id:str nas_port:int|None nas_port_id:str nas_ip_address:str
    nas_identifier:str source_address:str framed_ip_address:str framed_ipv6_prefix:str
    acct_multi_session_id:str created_us start_us last_event_us last_seen_us stop_us:int|None
    terminate_cause start_seen:bool synthetic:bool input_octets output_octets session_s
    input_base output_base session_base_s epoch candidate_event_us:int|None candidate_input
    candidate_output candidate_s review_input review_output free_octets free_s fee_due:bool
    charged_micros closed_micros part hold_state:HoldState granted_micros used_micros
    hold_until_us slot_until_us timeout_s limit_octets interim_s cut_order_id journal_last
    records_n walled:Walled look_us:int|None access:str told:bytes unrated_input unrated_output
    unrated_s adopted:bool replaced_by mac:str|None framed_ipv6_address:str
    delegated_ipv6_prefix:str strands:str uses:bytes
    """,
)

cdef dict CHARGE = fields_of(
    6,
    """
    account_id session_id part step day plan_id input_octets output_octets session_s
    amount_micros entry_id:int|None
    """,
)


@cython.final
cdef class _Rare(Field):
    """A number that is nothing for nearly all sessions."""

    def __get__(self, Session row, owner):
        if row is None:
            return self
        if self.n < STOP_US:
            return 0 if row.rare == NULL else row.rare[self.n]
        return None if row.rare == NULL else number_or_none(row.rare[self.n])

    def __set__(self, Session row not None, value):
        cdef int64_t number = number_of(value) if self.n >= STOP_US else value
        if row.rare == NULL:
            if number == usual(self.n):
                return
            make_rare(row)
        row.rare[self.n] = number


cdef inline object number_or_none(int64_t number):
    return None if number == NOTHING else number


cdef int64_t number_of(object value) except? -1:
    cdef int64_t number
    if value is None:
        return NOTHING
    number = value
    if number == NOTHING:
        raise OverflowError("the smallest number of 64 bits is none of a session's")
    return number


cdef inline int64_t usual(int n) noexcept nogil:
    # What a rare number is for nearly all.
    return NOTHING if n >= STOP_US else 0


cdef int make_rare(Session row) except -1:
    cdef int n
    row.rare = <int64_t *> PyMem_Malloc(RARE_N * sizeof(int64_t))
    if row.rare == NULL:
        raise MemoryError
    for n in range(RARE_N):
        row.rare[n] = usual(n)
    return 0


cdef int keep_rare(Session row, const int64_t *numbers) except -1:
    cdef int n
    for n in range(RARE_N):
        if numbers[n] != usual(n) and row.rare == NULL:
            make_rare(row)
        if row.rare != NULL:
            row.rare[n] = numbers[n]
    return 0


cdef int keep_said(Session row, list texts, tuple place) except -1:
    keep_texts(row, texts)
    row.alike = alike(place)
    return 0


@cython.final
@cython.no_gc
cdef class Session(Texted):
    """A session's row; field order is the column order."""

    __dataclass_fields__ = SESSION

    acct_session_id = _Text(0, TEXTS)
    user_name = _Text(1, TEXTS)
    calling_station_id = _Text(2, TEXTS)
    mac = _Text(3, TEXTS)
    nas_port_id = _Text(4, TEXTS)
    framed_ip_address = _Text(5, TEXTS)
    framed_ipv6_prefix = _Text(6, TEXTS)
    acct_multi_session_id = _Text(7, TEXTS)
    framed_ipv6_address = _Text(8, TEXTS)
    delegated_ipv6_prefix = _Text(9, TEXTS)
    told = _Text(10, TEXTS)
    strands = _Text(STRANDS, TEXTS)
    uses = _Text(USES, TEXTS)

    # What all sessions of one place have alike.
    called_station_id = _Alike(0, str)
    nas_ip_address = _Alike(1, str)
    nas_identifier = _Alike(2, str)
    source_address = _Alike(3, str)
    access = _Alike(4, str)

    state = _Member(STATE, STATES)
    hold_state = _Member(HOLD, HOLDS)
    walled = _Member(WALL, WALLS)

    start_seen = _Flag(START_SEEN)
    synthetic = _Flag(SYNTHETIC)
    fee_due = _Flag(FEE_DUE)
    adopted = _Flag(ADOPTED)

    class_session_id = _Rare(CLASS_SESSION_ID)
    terminate_cause = _Rare(TERMINATE_CAUSE)
    input_base = _Rare(INPUT_BASE)
    output_base = _Rare(OUTPUT_BASE)
    session_base_s = _Rare(SESSION_BASE_S)
    epoch = _Rare(EPOCH)
    candidate_event_us = _Rare(CANDIDATE_EVENT_US)
    candidate_input = _Rare(CANDIDATE_INPUT)
    candidate_output = _Rare(CANDIDATE_OUTPUT)
    candidate_s = _Rare(CANDIDATE_S)
    review_input = _Rare(REVIEW_INPUT)
    review_output = _Rare(REVIEW_OUTPUT)
    closed_micros = _Rare(CLOSED_MICROS)
    part = _Rare(PART)
    cut_order_id = _Rare(CUT_ORDER_ID)
    replaced_by = _Rare(REPLACED_BY)
    unrated_input = _Rare(UNRATED_INPUT)
    unrated_output = _Rare(UNRATED_OUTPUT)
    unrated_s = _Rare(UNRATED_S)
    stop_us = _Rare(STOP_US)

    def __init__(
        self,
        int64_t session_id, int64_t account_id, int64_t subscriber_id, int64_t device_id,
        int64_t plan_id, state, int64_t version, str acct_session_id not None="",
        int64_t class_session_id=0, str user_name not None="",
        str calling_station_id not None="", str called_station_id not None="",
        nas_port=None, str nas_port_id not None="", str nas_ip_address not None="",
        str nas_identifier not None="", str source_address not None="",
        str framed_ip_address not None="", str framed_ipv6_prefix not None="",
        str acct_multi_session_id not None="", int64_t created_us=0, int64_t start_us=0,
        int64_t last_event_us=0, int64_t last_seen_us=0, stop_us=None,
        int64_t terminate_cause=0, bint start_seen=False, bint synthetic=False,
        int64_t input_octets=0, int64_t output_octets=0, int64_t session_s=0,
        int64_t input_base=0, int64_t output_base=0, int64_t session_base_s=0,
        int64_t epoch=0, candidate_event_us=None, int64_t candidate_input=0,
        int64_t candidate_output=0, int64_t candidate_s=0, int64_t review_input=0,
        int64_t review_output=0, int64_t free_octets=0, int64_t free_s=0,
        bint fee_due=False, int64_t charged_micros=0, int64_t closed_micros=0,
        int64_t part=0, hold_state=0, int64_t granted_micros=0, int64_t used_micros=0,
        int64_t hold_until_us=0, int64_t slot_until_us=0, int64_t timeout_s=0,
        int64_t limit_octets=0, int64_t interim_s=0, int64_t cut_order_id=0,
        int64_t journal_last=0, int64_t records_n=0, walled=0, look_us=None,
        str access not None="", bytes told not None=b"", int64_t unrated_input=0,
        int64_t unrated_output=0, int64_t unrated_s=0, bint adopted=False,
        int64_t replaced_by=0, str mac=None, str framed_ipv6_address not None="",
        str delegated_ipv6_prefix not None="", str strands not None="", bytes uses not None=b"",
    ):
        self.session_id = session_id
        self.account_id = account_id
        self.subscriber_id = subscriber_id
        self.device_id = device_id
        self.plan_id = plan_id
        self.members[STATE] = index_of(state, STATES, None)
        self.version = version
        keep_said(
            self,
            [
                acct_session_id, user_name, calling_station_id, mac, nas_port_id,
                framed_ip_address, framed_ipv6_prefix, acct_multi_session_id, framed_ipv6_address,
                delegated_ipv6_prefix, told, strands, uses,
            ],
            (called_station_id, nas_ip_address, nas_identifier, source_address, access),
        )
        self.port = number_of(nas_port)
        self.created_us = created_us
        self.start_us = start_us
        self.last_event_us = last_event_us
        self.last_seen_us = last_seen_us
        self.flags = (
            START_SEEN * start_seen | SYNTHETIC * synthetic | FEE_DUE * fee_due | ADOPTED * adopted
        )
        self.input_octets = input_octets
        self.output_octets = output_octets
        self.session_s = session_s
        self.free_octets = free_octets
        self.free_s = free_s
        self.charged_micros = charged_micros
        self.members[HOLD] = index_of(hold_state, HOLDS, None)
        self.granted_micros = granted_micros
        self.used_micros = used_micros
        self.hold_until_us = hold_until_us
        self.slot_until_us = slot_until_us
        self.timeout_s = timeout_s
        self.limit_octets = limit_octets
        self.interim_s = interim_s
        self.journal_last = journal_last
        self.records_n = records_n
        self.members[WALL] = index_of(walled, WALLS, None)
        self.look = number_of(look_us)
        # In the order of the data sheet.
        cdef int64_t[RARE_N] numbers = [
            class_session_id, terminate_cause, input_base, output_base, session_base_s, epoch,
            candidate_input, candidate_output, candidate_s, review_input, review_output,
            closed_micros, part, cut_order_id, replaced_by,
            unrated_input, unrated_output, unrated_s,
            number_of(stop_us), number_of(candidate_event_us),
        ]
        keep_rare(self, numbers)

    def __dealloc__(self):
        PyMem_Free(self.rare)

    @property
    def nas_port(self):
        """The device's number of its port, or None."""
        return number_or_none(self.port)

    @nas_port.setter
    def nas_port(self, value):
        self.port = number_of(value)

    @property
    def noted(self):
        """What `aaa.vigil` has noted it for."""
        return self.notes[NOTED]

    @noted.setter
    def noted(self, int8_t value):
        self.notes[NOTED] = value

    @property
    def counted(self):
        """How `aaa.vigil` has counted it."""
        return self.notes[COUNTED]

    @counted.setter
    def counted(self, int8_t value):
        self.notes[COUNTED] = value

    @property
    def look_us(self):
        """When time alone changes what it is given, or None."""
        return number_or_none(self.look)

    @look_us.setter
    def look_us(self, value):
        self.look = number_of(value)

    def standing(self):
        """A hash of all but the version, what an interim moves (`domain.session.MOVING`), and
        the totals beside it: what was closed, and what is not rated. What it used by a plan with
        bands is its last text, and a total too."""
        cdef int64_t[18 + RARE_N] numbers
        cdef int n
        numbers[0], numbers[1] = self.session_id, self.account_id
        numbers[2], numbers[3] = self.subscriber_id, self.device_id
        numbers[4], numbers[5] = self.plan_id, self.port
        numbers[6], numbers[7] = self.created_us, self.start_us
        numbers[8], numbers[9] = self.slot_until_us, self.timeout_s
        numbers[10], numbers[11] = self.limit_octets, self.interim_s
        numbers[12], numbers[13] = self.look, self.flags
        numbers[14], numbers[15] = self.members[STATE], self.members[HOLD]
        numbers[16], numbers[17] = self.members[WALL], hash(self.alike)
        for n in range(RARE_N):
            numbers[18 + n] = usual(n) if self.rare == NULL else self.rare[n]
        for n in (CLOSED_MICROS, UNRATED_INPUT, UNRATED_OUTPUT, UNRATED_S):
            numbers[18 + n] = 0
        return hash((
            PyBytes_FromStringAndSize(<const char *> numbers, sizeof(numbers)),
            PyBytes_FromStringAndSize(<const char *> self.texts, size_of(self.texts, USES)),
        ))

    def __eq__(self, other):
        return same(self, other, SESSION) if type(other) is Session else NotImplemented

    def __repr__(self):
        return said("Session", self, SESSION)

    @property
    def held_micros(self):
        """What the hold still keeps from others: granted less used."""
        return self.granted_micros - self.used_micros if self.members[HOLD] == HELD else 0

    @property
    def owes_fee(self):
        """Can a session fee be due? One Accept owes one, in however many sessions the device
        splits it (F-54); that of an adopted session was owed where it began."""
        return not (rare_of(self, CLASS_SESSION_ID) or self.flags & ADOPTED)

    @property
    def live(self):
        """Accepted or open: it may still spend."""
        return self.members[STATE] == ACCEPTED or self.members[STATE] == OPEN

    @property
    def open_micros(self):
        """Charges that stand beside the entries until they are closed."""
        return self.charged_micros - rare_of(self, CLOSED_MICROS)


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Charge:
    """Rated usage of one session, step and local day: the mutable row that interims add to."""

    __dataclass_fields__ = CHARGE

    def __init__(
        self,
        int64_t account_id, int64_t session_id, int64_t part, int64_t step, int64_t day,
        int64_t plan_id, int64_t input_octets=0, int64_t output_octets=0,
        int64_t session_s=0, int64_t amount_micros=0, entry_id=None,
    ):
        self.account_id = account_id
        self.session_id = session_id
        self.part = part
        self.step = step
        self.day = day
        self.plan_id = plan_id
        self.input_octets = input_octets
        self.output_octets = output_octets
        self.session_s = session_s
        self.amount_micros = amount_micros
        self.entry_id = entry_id

    def __eq__(self, other):
        return same(self, other, CHARGE) if type(other) is Charge else NotImplemented

    def __repr__(self):
        return said("Charge", self, CHARGE)


cdef Charge charge_of(
    int64_t account_id, int64_t session_id, int64_t part, int64_t step, int64_t day, int64_t plan_id
):
    cdef Charge row = Charge.__new__(Charge)
    row.account_id, row.session_id = account_id, session_id
    row.part, row.step, row.day = part, step, day
    row.plan_id = plan_id
    return row
