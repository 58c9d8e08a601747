"""A network access server as configured: its addresses, secret, dialect and quirks.

A device is found by the address a packet came from, longest prefix first, before anything in the
packet is looked at (PKT-11). What the packet says about its NAS never authorises anything (S2).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Policy(enum.StrEnum):
    """A BlastRADIUS setting of a device (BLR-03, BLR-04)."""

    YES = "yes"
    NO = "no"
    AUTO = "auto"  # latched to yes for a source address by what it has been seen to do


class Latch(enum.StrEnum):
    """What a source address has proved able to do, remembered durably."""

    MESSAGE_AUTHENTICATOR = "message-authenticator"  # it signs its Access-Requests
    NO_PROXY_STATE = "no-proxy-state"  # it is a NAS, not a proxy


@dataclass(slots=True)
class Device:
    """One NAS row. `secret` is the shared secret in clear, kept in memory only."""

    device_id: int
    name: str
    secret: bytes
    prefixes: tuple[str, ...]  # CIDR, IPv4 and IPv6
    dialect: str
    coa_port: int
    require_message_authenticator: Policy = Policy.AUTO
    limit_proxy_state: Policy = Policy.AUTO
    interim_s: int | None = None
    line_rate_bps: int | None = None  # bits/s of the fastest port; switches plausibility on
    gigawords: bool = True  # False: it never sends Acct-*-Gigawords (F-18)
    gigawords_trusted: bool = True  # False: ignore the ones it sends (F-19)
    counter_mode: str = "cumulative"  # or "delta" (F-23)
    swap: bool = False  # Input and Output are exchanged (F-24)
    octets_unit: int = 1  # octets in one counted unit (F-25)
    billing_level: str = "session"  # F-26: services of a session are detail
    sample: bool = False
    created_us: int = 0
    accounting_since_us: int = 0  # sessions that began before are adopted, not charged
    coa_per_s: int = 20  # changes and cuts by the office, at most so many a second
    # (source address, latch) pairs
    latches: set[tuple[str, Latch]] = field(default_factory=set)


@dataclass(slots=True)
class Observation:
    """What one device has been seen to do, for `nas show`."""

    device_id: int
    first_seen_us: int
    last_seen_us: int
    requests_n: int = 0
    interims_n: int = 0
    interim_s: int = 0  # between two interims of one session, as observed; 0: not yet
    unsigned_n: int = 0  # Access-Requests without Message-Authenticator
    unsigned_us: int = 0  # the newest
    wrong_sums_n: int = 0  # packets whose authenticator fails: most likely another secret
    wrong_sums_us: int = 0
    clock_offset_us: int | None = None  # its Event-Timestamp less ours; None: it sends none
