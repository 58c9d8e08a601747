"""Attributes that several dialects write alike: limits of an Accept, names of a session.

A limit of zero means "none" to some devices and "at once" to others, so zero is never sent: what
is used up is granted the least there is, one second or one octet.
"""

from __future__ import annotations

from domain.grant import Grant
from domain.session import Session
from nas import attribute_types as kinds
from nas.attribute_kind import Attribute
from nas.dialect import Speeds
from nas.login import LoginHints
from nas.values import octets_of
from radius.attributes import write_integer, write_ipv4, write_ipv6

_MAX_32 = (1 << 32) - 1
_FRAMED: Attribute = (kinds.SERVICE_TYPE, write_integer(kinds.FRAMED))
_PPP: Attribute = (kinds.FRAMED_PROTOCOL, write_integer(kinds.PPP))


def at_least_one(number: int) -> int:
    """A limit as it may be sent: 1 to 2^32 - 1."""
    return min(max(number, 1), _MAX_32)


def framing(hints: LoginHints) -> list[Attribute]:
    """Service-Type Framed and Framed-Protocol PPP, each only if the request asked for it.

    A device that is given a service it did not ask for takes the Accept as a Reject (ATH-08).
    """
    found: list[Attribute] = []
    if hints.service_type == kinds.FRAMED:
        found.append(_FRAMED)
    if hints.framed_protocol == kinds.PPP:
        found.append(_PPP)
    return found


def session_timeout(grant: Grant) -> Attribute:
    """Session-Timeout, never 0: some devices read it as no limit and some as at once."""
    return kinds.SESSION_TIMEOUT, at_least_one(grant.session_timeout_s).to_bytes(4, "big")


def interim_interval(grant: Grant) -> Attribute:
    """Acct-Interim-Interval: every Accept asks for interims, or nothing can be cut in time."""
    return kinds.ACCT_INTERIM_INTERVAL, at_least_one(grant.interim_s).to_bytes(4, "big")


def both_bps(speeds: Speeds) -> int:
    """Both speeds summed; 0 if one of them is not limited, for then nobody knows."""
    if not speeds.down_bps or not speeds.up_bps:
        return 0
    return speeds.down_bps + speeds.up_bps


def device_names(session: Session) -> list[Attribute]:
    """Who the device is, in its own words (COA-07): behind NAT our own would be refused, 403."""
    found: list[Attribute] = []
    if session.nas_ip_address:
        if ":" in session.nas_ip_address:
            found.append((kinds.NAS_IPV6_ADDRESS, write_ipv6(session.nas_ip_address)))
        else:
            found.append((kinds.NAS_IP_ADDRESS, write_ipv4(session.nas_ip_address)))
    if session.nas_identifier:
        found.append((kinds.NAS_IDENTIFIER, octets_of(session.nas_identifier)))
    return found


def named(kind: int, text: str) -> list[Attribute]:
    """A text attribute with the very octets the device reported, nothing if it did not."""
    return [(kind, octets_of(text))] if text else []


def framed_address(session: Session) -> list[Attribute]:
    """Framed-IP-Address, if the session is known to have one."""
    if not session.framed_ip_address:
        return []
    return [(kinds.FRAMED_IP_ADDRESS, write_ipv4(session.framed_ip_address))]
