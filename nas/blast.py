"""Which Access-Requests to believe at all: the answer to BlastRADIUS (CVE-2024-3596).

Without a Message-Authenticator an Access-Request could have been shaped by somebody on the path,
who then turns our Reject into an Accept. Two settings of a device say what is asked of it, each
yes, no or auto; auto becomes yes for one source address by what that address has been seen to
do, and the desk remembers that durably (BLR-03, BLR-04). A latch belongs to an address and never
to a whole prefix, so a network of devices is no special case.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from domain.device import Device, Latch, Policy
from nas import attribute_types as kinds
from radius import Code, Packet

MAC_REQUIRED: Final = "message-authenticator-required"
PROXY_STATE_UNSIGNED: Final = "proxy-state-without-message-authenticator"
NO_CREDENTIAL_UNSIGNED: Final = "no-credential-without-message-authenticator"
EAP_UNSIGNED: Final = "eap-without-message-authenticator"

DROP_REASONS: Final = (MAC_REQUIRED, PROXY_STATE_UNSIGNED, NO_CREDENTIAL_UNSIGNED, EAP_UNSIGNED)
"""Every reason a request is dropped for here, usable as a metric label."""

UNSIGNED_LATCHES_MAX: Final = 65_536
"""Latches of one device beyond which a request that proves no secret adds none: whoever invents
source addresses within a wide prefix would else fill memory and the database."""

_CREDENTIALS: Final = (
    kinds.USER_PASSWORD,
    kinds.CHAP_PASSWORD,
    kinds.EAP_MESSAGE,
    kinds.ARAP_PASSWORD,
    kinds.DIGEST_RESPONSE,
)
_MS_CREDENTIALS: Final = (kinds.MS_CHAP_RESPONSE, kinds.MS_CHAP2_RESPONSE)


class Admission(NamedTuple):
    """Whether to look at a request; why not; what its sender has newly proved."""

    ok: bool
    drop_reason: str | None = None
    latches: tuple[Latch, ...] = ()


_PLAIN: Final = Admission(True)


def admit(device: Device, source_address: str, packet: Packet, *, signed: bool) -> Admission:
    """Decide about a packet whose sums were right; `signed`: it had a Message-Authenticator.

    Only Access-Requests are asked for more; the codec has dealt with the others. A dropped
    request gets no answer (BLR-03) and latches nothing. The latches of an admitted one are
    for the caller to add to `device.latches` and to keep in the transaction of its effect.
    """
    if packet.code != Code.ACCESS_REQUEST:
        return _PLAIN
    proxied = packet.first(kinds.PROXY_STATE) is not None
    if not signed:
        reason = _unsigned_drop(device, source_address, packet, proxied=proxied)
        if reason is not None:
            return Admission(False, reason)
    if not signed and len(device.latches) >= UNSIGNED_LATCHES_MAX:
        return _PLAIN
    known = device.latches
    latches: tuple[Latch, ...] = ()
    if signed and device.require_message_authenticator is Policy.AUTO:
        if (source_address, Latch.MESSAGE_AUTHENTICATOR) not in known:
            latches = (Latch.MESSAGE_AUTHENTICATOR,)
    if not proxied and device.limit_proxy_state is Policy.AUTO:
        if (source_address, Latch.NO_PROXY_STATE) not in known:
            latches = (*latches, Latch.NO_PROXY_STATE)
    return Admission(True, None, latches) if latches else _PLAIN


def _unsigned_drop(
    device: Device, source_address: str, packet: Packet, *, proxied: bool
) -> str | None:
    """Why an Access-Request without Message-Authenticator may not be looked at, or None."""
    if packet.first(kinds.EAP_MESSAGE) is not None:
        return EAP_UNSIGNED  # BLR-12, whatever the policy is
    if not has_credential(packet):
        return NO_CREDENTIAL_UNSIGNED  # BLR-11, likewise
    if _in_force(
        device, source_address, device.require_message_authenticator, Latch.MESSAGE_AUTHENTICATOR
    ):
        return MAC_REQUIRED
    if proxied and _in_force(
        device, source_address, device.limit_proxy_state, Latch.NO_PROXY_STATE
    ):
        return PROXY_STATE_UNSIGNED
    return None


def _in_force(device: Device, source_address: str, policy: Policy, latch: Latch) -> bool:
    if policy is Policy.AUTO:
        return (source_address, latch) in device.latches
    return policy is Policy.YES


def has_credential(packet: Packet) -> bool:
    """Does the request carry anything that proves a subscriber (RFC 3579 s3.2, Note 1)?"""
    return any(packet.first(kind) is not None for kind in _CREDENTIALS) or any(
        packet.vsa(kinds.MICROSOFT, kind) is not None for kind in _MS_CREDENTIALS
    )


def policy_warnings(device: Device) -> list[str]:
    """What `doctor` and listings say about a device's policy (BLR-10); empty: nothing."""
    found: list[str] = []
    if device.require_message_authenticator is Policy.NO:
        found.append(
            f"NAS {device.name} may send Access-Requests without Message-Authenticator"
            " (BlastRADIUS): set --require-message-authenticator auto unless it cannot send one"
        )
    if device.limit_proxy_state is Policy.NO:
        found.append(
            f"NAS {device.name} may send Proxy-State without Message-Authenticator"
            " (BlastRADIUS): set --limit-proxy-state auto unless it is an old proxy"
        )
    return found
