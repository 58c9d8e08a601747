"""Octets to plain values and back."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.login import printable
from nas.values import integer_of, ipv4_of, ipv6_of, octets_of, plain_address, text_of


@given(st.binary(max_size=253))
def test_the_quick_road_of_text_says_what_the_thorough_one_says(octets: bytes) -> None:
    assert text_of(octets) == printable(octets)


@given(st.text(alphabet="aé\\x0u\n\u202e ", max_size=40).map(lambda text: text.encode()))
def test_text_close_to_an_escape_is_told_apart(octets: bytes) -> None:
    assert octets_of(text_of(octets)) == octets


@given(st.binary(max_size=253))
def test_coa_07_the_octets_a_device_reported_come_back_from_its_text(octets: bytes) -> None:
    assert octets_of(text_of(octets)) == octets.rstrip(b"\0")


def test_absent_text_is_empty() -> None:
    assert text_of(None) == ""
    assert text_of(b"") == ""
    assert octets_of("") == b""


@pytest.mark.parametrize("value", [None, b"", b"\x01", b"\0\0\0", b"\0\0\0\0\1"])
def test_pkt_07_a_number_of_another_size_is_absent(value: bytes | None) -> None:
    assert integer_of(value) is None


def test_a_number_is_unsigned_and_begins_with_its_highest_octet() -> None:
    assert integer_of(b"\xff\0\0\1") == 0xFF000001


def test_addresses_that_stand_for_none_are_empty() -> None:
    for value in (None, b"", b"\1\2\3", bytes(4), b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"):
        assert ipv4_of(value) == ""
    assert ipv6_of(None) == ""
    assert ipv6_of(b"\1\2\3\4") == ""


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_dotted(address: ipaddress.IPv4Address) -> None:
    wildcards = {"0.0.0.0", "255.255.255.254", "255.255.255.255"}
    assert ipv4_of(address.packed) == ("" if str(address) in wildcards else str(address))


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_compressed(address: ipaddress.IPv6Address) -> None:
    assert ipv6_of(address.packed) == str(address)


def test_a_mapped_address_is_the_ipv4_one_and_a_zone_is_left_out() -> None:
    assert plain_address("::ffff:192.0.2.1") == ipaddress.IPv4Address("192.0.2.1")
    assert plain_address("fe80::1%eth0") == ipaddress.IPv6Address("fe80::1")
    with pytest.raises(ValueError):
        plain_address("router.example")
