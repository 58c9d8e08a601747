"""Values as text: what is printed, what is read, and what is refused with a reason."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius.entries import CONTAINERS, TYPES
from radius.errors import ValueTextError
from radius.values import parse_value, print_value, quoted, unquoted

SIZES = {
    "ipaddr": 4, "ipv6addr": 16, "ifid": 8, "ether": 6, "date": 4, "integer": 4,
    "integer64": 8, "signed": 4, "short": 2, "byte": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "octets", "text"),
    [
        ("string", b"bob", '"bob"'),
        ("string", b'say "hi" \\ \n\r\t', '"say \\"hi\\" \\\\ \\n\\r\\t"'),
        ("string", b"\x00\x01\x7f\xff", '"\\000\\001\\177\\377"'),
        ("string", "é".encode(), '"é"'),
        ("string", b"", '""'),
        ("octets", b"\x0a\xff", "0x0aff"),
        ("ipaddr", b"\x0a\0\0\1", "10.0.0.1"),
        ("ipv6addr", bytes(15) + b"\1", "::1"),
        ("ipv6prefix", bytes.fromhex("003020010db80001"), "2001:db8:1::/48"),
        ("ipv4prefix", bytes.fromhex("00180a010200"), "10.1.2.0/24"),
        ("combo-ip", b"\x0a\0\0\1", "10.0.0.1"),
        ("combo-ip", bytes(15) + b"\1", "::1"),
        ("ifid", bytes.fromhex("0211220fff33004a"), "211:220f:ff33:4a"),
        ("ether", bytes.fromhex("001a2b3c4d5e"), "00:1a:2b:3c:4d:5e"),
        ("date", bytes.fromhex("6553f100"), '"Nov 14 2023 22:13:20 UTC"'),
        ("date", bytes(4), '"Jan  1 1970 00:00:00 UTC"'),
        ("integer", b"\0\0\1\0", "256"),
        ("integer64", b"\0\0\0\1\0\0\0\0", "4294967296"),
        ("signed", b"\xff\xff\xff\xfe", "-2"),
        ("short", b"\xff\xff", "65535"),
        ("byte", b"\x07", "7"),
        ("abinary", b"\x01\x02", "0x0102"),
    ],
)
def test_values_print_and_are_read_back(kind: str, octets: bytes, text: str) -> None:
    assert print_value(kind, octets) == text
    assert parse_value(kind, text) == octets


@pytest.mark.parametrize("kind", sorted(SIZES))
def test_a_value_of_another_size_has_no_text(kind: str) -> None:
    for size in range(20):
        assert (print_value(kind, bytes(size)) is not None) == (size == SIZES[kind])


@pytest.mark.parametrize(
    ("kind", "text", "octets"),
    [
        ("string", "bare", b"bare"),
        ("string", "'single \\n'", b"single \\n"),
        ("string", "'it\\'s'", b"it's"),
        ("string", '"\\x41\\101"', b"AA"),
        ("string", "0x4142", b"AB"),
        ("string", '"0x4142"', b"0x4142"),
        ("integer", "0x10", b"\0\0\0\x10"),
        ("integer", '"5"', b"\0\0\0\5"),
        ("ipaddr", '"10.0.0.1"', b"\x0a\0\0\1"),
        ("ipaddr", "0x0a000001", b"\x0a\0\0\1"),
        ("date", "1700000000", bytes.fromhex("6553f100")),
        ("date", '"Nov 14 2023 22:13:20"', bytes.fromhex("6553f100")),
        ("date", "'Jan  1 1970 00:00:01 GMT'", b"\0\0\0\1"),
        ("tlv", "0x0103ab", b"\x01\x03\xab"),
    ],
)
def test_other_spellings_are_read_too(kind: str, text: str, octets: bytes) -> None:
    assert parse_value(kind, text) == octets


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("integer", "many", "a number or the name of a value"),
        ("integer", "1.5", "a number or the name of a value"),
        ("integer", "4294967296", "does not fit into 4 octets"),
        ("integer", "-1", "does not fit into 4 octets"),
        ("byte", "256", "does not fit into 1 octet"),
        ("ipaddr", "10.0.0.256", "10.0.0.256"),
        ("ipaddr", "router.example", "router.example"),
        ("ipv6prefix", "2001:db8::1/64", "host bits"),
        ("ether", "00:11", "Ethernet address"),
        ("ifid", "1:2", "interface identifier"),
        ("date", "yesterday", "Nov 14 2023"),
        ("date", "Nev 14 2023 22:13:20", "Nov 14 2023"),
        ("date", "Feb 30 2023 22:13:20", "day"),
        ("date", "Nov 14 1969 22:13:20", "does not fit"),
        ("octets", "abc", "write 0x"),
        ("octets", "0xabc", "write 0x"),
        ("abinary", "ip in forward", "write 0x"),
        ("string", '"open', "closing quote"),
        ("string", '"\\q"', "not an escape"),
        ("string", '"\\777"', "more than an octet"),
    ],
)
def test_what_is_no_value_is_refused_with_what_was_expected(
    kind: str, text: str, said: str
) -> None:
    with pytest.raises(ValueTextError, match=said):
        parse_value(kind, text)


@hypothesis.given(st.binary(max_size=253))
def test_any_octets_come_back_from_their_quoted_text(value: bytes) -> None:
    text = quoted(value)
    assert text.isprintable()
    assert unquoted(text) == value


@hypothesis.given(st.sampled_from(sorted(TYPES - CONTAINERS)), st.binary(max_size=20))
def test_whatever_has_a_text_is_read_back_to_what_has_the_same_text(
    kind: str, value: bytes
) -> None:
    text = print_value(kind, value)
    if text is not None:
        again = parse_value(kind, text)
        assert print_value(kind, again) == text
        if kind not in ("ipv6prefix", "ipv4prefix"):
            assert again == value
