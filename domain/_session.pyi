"""The types of sessions and charges; how they lie in memory is said in `_session.pxd`."""

from dataclasses import dataclass, field
from typing import Any, Final, final

from domain.session_state import HoldState, SessionState, Walled

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_session.pyd` says what it is."""

@final
@dataclass
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
    strands: str = ""  # what its device counted of its services (`accounting.strands`); else empty
    # what a plan with `pricing` counts of it by cells and lines (`accounting.uses`); else empty
    uses: bytes = b""

    # Not of the row: what `aaa.vigil` has noted of it, and how it counts it.
    noted_us: int = field(init=False)
    look_noted_us: int = field(init=False)
    noted: int = field(init=False)
    counted: int = field(init=False)

    @property
    def held_micros(self) -> int:
        """What the hold still keeps from others: granted less used."""

    @property
    def owes_fee(self) -> bool:
        """Can a session fee be due? One Accept owes one, in however many sessions the device
        splits it (F-54); that of an adopted session was owed where it began."""

    def standing(self) -> int:
        """A hash of all but the version, what an interim moves (`domain.session.MOVING`), and
        the totals beside it; it is another in another process."""

    @property
    def live(self) -> bool:
        """Accepted or open: it may still spend."""

    @property
    def open_micros(self) -> int:
        """Charges that stand beside the entries until they are closed."""

@final
@dataclass
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
