"""What must hold for attributes inside attributes, and for attributes as lines of text.

Taken apart and put together again, twice, nothing moves any more; what is printed is read back and
prints the same. Only a `ValueTextError` may say that a line is no attribute: a person typed it,
and a traceback is no answer to a person.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from radius import (
    Dictionary,
    PacketError,
    decode_attributes,
    encode_attributes,
    load_dictionary,
    tags,
    values,
)
from radius.entries import TYPES
from radius.errors import ValueTextError
from radius.nesting import Part, PlainShape, Shape, fold, unfold
from radius.nesting import Path as Oid
from radius.vendors import VendorFormat, known_format
from tests.fuzz.properties.taker import Taker

CONF = Path(__file__).parents[3] / "conf" / "dictionary"
KINDS = sorted(TYPES)


class DeepShape:
    """A shape in which nearly everything may hold TLVs, so that nesting is walked."""

    def nests(self, path: Oid) -> bool:
        """Whatever is not too deep."""
        return len(path) <= 5

    def vendor_format(self, vendor: int) -> VendorFormat:
        """As the codec knows it."""
        return known_format(vendor)


SHAPES: tuple[Shape, ...] = (PlainShape(), DeepShape())


@functools.cache
def dictionary() -> Dictionary:
    """The dictionary that the server ships with."""
    return load_dictionary(lambda name: (CONF / name).read_text("utf-8"))


def check_nesting(octets: bytes) -> None:
    """Unfold and fold an area of attributes until nothing moves: the second time at the latest."""
    try:
        pairs = decode_attributes(octets[:4076])
    except PacketError:
        return
    for shape in (*SHAPES, dictionary()):
        parts = unfold(pairs, shape)
        folded = fold(parts, shape)
        area = encode_attributes(folded)
        again = unfold(folded, shape)
        assert list(_leaves(again)) == list(_leaves(parts)), "folding loses or changes a value"
        assert fold(again, shape) == folded, "folding moves twice"
        assert sum(len(value) for _, value in folded) <= 2 * len(octets), "folding makes more of it"
        assert encode_attributes(decode_attributes(area[:4076])) == area[:4076] or len(area) > 4076
    for _, value in pairs:
        _check_tags(value)


def _leaves(parts: tuple[Part, ...], above: Oid = ()) -> Iterator[tuple[Oid, bytes]]:
    """Every innermost value with the way to it."""
    for part in parts:
        if isinstance(part.value, bytes):
            yield (*above, part.number), part.value
        else:
            yield from _leaves(part.value, (*above, part.number))


def _check_tags(value: bytes) -> None:
    tag, rest = tags.split_tagged_string(value)
    again = tags.split_tagged_string(tags.join_tagged_string(tag, rest))
    assert again == (tag, rest) and 0 <= tag <= tags.MAX_TAG
    number = tags.split_tagged_integer(value)
    if number is not None:
        assert tags.split_tagged_integer(tags.join_tagged_integer(*number)) == number
    hidden = tags.split_tagged_hidden(value)
    if hidden is not None:
        assert tags.split_tagged_hidden(tags.join_tagged_hidden(*hidden)) == hidden


def check_printing(octets: bytes) -> None:
    """Print an area of attributes, read the lines back, and print them again: the same lines."""
    try:
        pairs = decode_attributes(octets[:4076])
    except PacketError:
        return
    names = dictionary()
    lines = names.format_all(pairs)
    for line in lines:
        assert line.isprintable(), f"{line!r} is not one printable line"
    read = names.parse_all("\n".join(lines))
    again = names.format_all(read)
    assert again == lines, "what was printed prints otherwise after it was read"
    for kind in KINDS:
        for _, value in pairs[:3]:
            _check_value(kind, value)


def _check_value(kind: str, value: bytes) -> None:
    """A value that has a text is read back from it, and its text does not change any more."""
    text = values.print_value(kind, value)
    if text is None:
        return
    read = values.parse_value(kind, text)
    assert values.print_value(kind, read) == text, f"{text} of type {kind} does not stay"


def check_line(octets: bytes) -> None:
    """Read any text as a line, and as a value of any type."""
    text = octets.decode("utf-8", "replace")
    names = dictionary()
    try:
        pairs = names.parse_all(text)
    except ValueTextError as error:
        assert len(str(error)) < 400 + 4 * len(text)
    else:
        lines = names.format_all(pairs)
        again = names.parse_all("\n".join(lines))
        assert names.format_all(again) == lines
        for pair in pairs:
            encode_attributes([pair])
    taker = Taker(octets)
    kind = taker.choice(KINDS)
    text = taker.rest().decode("utf-8", "replace")
    try:
        value = values.parse_value(kind, text)
    except ValueTextError:
        return
    printed = values.print_value(kind, value)
    assert printed is None or values.parse_value(kind, printed) == value
