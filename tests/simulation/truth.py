"""What really happened, written down by those who did it: the routers and the office.

Every router actor keeps a `TrueSession` for each connection it served: what passed, what it told
the server in which record, and which record was acknowledged. The office keeps what it paid in.
Nothing of this is known to the server; the oracle prices it, and the checkers compare.

All instants are the world's microseconds unless said otherwise; octets and seconds are totals
since the session began. `input` is what the subscriber sent (ACC-03).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Told:
    """One accounting record, as first put on the wire. Repeats are the same record."""

    kind: str  # "start", "interim", "stop"
    sent_us: int
    input_octets: int  # true totals at that instant, whatever was written into the packet
    output_octets: int
    session_s: int
    as_said: tuple[int, int, int]  # input, output, seconds as the packet says them (mod 2^32 ...)
    sends_n: int = 0
    acked_us: int | None = None
    given_up: bool = False  # the router stopped repeating it without an answer


@dataclass(slots=True)
class TrueSession:
    """One connection of a subscriber, as the router served it."""

    nas: str  # device name in the books
    acct_session_id: str
    login: str
    plan: str  # plan name at login; "" if not let in by the server
    tokens: list[bytes] = field(default_factory=list)  # Class values of the Accept, in order
    accepted_us: int | None = None  # the Accept arrived (None: it serves without one)
    began_us: int = 0
    ended_us: int | None = None
    cause: str = ""  # why it ended: "user", "timeout", "octets", "disconnect", "reboot", "lost"
    used_input: int = 0  # what really passed so far
    used_output: int = 0
    used_s: int = 0
    told: list[Told] = field(default_factory=list)
    # Could every counter it reported be taken at its word? False: this router resets, swaps,
    # wraps without telling, or invents; then only bounds can be checked, and `why` says which.
    honest: bool = True
    why: str = ""
    limit_s: int = 0  # Session-Timeout and octet limit that the router was told last; 0: none
    limit_octets: int = 0
    limited_us: int | None = None  # when it was first told a limit that it keeps to
    timeline: list[tuple[int, int, int]] = field(default_factory=list)
    # (world us, input, output) at each change of rate: usage between is linear
    ran_before: bool = False  # it was there before its router reported to this house
    tried_us: int = 0  # its Access-Request was first sent
    speed_bps: tuple[int, int] = (0, 0)  # what the router lets through: input, output

    # What bounds its overdraft: how fast it can be, how late it acts, what it does not do.
    profile: str = ""  # name of the router's profile, for the published table
    rate_bps: int = 0  # the most it can move in both directions together; 0: nobody polices it
    interim_s: int = 0  # the longest interval between two reports that it meant to make
    check_us: int = 1_000_000  # how late it notices that a limit was reached
    enforces_octets: bool = False  # it ends at the octet limit it was told
    enforces_time: bool = True  # it ends at its Session-Timeout
    obeys: bool = True  # it ends when it is told to; False once it ignored, refused or went on
    denied: bool = False  # its router said while it lived that it knows no such session
    garden: str = ""  # the address list or filter that it was given last
    told_off_us: int | None = None  # the first genuine Disconnect for it was heard

    @property
    def acked(self) -> list[Told]:
        """The records that the server has acknowledged."""
        return [record for record in self.told if record.acked_us is not None]

    @property
    def finished(self) -> bool:
        """Has its Stop been acknowledged?"""
        return any(record.kind == "stop" for record in self.acked)


@dataclass(slots=True)
class Login:
    """One attempt to log in, repeats and all."""

    login: str
    nas: str
    plan: str  # of the subscriber, as the office knows it; "" for nobody's login
    sent_us: int
    right: bool  # a known login with its right password
    verdict: str = ""  # "accept", "reject", or "": no answer that the router heard in time
    answered_us: int | None = None
    signed: bool = True  # nobody can change it under way and be believed


@dataclass(slots=True)
class OfficeChange:
    """Something that the office did beside money."""

    what: str  # "plan", "status", "plan-text", "device", "disconnect"
    name: str  # the login, plan or device that was changed
    value: str  # what it became
    tried_us: int
    done_us: int | None = None  # known to be done; until then it may be done or not


@dataclass(slots=True)
class Payment:
    """Money that the office has booked, or tried to: `key` makes a repetition harmless."""

    login: str  # whose entry it is; of a transfer: the giver
    amount_micros: int  # what it does to this purse: of a transfer negative
    key: str  # as on the entry
    tried_us: int
    done_us: int | None = None  # known to be booked
    tries_n: int = 0
    kind: str = "top-up"  # "top-up", "correction", "transfer"
    taker: str = ""  # of a transfer
    declined: bool = False  # politely refused (a transfer without the money): books nothing


@dataclass(slots=True)
class Sale:
    """Time that the office has sold or given, or tried to: once for each key."""

    login: str
    kind: str  # "renewal", "extension"
    key: str
    tried_us: int
    done_us: int | None = None  # known to be written
    declined: bool = False  # politely refused, and never written under this key


@dataclass(slots=True)
class Truth:
    """All of it."""

    sessions: list[TrueSession] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    opening_micros: dict[str, int] = field(default_factory=dict)  # by login
    credit_limit_micros: dict[str, int] = field(default_factory=dict)
    boots: list[tuple[str, int, bool]] = field(default_factory=list)
    # (nas, world us of its announcement, if it made one, Accounting-On acknowledged) for each
    # reboot of a router
    plan_texts: list[str] = field(default_factory=list)  # loaded, or tried, besides the town's
    logins: list[Login] = field(default_factory=list)
    cast: dict[str, str] = field(default_factory=dict)  # by login: the plan it began with
    routers: list[str] = field(default_factory=list)  # those that take part
    changes: list[OfficeChange] = field(default_factory=list)
    plan_of: dict[str, str] = field(default_factory=dict)  # by login: the plan it has by now
    texts: dict[str, str] = field(default_factory=dict)  # of all plans there are, by name
    clock_jumped: bool = False  # the server's clock was set anew
    disconnects_n: int = 0  # asked for by the server, as the routers saw it
    naks_n: int = 0
