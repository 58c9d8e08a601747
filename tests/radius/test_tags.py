"""Tags of RFC 2868 and of the vendors that copied them."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import Packet, decode_attributes, tags
from tests.radius.vector_files import AUTHENTICATOR, named


def value_of(name: str) -> bytes:
    ((_, value),) = decode_attributes(bytes.fromhex(named()[name]["hex"]))
    return value


def test_tag_01_a_tagged_integer_has_a_tag_and_24_bits() -> None:
    assert tags.split_tagged_integer(value_of("Tunnel-Type:1 VLAN")) == (1, 13)
    assert tags.split_tagged_integer(value_of("Tunnel-Type untagged VLAN")) == (0, 13)
    assert tags.split_tagged_integer(value_of("Tunnel-Medium-Type:1 IEEE-802")) == (1, 6)
    assert tags.join_tagged_integer(1, 13) == value_of("Tunnel-Type:1 VLAN")


def test_tag_01_a_first_octet_over_31_is_tag_0() -> None:
    assert tags.split_tagged_integer(b"\x20\0\0\x0d") == (0, 13)
    assert tags.split_tagged_integer(b"\x1f\0\0\x0d") == (31, 13)
    assert tags.split_tagged_integer(b"\0\0\x0d") is None


def test_tag_01_a_number_over_24_bits_is_refused() -> None:
    assert tags.join_tagged_integer(0, 0xFFFFFF) == b"\0\xff\xff\xff"
    with pytest.raises(ValueError, match="3 octets"):
        tags.join_tagged_integer(0, 0x1000000)


def test_tag_02_a_string_has_a_tag_only_if_its_first_octet_is_one() -> None:
    assert tags.split_tagged_string(value_of('Tunnel-Private-Group-Id:1 "100"')) == (1, b"100")
    untagged = value_of('Tunnel-Private-Group-Id "100" untagged')
    assert tags.split_tagged_string(untagged) == (0, b"100")
    assert tags.split_tagged_string(b"\0" + b"100") == (0, b"100")
    assert tags.split_tagged_string(b"\x20100") == (0, b"\x20100")
    assert tags.split_tagged_string(b"") == (0, b"")


def test_tag_02_an_untagged_string_is_sent_without_a_tag_octet() -> None:
    assert tags.join_tagged_string(0, b"100") == b"100"
    assert tags.join_tagged_string(2, b"192.0.2.9") == value_of(
        'Tunnel-Server-Endpoint:2 "192.0.2.9"'
    )


def test_tag_02_a_string_that_begins_like_a_tag_gets_the_unused_tag() -> None:
    assert tags.join_tagged_string(0, b"\x01abc") == b"\0\x01abc"
    assert tags.split_tagged_string(b"\0\x01abc") == (0, b"\x01abc")


def test_tag_03_the_tag_of_a_hidden_value_is_always_there() -> None:
    tagged = value_of('TP tag1 "tunnelpw" salt 8001')
    untagged = value_of('TP tag0 "tunnelpw" salt 8001')
    assert tags.split_tagged_hidden(tagged) == (1, tagged[1:])
    assert tags.split_tagged_hidden(untagged) == (0, untagged[1:])
    assert tags.join_tagged_hidden(0, untagged[1:]) == untagged
    assert tags.split_tagged_hidden(b"") is None


def test_tag_04_a_tag_stands_inside_the_vendors_value() -> None:
    names = ('ERX-Service-Activate:1 "GOLD(10m)"', "ERX-Service-Volume:1 100")
    area = b"".join(bytes.fromhex(named()[name]["hex"]) for name in names)
    packet = Packet(2, 0, AUTHENTICATOR, decode_attributes(area))
    activate, volume = packet.vsa(4874, 65), packet.vsa(4874, 67)
    assert activate is not None and volume is not None
    assert tags.split_tagged_string(activate) == (1, b"GOLD(10m)")
    assert tags.split_tagged_integer(volume) == (1, 100)


def test_tag_05_attributes_are_grouped_by_tag_and_not_by_order() -> None:
    tagged = [(2, "a"), (1, "b"), (2, "c"), (0, "d"), (1, "e")]
    assert tags.group_by_tag(tagged) == {0: ["d"], 1: ["b", "e"], 2: ["a", "c"]}
    assert list(tags.group_by_tag(tagged)) == [0, 1, 2]


@pytest.mark.parametrize("tag", [-1, 32, 255])
def test_tags_run_from_0_to_31(tag: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 31"):
        tags.join_tagged_hidden(tag, b"x")


@hypothesis.given(st.integers(0, 31), st.integers(0, 0xFFFFFF))
def test_tag_06_tagged_integers_come_back(tag: int, number: int) -> None:
    assert tags.split_tagged_integer(tags.join_tagged_integer(tag, number)) == (tag, number)


@hypothesis.given(st.integers(0, 31), st.binary(max_size=100))
def test_tagged_strings_come_back(tag: int, value: bytes) -> None:
    assert tags.split_tagged_string(tags.join_tagged_string(tag, value)) == (tag, value)
    assert tags.split_tagged_hidden(tags.join_tagged_hidden(tag, value)) == (tag, value)
