"""What a session may have, and what a device must be told.

A grant is neutral: octets, seconds, bits per second. A dialect turns it into attributes. An order
is a row written in the transaction that decides it and carried out afterwards, so a crash can
delay it but not lose it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, NamedTuple


class Grant(NamedTuple):
    """The limits and speeds of one session; None means not limited."""

    session_timeout_s: int
    interim_s: int
    input_limit_octets: int | None = None  # from the subscriber, since session start
    output_limit_octets: int | None = None  # to the subscriber
    total_limit_octets: int | None = None  # both summed
    down_bps: int | None = None
    up_bps: int | None = None
    policy_down: str | None = None  # a QoS policy name configured on the device
    policy_up: str | None = None
    mikrotik_rate: str | None = None


class OrderKind(enum.StrEnum):
    """What a device is told."""

    DISCONNECT = "disconnect"
    LIMITS = "limits"  # CoA: new Session-Timeout and octet limits
    SERVICE = "service"  # CoA: speeds, reply attributes and limits of another service


class OrderState(enum.StrEnum):
    """How far an order has come."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class OrderResult(enum.StrEnum):
    """What came of an order."""

    ACK = "ack"
    NAK = "nak"
    SILENCE = "silence"
    OBSOLETE = "obsolete"  # the session ended before it could be sent


# Reasons that cost money while they wait: such orders go first and unpaced. All others are the
# office's, or come at one instant for many, and are paced for each device.
PRESSING: Final = frozenset(
    {
        "exhausted",
        "no-credit",
        "used otherwise",
        "re-held",
        "money changed",
        "restored",  # somebody has paid and waits for it
        "included usage shared",
    }
)


@dataclass(slots=True)
class Order:
    """One thing to tell a device about one session."""

    order_id: int
    account_id: int
    session_id: int
    device_id: int
    kind: OrderKind
    reason: str  # exhausted, operator, suspended, top-up, ...
    attributes: bytes  # encoded, as sent (identification and content), without MA and timestamp
    address: str
    port: int
    created_us: int
    state: OrderState = OrderState.PENDING
    attempts_n: int = 0
    result: OrderResult | None = None
    error_cause: int = 0
    done_us: int | None = None

    @property
    def pressing(self) -> bool:
        """Does it cost money while it waits?"""
        return self.reason in PRESSING
