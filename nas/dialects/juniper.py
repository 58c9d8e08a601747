"""Junos (MX) and JunosE (E series): RFC attributes, and services that report as sessions do.

A service that is activated for a subscriber has Starts, Interims and Stops of its own, under an id
that is the subscriber session's with a suffix behind the last colon, and names itself in
ERX-Service-Session. Its octets are in the session's already, so it is detail of that (F-26). Speeds
are policies and profiles of the box, which have no common name: a plan tells them by replies.
"""

from __future__ import annotations

from domain.device import Device
from domain.session import Session
from domain.usage import Usage
from nas import attribute_types as kinds
from nas.accounting_record import Detail, read_record
from nas.attribute_kind import Attribute
from nas.dialects.standard import Standard
from nas.grant_attributes import device_names, named
from nas.values import text_of
from radius import Packet

_OF_SESSIONS = (1, 2, 3)  # Acct-Status-Type Start, Stop, Interim-Update


class Juniper(Standard):
    """Subscriber management of Junos and JunosE."""

    name = "juniper"
    plain_records = False
    coa_setup = "list this server's address as a dynamic-request client in the access profile"

    def read_usage(
        self, packet: Packet, device: Device, arrived_us: int, source_address: str
    ) -> Usage:
        """The neutral record; one beside the level that is billed is marked as detail (F-26)."""
        return read_record(
            packet,
            device,
            arrived_us=arrived_us,
            source_address=source_address,
            detail=_detail(packet, device.billing_level),
        )

    def session_keys(self, session: Session, for_coa: bool) -> list[Attribute]:
        """Acct-Session-Id alone, which names a session whatever its User-Name became."""
        if not session.acct_session_id:
            return super().session_keys(session, for_coa)
        return device_names(session) + named(kinds.ACCT_SESSION_ID, session.acct_session_id)


def _detail(packet: Packet, billing_level: str) -> Detail | None:
    """What a record that must not be billed says of what it is a part of; None: bill it."""
    if packet.integer(kinds.ACCT_STATUS_TYPE) not in _OF_SESSIONS:
        return None
    named_service = packet.vsa(kinds.ERX, kinds.ERX_SERVICE_SESSION)
    if billing_level != "session":
        return Detail() if named_service is None else None
    if named_service is None:
        return None
    parent, colon, _ = text_of(packet.first(kinds.ACCT_SESSION_ID)).rpartition(":")
    if not colon:
        parent = text_of(packet.first(kinds.ACCT_MULTI_SESSION_ID))
    return Detail(text_of(named_service), parent)
