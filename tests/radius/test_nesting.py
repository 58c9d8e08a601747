"""Attributes inside attributes: the examples of RFC 6929, broken ones, and random ones."""

from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import decode, decode_attributes, encode_attributes
from radius.nesting import Part, Path, fold, unfold
from radius.vendors import VendorFormat, known_format
from tests.radius.vector_files import octets


class TlvShape:
    """A shape in which the given paths hold TLVs."""

    def __init__(self, *paths: Path) -> None:
        self.paths = frozenset(paths)

    def nests(self, path: Path) -> bool:
        return path in self.paths

    def vendor_format(self, vendor: int) -> VendorFormat:
        return known_format(vendor)


class DeepShape(TlvShape):
    """A shape in which everything may hold TLVs, to five levels."""

    def nests(self, path: Path) -> bool:
        return len(path) <= 5


TLVS = TlvShape(
    (241, 2), (241, 2, 3), (241, 1), (241, 1, 1), (241, 1, 1, 2), (241, 1, 1, 2, 3),
    (241, 26, 1, 5), (245, 2), (245, 26, 1, 5),
)  # fmt: skip

A = bytes(range(256))

RFC_6929 = [
    ("f10601626f62", Part(241, (Part(1, b"bob"),))),
    ("f1070201042345", Part(241, (Part(2, (Part(1, b"\x23\x45"),)),))),
    (
        "f10b020104234502046789",
        Part(241, (Part(2, (Part(1, b"\x23\x45"), Part(2, b"\x67\x89"))),)),
    ),
    (
        "f10d020104234503060104abcd",
        Part(241, (Part(2, (Part(1, b"\x23\x45"), Part(3, (Part(1, b"\xab\xcd"),)))),)),
    ),
    (
        "f1120201042345030b0104abcd0205666f6f",
        Part(
            241,
            (Part(2, (Part(1, b"\x23\x45"), Part(3, (Part(1, b"\xab\xcd"), Part(2, b"foo"))))),),
        ),
    ),
    (
        "f10f01010c020a030804060504cdef",
        Part(
            241,
            (Part(1, (Part(1, (Part(2, (Part(3, (Part(4, b"\x05\x04\xcd\xef"),)),)),)),)),),
        ),
    ),
    ("f10c1a000000010474657374", Part(241, (Part(26, (Part(1, (Part(4, b"test"),)),)),))),
    (
        "f10e1a0000000105030674657374",
        Part(241, (Part(26, (Part(1, (Part(5, (Part(3, b"test"),)),)),)),)),
    ),
    ("f5070100626f62", Part(245, (Part(1, b"bob"),))),
    ("f508020001042345", Part(245, (Part(2, (Part(1, b"\x23\x45"),)),))),
    (
        "f50c02000104234502046789",
        Part(245, (Part(2, (Part(1, b"\x23\x45"), Part(2, b"\x67\x89"))),)),
    ),
    ("f50d1a00000000010474657374", Part(245, (Part(26, (Part(1, (Part(4, b"test"),)),)),))),
    (
        "f50f1a000000000105030674657374",
        Part(245, (Part(26, (Part(1, (Part(5, (Part(3, b"test"),)),)),)),)),
    ),
    (
        "f5ff0480" + A[:251].hex() + "f5130400" + A[:15].hex(),
        Part(245, (Part(4, A[:251] + A[:15]),)),
    ),
    (
        "f5ff1a800000000106" + A[:246].hex() + "f5181a00" + A[:20].hex(),
        Part(245, (Part(26, (Part(1, (Part(6, A[:246] + A[:20]),)),)),)),
    ),
]


@pytest.mark.parametrize(("text", "part"), RFC_6929)
def test_the_examples_of_rfc_6929_unfold_and_fold(text: str, part: Part) -> None:
    pairs = decode_attributes(bytes.fromhex(text))
    assert unfold(pairs, TLVS) == (part,)
    assert encode_attributes(fold([part], TLVS)).hex() == text


def test_without_a_dictionary_vendors_are_opened_and_tlvs_are_octets() -> None:
    pairs = decode_attributes(bytes.fromhex("1a0e00003a8c0808324d2f31304df1070201042345"))
    assert unfold(pairs) == (
        Part(26, (Part(14988, (Part(8, b"2M/10M"),)),)),
        Part(241, (Part(2, b"\x01\x04\x23\x45"),)),
    )


def test_fragments_may_be_mixed_with_other_attributes() -> None:
    first, last = (245, b"\x04\x80" + bytes(251)), (245, b"\x04\x00end")
    other = (245, b"\x05\x00other")
    parts = unfold([(1, b"bob"), first, (18, b"hi"), other, last])
    assert parts == (
        Part(1, b"bob"),
        Part(245, (Part(4, bytes(251) + b"end"),)),
        Part(18, b"hi"),
        Part(245, (Part(5, b"other"),)),
    )


@pytest.mark.parametrize(
    "pairs",
    [
        [(245, b"\x01\x80a")],
        [(245, b"\x04\x80" + bytes(251))],
        [(245, b"\x04\x80" + bytes(250)), (245, b"\x04\x00end")],
        [(245, b"\x04\x80" + bytes(251)), (245, b"\x04\x80more")],
        [(246, b"\x01")],
        [(245, b"\x01\x00")],
        [(241, b"\x01")],
        [(26, b"\0\0\0\x09")],
        [(26, b"\0\0\0\0\x01\x03a")],
        [(26, b"\0\0\0\x09\x01\x00ab")],
        [(26, b"\0\0\0\x09\x01\x09ab")],
        [(26, b"\0\0\x12\xee\xff\x02\x07")],
    ],
)
def test_what_does_not_make_a_whole_stays_as_it_is(pairs: list[tuple[int, bytes]]) -> None:
    parts = unfold(pairs)
    assert parts == tuple(Part(kind, value) for kind, value in pairs)
    assert fold(parts) == pairs


def test_m24_more_without_a_successor_stays_raw() -> None:
    packet = decode(octets("M24"))
    assert unfold(packet.attributes) == (Part(245, packet.attributes[0][1]),)


def test_an_extended_vendor_attribute_that_is_too_short_stays_raw_inside() -> None:
    assert unfold([(241, b"\x1a\0\0\0\x01\x04")]) == (Part(241, (Part(26, b"\0\0\0\x01\x04"),)),)
    assert fold([Part(241, (Part(26, b"\0\0\0\x01\x04"),))]) == [(241, b"\x1a\0\0\0\x01\x04")]


@pytest.mark.parametrize(
    "tlv", [b"\x01\x00", b"\x01\x01", b"\x01\x09ab", b"\x01", b"\x01\x03a\x02"]
)
def test_pkt_13_a_tlv_that_does_not_add_up_stays_octets(tlv: bytes) -> None:
    assert unfold([(241, b"\x02" + tlv)], TLVS) == (Part(241, (Part(2, tlv),)),)


def test_one_bad_tlv_does_not_spoil_its_parent() -> None:
    good_and_bad = b"\x01\x04\x23\x45" + b"\x03\x04\x01\x00"
    assert unfold([(241, b"\x02" + good_and_bad)], TLVS) == (
        Part(241, (Part(2, (Part(1, b"\x23\x45"), Part(3, b"\x01\x00"))),)),
    )


def test_an_unknown_high_octet_of_a_two_octet_number_survives() -> None:
    pairs = list(decode_attributes(bytes.fromhex("1a0d000012eeff020700000001")))
    parts = unfold(pairs)
    assert parts == (Part(26, (Part(4846, (Part(0xFF02, b"\0\0\0\1"),)),)),)
    assert fold(parts) == pairs


def test_parts_of_one_vendor_share_a_vendor_specific_while_they_fit() -> None:
    many = Part(26, (Part(9, tuple(Part(1, bytes(100)) for _ in range(5))),))
    pairs = fold([many])
    assert [len(value) for _, value in pairs] == [4 + 204, 4 + 204, 4 + 102]


def test_wimax_values_in_pieces_become_one_part_and_pieces_again() -> None:
    value = A + A
    part = Part(26, (Part(24757, (Part(84, value),)),))
    pairs = fold([part])
    assert len(pairs) == 3
    assert unfold(pairs) == (part,)
    assert unfold(pairs[:2]) == tuple(Part(26, octets) for _, octets in pairs[:2])


def test_an_extended_vendor_number_over_an_octet_is_refused() -> None:
    with pytest.raises(ValueError, match="1 octet"):
        fold([Part(241, (Part(26, (Part(9, (Part(256, b"x"),)),)),))])


PAIRS = st.lists(
    st.tuples(
        st.sampled_from([1, 26, 26, 79, 241, 242, 244, 245, 246]),
        st.one_of(
            st.binary(min_size=1, max_size=40),
            st.builds(
                lambda vendor, rest: vendor.to_bytes(4, "big") + rest,
                st.sampled_from([0, 9, 429, 4846, 8164, 24757]),
                st.binary(max_size=20),
            ),
            st.builds(
                lambda head, rest: head + rest, st.just(b"\x04\x80"), st.binary(max_size=251)
            ),
        ),
    ),
    max_size=8,
)


@hypothesis.given(PAIRS)
def test_anything_unfolds_and_folds_to_what_unfolds_the_same(
    pairs: list[tuple[int, bytes]],
) -> None:
    parts = unfold(pairs, DeepShape())
    again = fold(parts, DeepShape())
    assert unfold(again, DeepShape()) == parts
    if not any(kind in (245, 246, 26) for kind, _ in pairs):
        assert again == pairs


@hypothesis.given(
    st.recursive(
        st.binary(min_size=1, max_size=20),
        lambda inner: st.lists(
            st.builds(Part, st.integers(0, 255), inner), min_size=1, max_size=3
        ).map(tuple),
        max_leaves=6,
    ).filter(lambda value: not isinstance(value, bytes))
)
def test_nested_tlvs_come_back(value: tuple[Part, ...]) -> None:
    def shaped(parts: tuple[Part, ...], path: Path) -> set[Path]:
        found = {path}
        for part in parts:
            if not isinstance(part.value, bytes):
                found |= shaped(part.value, (*path, part.number))
        return found

    def leaf_paths(parts: tuple[Part, ...], path: Path) -> set[Path]:
        found: set[Path] = set()
        for part in parts:
            here = (*path, part.number)
            found |= {here} if isinstance(part.value, bytes) else leaf_paths(part.value, here)
        return found

    part = Part(241, (Part(7, value),))
    paths = shaped(value, (241, 7))
    hypothesis.assume(not paths & leaf_paths(value, (241, 7)))
    shape = TlvShape(*paths)
    assert unfold(fold([part], shape), shape) == (part,)


@pytest.mark.parametrize(
    "part",
    [
        Part(26, (Part(9, b"octets"),)),
        Part(26, (Part(1 << 32, (Part(1, b"a"),)),)),
        Part(241, (Part(26, (Part(9, b"octets"),)),)),
        Part(245, (Part(26, (Part(1 << 32, (Part(1, b"a"),)),)),)),
    ],
)
def test_a_vendor_that_is_none_is_refused(part: Part) -> None:
    with pytest.raises(ValueError, match="vendor"):
        fold([part])
