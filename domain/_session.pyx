# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Sessions and charges as the books hold them: rows with names, made of plain numbers.

Compiled because a million of them are held at once and each interim changes one: a number in the
object takes eight octets and no collector looks at it. To Python they are dataclasses (`replace`
and `fields` work); what they mean is said in `_session.pyi`, and nothing here decides anything.
"""

import dataclasses

cimport cython
from libc.stdint cimport int64_t

from domain.session_state import HoldState, SessionState, Walled

cdef tuple STATES = tuple(SessionState)
cdef tuple HOLDS = tuple(HoldState)
cdef tuple WALLS = tuple(Walled)
cdef object ACCEPTED = SessionState.ACCEPTED
cdef object OPEN = SessionState.OPEN
cdef object HELD = HoldState.HELD

cdef enum:
    SHARED_MAX_N = 4096     # different texts that are kept to be shared; the rest stand alone
    SHARED_MAX = 256        # octets or characters of one

cdef dict SHARED = {}


cdef object shared(object text):
    if len(text) > SHARED_MAX:
        return text
    found = SHARED.get(text)
    if found is not None:
        return found
    if len(SHARED) < SHARED_MAX_N:
        SHARED[text] = text
    return text


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
    delegated_ipv6_prefix:str
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
@cython.no_gc
cdef class Session:
    """A session's row; field order is the column order."""

    __dataclass_fields__ = SESSION

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
        str delegated_ipv6_prefix not None="",
    ):
        self.session_id = session_id
        self.account_id = account_id
        self.subscriber_id = subscriber_id
        self.device_id = device_id
        self.plan_id = plan_id
        self.state = STATES[state]
        self.version = version
        self.acct_session_id = acct_session_id
        self.class_session_id = class_session_id
        self.user_name = user_name
        self.calling_station_id = calling_station_id
        self.called_station_id = shared(called_station_id)
        self.nas_port = nas_port
        self.nas_port_id = shared(nas_port_id)
        self.nas_ip_address = shared(nas_ip_address)
        self.nas_identifier = shared(nas_identifier)
        self.source_address = shared(source_address)
        self.framed_ip_address = framed_ip_address
        self.framed_ipv6_prefix = framed_ipv6_prefix
        self.acct_multi_session_id = acct_multi_session_id
        self.created_us = created_us
        self.start_us = start_us
        self.last_event_us = last_event_us
        self.last_seen_us = last_seen_us
        self.stop_us = stop_us
        self.terminate_cause = terminate_cause
        self.start_seen = start_seen
        self.synthetic = synthetic
        self.input_octets = input_octets
        self.output_octets = output_octets
        self.session_s = session_s
        self.input_base = input_base
        self.output_base = output_base
        self.session_base_s = session_base_s
        self.epoch = epoch
        self.candidate_event_us = candidate_event_us
        self.candidate_input = candidate_input
        self.candidate_output = candidate_output
        self.candidate_s = candidate_s
        self.review_input = review_input
        self.review_output = review_output
        self.free_octets = free_octets
        self.free_s = free_s
        self.fee_due = fee_due
        self.charged_micros = charged_micros
        self.closed_micros = closed_micros
        self.part = part
        self.hold_state = HOLDS[hold_state]
        self.granted_micros = granted_micros
        self.used_micros = used_micros
        self.hold_until_us = hold_until_us
        self.slot_until_us = slot_until_us
        self.timeout_s = timeout_s
        self.limit_octets = limit_octets
        self.interim_s = interim_s
        self.cut_order_id = cut_order_id
        self.journal_last = journal_last
        self.records_n = records_n
        self.walled = WALLS[walled]
        self.look_us = look_us
        self.access = shared(access)
        self.told = shared(told)
        self.unrated_input = unrated_input
        self.unrated_output = unrated_output
        self.unrated_s = unrated_s
        self.adopted = adopted
        self.replaced_by = replaced_by
        self.mac = mac
        self.framed_ipv6_address = framed_ipv6_address
        self.delegated_ipv6_prefix = delegated_ipv6_prefix

    def __eq__(self, other):
        return same(self, other, SESSION) if type(other) is Session else NotImplemented

    def __repr__(self):
        return said("Session", self, SESSION)

    @property
    def held_micros(self):
        """What the hold still keeps from others: granted less used."""
        return self.granted_micros - self.used_micros if self.hold_state is HELD else 0

    @property
    def owes_fee(self):
        """Can a session fee be due? One Accept owes one, in however many sessions the device
        splits it (F-54); that of an adopted session was owed where it began."""
        return not (self.class_session_id or self.adopted)

    @property
    def live(self):
        """Accepted or open: it may still spend."""
        return self.state is ACCEPTED or self.state is OPEN

    @property
    def open_micros(self):
        """Charges that stand beside the entries until they are closed."""
        return self.charged_micros - self.closed_micros


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
