"""What one accounting record says, after its dialect has been understood.

`None` means that the attribute was absent, which never means zero (F-21, F-55). The names are
neutral and the units are octets and seconds: no room above `nas` knows how a vendor says it.
"""

from __future__ import annotations

import enum
from typing import NamedTuple


class RecordKind(enum.IntEnum):
    """Acct-Status-Type, reduced to what the books do with it (9.1)."""

    START = 1
    STOP = 2
    INTERIM = 3
    ON = 7
    OFF = 8
    OTHER = 0  # stored and acknowledged, nothing else (F-49)


class Usage(NamedTuple):
    """One record: counters as the NAS reports them (64-bit joined), times, names.

    `input_octets` is what the subscriber sent (ACC-03); gigawords are folded in, units are
    octets, swaps undone: a dialect does all that.
    """

    kind: RecordKind
    acct_session_id: str
    user_name: str
    arrived_us: int
    event_timestamp_us: int | None = None
    delay_s: int = 0
    session_s: int | None = None
    input_octets: int | None = None
    output_octets: int | None = None
    terminate_cause: int = 0
    classes: tuple[bytes, ...] = ()
    calling_station_id: str = ""
    called_station_id: str = ""
    nas_port: int | None = None
    nas_port_id: str = ""
    nas_ip_address: str = ""
    nas_identifier: str = ""
    source_address: str = ""
    framed_ip_address: str = ""
    framed_ipv6_prefix: str = ""
    framed_ipv6_address: str = ""
    delegated_ipv6_prefix: str = ""
    acct_multi_session_id: str = ""
    local_authentic: bool = False  # Acct-Authentic = Local: let in without us (ACC-13)
    service: bool = False  # detail of what another session counts too (F-26)
    service_name: str = ""  # of a service's record: what the device calls the service
    parent_id: str = ""  # the Acct-Session-Id of the session that the service is a part of
