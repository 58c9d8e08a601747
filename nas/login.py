"""What an Access-Request says beside its credential.

These are hints from a device that is trusted with its own subscribers only: they name the
connection and steer the form of the answer, they never prove who somebody is (ATH-10).
"""

from __future__ import annotations

from typing import NamedTuple

from nas import attribute_types as kinds
from nas.values import integer_of, ipv4_of, ipv6_of, text_of
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
    found = dict(reversed(packet.attributes))
    get = found.get
    user_name = get(kinds.USER_NAME)
    return LoginHints(
        user_name_octets=user_name,
        user_name=text_of(user_name),
        calling_station_id=text_of(get(kinds.CALLING_STATION_ID)) or calling_station_id,
        called_station_id=text_of(get(kinds.CALLED_STATION_ID)),
        nas_port=integer_of(get(kinds.NAS_PORT)),
        nas_port_id=text_of(get(kinds.NAS_PORT_ID)) or nas_port_id,
        nas_port_type=integer_of(get(kinds.NAS_PORT_TYPE)),
        acct_session_id=text_of(get(kinds.ACCT_SESSION_ID)),
        nas_ip_address=ipv4_of(get(kinds.NAS_IP_ADDRESS)) or ipv6_of(get(kinds.NAS_IPV6_ADDRESS)),
        nas_identifier=text_of(get(kinds.NAS_IDENTIFIER)),
        framed_ip_address=ipv4_of(get(kinds.FRAMED_IP_ADDRESS)),
        service_type=integer_of(get(kinds.SERVICE_TYPE)),
        framed_protocol=integer_of(get(kinds.FRAMED_PROTOCOL)),
        captive=_captive(packet),
        dhcp=dhcp,
    )


def _captive(packet: Packet) -> bool:
    """The client's address before translation (RouterOS), or the page that ends a login."""
    return (
        packet.vsa(kinds.MIKROTIK, kinds.MIKROTIK_HOST_IP) is not None
        or packet.vsa(kinds.WISPR, kinds.WISPR_LOGOFF_URL) is not None
    )
