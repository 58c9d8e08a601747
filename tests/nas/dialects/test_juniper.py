"""Junos and JunosE: services of a session are told from the session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.device import Device
from domain.session import Session, SessionState
from domain.usage import Usage
from nas.dialects.juniper import Juniper
from radius import Packet
from radius.vendors import vendor_attribute

JUNIPER = Juniper()
DEVICE = Device(5, "mx", b"x" * 16, ("10.0.0.0/8",), "juniper", 3799)


def read(
    session_id: bytes, *more: tuple[int, bytes], status: int = 3, device: Device = DEVICE
) -> Usage:
    pairs = [(40, status.to_bytes(4, "big")), (44, session_id), *more]
    return JUNIPER.read_usage(Packet(4, 1, bytes(16), pairs), device, 0, "10.0.0.1")


def service(name: bytes) -> tuple[int, bytes]:
    return vendor_attribute(4874, 83, name)


@pytest.mark.parametrize(
    ("session_id", "parent"),
    [
        (b"42:43", "42"),
        (b"jnpr ge-1/0/0.100:100-42:3", "jnpr ge-1/0/0.100:100-42"),
        (b"7", ""),
    ],
)
def test_14_3_a_service_names_itself_and_its_session(session_id: bytes, parent: str) -> None:
    usage = read(session_id, service(b"local(10m)"))
    assert (usage.service, usage.service_name, usage.parent_id) == (True, "local(10m)", parent)


def test_14_3_an_id_with_a_colon_alone_is_a_session() -> None:
    usage = read(b"jnpr ge-1/0/0.100:100-42")
    assert (usage.service, usage.service_name, usage.parent_id) == (False, "", "")


def test_a_service_without_a_colon_is_found_by_its_multi_session_id() -> None:
    assert read(b"7", service(b"local"), (50, b"42")).parent_id == "42"


def test_14_3_billed_by_service_the_session_is_the_detail() -> None:
    device = replace(DEVICE, billing_level="service")
    assert not read(b"42:43", service(b"local"), device=device).service
    parent = read(b"42", device=device)
    assert (parent.service, parent.service_name, parent.parent_id) == (True, "", "")


def test_a_boot_is_of_no_service() -> None:
    assert not read(b"42:43", service(b"local"), status=7).service


def test_14_3_an_order_names_a_session_by_its_id_alone() -> None:
    one = Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, acct_session_id="42", user_name="alice")
    assert JUNIPER.session_keys(one, False) == [(44, b"42")]
    unnamed = replace(one, acct_session_id="")
    assert JUNIPER.session_keys(unnamed, False) == [(1, b"alice")]
