"""What an Access-Request says beside its credential.

These are hints from a device that is trusted with its own subscribers only: they name the
connection and steer the form of the answer, they never prove who somebody is (ATH-10).
"""

from __future__ import annotations

from typing import NamedTuple

from nas import attribute_types as kinds
from nas._hints import hints_of
from radius import Packet


class LoginHints(NamedTuple):
    """Names and numbers of one connection attempt; empty text or None: not said."""

    user_name_octets: bytes | None  # as on the wire: MS-CHAPv2 hashes these very octets
    user_name: str
    calling_station_id: str = ""
    called_station_id: str = ""
    nas_port: int | None = None
    nas_port_id: str = ""
    nas_port_type: int | None = None
    acct_session_id: str = ""
    nas_ip_address: str = ""
    nas_identifier: str = ""
    framed_ip_address: str = ""
    service_type: int | None = None
    framed_protocol: int | None = None
    captive: bool = False  # it shows what only a captive portal sends
    dhcp: bool = False  # it shows what only a DHCP server or relay sends


def read_hints(
    packet: Packet, *, nas_port_id: str = "", calling_station_id: str = "", dhcp: bool = False
) -> LoginHints:
    """What every dialect reads alike; the keywords count where the attribute is absent."""
    hints = hints_of(LoginHints, packet, is_captive, dhcp)
    if not hints.nas_port_id and nas_port_id:
        hints = hints._replace(nas_port_id=nas_port_id)
    if not hints.calling_station_id and calling_station_id:
        hints = hints._replace(calling_station_id=calling_station_id)
    return hints


def is_captive(packet: Packet) -> bool:
    """The client's address before translation (RouterOS), or the page that ends a login."""
    return (
        packet.vsa(kinds.MIKROTIK, kinds.MIKROTIK_HOST_IP) is not None
        or packet.vsa(kinds.WISPR, kinds.WISPR_LOGOFF_URL) is not None
    )
