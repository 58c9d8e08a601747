"""One key for a subscriber, whoever spells the name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.login import canonical_login, canonical_mac, printable

MAC = "aa:bb:cc:00:11:ff"


@pytest.mark.parametrize(
    "spelling",
    [
        "aa:bb:cc:00:11:ff",
        "AA:BB:CC:00:11:FF",
        "AA-BB-CC-00-11-FF",
        "aabb.cc00.11ff",
        "AABBCC0011FF",
        "aabbcc-0011ff",
        "aa bb cc 00 11 ff",
        " AA:BB:CC:00:11:FF ",
    ],
)
def test_every_spelling_of_a_mac_is_one_login(spelling: str) -> None:
    assert canonical_mac(spelling) == MAC
    assert canonical_login(spelling) == MAC


@pytest.mark.parametrize(
    "text", ["", "alice", "aabbcc0011f", "aabbcc0011fff", "gg:bb:cc:00:11:ff", "aa_bb_cc_00_11_ff"]
)
def test_what_is_not_twelve_hexadecimal_digits_is_no_mac(text: str) -> None:
    assert canonical_mac(text) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Alice", "alice"),
        (" alice\t", "alice"),
        ("Alice@Example.NET", "alice@example.net"),
        ("ISP\\Alice", "isp\\alice"),
        ("ÄRGER", "Ärger"),
        ("İstanbul", "İstanbul"),
        ("straße", "straße"),
        ("a b", "a b"),
    ],
)
def test_nai_02_nai_04_names_are_folded_in_ascii_only_and_realms_stay(name: str, key: str) -> None:
    assert canonical_login(name) == key


@given(st.text())
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert canonical_login(canonical_login(name)) == canonical_login(name)


@given(st.text(st.characters(codec="utf-8")).map(str.encode))
def test_s30_what_is_printed_holds_nothing_that_moves_a_cursor(octets: bytes) -> None:
    shown = printable(octets)
    assert all(char >= " " and not "\x7f" <= char <= "\x9f" for char in shown)
    assert not set(shown) & set("\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"alice", "alice"),
        (b"alice\0\0", "alice"),
        ("ärger".encode(), "ärger"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"a\\xffb", "a\\\\xffb"),
        (b"a\x1b[31mb", "a\\u001b[31mb"),
        ("a\u202eb".encode(), "a\\u202eb"),
    ],
)
def test_s30_octets_are_escaped_and_never_replaced(octets: bytes, text: str) -> None:
    assert printable(octets) == text


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_two_different_octet_strings_never_print_the_same(one: bytes, other: bytes) -> None:
    one, other = one.rstrip(b"\0"), other.rstrip(b"\0")
    assert (printable(one) == printable(other)) == (one == other)
