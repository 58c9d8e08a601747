"""Datagrams in words, for the timeline of a history that somebody wants to read.

Only what tells a story: who asks, what it is, which session, which counters, what the answer was.
Octets that are no packet are told as such. Nothing here changes what happens.
"""

from __future__ import annotations

from radius import PacketError
from radius.packet import decode

CODES = {
    1: "Access-Request",
    2: "Access-Accept",
    3: "Access-Reject",
    4: "Accounting-Request",
    5: "Accounting-Response",
    12: "Status-Server",
    40: "Disconnect-Request",
    41: "Disconnect-ACK",
    42: "Disconnect-NAK",
    43: "CoA-Request",
    44: "CoA-ACK",
    45: "CoA-NAK",
}
STATUS = {1: "Start", 2: "Stop", 3: "Interim", 7: "On", 8: "Off"}
TEXTS = {1: "", 18: "", 44: "session "}
NUMBERS = {46: "time", 43: "out", 42: "in", 27: "timeout", 41: "delay", 49: "cause", 101: "error"}


def telling(octets: bytes) -> str:
    """One line about a datagram."""
    try:
        packet = decode(octets)
    except PacketError as error:
        return f"no packet ({error})"
    words = [CODES.get(packet.code, f"code {packet.code}"), f"#{packet.identifier}"]
    status = packet.first(40)
    if status is not None and packet.code == 4:
        words.append(STATUS.get(int.from_bytes(status, "big"), "?"))
    for kind, prefix in TEXTS.items():
        value = packet.first(kind)
        if value is not None:
            words.append(prefix + value.decode(errors="replace"))
    for kind, name in NUMBERS.items():
        value = packet.first(kind)
        if value is not None:
            number = int.from_bytes(value, "big")
            if kind in (42, 43):
                number += int.from_bytes(packet.first(kind + 10) or b"", "big") << 32
            words.append(f"{name}={number}")
    return " ".join(words)
