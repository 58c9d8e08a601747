"""Framing: what is a packet, what is not, and that nothing in between exists."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import Packet, PacketError, decode, decode_attributes, encode_attributes, peek
from radius._codec import format_of, split_vendor
from radius.errors import REASONS
from tests.radius.vector_files import AUTHENTICATOR, named, octets

HEADER = bytes.fromhex("0101") + b"\0\x14" + AUTHENTICATOR

VALUES = st.binary(min_size=1, max_size=253)
PAIRS = st.lists(
    st.tuples(st.integers(1, 255).filter(lambda kind: kind != 80), VALUES), max_size=12
)


def packet_of(area: bytes, *, padding: bytes = b"", code: int = 1) -> bytes:
    length = 20 + len(area)
    return bytes((code, 7)) + length.to_bytes(2, "big") + AUTHENTICATOR + area + padding


def refused(received: bytes) -> tuple[str, int]:
    with pytest.raises(PacketError) as caught:
        decode(received)
    return caught.value.reason, caught.value.offset


def test_pkt_01_fewer_than_20_octets_are_no_packet() -> None:
    assert refused(b"") == ("too-short", 0)
    assert refused(HEADER[:19]) == ("too-short", 19)
    assert decode(HEADER).attributes == ()


@pytest.mark.parametrize("length", [0, 19, 4097, 65535])
def test_pkt_02_a_length_below_20_or_over_4096_is_no_packet(length: int) -> None:
    received = HEADER[:2] + length.to_bytes(2, "big") + HEADER[4:] + bytes(4200)
    assert refused(received) == ("bad-length", 2)


def test_pkt_02_a_packet_of_4096_octets_is_one() -> None:
    area = encode_attributes([(26, bytes(253))] * 15 + [(26, bytes(249))])
    assert len(packet_of(area)) == 4096
    assert len(decode(packet_of(area)).attributes) == 16


def test_pkt_03_fewer_octets_than_the_length_are_no_packet() -> None:
    assert refused(packet_of(b"\x01\x03a")[:-1]) == ("truncated", 22)


def test_pkt_04_octets_behind_the_length_are_ignored() -> None:
    packet = decode(packet_of(b"\x01\x03a", padding=b"\x02\x00\xff"))
    assert packet.attributes == ((1, b"a"),)


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        (b"\x01", "attribute-length"),
        (b"\x01\x00", "attribute-length"),
        (b"\x01\x01", "attribute-length"),
        (b"\x01\x0a", "attribute-overrun"),
        (b"\x01\x04a", "attribute-overrun"),
    ],
)
def test_pkt_05_a_wrong_attribute_length_discards_the_whole_packet(
    area: bytes, reason: str
) -> None:
    assert refused(packet_of(b"\x01\x03a" + area)) == (reason, 23)


def test_pkt_06_attribute_type_0_discards_the_packet() -> None:
    assert refused(packet_of(b"\x00\x03a")) == ("attribute-type-zero", 20)


def test_pkt_08_order_survives_decode_and_encode() -> None:
    pairs = ((18, b"a"), (25, b"c"), (18, b"b"), (33, b"\0"), (18, b"a"))
    packet = decode(packet_of(encode_attributes(pairs)))
    assert packet.attributes == pairs
    assert packet.all(18) == [b"a", b"b", b"a"]
    assert packet.attribute_octets == encode_attributes(pairs)


def test_pkt_09_unknown_types_are_kept_as_they_are() -> None:
    assert decode(packet_of(b"\xfe\x05abc")).first(254) == b"abc"


def test_pkt_10_empty_values_are_dropped_but_for_cui_and_eap_start() -> None:
    area = b"\x01\x02\x59\x02\x04\x06\x0a\0\0\1\x4f\x02\x12\x02"
    packet = decode(packet_of(area))
    assert packet.attributes == ((89, b""), (4, b"\x0a\0\0\1"), (79, b""))
    assert packet.concat(79) == b""
    assert decode_attributes(area) == packet.attributes


def test_pkt_10_empty_values_are_never_sent() -> None:
    assert encode_attributes([(18, b""), (1, b"x"), (79, b"")]) == b"\x01\x03x\x4f\x02"


def test_pkt_12_the_201st_attribute_discards_the_packet() -> None:
    assert len(decode(packet_of(b"\x01\x03a" * 200)).attributes) == 200
    assert refused(packet_of(b"\x01\x03a" * 201)) == ("too-many-attributes", 20 + 600)


@pytest.mark.parametrize("name", ["M15", "M16", "M18"])
def test_pkt_13_a_vendor_specific_that_does_not_add_up_stays_raw(name: str) -> None:
    packet = decode(octets(name))
    assert [kind for kind, _ in packet.attributes] == [26]
    assert packet.vsas(9, 1) == []


def test_pkt_13_walks_over_zero_lengths_end() -> None:
    assert split_vendor(b"\x01\x00ab") is None
    assert split_vendor(b"\x01\x01ab") is None
    assert split_vendor(b"\x01\x02\x01\x02") == [(1, b"", False), (1, b"", False)]
    assert split_vendor(b"") is None


def test_aut_05_a_message_authenticator_is_one_and_has_18_octets() -> None:
    assert refused(octets("M10")) == ("message-authenticator-length", 20)
    assert refused(octets("M11")) == ("message-authenticator-twice", 38)


@pytest.mark.parametrize("code", [0, 6, 10, 13, 34, 39, 46, 50, 51, 0x35, 255])
def test_unknown_codes_are_dropped(code: int) -> None:
    assert refused(packet_of(b"", code=code)) == ("unknown-code", 0)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 11, 12, 40, 41, 42, 43, 44, 45, 52])
def test_every_code_of_the_table_is_known(code: int) -> None:
    assert decode(packet_of(b"", code=code)).code == code


def test_peek_reads_the_header_and_leaves_the_attributes_alone() -> None:
    assert peek(packet_of(b"\x01\x00")) == (1, 7, 22, AUTHENTICATOR)
    with pytest.raises(PacketError, match="bad-length at octet 2"):
        peek(HEADER[:3] + b"\x13" + HEADER[4:])


@pytest.mark.parametrize("name", [name for name in named() if "expect" in named()[name]])
def test_malformed_vectors_do_what_is_expected_of_a_receiver(name: str) -> None:
    """Framing alone; M12 and M13 are sound frames that the sums refuse."""
    expected = named()[name]["expect"]
    received = bytes.fromhex(named()[name]["hex"])
    if expected.startswith("drop") and name[:3] not in ("M12", "M13"):
        assert refused(received)[0] in REASONS[1:]
    else:
        packet = decode(received)
        assert packet.attribute_octets == received[20 : int.from_bytes(received[2:4], "big")]


def test_readers_find_the_first_all_and_joined_values() -> None:
    packet = Packet(1, 0, AUTHENTICATOR, [(79, b"ab"), (1, b"x"), (79, b"cd"), (5, b"\0\0\1\0")])
    assert packet.first(79) == b"ab"
    assert packet.first(2) is None
    assert packet.all(79) == [b"ab", b"cd"]
    assert packet.concat(79) == b"abcd"
    assert packet.concat(2) is None
    assert packet.integer(5) == 256


def test_pkt_07_an_integer_of_another_size_is_as_if_absent() -> None:
    packet = Packet(1, 0, AUTHENTICATOR, [(5, b"\0\1"), (26, b"\0\0\x3a\x8c\x11\x04ab")])
    assert packet.integer(5) is None
    assert packet.vsa_integer(14988, 17) is None
    assert packet.first(5) == b"\0\1"


def test_vendor_values_are_found_in_one_or_several_vendor_specifics() -> None:
    both = bytes.fromhex(named()["Two subattrs in one VSA (Mikrotik)"]["hex"])
    limit = bytes.fromhex(named()["Mikrotik-Total-Limit 5e9"]["hex"])
    packet = decode(packet_of(both + limit + both))
    assert packet.vsas(14988, 8) == [b"2M/10M", b"2M/10M"]
    assert packet.vsa(14988, 3) == b"full"
    assert packet.vsa_integer(14988, 17) == 705032704
    assert packet.vsa_integer(14988, 18) == 1
    assert packet.vsas(9, 1) == []


@pytest.mark.parametrize(
    ("name", "vendor", "kind", "value"),
    [
        ("USR-Event-Id 1234", 429, 0xBFBE, bytes.fromhex("000004d2")),
        ("Lucent-Max-Shared-Users 1", 4846, 2, bytes.fromhex("00000001")),
        ('SN-VPN-Name "foo"', 8164, 2, b"foo"),
        ('WiMAX-Release "1.0"', 24757, 1, bytes.fromhex("0105312e30")),
    ],
)
def test_vendors_with_a_format_of_their_own_are_read(
    name: str, vendor: int, kind: int, value: bytes
) -> None:
    packet = decode(packet_of(bytes.fromhex(named()[name]["hex"])))
    assert packet.vsas(vendor, kind) == [value]


def test_continued_wimax_values_are_joined() -> None:
    def piece(flags: int, value: bytes) -> tuple[int, bytes]:
        return 26, (24757).to_bytes(4, "big") + bytes((1, 3 + len(value), flags)) + value

    pairs = [piece(0x80, b"ab"), (1, b"x"), piece(0x80, b"cd"), piece(0, b"e"), piece(0, b"f")]
    packet = Packet(1, 0, AUTHENTICATOR, pairs)
    assert packet.vsas(24757, 1) == [b"abcde", b"f"]
    assert Packet(1, 0, AUTHENTICATOR, pairs[:3]).vsas(24757, 1) == []


def test_the_formats_of_vendors_are_those_of_the_field_notes() -> None:
    odd = {429: (4, 0, False), 8164: (2, 2, False), 24757: (1, 1, True), 5323: (1, 1, True)}
    odd |= dict.fromkeys((4846, 637, 16445, 54), (2, 1, False))
    assert {vendor: format_of(vendor) for vendor in odd} == odd
    assert format_of(9) == format_of(14988) == format_of(43) == (1, 1, False)


def test_a_packet_is_a_value() -> None:
    one = Packet(1, 2, AUTHENTICATOR, [(1, b"x"), (2, b"password-here....")])
    same = Packet(1, 2, AUTHENTICATOR, [(1, b"x"), (2, b"password-here....")])
    assert one == same and hash(one) == hash(same)
    assert one != Packet(1, 2, AUTHENTICATOR, [(1, b"y")])
    assert one != "a packet"
    assert "password" not in repr(one)
    with pytest.raises(AttributeError):
        one.code = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("code", "identifier", "authenticator", "pairs"),
    [
        (6, 0, AUTHENTICATOR, []),
        (1, 256, AUTHENTICATOR, []),
        (1, -1, AUTHENTICATOR, []),
        (1, 0, AUTHENTICATOR[:15], []),
        (1, 0, AUTHENTICATOR, [(0, b"x")]),
        (1, 0, AUTHENTICATOR, [(256, b"x")]),
        (1, 0, AUTHENTICATOR, [(1, bytes(254))]),
    ],
)
def test_what_cannot_be_sent_cannot_be_made(
    code: int, identifier: int, authenticator: bytes, pairs: list[tuple[int, bytes]]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        Packet(code, identifier, authenticator, pairs)


def test_only_octets_are_taken() -> None:
    for wrong in (None, bytearray(HEADER), "text"):
        with pytest.raises(TypeError):
            decode(wrong)  # type: ignore[arg-type]


def test_an_attribute_area_longer_than_a_packet_is_refused() -> None:
    with pytest.raises(PacketError, match="bad-length"):
        decode_attributes(b"\x01\x03a" * 1400)


@hypothesis.given(PAIRS)
def test_attributes_come_back_as_they_were(pairs: list[tuple[int, bytes]]) -> None:
    hypothesis.assume(sum(len(value) + 2 for _, value in pairs) <= 4076)
    area = encode_attributes(pairs)
    assert list(decode_attributes(area)) == pairs
    packet = decode(packet_of(area))
    assert packet.attributes == tuple(pairs)
    for kind in {kind for kind, _ in pairs}:
        assert packet.all(kind) == [value for other, value in pairs if other == kind]


@hypothesis.given(st.binary(max_size=300))
def test_any_octets_are_a_packet_or_one_error(received: bytes) -> None:
    try:
        packet = decode(received)
    except PacketError as error:
        assert error.reason in REASONS[1:]
        assert 0 <= error.offset <= len(received)
    else:
        assert packet.attributes == decode_attributes(packet.attribute_octets)


@hypothesis.given(st.binary(max_size=200), st.sampled_from([1, 2, 4, 5, 11, 12, 40, 52]))
def test_any_attribute_octets_are_walked_to_their_end(area: bytes, code: int) -> None:
    try:
        packet = decode(packet_of(area, code=code))
    except PacketError as error:
        assert error.offset <= 20 + len(area)
    else:
        for vendor in (9, 429, 8164, 4846, 24757):
            packet.vsas(vendor, 1)


@hypothesis.given(
    st.binary(max_size=80), st.sampled_from([1, 2, 4]), st.sampled_from([0, 1, 2]), st.booleans()
)
def test_a_split_vendor_value_is_whole_or_nothing(
    value: bytes, type_size: int, length_size: int, continuation: bool
) -> None:
    parts = split_vendor(
        value, type_size=type_size, length_size=length_size, continuation=continuation
    )
    if parts is not None:
        head = type_size + length_size + continuation
        assert sum(head + len(octets) for _, octets, _ in parts) == len(value)
