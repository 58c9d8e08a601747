"""Packet codes, what a check of a Message-Authenticator may have found, why repeats are dropped.

The codes are all those that RFC 2865, 2866, 5176, 5997 and 7930 put on the wire between a NAS
and a server. Every other number is dropped and counted, never answered.
"""

from __future__ import annotations

import enum
from typing import Final


class Code(enum.IntEnum):
    """The packet codes this server knows, by their numbers on the wire."""

    ACCESS_REQUEST = 1
    ACCESS_ACCEPT = 2
    ACCESS_REJECT = 3
    ACCOUNTING_REQUEST = 4
    ACCOUNTING_RESPONSE = 5
    ACCESS_CHALLENGE = 11
    STATUS_SERVER = 12
    DISCONNECT_REQUEST = 40
    DISCONNECT_ACK = 41
    DISCONNECT_NAK = 42
    COA_REQUEST = 43
    COA_ACK = 44
    COA_NAK = 45
    PROTOCOL_ERROR = 52


REQUESTS: Final = frozenset(
    {
        Code.ACCESS_REQUEST,
        Code.ACCOUNTING_REQUEST,
        Code.STATUS_SERVER,
        Code.DISCONNECT_REQUEST,
        Code.COA_REQUEST,
    }
)
"""Codes that ask; all others answer one of these."""


class MacState(enum.Enum):
    """What a packet that passed its checks had for a Message-Authenticator.

    A wrong one is not a state but a `PacketError`: such a packet is never looked at again.
    """

    ABSENT = "absent"
    VALID = "valid"


class Discard(enum.Enum):
    """Why a request is to be dropped without an answer; the values are metric labels."""

    PENDING = "pending"
    FULL = "full"
