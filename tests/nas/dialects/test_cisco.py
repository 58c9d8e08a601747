"""IOS and IOS-XE: policy names by direction, few keys, services told apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.device import Device
from domain.grant import Grant
from domain.session import Session, SessionState
from nas.attribute_kind import kind_of
from nas.dialects.cisco import Cisco
from nas.login import LoginHints
from radius import Packet
from radius.vendors import vendor_attribute

CISCO = Cisco()
HINTS = LoginHints(b"x", "x", service_type=2, framed_protocol=1)


def pairs_of(grant: Grant) -> list[bytes]:
    """The AVPairs of an Accept, speeds told beside the grant."""
    found = []
    for kind, value in CISCO.write_grant(grant, HINTS) + CISCO.write_speeds(grant):
        if kind == 26:
            assert value[:5] == b"\0\0\0\x09\x01"
            assert value[5] == len(value) - 4
            found.append(value[6:])
    return found


def test_14_2_in_is_the_upload_and_out_the_download() -> None:
    grant = Grant(3600, 300, policy_down="GOLD-DOWN", policy_up="GOLD-UP")
    assert pairs_of(grant) == [
        b"ip:sub-qos-policy-in=GOLD-UP",
        b"ip:sub-qos-policy-out=GOLD-DOWN",
    ]


@pytest.mark.parametrize(
    "grant",
    [
        Grant(3600, 300),
        Grant(3600, 300, down_bps=10_000_000, up_bps=2_000_000),
        Grant(3600, 300, 1, 2, 3),
        Grant(3600, 300, policy_down="", policy_up=""),
    ],
)
def test_14_2_speeds_without_policies_and_octet_limits_cannot_be_told(grant: Grant) -> None:
    assert pairs_of(grant) == []


def test_an_accept_has_time_interims_and_the_framing_that_was_asked_for() -> None:
    kinds = [kind for kind, _ in CISCO.write_grant(Grant(3600, 300), HINTS)]
    assert kinds == [6, 7, 27, 85]


def session(**more: str) -> Session:
    known = {
        "acct_session_id": "00000007",
        "user_name": "alice@isp",
        "calling_station_id": "0011.2233.4455",
        "framed_ip_address": "10.0.0.2",
        "nas_ip_address": "192.0.2.1",
    }
    return Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, **(known | more))  # type: ignore[arg-type]


def test_14_2_all_keys_must_match_so_the_session_id_is_the_only_one() -> None:
    assert CISCO.session_keys(session(), False) == [(4, b"\xc0\0\2\1"), (44, b"00000007")]


def test_14_2_without_a_session_id_name_and_address_are_the_keys() -> None:
    keys = CISCO.session_keys(session(acct_session_id=""), False)
    assert [kind for kind, _ in keys] == [4, 1, 8]


def test_a_policy_name_that_fits_no_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="over the limit"):
        CISCO.write_speeds(Grant(3600, 300, policy_down="x" * 240))


def test_14_2_the_policies_of_a_session_are_what_a_coa_may_change() -> None:
    told = CISCO.write_speeds(Grant(3600, 300, policy_down="D", policy_up="U"))
    assert {kind_of(attribute) for attribute in told} == CISCO.live_kinds


def test_a_session_that_dhcp_began_is_known_by_its_pairs() -> None:
    pairs = [vendor_attribute(9, 1, b"dhcp-client-id=0100.1122.3344.55")]
    assert CISCO.read_login(Packet(1, 1, bytes(16), pairs)).dhcp
    assert not CISCO.read_login(Packet(1, 1, bytes(16), [])).dhcp


PARENT = b"0000A1"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([(1, b"parent-session-id=" + PARENT), (251, b"NIX-LOCAL")], ("IX-LOCAL", "0000A1")),
        ([(52, PARENT), (251, b"NIX-LOCAL")], ("IX-LOCAL", "0000A1")),
        ([(251, b"QT60"), (251, b"NIX-LOCAL"), (52, PARENT)], ("IX-LOCAL", "0000A1")),
        ([(52, PARENT)], ("", "0000A1")),
        ([(251, b"NIX-LOCAL")], ("IX-LOCAL", "M1")),
    ],
)
def test_14_2_a_service_names_itself_and_its_session(
    more: list[tuple[int, bytes]], said: tuple[str, str]
) -> None:
    pairs = [(40, b"\0\0\0\3"), (44, b"0000A2"), (50, b"M1")]
    pairs += [vendor_attribute(9, kind, value) for kind, value in more]
    device = Device(5, "isg", b"x" * 16, ("10.0.0.0/8",), "cisco", 1700)
    usage = CISCO.read_usage(Packet(4, 1, bytes(16), pairs), device, 0, "10.0.0.1")
    assert usage.service and (usage.service_name, usage.parent_id) == said
    by_service = replace(device, billing_level="service")
    usage = CISCO.read_usage(Packet(4, 1, bytes(16), pairs), by_service, 0, "10.0.0.1")
    assert (usage.service, usage.service_name, usage.parent_id) == (False, "", "")
