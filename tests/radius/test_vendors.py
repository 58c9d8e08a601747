"""Vendor-Specific attributes in every framing that vendors use."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import Packet
from radius.vendors import VendorFormat, known_format, vendor_attribute, vendor_attributes
from tests.radius.vector_files import AUTHENTICATOR, named

VENDORS = st.sampled_from([9, 14988, 429, 8164, 4846, 24757, 311, 0xFFFFFFFF])


@pytest.mark.parametrize(
    ("name", "vendor", "kind", "value"),
    [
        ('Mikrotik-Group "full"', 14988, 3, b"full"),
        ("USR-Event-Id 1234", 429, 0xBFBE, (1234).to_bytes(4, "big")),
        ("Lucent-Max-Shared-Users 1", 4846, 2, (1).to_bytes(4, "big")),
        ('SN-VPN-Name "foo"', 8164, 2, b"foo"),
        ('WiMAX-Release "1.0"', 24757, 1, b"\x01\x051.0"),
        ("Huawei-Output-Average-Rate 10000000", 2011, 5, (10_000_000).to_bytes(4, "big")),
    ],
)
def test_vendor_vectors_are_made_octet_for_octet(
    name: str, vendor: int, kind: int, value: bytes
) -> None:
    octets = bytes.fromhex(named()[name]["hex"])
    assert vendor_attribute(vendor, kind, value) == (26, octets[2:])
    assert vendor_attributes(vendor, kind, value) == [(26, octets[2:])]


def test_247_octets_fit_into_a_usual_vendor_attribute_and_more_do_not() -> None:
    assert len(vendor_attribute(9, 1, bytes(247))[1]) == 253
    with pytest.raises(ValueError, match="over the limit"):
        vendor_attribute(9, 1, bytes(248))


@pytest.mark.parametrize(("vendor", "kind"), [(9, 256), (8164, 65536), (9, -1), (429, 2**32)])
def test_a_number_that_its_format_cannot_hold_is_refused(vendor: int, kind: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        vendor_attribute(vendor, kind, b"x")


def test_a_long_wimax_value_is_continued() -> None:
    value = bytes(range(256)) * 3
    pairs = vendor_attributes(24757, 84, value)
    assert len(pairs) == 4
    assert [octets[6] for _, octets in pairs] == [0x80, 0x80, 0x80, 0]
    assert Packet(2, 0, AUTHENTICATOR, pairs).vsas(24757, 84) == [value]


def test_a_long_value_of_another_vendor_is_refused() -> None:
    with pytest.raises(ValueError, match="over the limit"):
        vendor_attributes(9, 1, bytes(300))


def test_a_dictionarys_format_goes_before_the_known_one() -> None:
    assert known_format(8164) == VendorFormat(2, 2)
    assert vendor_attributes(8164, 1, b"x", VendorFormat()) == [(26, b"\0\0\x1f\xe4\x01\x03x")]


@hypothesis.given(VENDORS, st.integers(0, 255), st.binary(min_size=1, max_size=243))
def test_what_is_written_is_read(vendor: int, kind: int, value: bytes) -> None:
    packet = Packet(2, 0, AUTHENTICATOR, [vendor_attribute(vendor, kind, value)])
    assert packet.vsas(vendor, kind) == [value]
