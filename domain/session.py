"""One connection of a subscriber, as the books know it.

A session is born with its Access-Accept (it holds money then), or with the first accounting
record of a connection we did not accept. Its counters are cumulative and never fall (A5): what a
device reports is `raw`; `base` carries what earlier counter epochs of the same session reached,
so `cumulative = base + raw` for ever grows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SessionState(enum.IntEnum):
    """Where a session stands."""

    ACCEPTED = 0  # let in, no accounting yet; counts as a slot until slot_until_us
    OPEN = 1
    CLOSED = 2
    LAPSED = 3  # accepted but never started; its hold was released


class HoldState(enum.IntEnum):
    """How a hold stands; it leaves HELD at most once (L6)."""

    NONE = 0  # nothing was held: the plan has no usage price, or we did not accept the session
    HELD = 1
    POSTED = 2  # the session ended; what was used became charges, the rest went back
    VOID = 3  # replaced by a newer login
    EXPIRED = 4  # the session never started within its time


class Walled(enum.IntEnum):
    """Behind which wall a session is, if it is."""

    NO = 0  # it is given what its plan sells
    EXPIRED = 1  # the walled garden of its plan for those whose package has ended ...
    NO_CREDIT = 2  # ... whose money has ended ...
    SUSPENDED = 3  # ... who are suspended; none of these is rated or holds money


@dataclass(slots=True)
class Session:
    """A session's row; field order is the column order. Octets, seconds, micros, UTC micros.

    `input` is what the subscriber sent, `output` what was sent to the subscriber (ACC-03).
    """

    session_id: int
    account_id: int  # 0: nobody's (suspense)
    subscriber_id: int
    device_id: int
    plan_id: int
    state: SessionState
    version: int  # rises by one with each commit; a commit checks the one it read

    # what the device calls it
    acct_session_id: str = ""
    class_session_id: int = 0  # the session whose Class token this one carries; 0: none
    user_name: str = ""
    calling_station_id: str = ""
    called_station_id: str = ""
    nas_port: int | None = None
    nas_port_id: str = ""
    nas_ip_address: str = ""  # as the NAS itself reports it, for COA-07
    nas_identifier: str = ""
    source_address: str = ""  # where its packets come from; orders go there
    framed_ip_address: str = ""
    framed_ipv6_prefix: str = ""
    acct_multi_session_id: str = ""

    # when
    created_us: int = 0
    start_us: int = 0
    last_event_us: int = 0  # event time of the newest accepted record (9.3)
    last_seen_us: int = 0  # arrival of the newest record
    stop_us: int | None = None
    terminate_cause: int = 0  # ACC-11
    start_seen: bool = False
    synthetic: bool = False  # closed by us, not by a Stop

    # cumulative counters, and what they add to the raw readings
    input_octets: int = 0
    output_octets: int = 0
    session_s: int = 0
    input_base: int = 0
    output_base: int = 0
    session_base_s: int = 0
    epoch: int = 0  # counter resets so far
    # a first low reading, waiting for a second one to confirm a reset (9.4)
    candidate_event_us: int | None = None
    candidate_input: int = 0
    candidate_output: int = 0
    candidate_s: int = 0
    # usage put aside for review, neither billed nor forgotten (plausibility, Q-14c)
    review_input: int = 0
    review_output: int = 0

    # what it cost: included usage consumed, money charged, by parts
    free_octets: int = 0
    free_s: int = 0
    fee_due: bool = False  # it was started or used, so the session fee is owed (F-24, F-42)
    charged_micros: int = 0
    closed_micros: int = 0  # the part of it that is in entries already
    part: int = 0  # how often its charges have been closed into entries

    # what it may spend
    hold_state: HoldState = HoldState.NONE
    granted_micros: int = 0
    used_micros: int = 0  # min(granted, charged)
    hold_until_us: int = 0
    slot_until_us: int = 0
    timeout_s: int = 0  # the Session-Timeout that was told
    limit_octets: int = 0  # the octet limit that was told; 0: none
    interim_s: int = 0  # the interval that was asked for
    cut_order_id: int = 0  # the Disconnect under way; 0: none

    journal_last: int = 0  # newest journal row with a record of this session; rows chain back
    records_n: int = 0

    # which wall it is behind, and what its device was told of its service
    walled: Walled = Walled.NO
    look_us: int | None = None  # when time alone changes what it is given
    access: str = ""  # domain.plan.Access, as the request told; empty: unknown
    told: bytes = b""  # encoded speeds, addresses and reply attributes, as told last
    # cumulative usage that is nobody's to pay: before adoption, and in a walled garden
    unrated_input: int = 0
    unrated_output: int = 0
    unrated_s: int = 0
    adopted: bool = False  # it ran before its device reported to us
    replaced_by: int = 0  # the session of the same station that took its place; 0: none
    # for looking up who had an address
    mac: str | None = None  # canonical Calling-Station-Id, if it is one
    framed_ipv6_address: str = ""
    delegated_ipv6_prefix: str = ""

    @property
    def held_micros(self) -> int:
        """What the hold still keeps from others: granted less used."""
        if self.hold_state is not HoldState.HELD:
            return 0
        return self.granted_micros - self.used_micros

    @property
    def owes_fee(self) -> bool:
        """Can a session fee be due? One Accept owes one, in however many sessions the device
        splits it (F-54); that of an adopted session was owed where it began."""
        return not (self.class_session_id or self.adopted)

    @property
    def live(self) -> bool:
        """Accepted or open: it may still spend."""
        return self.state <= SessionState.OPEN

    @property
    def open_micros(self) -> int:
        """Charges that stand beside the entries until they are closed."""
        return self.charged_micros - self.closed_micros


# What an ordinary interim changes, besides the version; no index knows any of these.
MOVING = (
    "last_event_us",
    "last_seen_us",
    "input_octets",
    "output_octets",
    "session_s",
    "free_octets",
    "free_s",
    "charged_micros",
    "granted_micros",
    "used_micros",
    "hold_until_us",
    "journal_last",
    "records_n",
)


@dataclass(slots=True)
class Charge:
    """Rated usage of one session, step and local day: the mutable row that interims add to."""

    account_id: int
    session_id: int
    part: int
    step: int  # rating.Step: fee, volume, time
    day: int  # days since 1970-01-01 in the plan's zone
    plan_id: int
    input_octets: int = 0
    output_octets: int = 0
    session_s: int = 0
    amount_micros: int = 0
    entry_id: int | None = None  # set once, when it is closed


@dataclass(slots=True)
class Suspense:
    """Usage that could not be rated: kept, acknowledged, waiting for an operator (A9)."""

    suspense_id: int
    session_id: int
    device_id: int
    reason: str  # see accounting.suspense
    user_name: str
    input_octets: int
    output_octets: int
    session_s: int
    created_us: int
    updated_us: int
    state: str = "open"  # open, assigned, dropped, settled
    resolved_us: int | None = None
    account_id: int = 0
    entry_id: int | None = None
    note: str = ""


@dataclass(slots=True)
class DeviceMark:
    """The newest Accounting-On or -Off of one box, so that an old one is recognised (F-12)."""

    device_id: int
    nas_identifier: str  # tells apart boxes behind one device row (F-13)
    event_us: int
