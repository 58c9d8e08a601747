# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Accounts, subscribers and allowances as the books hold them: rows made of plain numbers.

Compiled for the same reasons as sessions (`_session.pyx`): each open session keeps its account and
its subscriber in memory. To Python they are dataclasses; what they mean is said in `_account.pyi`.
"""

cimport cython
from libc.stdint cimport int64_t, uint64_t

from itertools import zip_longest

from domain._row cimport (
    _Alike, _Flag, _Member, Row, _Text, Texted, alike, fields_of, index_of, keep_texts, said, same,
)

from domain.account_words import CredentialKind, MacMode, Status

cdef tuple STATUSES = tuple(Status)
cdef tuple KINDS = tuple(CredentialKind)
cdef tuple MAC_MODES = tuple(MacMode)

# By the words of a row; a member finds itself, too.
cdef dict STATUS_AT = {word: at for at, word in enumerate(STATUSES)}
cdef dict KIND_AT = {word: at for at, word in enumerate(KINDS)}
cdef dict MAC_MODE_AT = {word: at for at, word in enumerate(MAC_MODES)}

cdef int64_t NEVER_US = <int64_t> (<uint64_t> 1 << 63)

# The kinds of a subscriber's own texts, in the order of `keep_texts` below.
cdef bytes TEXTS = b"tntnnnb"

cdef dict ACCOUNT = fields_of(
    7,
    """
    account_id currency:str credit_limit_micros posted_micros open_micros held_micros entries_n
    """,
)

cdef dict SUBSCRIBER = fields_of(
    14,
    """
    subscriber_id account_id login:str status:Status plan_name:str
    credential_kind:CredentialKind credential:bytes mac:str|None mac_mode:MacMode
    device_ids:tuple[int,...] period_start_us valid_until_us:int|None sample:bool created_us
    name:str group_name:str language:str timezone:str framed_ip_address:str|None
    framed_ipv6:str|None delegated_ipv6_prefix:str|None replies:tuple[Reply,...]
    auto_renew:bool|None next_plan_name:str|None periods_ahead_us:tuple[int,...]
    anchor_us:int|None paid_anchor_us:int|None plan_id plan_ids_ahead:tuple[int,...]
    """,
)

cdef dict ALLOWANCE = fields_of(
    4,
    """
    account_id period_start_us used_octets used_s
    """,
)


cdef int64_t instant_or_never(object value) except? -1:
    """The instant as it is kept; None: NEVER_US."""
    cdef int64_t us = NEVER_US if value is None else value
    if value is not None and us == NEVER_US:
        raise OverflowError("there is no such instant")
    return us


@cython.final
@cython.no_gc
cdef class Account(Row):
    """One purse. All amounts are micros of `currency`."""

    __dataclass_fields__ = ACCOUNT

    currency = _Alike(0, str)

    def __init__(
        self,
        int64_t account_id, str currency not None, int64_t credit_limit_micros,
        int64_t posted_micros, int64_t open_micros, int64_t held_micros, int64_t entries_n,
    ):
        self.account_id = account_id
        self.alike = alike((currency,))
        self.credit_limit_micros = credit_limit_micros
        self.posted_micros = posted_micros
        self.open_micros = open_micros
        self.held_micros = held_micros
        self.entries_n = entries_n

    def __eq__(self, other):
        return same(self, other, ACCOUNT) if type(other) is Account else NotImplemented

    def __repr__(self):
        return said("Account", self, ACCOUNT)

    @property
    def balance_micros(self):
        """What the account has: its entries less the charges of sessions still open."""
        return self.posted_micros - self.open_micros

    @property
    def available_micros(self):
        """What a new promise may take: the balance less promises, and the credit limit (L7)."""
        return (
            self.posted_micros - self.open_micros - self.held_micros + self.credit_limit_micros
        )


@cython.final
@cython.no_gc
cdef class Subscriber(Texted):
    """One login of an account, with its credential still sealed."""

    __dataclass_fields__ = SUBSCRIBER

    login = _Text(0, TEXTS)
    mac = _Text(1, TEXTS)
    name = _Text(2, TEXTS)
    framed_ip_address = _Text(3, TEXTS)
    framed_ipv6 = _Text(4, TEXTS)
    delegated_ipv6_prefix = _Text(5, TEXTS)
    credential = _Text(6, TEXTS)

    status = _Member(STATUS, STATUSES, STATUS_AT)
    credential_kind = _Member(KIND, KINDS, KIND_AT)
    mac_mode = _Member(MAC_MODE, MAC_MODES, MAC_MODE_AT)
    sample = _Flag(SAMPLE)

    plan_name = _Alike(0, str)
    device_ids = _Alike(1, tuple)
    group_name = _Alike(2, str)
    language = _Alike(3, str)
    timezone = _Alike(4, str)
    replies = _Alike(5, tuple)
    next_plan_name = _Alike(6, str, type(None))
    periods_ahead_us = _Alike(7, tuple)
    plan_ids_ahead = _Alike(8, tuple)

    def __init__(
        self,
        int64_t subscriber_id, int64_t account_id, str login not None, status,
        str plan_name not None, credential_kind, bytes credential not None, str mac,
        mac_mode, tuple device_ids not None, int64_t period_start_us, valid_until_us,
        bint sample, int64_t created_us, str name not None="", str group_name not None="",
        str language not None="", str timezone not None="", str framed_ip_address=None,
        str framed_ipv6=None, str delegated_ipv6_prefix=None, tuple replies not None=(),
        auto_renew=None, str next_plan_name=None, tuple periods_ahead_us not None=(),
        anchor_us=None, paid_anchor_us=None, int64_t plan_id=0,
        tuple plan_ids_ahead not None=(),
    ):
        self.subscriber_id = subscriber_id
        self.account_id = account_id
        self.period_start_us = period_start_us
        self.valid_until_us = valid_until_us
        self.flags = SAMPLE if sample else 0
        self.created_us = created_us
        self.auto_renew = auto_renew
        self.anchor_us = anchor_us
        self.paid_anchor_us = paid_anchor_us
        self.plan_id = plan_id
        keep_texts(self, [
            login, mac, name, framed_ip_address, framed_ipv6, delegated_ipv6_prefix, credential,
        ])
        self.members[STATUS] = index_of(status, STATUSES, STATUS_AT)
        self.members[KIND] = index_of(credential_kind, KINDS, KIND_AT)
        self.members[MAC_MODE] = index_of(mac_mode, MAC_MODES, MAC_MODE_AT)
        self.alike = alike((
            plan_name, device_ids, group_name, language, timezone, replies, next_plan_name,
            periods_ahead_us, plan_ids_ahead,
        ))

    def __eq__(self, other):
        return same(self, other, SUBSCRIBER) if type(other) is Subscriber else NotImplemented

    def __repr__(self):
        return said("Subscriber", self, SUBSCRIBER)

    @property
    def valid_until_us(self):
        """When what was bought ends; None: never."""
        return None if self.until_us == NEVER_US else self.until_us

    @valid_until_us.setter
    def valid_until_us(self, value):
        self.until_us = instant_or_never(value)

    @property
    def anchor_us(self):
        """What its weeks and months are reckoned from; None: nothing yet."""
        return None if self.anchored_us == NEVER_US else self.anchored_us

    @anchor_us.setter
    def anchor_us(self, value):
        self.anchored_us = instant_or_never(value)

    @property
    def paid_anchor_us(self):
        """What its paid months are reckoned from; None: the anchor."""
        return None if self.paid_anchored_us == NEVER_US else self.paid_anchored_us

    @paid_anchor_us.setter
    def paid_anchor_us(self, value):
        self.paid_anchored_us = instant_or_never(value)

    def period_at_us(self, now_us):
        """The validity period that included usage is counted in at an instant, by its beginning.

        A renewal ahead of time refills nothing before the time it bought begins.
        """
        begun = [start_us for start_us in self.periods_ahead_us if start_us <= now_us]
        return max(begun, default=self.period_start_us)

    def plan_id_at(self, now_us):
        """The plan version that the validity period of an instant was bought as; 0: none was."""
        # Of time that was bought before versions were kept, nobody knows which one it was.
        ahead = zip_longest(self.periods_ahead_us, self.plan_ids_ahead, fillvalue=0)
        begun = [one for one in ahead if one[0] <= now_us]
        return max(begun)[1] if begun else self.plan_id


@cython.final
@cython.no_gc
cdef class Allowance:
    """Included usage an account has consumed in one validity period (never refilled)."""

    __dataclass_fields__ = ALLOWANCE

    def __init__(
        self,
        int64_t account_id, int64_t period_start_us, int64_t used_octets, int64_t used_s,
    ):
        self.account_id = account_id
        self.period_start_us = period_start_us
        self.used_octets = used_octets
        self.used_s = used_s

    def __eq__(self, other):
        return same(self, other, ALLOWANCE) if type(other) is Allowance else NotImplemented

    def __repr__(self):
        return said("Allowance", self, ALLOWANCE)
