"""Static addresses: what may be one, and who is in whose way."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import (
    Holders,
    delegated_prefix,
    overlap,
    span_of,
    static_ipv4,
    static_ipv6,
)

PREFIXES = st.builds(
    lambda bits, length: str(
        ipaddress.IPv6Network((0x20010DB8 << 96 | bits, length), strict=False)
    ),
    st.integers(0, 2**96 - 1),
    st.integers(32, 127),
)


@pytest.mark.parametrize("text", ["100.64.0.7", "10.0.0.255", "203.0.113.1"])
def test_an_ipv4_address_is_kept_as_it_is(text: str) -> None:
    assert static_ipv4(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "10.0.0", "10.0.0.1/32", "010.0.0.1", "0.0.0.0", "127.0.0.1", "224.0.0.1"),
        *("255.255.255.254", "255.255.255.255", "2001:db8::1", "١0.0.0.1", "10.0.0.1 "),
    ],
)
def test_what_routers_read_as_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        static_ipv4(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("2001:db8:0:7::/64", "2001:db8:0:7::/64"),
        ("2001:0db8:0000:0007:0000:0000:0000:0000/64", "2001:db8:0:7::/64"),
    ],
)
def test_ipv6_has_one_spelling(text: str, canonical: str) -> None:
    assert static_ipv6(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        *("", "::", "::1", "fe80::1", "fe80::1%eth0", "ff02::1", "::ffff:10.0.0.1", "10.0.0.1"),
        *("2001:db8::/8", "2001:db8::/128", "2001:db8::/129", "2001:db8::7/64", "fe80::/64"),
        *("2001:db8::/", "/64", "2001:db8::/64/64", "2001:db8::%1"),
    ],
)
def test_ipv6_that_is_nobodys_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        static_ipv6(text)
    assert "\n" not in str(caught.value)


def test_bits_behind_a_prefix_are_named() -> None:
    with pytest.raises(ValueError, match="the prefix is 2001:db8:1:ff00::/56"):
        delegated_prefix("2001:db8:1:ff01::/56")
    with pytest.raises(ValueError, match="length of /16 to /127"):
        delegated_prefix("2001:db8::1")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::/56", "2001:db8:0:1::/64", True),
        ("2001:db8:0:1::/64", "2001:db8::/56", True),
        ("2001:db8::/56", "2001:db8:0:100::/56", False),
        ("2001:db8::/64", "2001:db8::7", True),
        ("0.0.0.1", "::1", False),
    ],
)
def test_overlapping_is_having_an_address_in_common(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected


def test_a_single_address_spans_itself() -> None:
    assert span_of("10.0.0.1") == (4, 0x0A000001, 0x0A000001)


@given(st.lists(st.tuples(PREFIXES, st.text("ab", min_size=1, max_size=3)), max_size=12), PREFIXES)
def test_whoever_is_in_the_way_is_found(given_out: list[tuple[str, str]], wanted: str) -> None:
    holders = Holders()
    held: list[tuple[str, str]] = []
    for text, login in given_out:
        in_the_way = [one for one in held if overlap(one[0], text)]
        found = holders.add(text, login)
        assert (found is None) is not bool(in_the_way)
        assert found is None or found in in_the_way
        if found is None:
            held.append((text, login))
    found = holders.overlapping(wanted)
    in_the_way = [one for one in held if overlap(one[0], wanted)]
    assert (found is None) is not bool(in_the_way)
    assert found is None or found in in_the_way
    assert Holders(held).overlapping(wanted) == found
