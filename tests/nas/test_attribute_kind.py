"""What replaces what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.attribute_kind import Kind, kind_of, pair_kind, vendor_kind
from radius.vendors import vendor_attribute


@pytest.mark.parametrize(
    ("number", "octets", "kind"),
    [
        (8, "0a000001", (8,)),
        (26, "00003a8c0808" + b"2M/10M".hex(), (26, 14988, 8)),
        (26, "0000137c41020a", (26, 4988, 65)),
        (26, "000001ad0000900000000001", (26, 429, 0x9000)),  # USR: numbers of four octets
        (241, "05aa", (241, 5)),
        (241, "1a0000270f07aa", (241, 26, 9999, 7)),
        (245, "0580aa", (245, 5)),
        (245, "1a000000270f07aa", (245, 26, 9999, 7)),
        (241, "", (241,)),
        (26, "00003a", (26, 0x3A, 0)),
    ],
)
def test_a_kind_is_the_path_to_the_innermost_number(number: int, octets: str, kind: Kind) -> None:
    assert kind_of((number, bytes.fromhex(octets))) == kind


@pytest.mark.parametrize("pair", [b"ip:addr-pool=home", b"ip:addr-pool*home", b"ip:addr-pool"])
def test_14_2_pairs_of_cisco_are_told_apart_by_their_names(pair: bytes) -> None:
    assert kind_of(vendor_attribute(9, 1, pair)) == pair_kind("ip:addr-pool")
    assert kind_of(vendor_attribute(9, 1, b"ip:vrf-id=red")) != pair_kind("ip:addr-pool")


def test_other_attributes_of_cisco_are_told_apart_by_number() -> None:
    assert kind_of(vendor_attribute(9, 252, b"a=b")) == vendor_kind(9, 252)


@given(st.integers(1, 255), st.binary(max_size=253))
def test_no_attribute_is_without_a_kind(number: int, octets: bytes) -> None:
    kind = kind_of((number, octets))
    assert kind[0] == number
