"""The language of the RFCs alone: for every device that no other dialect fits.

It has no octet limits, since no RFC has an attribute for them; sessions whose money is used up
end by Disconnect or by Session-Timeout. What it sends to pick out a session is what nearly all
implementations look at (accel-ppp, hostapd, CoovaChilli, strongSwan); several of them answer
Unsupported-Attribute to a name they do not use, so it sends no more than it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.device import Device
from domain.grant import Grant
from domain.session import Session
from domain.usage import Usage
from nas import attribute_types as kinds
from nas.accounting_record import read_record
from nas.attribute_kind import Attribute, Kind
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
from radius.attributes import write_integer


class Standard:
    """RFC 2865, 2866, 2869 and 5176 as they are written."""

    name = "standard"
    default_coa_port = 3799
    has_octet_limit = False
    plain_records = True
    plain_logins = True
    has_limit_coa = True
    has_disconnect = True
    granularity_s = 1
    coa_setup = "allow Disconnect and CoA (RFC 5176) from this server's address on the NAS"
    # What nearly all take (14.6 to 14.9); whoever does not, answers Unsupported-Attribute.
    live_kinds: frozenset[Kind] = frozenset({(kinds.SESSION_TIMEOUT,), (kinds.FILTER_ID,)})
    none_of: Mapping[Kind, list[Attribute]] = MappingProxyType({})

    def read_usage(
        self, packet: Packet, device: Device, arrived_us: int, source_address: str
    ) -> Usage:
        """The neutral record of an Accounting-Request."""
        return read_record(packet, device, arrived_us=arrived_us, source_address=source_address)

    def read_login(self, packet: Packet) -> LoginHints:
        """What an Access-Request says beside its credential."""
        return read_hints(packet)

    def write_grant(self, grant: Grant, hints: LoginHints) -> list[Attribute]:
        """Session-Timeout, Acct-Interim-Interval, and the framing the request asked for."""
        return [*framing(hints), session_timeout(grant), interim_interval(grant)]

    def write_speeds(self, speeds: Speeds) -> list[Attribute]:
        """Nothing: no RFC has an attribute for a speed. Replies can name what a device takes."""
        return []

    def peak_bps(self, speeds: Speeds) -> int:
        """The two speeds of the plan."""
        return both_bps(speeds)

    def write_limits(self, grant: Grant) -> list[Attribute]:
        """A new Session-Timeout (RFC 5176 s3.6 allows it in a CoA-Request)."""
        return [session_timeout(grant)]

    def session_keys(self, session: Session, for_coa: bool) -> list[Attribute]:
        """User-Name, Acct-Session-Id and Calling-Station-Id; without an id also port and address.

        An id tells sessions apart, and each further key is one more that may not match and make
        a living session look gone. Framed-IP-Address has besides no place in a Disconnect-Request
        by the table of RFC 5176 s3.6 (COA-10), though s3 names it as a key.
        """
        found = device_names(session)
        found += named(kinds.USER_NAME, session.user_name)
        found += named(kinds.ACCT_SESSION_ID, session.acct_session_id)
        found += named(kinds.CALLING_STATION_ID, session.calling_station_id)
        if session.acct_session_id:
            return found
        if session.nas_port is not None:
            found.append((kinds.NAS_PORT, write_integer(session.nas_port)))
        return found + framed_address(session)
