"""IOS and IOS-XE (ISG, BNG): speeds are names of policies that the box must know already.

There is no octet limit outside ISG's own prepaid services, and a CoA carries commands rather
than new limits, so a session is bounded by Session-Timeout and ended by Disconnect. ISG sends
records for each service beside those of the session; their octets are in the session's already.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.device import Device
from domain.grant import Grant
from domain.session import Session
from domain.usage import Usage
from nas import attribute_types as kinds
from nas.accounting_record import Detail, read_record
from nas.attribute_kind import Attribute, Kind, pair_kind
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
from nas.values import text_of
from radius import Packet
from radius.vendors import vendor_attribute

_PARENT = b"parent-session-id="
_NAME = b"N"  # of Service-Info: the name of the service follows
_OF_SESSIONS = (1, 2, 3)  # Acct-Status-Type Start, Stop, Interim-Update
_CLIENT_MAC = b"client-mac-address="
_DHCP = b"dhcp-"  # dhcp-client-id and others of a session that DHCP began
_POLICY_IN = "ip:sub-qos-policy-in="
_POLICY_OUT = "ip:sub-qos-policy-out="


class Cisco:
    """IOS 15 and IOS-XE as PPPoE, L2TP or IP session gateway."""

    name = "cisco"
    default_coa_port = 1700
    has_octet_limit = False
    plain_records = False
    plain_logins = False
    has_limit_coa = False
    has_disconnect = True
    granularity_s = 1
    coa_setup = "aaa server radius dynamic-author / client ADDRESS server-key SECRET / port 1700"
    # A CoA carries commands otherwise (14.2); policies of a session are pushed by their AVPairs.
    live_kinds: frozenset[Kind] = frozenset(
        {pair_kind("ip:sub-qos-policy-in"), pair_kind("ip:sub-qos-policy-out")}
    )
    none_of: Mapping[Kind, list[Attribute]] = MappingProxyType({})

    def read_usage(
        self, packet: Packet, device: Device, arrived_us: int, source_address: str
    ) -> Usage:
        """The neutral record; one beside the level that is billed is marked as detail (F-26)."""
        pairs = packet.vsas(kinds.CISCO, kinds.CISCO_AVPAIR)
        return read_record(
            packet,
            device,
            arrived_us=arrived_us,
            source_address=source_address,
            nas_port_id=text_of(packet.vsa(kinds.CISCO, kinds.CISCO_NAS_PORT)),
            calling_station_id=_client_mac(pairs),
            detail=_detail(packet, pairs, device.billing_level),
        )

    def read_login(self, packet: Packet) -> LoginHints:
        """What an Access-Request says; port and MAC also where IOS puts them."""
        pairs = packet.vsas(kinds.CISCO, kinds.CISCO_AVPAIR)
        return read_hints(
            packet,
            nas_port_id=text_of(packet.vsa(kinds.CISCO, kinds.CISCO_NAS_PORT)),
            calling_station_id=_client_mac(pairs),
            dhcp=any(pair.startswith(_DHCP) for pair in pairs),
        )

    def write_grant(self, grant: Grant, hints: LoginHints) -> list[Attribute]:
        """Time and interims: there is no octet limit."""
        return [*framing(hints), session_timeout(grant), interim_interval(grant)]

    def write_speeds(self, speeds: Speeds) -> list[Attribute]:
        """The QoS policies of the plan; `in` is into the box, from the subscriber: the upload."""
        found: list[Attribute] = []
        if speeds.policy_up:
            found.append(_pair(_POLICY_IN + speeds.policy_up))
        if speeds.policy_down:
            found.append(_pair(_POLICY_OUT + speeds.policy_down))
        return found

    def peak_bps(self, speeds: Speeds) -> int:
        """The two speeds of the plan, which its policies are taken to keep to."""
        return both_bps(speeds)

    def write_limits(self, grant: Grant) -> list[Attribute]:
        """Session-Timeout; IOS releases differ in whether they take it, see `has_limit_coa`."""
        return [session_timeout(grant)]

    def session_keys(self, session: Session, for_coa: bool) -> list[Attribute]:
        """Acct-Session-Id alone; without one, User-Name and address.

        All keys must match or IOS answers 503, and its own rewriting of a User-Name would then
        make a living session look gone.
        """
        found = device_names(session)
        if session.acct_session_id:
            return found + named(kinds.ACCT_SESSION_ID, session.acct_session_id)
        return found + named(kinds.USER_NAME, session.user_name) + framed_address(session)


def _detail(packet: Packet, pairs: list[bytes], billing_level: str) -> Detail | None:
    """What a record that must not be billed says of what it is a part of; None: bill it.

    By session, the octets of a service are in its session's; by service, the other way round.
    """
    if packet.integer(kinds.ACCT_STATUS_TYPE) not in _OF_SESSIONS:
        return None
    of_service = _of_service(packet, pairs)
    if billing_level != "session":
        return Detail() if of_service is None else None
    return of_service


def _of_service(packet: Packet, pairs: list[bytes]) -> Detail | None:
    """The service that a record counts, and the session it is in: it names one of both.

    Where a release says no Parent-Session-Id, Acct-Multi-Session-Id is that of the session.
    """
    parents = [pair[len(_PARENT) :] for pair in pairs if pair.startswith(_PARENT)]
    parents += packet.vsas(kinds.CISCO, kinds.CISCO_PARENT_SESSION_ID)
    said = packet.vsas(kinds.CISCO, kinds.CISCO_SERVICE_INFO)
    if not parents and not said:
        return None
    parents.append(packet.first(kinds.ACCT_MULTI_SESSION_ID) or b"")
    names = [one[len(_NAME) :] for one in said if one.startswith(_NAME)]
    return Detail(text_of(names[0]) if names else "", text_of(parents[0]))


def _client_mac(pairs: list[bytes]) -> str:
    """The subscriber's MAC, which IOS may give in an AVPair instead of Calling-Station-Id."""
    for pair in pairs:
        if pair.startswith(_CLIENT_MAC):
            return text_of(pair[len(_CLIENT_MAC) :])
    return ""


def _pair(text: str) -> Attribute:
    return vendor_attribute(kinds.CISCO, kinds.CISCO_AVPAIR, text.encode("utf-8"))
