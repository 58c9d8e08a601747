"""One connection of a subscriber, as the books know it.

A session is born with its Access-Accept (it holds money then), or with the first accounting
record of a connection we did not accept. Its counters are cumulative and never fall (A5): what a
device reports is `raw`; `base` carries what earlier counter epochs of the same session reached,
so `cumulative = base + raw` for ever grows.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain._session import Charge, Session
from domain.session_state import HoldState, SessionState, Walled

__all__ = [
    "MOVING",
    "Charge",
    "DeviceMark",
    "HoldState",
    "Session",
    "SessionState",
    "Suspense",
    "Walled",
]


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
    "uses",
)


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
