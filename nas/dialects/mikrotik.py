"""RouterOS: speeds in one string, octet limits that the router enforces itself.

RouterOS looks from the router: rx and Recv are what comes from the subscriber, tx and Xmit what
goes there, so an upload stands first. An octet limit of 4 GiB or more needs its Gigawords
companion, and both are always sent, because a low word alone would be read as a small limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.device import Device
from domain.grant import Grant
from domain.login import canonical_mac
from domain.rate import mikrotik_rate, parse_mikrotik_rate
from domain.session import Session
from domain.usage import Usage
from nas import attribute_types as kinds
from nas.accounting_record import read_record
from nas.attribute_kind import Attribute, Kind, vendor_kind
from nas.dialect import Speeds
from nas.grant_attributes import (
    both_bps,
    device_names,
    framed_address,
    framing,
    interim_interval,
    named,
    session_timeout,
)
from nas.login import LoginHints, read_hints
from radius import Packet
from radius.vendors import VENDOR_SPECIFIC, vendor_attribute

_MAX_64 = (1 << 64) - 1

# What the manual lets a CoA change (14.1). Addresses, pools and routes are not among it.
_LIVE = (
    kinds.MIKROTIK_RECV_LIMIT,
    kinds.MIKROTIK_XMIT_LIMIT,
    kinds.MIKROTIK_GROUP,
    kinds.MIKROTIK_RATE_LIMIT,
    kinds.MIKROTIK_MARK_ID,
    kinds.MIKROTIK_ADVERTISE_URL,
    kinds.MIKROTIK_ADVERTISE_INTERVAL,
    kinds.MIKROTIK_RECV_LIMIT_GIGAWORDS,
    kinds.MIKROTIK_XMIT_LIMIT_GIGAWORDS,
    kinds.MIKROTIK_TOTAL_LIMIT,
    kinds.MIKROTIK_TOTAL_LIMIT_GIGAWORDS,
    kinds.MIKROTIK_ADDRESS_LIST,
)
_LIVE_PLAIN = (kinds.FILTER_ID, kinds.SESSION_TIMEOUT, kinds.IDLE_TIMEOUT, kinds.PORT_LIMIT)
_RATE = vendor_kind(kinds.MIKROTIK, kinds.MIKROTIK_RATE_LIMIT)


class Mikrotik:
    """RouterOS 6 and 7: PPP, hotspot, DHCP, wireless."""

    name = "mikrotik"
    default_coa_port = 3799
    has_octet_limit = True
    plain_records = True
    plain_logins = True
    has_limit_coa = True
    has_disconnect = True
    granularity_s = 1
    coa_setup = "/radius incoming set accept=yes port=3799"
    live_kinds: frozenset[Kind] = frozenset(
        {vendor_kind(kinds.MIKROTIK, kind) for kind in _LIVE} | {(kind,) for kind in _LIVE_PLAIN}
    )
    none_of: Mapping[Kind, list[Attribute]] = MappingProxyType(
        {
            _RATE: [
                vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_RATE_LIMIT, b"0/0")  # no limit
            ]
        }
    )

    def read_usage(
        self, packet: Packet, device: Device, arrived_us: int, source_address: str
    ) -> Usage:
        """The neutral record: RouterOS keeps to the RFCs here, Input is from the client."""
        return read_record(packet, device, arrived_us=arrived_us, source_address=source_address)

    def read_login(self, packet: Packet) -> LoginHints:
        """What an Access-Request says; it names the Acct-Session-Id already."""
        return read_hints(packet)

    def write_grant(self, grant: Grant, hints: LoginHints) -> list[Attribute]:
        """Time, interims and octet limits."""
        found = [*framing(hints), session_timeout(grant), interim_interval(grant)]
        return found + _octet_limits(grant)

    def write_speeds(self, speeds: Speeds) -> list[Attribute]:
        """One Mikrotik-Rate-Limit: the plan's own rate string, or one made of its two speeds."""
        rate = speeds.mikrotik_rate
        if rate is None:
            if speeds.down_bps is None and speeds.up_bps is None:
                return []
            rate = mikrotik_rate(speeds.down_bps, speeds.up_bps)
        return [_own(kinds.MIKROTIK_RATE_LIMIT, rate.encode("ascii"))]

    def peak_bps(self, speeds: Speeds) -> int:
        """The two speeds of the plan, or those of its rate string: bursts while they last."""
        if speeds.mikrotik_rate is None:
            return both_bps(speeds)
        rate = parse_mikrotik_rate(speeds.mikrotik_rate)
        bursts = rate.burst_bps or rate.rate_bps
        return sum(map(max, rate.rate_bps, bursts)) if all(rate.rate_bps) else 0

    def write_limits(self, grant: Grant) -> list[Attribute]:
        """Session-Timeout and octet limits, each as a total since the session began."""
        return [session_timeout(grant), *_octet_limits(grant)]

    def session_keys(self, session: Session, for_coa: bool) -> list[Attribute]:
        """Acct-Session-Id and User-Name; the address, and for a MAC login the station too.

        A User-Name alone is not enough: where it is a MAC, RouterOS may pick the wireless
        client instead of the hotspot session.
        """
        found = device_names(session)
        found += named(kinds.USER_NAME, session.user_name)
        found += named(kinds.ACCT_SESSION_ID, session.acct_session_id)
        if not session.acct_session_id or canonical_mac(session.user_name):
            found += named(kinds.CALLING_STATION_ID, session.calling_station_id)
        return found + framed_address(session)


def _octet_limits(grant: Grant) -> list[Attribute]:
    """Recv is from the subscriber (input), Xmit to the subscriber (output), Total both."""
    found: list[Attribute] = []
    for octets, (low, high) in (
        (grant.input_limit_octets, _RECV),
        (grant.output_limit_octets, _XMIT),
        (grant.total_limit_octets, _TOTAL),
    ):
        if octets is not None:
            limit = min(max(octets, 1), _MAX_64).to_bytes(8, "big")
            found.append((VENDOR_SPECIFIC, low + limit[4:]))
            found.append((VENDOR_SPECIFIC, high + limit[:4]))
    return found


def _number_head(kind: int) -> bytes:
    """The octets of one of our attributes that come before its four octets of number."""
    return _own(kind, bytes(4))[1][:-4]


def _own(kind: int, value: bytes) -> Attribute:
    return vendor_attribute(kinds.MIKROTIK, kind, value)


# Low and high word of each limit.
_RECV, _XMIT, _TOTAL = (
    (_number_head(low), _number_head(high))
    for low, high in (
        (kinds.MIKROTIK_RECV_LIMIT, kinds.MIKROTIK_RECV_LIMIT_GIGAWORDS),
        (kinds.MIKROTIK_XMIT_LIMIT, kinds.MIKROTIK_XMIT_LIMIT_GIGAWORDS),
        (kinds.MIKROTIK_TOTAL_LIMIT, kinds.MIKROTIK_TOTAL_LIMIT_GIGAWORDS),
    )
)
