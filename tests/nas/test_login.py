"""What an Access-Request says beside its credential."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nas.dialects import DIALECTS
from nas.login import read_hints
from radius import Packet
from radius.vendors import vendor_attribute


def packet(*attributes: tuple[int, bytes]) -> Packet:
    return Packet(1, 7, bytes(16), attributes)


def test_a_routeros_pppoe_login_is_read_whole() -> None:
    hints = read_hints(
        packet(
            (6, b"\0\0\0\2"),
            (7, b"\0\0\0\1"),
            (5, b"\0\xf0\0\1"),
            (61, b"\0\0\0\x0f"),
            (1, b"Alice"),
            (31, b"48:8F:5A:00:00:01"),
            (30, b"internet"),
            (87, b"ether2"),
            (44, b"81100001"),
            (32, b"core"),
            (4, b"\xc0\0\2\1"),
            (8, b"\x0a\0\0\2"),
        )
    )
    assert hints.user_name_octets == b"Alice"
    assert hints.user_name == "Alice"
    assert (hints.service_type, hints.framed_protocol) == (2, 1)
    assert (hints.nas_port, hints.nas_port_id, hints.nas_port_type) == (0xF00001, "ether2", 15)
    assert hints.calling_station_id == "48:8F:5A:00:00:01"
    assert hints.called_station_id == "internet"
    assert hints.acct_session_id == "81100001"
    assert (hints.nas_identifier, hints.nas_ip_address) == ("core", "192.0.2.1")
    assert hints.framed_ip_address == "10.0.0.2"


def test_what_is_not_said_is_none_or_empty() -> None:
    hints = read_hints(packet())
    assert hints.user_name_octets is None
    assert hints.user_name == hints.acct_session_id == hints.nas_ip_address == ""
    assert hints.nas_port is None
    assert hints.service_type is None
    assert hints.framed_protocol is None


def test_a_device_known_by_ipv6_alone_is_named_so() -> None:
    value = b"\x20\x01\x0d\xb8" + bytes(11) + b"\1"
    assert read_hints(packet((95, value))).nas_ip_address == "2001:db8::1"


def test_the_name_stays_as_octets_whatever_its_text_looks_like() -> None:
    hints = read_hints(packet((1, b"\xff\x00DOMAIN\\u")))
    assert hints.user_name_octets == b"\xff\x00DOMAIN\\u"
    assert hints.user_name == "\\xff\\u0000DOMAIN\\\\u"


def test_ios_puts_port_and_mac_into_vendor_attributes() -> None:
    request = packet(
        vendor_attribute(9, 2, b"Gi0/2.7"),
        vendor_attribute(9, 1, b"ip:vrf-id=red"),
        vendor_attribute(9, 1, b"client-mac-address=0011.2233.4455"),
    )
    hints = DIALECTS["cisco"].read_login(request)
    assert hints.nas_port_id == "Gi0/2.7"
    assert hints.calling_station_id == "0011.2233.4455"
    assert DIALECTS["standard"].read_login(request).calling_station_id == ""


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(min_size=1, max_size=40)), max_size=30))
def test_no_login_is_beyond_reading(attributes: list[tuple[int, bytes]]) -> None:
    for dialect in DIALECTS.values():
        assert dialect.read_login(packet(*attributes)).user_name is not None
