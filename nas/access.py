"""How a subscriber is connected, as the Access-Request tells: PPP, hotspot, DHCP or wireless.

A plan may keep attributes to one kind of access, so that the pool of PPPoE does not reach a
hotspot. What a request does not say clearly has no kind: then only attributes for any access are
sent, since a wrong pool costs the login and a missing one gives the device's own. What devices
send is in their manuals: RouterOS sends Framed-Protocol for PPP alone and Mikrotik-Host-IP and
WISPr-Logoff-URL for a hotspot alone, whose port type is whatever its profile says, wireless too.
"""

from __future__ import annotations

from domain.login import canonical_mac
from domain.plan import Access
from nas import attribute_types as kinds
from nas.login import LoginHints

# NAS-Port-Type (RFC 2865 s5.41, RFC 4603, the IANA registry)
_NO_SUBSCRIBER_LINE = frozenset({0, 5})  # Async and Virtual: with Login, a router's own prompt
_ETHERNET = 15
_WIRELESS = frozenset({18, 19, 22, 23, 24, 26, 27, 28, 29, 36})
_PPP_OVER = frozenset({30, 31, 32, 33, 34})  # PPPoA, PPPoEoA, PPPoEoE, PPPoEoVLAN, PPPoEoQinQ


def access_of(hints: LoginHints) -> Access | None:
    """The kind of access of a login; None if the request does not tell.

    In this order: PPP by its protocol; a captive portal by what only a portal sends; Service-Type
    Login on a line of subscribers (RFC 2865 s5.6; CoovaChilli, RouterOS hotspot); DHCP by what a
    relay adds, or a MAC that asks for no service on Ethernet; then wireless by its port type.
    """
    if hints.framed_protocol == kinds.PPP or hints.nas_port_type in _PPP_OVER:
        return Access.PPP
    if hints.captive:
        return Access.HOTSPOT
    if hints.service_type == kinds.LOGIN:
        return None if hints.nas_port_type in _NO_SUBSCRIBER_LINE else Access.HOTSPOT
    if hints.dhcp or _plain_mac(hints):
        return Access.DHCP
    return Access.WIRELESS if hints.nas_port_type in _WIRELESS else None


def _plain_mac(hints: LoginHints) -> bool:
    """A MAC on Ethernet that asks for no service: how RouterOS's DHCP server asks.

    A switch that lets a machine in by its MAC asks for Call-Check or Framed.
    """
    return (
        hints.nas_port_type == _ETHERNET
        and hints.service_type is None
        and canonical_mac(hints.user_name) is not None
    )
