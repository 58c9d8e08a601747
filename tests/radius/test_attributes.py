"""Values of every data type, from octets and back."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import attributes, decode

NUMBERS = [
    (attributes.read_byte, attributes.write_byte, 1, False),
    (attributes.read_short, attributes.write_short, 2, False),
    (attributes.read_integer, attributes.write_integer, 4, False),
    (attributes.read_signed, attributes.write_signed, 4, True),
    (attributes.read_integer64, attributes.write_integer64, 8, False),
]
READERS: list[tuple[Callable[[bytes], object], set[int]]] = [
    (attributes.read_byte, {1}),
    (attributes.read_short, {2}),
    (attributes.read_integer, {4}),
    (attributes.read_signed, {4}),
    (attributes.read_integer64, {8}),
    (attributes.read_ipv4, {4}),
    (attributes.read_ipv6, {16}),
    (attributes.read_ipv6_prefix, set(range(2, 19))),
    (attributes.read_ipv4_prefix, {6}),
    (attributes.read_ifid, {8}),
    (attributes.read_ether, {6}),
]


@pytest.mark.parametrize(("read", "sizes"), READERS)
def test_pkt_07_a_value_of_another_size_is_none_and_never_an_error(
    read: Callable[[bytes], object], sizes: set[int]
) -> None:
    for size in range(254):
        assert (read(bytes(size)) is not None) == (size in sizes)


def test_pkt_07_a_nas_ip_address_of_two_octets_stays_in_its_packet() -> None:
    packet = decode(bytes.fromhex("01000018000102030405060708090a0b0c0d0e0f0404abcd"))
    value = packet.first(4)
    assert value == b"\xab\xcd"
    assert attributes.read_ipv4(value) is None


@pytest.mark.parametrize(("read", "write", "size", "signed"), NUMBERS)
def test_numbers_reach_from_end_to_end_of_their_type(
    read: Callable[[bytes], int | None],
    write: Callable[[int], bytes],
    size: int,
    signed: bool,
) -> None:
    low = -(1 << 8 * size - 1) if signed else 0
    high = low + (1 << 8 * size) - 1
    for number in (low, 0, 1, high):
        octets = write(number)
        assert len(octets) == size and read(octets) == number
    for number in (low - 1, high + 1):
        with pytest.raises(ValueError, match="does not fit into"):
            write(number)


def test_event_timestamps_are_unsigned() -> None:
    assert attributes.read_integer(bytes.fromhex("6553f100")) == 1_700_000_000
    assert attributes.read_integer(b"\xff" * 4) == 4_294_967_295


def test_text_loses_nuls_at_its_end_and_nothing_else() -> None:
    assert attributes.read_text(b"bob\0\0") == "bob"
    assert attributes.read_text(b" bob ") == " bob "
    assert attributes.read_text("søren".encode()) == "søren"
    assert attributes.read_text(b"") == ""


def test_text_that_is_not_utf_8_or_holds_a_nul_is_none_and_not_mended() -> None:
    assert attributes.read_text(b"bob\xff") is None
    assert attributes.read_text(b"bob\xfe") is None
    assert attributes.read_text(b"bo\0b") is None


def test_text_of_253_octets_fits_and_more_does_not() -> None:
    assert len(attributes.write_text("x" * 253)) == 253
    with pytest.raises(ValueError, match="254 octets"):
        attributes.write_text("ø" * 127)


@pytest.mark.parametrize(
    ("octets", "prefix"),
    [
        ("003020010db80001", "2001:db8:1::/48"),
        ("003020010db8000100000000000000000000", "2001:db8:1::/48"),
        ("004020011530100e", "2001:1530:100e::/64"),
        ("004020010db80a0b12f00000000000000001", "2001:db8:a0b:12f0::/64"),
        ("0000", "::/0"),
        ("00083a", "3a00::/8"),
        ("000430", "3000::/4"),
        ("000538", "3800::/5"),
        ("008020010db8000000000000000000000001", "2001:db8::1/128"),
    ],
)
def test_ipv6_prefixes_are_read_short_or_whole_and_masked(octets: str, prefix: str) -> None:
    assert str(attributes.read_ipv6_prefix(bytes.fromhex(octets))) == prefix


@pytest.mark.parametrize("octets", ["", "00", "0081" + "00" * 16, "0040" + "00" * 17])
def test_what_is_no_ipv6_prefix_is_none(octets: str) -> None:
    assert attributes.read_ipv6_prefix(bytes.fromhex(octets)) is None


def test_ipv6_prefixes_are_sent_in_the_short_form() -> None:
    assert attributes.write_ipv6_prefix("2001:db8:2:100::/56").hex() == "003820010db8000201"
    assert attributes.write_ipv6_prefix("::/0") == b"\0\0"
    with pytest.raises(ValueError, match="host bits"):
        attributes.write_ipv6_prefix("2001:db8::1/64")


def test_the_flags_in_the_length_of_an_ipv4_prefix_are_not_looked_at() -> None:
    plain = attributes.write_ipv4_prefix("10.1.0.0/16")
    assert plain.hex() == "00100a010000"
    assert attributes.read_ipv4_prefix(plain) == ipaddress.IPv4Network("10.1.0.0/16")
    assert attributes.read_ipv4_prefix(b"\0\xd0\x0a\1\2\3") == ipaddress.IPv4Network("10.1.0.0/16")
    assert attributes.read_ipv4_prefix(b"\0\x21\x0a\1\0\0") is None


@pytest.mark.parametrize(
    "text", ["", "1:2:3", "1:2:3:4:5", "1:2:3:10000", "1:2:3:g", "::1", "+1:2:3:4"]
)
def test_what_is_no_interface_identifier_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="interface identifier"):
        attributes.write_ifid(text)


@pytest.mark.parametrize("text", ["", "00:11:22:33:44", "00-11-22-33-44-55", "00:11:22:33:44:100"])
def test_what_is_no_ethernet_address_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="Ethernet address"):
        attributes.write_ether(text)


@hypothesis.given(st.ip_addresses())
def test_addresses_come_back(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if isinstance(address, ipaddress.IPv4Address):
        assert attributes.read_ipv4(attributes.write_ipv4(address)) == address
    else:
        assert attributes.read_ipv6(attributes.write_ipv6(str(address))) == address


@hypothesis.given(st.ip_addresses(v=6), st.integers(0, 128))
def test_ipv6_prefixes_come_back(address: ipaddress.IPv6Address, length: int) -> None:
    prefix = ipaddress.IPv6Network((address, length), strict=False)
    octets = attributes.write_ipv6_prefix(prefix)
    assert len(octets) == 2 + (length + 7) // 8
    assert attributes.read_ipv6_prefix(octets) == prefix


@hypothesis.given(st.binary(min_size=8, max_size=8), st.binary(min_size=6, max_size=6))
def test_identifiers_come_back(ifid: bytes, ether: bytes) -> None:
    text = attributes.read_ifid(ifid)
    assert text is not None and attributes.write_ifid(text) == ifid
    text = attributes.read_ether(ether)
    assert text is not None and attributes.write_ether(text) == ether


@hypothesis.given(st.text(max_size=60).filter(lambda text: "\0" not in text))
def test_text_comes_back(text: str) -> None:
    assert attributes.read_text(attributes.write_text(text)) == text
