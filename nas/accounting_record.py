"""What every dialect reads alike out of an Accounting-Request (RFC 2866, RFC 2869).

Absent is None and never zero (F-21, F-55); an absent Gigawords beside present Octets is zero
(F-20). The quirks that the device row states are undone here and nowhere else: Gigawords that
are missing or wrong (F-18, F-19), exchanged directions (F-24), units that are not octets (F-25).
Whether counters are cumulative or deltas (F-23) is the books' affair.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from domain.device import Device
from domain.usage import RecordKind, Usage
from nas import attribute_types as kinds
from nas.values import ipv4_of, ipv6_of, text_of
from radius import Packet
from radius.attributes import read_ipv6_prefix

COUNTER_MAX_OCTETS = 1 << 60
"""A counter above this is no reading: 400 Gbit/s would take nine months to get there.

It reads as absent. Below it, both directions of a session and all its earlier epochs can be
summed without leaving 63 bits, which is what a database column holds.
"""

_KINDS = {
    1: RecordKind.START,
    2: RecordKind.STOP,
    3: RecordKind.INTERIM,
    7: RecordKind.ON,
    8: RecordKind.OFF,
}

_US_PER_S = 1_000_000


class Detail(NamedTuple):
    """What a record that is detail of another session says of it; empty is not known.

    Without a service it is that of a session whose services are billed one by one.
    """

    service: str = ""
    parent_id: str = ""  # Acct-Session-Id of the session


def read_record(
    packet: Packet,
    device: Device,
    *,
    arrived_us: int,
    source_address: str,
    nas_port_id: str = "",
    calling_station_id: str = "",
    detail: Detail | None = None,
) -> Usage:
    """The neutral record. `arrived_us` is our clock when the packet was received.

    `nas_port_id` and `calling_station_id` are what a dialect knows from elsewhere; they count
    where the standard attribute is absent. `detail` is said of a record that is detail of another
    session (F-26): whose, if it is known. An unknown or missing Acct-Status-Type is
    `RecordKind.OTHER` (F-49).
    """
    # Sought in the octets one by one: what is absent, which is most, costs no object at all.
    get, number = packet.first, packet.integer
    input_octets = _counter(
        number(kinds.ACCT_INPUT_OCTETS), number(kinds.ACCT_INPUT_GIGAWORDS), device
    )
    output_octets = _counter(
        number(kinds.ACCT_OUTPUT_OCTETS), number(kinds.ACCT_OUTPUT_GIGAWORDS), device
    )
    if device.swap:
        input_octets, output_octets = output_octets, input_octets
    stamp_s = number(kinds.EVENT_TIMESTAMP)
    status = number(kinds.ACCT_STATUS_TYPE)
    return Usage(
        kind=RecordKind.OTHER if status is None else _KINDS.get(status, RecordKind.OTHER),
        acct_session_id=text_of(get(kinds.ACCT_SESSION_ID)),
        user_name=text_of(get(kinds.USER_NAME)),
        arrived_us=arrived_us,
        event_timestamp_us=None if stamp_s is None else stamp_s * _US_PER_S,
        delay_s=number(kinds.ACCT_DELAY_TIME) or 0,
        session_s=number(kinds.ACCT_SESSION_TIME),
        input_octets=input_octets,
        output_octets=output_octets,
        terminate_cause=number(kinds.ACCT_TERMINATE_CAUSE) or 0,
        classes=tuple(packet.all(kinds.CLASS)),
        calling_station_id=text_of(get(kinds.CALLING_STATION_ID)) or calling_station_id,
        called_station_id=text_of(get(kinds.CALLED_STATION_ID)),
        nas_port=number(kinds.NAS_PORT),
        nas_port_id=text_of(get(kinds.NAS_PORT_ID)) or nas_port_id,
        nas_ip_address=ipv4_of(get(kinds.NAS_IP_ADDRESS)) or ipv6_of(get(kinds.NAS_IPV6_ADDRESS)),
        nas_identifier=text_of(get(kinds.NAS_IDENTIFIER)),
        source_address=source_address,
        framed_ip_address=ipv4_of(get(kinds.FRAMED_IP_ADDRESS)),
        framed_ipv6_prefix=_prefix(get(kinds.FRAMED_IPV6_PREFIX)),
        framed_ipv6_address=ipv6_of(get(kinds.FRAMED_IPV6_ADDRESS)),
        delegated_ipv6_prefix=_prefix(get(kinds.DELEGATED_IPV6_PREFIX)),
        acct_multi_session_id=text_of(get(kinds.ACCT_MULTI_SESSION_ID)),
        local_authentic=number(kinds.ACCT_AUTHENTIC) == kinds.LOCAL,
        service=detail is not None,
        service_name=detail.service if detail is not None else "",
        parent_id=detail.parent_id if detail is not None else "",
    )


def _counter(low: int | None, gigawords: int | None, device: Device) -> int | None:
    """One direction in octets, 64-bit (ACC-04); None when absent or beyond belief."""
    if low is None:
        return None
    high = 0
    if device.gigawords and device.gigawords_trusted:
        high = gigawords or 0
    total = (high << 32 | low) * device.octets_unit
    return total if total <= COUNTER_MAX_OCTETS else None


def _prefix(value: bytes | None) -> str:
    network: ipaddress.IPv6Network | None = None if value is None else read_ipv6_prefix(value)
    return "" if network is None else str(network)
