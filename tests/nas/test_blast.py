"""BlastRADIUS policy, as tables."""

from __future__ import annotations

import itertools

import pytest

from domain.device import Device, Latch, Policy
from nas.blast import (
    DROP_REASONS,
    EAP_UNSIGNED,
    MAC_REQUIRED,
    NO_CREDENTIAL_UNSIGNED,
    PROXY_STATE_UNSIGNED,
    UNSIGNED_LATCHES_MAX,
    admit,
    has_credential,
    policy_warnings,
)
from radius import Packet
from radius.vendors import vendor_attribute

SOURCE = "192.0.2.1"
PAP = (2, bytes(16))
PROXY_STATE = (33, b"p")
YES, NO, AUTO = Policy.YES, Policy.NO, Policy.AUTO
SIGNS, IS_NAS = Latch.MESSAGE_AUTHENTICATOR, Latch.NO_PROXY_STATE


def device(require: Policy = AUTO, limit: Policy = AUTO, latches: tuple[Latch, ...] = ()) -> Device:
    return Device(
        1,
        "nas",
        b"s" * 16,
        ("192.0.2.0/24",),
        "standard",
        3799,
        require_message_authenticator=require,
        limit_proxy_state=limit,
        latches={(SOURCE, latch) for latch in latches},
    )


def packet(*attributes: tuple[int, bytes], code: int = 1) -> Packet:
    return Packet(code, 1, bytes(16), [(1, b"bob"), *attributes])


@pytest.mark.parametrize(
    ("policy", "latched", "signed", "reason"),
    [
        (YES, False, False, MAC_REQUIRED),
        (YES, False, True, None),
        (NO, False, False, None),
        (NO, True, False, None),
        (NO, False, True, None),
        (AUTO, False, False, None),
        (AUTO, True, False, MAC_REQUIRED),
        (AUTO, True, True, None),
    ],
)
def test_blr_03_require_message_authenticator(
    policy: Policy, latched: bool, signed: bool, reason: str | None
) -> None:
    box = device(require=policy, latches=(SIGNS,) if latched else ())
    admission = admit(box, SOURCE, packet(PAP), signed=signed)
    assert admission.drop_reason == reason
    assert admission.ok is (reason is None)


@pytest.mark.parametrize(
    ("policy", "latched", "proxied", "signed", "reason"),
    [
        (YES, False, True, False, PROXY_STATE_UNSIGNED),
        (YES, False, True, True, None),
        (YES, False, False, False, None),
        (NO, True, True, False, None),
        (AUTO, False, True, False, None),
        (AUTO, True, True, False, PROXY_STATE_UNSIGNED),
        (AUTO, True, True, True, None),
        (AUTO, True, False, False, None),
    ],
)
def test_blr_04_limit_proxy_state(
    policy: Policy, latched: bool, proxied: bool, signed: bool, reason: str | None
) -> None:
    box = device(require=NO, limit=policy, latches=(IS_NAS,) if latched else ())
    attributes = (PAP, PROXY_STATE) if proxied else (PAP,)
    admission = admit(box, SOURCE, packet(*attributes), signed=signed)
    assert admission.drop_reason == reason


@pytest.mark.parametrize(
    ("signed", "proxied", "latches"),
    [
        (True, False, (SIGNS, IS_NAS)),
        (True, True, (SIGNS,)),
        (False, False, (IS_NAS,)),
        (False, True, ()),
    ],
)
def test_blr_03_and_blr_04_what_a_source_proves_is_latched_once(
    signed: bool, proxied: bool, latches: tuple[Latch, ...]
) -> None:
    box = device()
    request = packet(PAP, PROXY_STATE) if proxied else packet(PAP)
    first = admit(box, SOURCE, request, signed=signed)
    assert first.latches == latches
    box.latches |= {(SOURCE, latch) for latch in first.latches}
    assert admit(box, SOURCE, request, signed=signed).latches == ()


@pytest.mark.parametrize("policy", [YES, NO])
def test_a_policy_that_is_not_auto_latches_nothing(policy: Policy) -> None:
    assert admit(device(policy, policy), SOURCE, packet(PAP), signed=True).latches == ()


def test_blr_03_a_latch_binds_its_source_address_and_no_other_of_the_prefix() -> None:
    box = device(latches=(SIGNS,))
    assert not admit(box, SOURCE, packet(PAP), signed=False).ok
    assert admit(box, "192.0.2.2", packet(PAP), signed=False).ok


def test_s2_latches_that_anybody_can_cause_are_bounded() -> None:
    crowded = device()
    crowded.latches |= {(f"s{n}", Latch.NO_PROXY_STATE) for n in range(UNSIGNED_LATCHES_MAX)}
    plain = packet((2, bytes(16)))
    assert admit(crowded, SOURCE, plain, signed=False) == (True, None, ())
    both = (Latch.MESSAGE_AUTHENTICATOR, Latch.NO_PROXY_STATE)
    assert admit(crowded, SOURCE, plain, signed=True).latches == both, "it knows the secret"


def test_a_dropped_request_latches_nothing() -> None:
    box = device(latches=(SIGNS,))
    assert admit(box, SOURCE, packet(PAP), signed=False).latches == ()


@pytest.mark.parametrize("policy", list(Policy))
def test_blr_11_a_request_without_credential_must_be_signed_whatever_the_policy(
    policy: Policy,
) -> None:
    box = device(require=policy, limit=policy)
    call_check = packet((6, b"\0\0\0\x0a"))
    assert admit(box, SOURCE, call_check, signed=False).drop_reason == NO_CREDENTIAL_UNSIGNED
    assert admit(box, SOURCE, call_check, signed=True).ok


@pytest.mark.parametrize("policy", list(Policy))
def test_blr_12_eap_must_be_signed_whatever_the_policy(policy: Policy) -> None:
    box = device(require=policy, limit=policy)
    eap = packet((79, b"\2\1\0\5\1"), PAP)
    assert admit(box, SOURCE, eap, signed=False).drop_reason == EAP_UNSIGNED
    assert admit(box, SOURCE, eap, signed=True).ok


@pytest.mark.parametrize(
    "credential",
    [
        PAP,
        (3, bytes(17)),
        (70, bytes(16)),
        (79, b"\2\1\0\5\1"),
        (103, b"digest"),
        vendor_attribute(311, 1, bytes(50)),
        vendor_attribute(311, 25, bytes(50)),
    ],
)
def test_blr_11_every_kind_of_credential_is_known(credential: tuple[int, bytes]) -> None:
    assert has_credential(packet(credential))


@pytest.mark.parametrize(
    "other", [(6, b"\0\0\0\x11"), (60, bytes(16)), vendor_attribute(311, 11, bytes(16))]
)
def test_blr_11_a_challenge_or_a_service_is_no_credential(other: tuple[int, bytes]) -> None:
    assert not has_credential(packet(other))


@pytest.mark.parametrize("code", [4, 12])
def test_blr_04_other_codes_are_not_asked_for_more(code: int) -> None:
    for require, limit in itertools.product(Policy, Policy):
        admission = admit(
            device(require, limit, (SIGNS, IS_NAS)),
            SOURCE,
            packet(PROXY_STATE, code=code),
            signed=False,
        )
        assert admission == (True, None, ())


def test_every_reason_is_a_metric_label() -> None:
    assert len(set(DROP_REASONS)) == 4
    assert all(reason.replace("-", "").isalpha() for reason in DROP_REASONS)


def test_blr_10_the_escape_hatch_is_told_loudly() -> None:
    assert policy_warnings(device()) == []
    assert policy_warnings(device(YES, YES)) == []
    warnings = policy_warnings(device(NO, NO))
    assert len(warnings) == 2
    assert all("BlastRADIUS" in warning and "NAS nas" in warning for warning in warnings)
