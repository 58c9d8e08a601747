"""What the server changes by itself, as the audit is told of it (S40).

Hardly anything: what belongs to a session is in the journal, what belongs to money in the ledger.
Left are changes of what the office keeps: a MAC that was learned, and what an address has proved
and is from then on held to. They are rare, so the hot road pays for the audit almost never. A
device's secret or a password never gets here.
"""

from __future__ import annotations

from domain.account import MacMode, Subscriber
from domain.deed import SERVER, Deed, draft
from domain.device import Device, Latch


def mac_learned(now_us: int, subscriber: Subscriber, mac: str) -> Deed:
    """The first accepted login has fixed a subscriber's MAC."""
    return draft(
        now_us,
        SERVER,
        "learn MAC",
        kind="subscriber",
        row_id=subscriber.subscriber_id,
        subject=subscriber.login,
        before={"mac": None, "mac_mode": MacMode.LEARN},
        after={"mac": mac, "mac_mode": MacMode.FIXED},
        reason="the first accepted login",
    )


def latched(now_us: int, device: Device, source_address: str, latch: Latch) -> Deed:
    """An address has proved what it can do; requests that cannot are refused from now on."""
    return draft(
        now_us,
        SERVER,
        "latch",
        kind="device",
        row_id=device.device_id,
        subject=device.name,
        after={"address": source_address, "latch": latch},
        reason="proved by a request",
    )
