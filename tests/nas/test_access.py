"""How a subscriber is connected, from what devices send."""

from __future__ import annotations

import pytest

from domain.plan import Access
from nas.access import access_of
from nas.dialects import DIALECTS
from radius import Packet
from radius.vendors import vendor_attribute

FRAMED, LOGIN, CALL_CHECK = (6, b"\0\0\0\2"), (6, b"\0\0\0\1"), (6, b"\0\0\0\x0a")
PPP = (7, b"\0\0\0\1")
HOST_IP = vendor_attribute(14988, 10, b"\x0a\0\0\7")
LOGOFF = vendor_attribute(14122, 3, b"http://10.5.50.1/logout")
ALICE = (1, b"alice")
MAC = (1, b"00:0C:42:1F:2E:3D")
DHCP_ID = vendor_attribute(9, 1, b"dhcp-client-id=0100.0c42.1f2e.3d")

Pair = tuple[int, bytes]


def port(number: int) -> Pair:
    """NAS-Port-Type."""
    return 61, number.to_bytes(4, "big")


def said(dialect: str, *pairs: Pair) -> Access | None:
    """What an Access-Request with these attributes tells."""
    return access_of(DIALECTS[dialect].read_login(Packet(1, 1, bytes(16), list(pairs))))


@pytest.mark.parametrize("number", [0, 5, 15])  # async PPP, PPTP and L2TP, PPPoE
def test_14_1_routeros_tells_ppp_by_its_protocol(number: int) -> None:
    assert said("mikrotik", FRAMED, PPP, port(number), ALICE) is Access.PPP


@pytest.mark.parametrize("number", [15, 17, 19])  # whatever the hotspot's profile says
@pytest.mark.parametrize("name", [ALICE, MAC])
@pytest.mark.parametrize("more", [(HOST_IP,), (LOGOFF,), (HOST_IP, LOGOFF), (LOGIN, HOST_IP)])
def test_14_1_a_hotspot_is_known_whatever_port_type_and_name_it_has(
    number: int, name: Pair, more: tuple[Pair, ...]
) -> None:
    assert said("mikrotik", name, port(number), *more) is Access.HOTSPOT


def test_14_7_a_portal_asks_for_login_on_a_wireless_port() -> None:
    assert said("standard", LOGIN, port(19), ALICE) is Access.HOTSPOT
    assert said("standard", LOGIN, ALICE) is Access.HOTSPOT


@pytest.mark.parametrize("number", [0, 5])
def test_the_prompt_of_a_router_is_no_hotspot(number: int) -> None:
    assert said("cisco", LOGIN, port(number), ALICE) is None


def test_14_1_dhcp_asks_by_mac_on_ethernet_and_for_no_service() -> None:
    assert said("mikrotik", MAC, port(15), (30, b"dhcp1"), (31, b"1:0:c:42:1f:2e:3d")) is (
        Access.DHCP
    )


def test_14_2_ios_names_the_dhcp_client() -> None:
    assert said("cisco", ALICE, port(5), DHCP_ID) is Access.DHCP
    assert said("mikrotik", ALICE, port(5), DHCP_ID) is None


@pytest.mark.parametrize("service", [FRAMED, CALL_CHECK])
def test_a_switch_that_lets_a_machine_in_by_its_mac_is_no_dhcp(service: Pair) -> None:
    assert said("standard", service, MAC, port(15)) is None


@pytest.mark.parametrize("number", [18, 19, 22, 24, 36])
def test_14_8_an_access_point_is_known_by_its_port_type(number: int) -> None:
    assert said("standard", FRAMED, port(number), ALICE) is Access.WIRELESS
    assert said("mikrotik", MAC, port(number)) is Access.WIRELESS


@pytest.mark.parametrize("number", [30, 31, 32, 33, 34])
def test_rfc_4603_ports_that_carry_ppp_are_ppp(number: int) -> None:
    assert said("cisco", FRAMED, port(number), ALICE) is Access.PPP


@pytest.mark.parametrize("pairs", [(), (ALICE,), (ALICE, port(15)), (FRAMED, ALICE, port(15))])
def test_what_is_not_said_is_not_guessed(pairs: tuple[Pair, ...]) -> None:
    assert said("standard", *pairs) is None
