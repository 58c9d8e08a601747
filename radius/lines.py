"""Attributes as lines of text, `Name = value`, by means of a dictionary.

A line names the innermost attribute; what surrounds it on the wire (Vendor-Specific, extended
types, TLVs) follows from the name. Attributes without a name, or whose octets do not fit their
type, are shown by number with their octets: `Attr-26.9.250 = 0x...`. Every line that is
printed can be read back.

Hidden values (User-Password, MPPE keys) are shown as the octets on the wire, since revealing
them needs a secret: give `unhide`, and `hide` for the way back, to see and write them plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from radius import tags
from radius.entries import CONTAINERS, NUMBERS, Attribute, Vendor
from radius.errors import ValueTextError
from radius.nesting import Pair, Part, Path, Shape, fold, unfold
from radius.values import hexadecimal, parse_value, print_value

Hide = Callable[[int, bytes], bytes]
"""Hides plain octets by the number of a dictionary's `encrypt` flag (without a tag)."""

Unhide = Callable[[int, bytes], bytes | None]
"""The other way; None for octets that cannot have been hidden that way."""

_MAX_VALUE: Final = 253
_LINE: Final = re.compile(
    r"(?P<name>[^\s=:]+)(?::(?P<tag>\d+))?\s*[:+]?=\s*"
    r"(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,](?:[^,]*[^\s,])?)\s*(?:,\s*)?",
    re.DOTALL,
)
_PLAIN: Final = re.compile(r"[^\s,\"'][^,]*")
_PATH_MAX: Final = 8
_NUMBER_DIGITS: Final = 10  # of an OID's number, which has 32 bits
_ELEMENT_SIZES: Final = {"ipaddr": 4, "ipv6addr": 16, "integer": 4, "short": 2, "byte": 1}


class Names(Shape, Protocol):
    """What must be known to read and write lines; a `Dictionary` knows it."""

    def find(self, name: str, vendor: int = 0) -> Attribute | None:
        """Return the attribute of a name."""
        ...

    def at(self, path: Path) -> Attribute | None:
        """Return the attribute at a path."""
        ...

    def vendor_named(self, name: str) -> Vendor | None:
        """Return the vendor of a name."""
        ...

    def value_name(self, path: Path, number: int) -> str | None:
        """Return the name of a number in an attribute."""
        ...

    def value_number(self, path: Path, name: str) -> int | None:
        """Return the number of a name in an attribute."""
        ...


def format_lines(
    dictionary: Names, pairs: Iterable[Pair], unhide: Unhide | None = None
) -> list[str]:
    """Return the lines of a list of attributes, in order, one for each innermost value."""
    lines: list[str] = []
    for part in unfold(pairs, dictionary):
        for path, value in _leaves((part.number,), part.value):
            lines.extend(_leaf_lines(dictionary, path, value, unhide))
    return lines


def parse_line(dictionary: Names, line: str, hide: Hide | None = None) -> list[Pair]:
    """Return the attributes that one line stands for; ValueTextError says what is wrong.

    It is one attribute, except for values over 253 octets of types that may be spread over
    several (`concat`, long extended, WiMAX).
    """
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ValueTextError(f"{line.strip()!r} is not of the form: Name = value")
    name, text = match["name"], match["text"]
    entry = dictionary.find(name)
    path = entry.path if entry is not None else _numbered_path(dictionary, name)
    if path is None:
        raise ValueTextError(f"no attribute is called {name}")
    if entry is None:
        octets = parse_value("octets", text)
    else:
        octets = _octets(dictionary, entry, text, match["tag"], hide)
    try:
        return _spread(dictionary, entry, path, octets)
    except ValueError as error:
        raise ValueTextError(f"{name}: {error}") from None


# ---------------------------------------------------------------- printing


def _leaves(path: Path, value: bytes | tuple[Part, ...]) -> Iterator[tuple[Path, bytes]]:
    if isinstance(value, bytes):
        yield path, value
        return
    for part in value:
        yield from _leaves((*path, part.number), part.value)


def _leaf_lines(dictionary: Names, path: Path, value: bytes, unhide: Unhide | None) -> list[str]:
    entry = dictionary.at(path)
    if entry is not None and entry.type not in CONTAINERS:
        texts = _texts(dictionary, entry, value, unhide)
        if texts is not None:
            return [f"{entry.name}{tag} = {text}" for tag, text in texts]
    return [f"Attr-{'.'.join(map(str, path))} = {hexadecimal(value)}"]


def _texts(
    dictionary: Names, entry: Attribute, value: bytes, unhide: Unhide | None
) -> list[tuple[str, str]] | None:
    """The (":tag" or "", text) of a value, several for an array; None if it does not fit."""
    if entry.array and entry.type in _ELEMENT_SIZES:
        size = _ELEMENT_SIZES[entry.type]
        if not value or len(value) % size:
            return None
        elements = [value[at : at + size] for at in range(0, len(value), size)]
        return [("", _named(dictionary, entry, element)) for element in elements]
    tag, rest = _untagged(entry, value)
    shown = f":{tag}" if entry.tagged else ""
    if entry.encrypt:
        if unhide is None:
            return [(shown, hexadecimal(rest))]
        plain = unhide(entry.encrypt, rest)
        if plain is None:
            return None
        rest = plain
    text = _text(dictionary, entry, rest)
    return None if text is None else [(shown, text)]


def _untagged(entry: Attribute, value: bytes) -> tuple[int, bytes]:
    """The tag of a value (0 if none), and the octets without it."""
    if not entry.tagged:
        return 0, value
    if entry.encrypt == 2:
        return tags.split_tagged_hidden(value) or (0, value)
    if entry.type == "integer":
        split = tags.split_tagged_integer(value)
        return (0, value) if split is None else (split[0], split[1].to_bytes(4, "big"))
    return tags.split_tagged_string(value)


def _has_size(entry: Attribute, value: bytes) -> bool:
    # What is hidden is padded, so a declared size says nothing about it (MS-CHAP-MPPE-Keys).
    return entry.size is None or entry.encrypt != 0 or len(value) == entry.size


def _named(dictionary: Names, entry: Attribute, value: bytes) -> str:
    return _text(dictionary, entry, value) or hexadecimal(value)


def _text(dictionary: Names, entry: Attribute, value: bytes) -> str | None:
    text = print_value(entry.type, value)
    if text is None or not _has_size(entry, value):
        return None
    if entry.type in NUMBERS:
        return _number_text(dictionary, entry.path, int(text))
    return text


def _number_text(dictionary: Names, path: Path, number: int) -> str:
    """The name of a number, if that name is read back as this number, else its digits; with a
    zero before them if another number has these digits for a name (USR has such)."""
    name = dictionary.value_name(path, number)
    if name is not None and _PLAIN.fullmatch(name):
        if dictionary.value_number(path, name) == number:
            return name
    sign, digits = "-" if number < 0 else "", str(abs(number))
    while dictionary.value_number(path, sign + digits) not in (None, number):
        digits = "0" + digits
    return sign + digits


# ---------------------------------------------------------------- parsing


def _octets(
    dictionary: Names, entry: Attribute, text: str, tag: str | None, hide: Hide | None
) -> bytes:
    if entry.type in CONTAINERS:
        return parse_value("octets", text)
    if tag is not None and not entry.tagged:
        raise ValueTextError(f"{entry.name} takes no tag")
    number = dictionary.value_number(entry.path, text) if entry.type in NUMBERS else None
    octets = parse_value(entry.type, text if number is None else str(number))
    if not _has_size(entry, octets):
        raise ValueTextError(f"{entry.name} has {entry.size} octets, not {len(octets)}")
    if entry.encrypt and hide is not None:
        octets = hide(entry.encrypt, octets)
    if not entry.tagged:
        return octets
    try:
        return _with_tag(entry, int(tag or "0"), octets)
    except ValueError as error:
        raise ValueTextError(f"{entry.name}: {error}") from None


def _with_tag(entry: Attribute, tag: int, octets: bytes) -> bytes:
    if entry.encrypt == 2:
        return tags.join_tagged_hidden(tag, octets)
    if entry.type == "integer":
        return tags.join_tagged_integer(tag, int.from_bytes(octets, "big"))
    return tags.join_tagged_string(tag, octets)


def _numbered_path(dictionary: Names, name: str) -> Path | None:
    """The path that a name such as Attr-26.9.250 or Attr-26.Cisco.250 spells."""
    prefix, _, oid = name.partition("-")
    if prefix.lower() != "attr" or not oid:
        return None
    path: list[int] = []
    for word in oid.split("."):
        vendor = dictionary.vendor_named(word)
        if word.isascii() and word.isdigit() and len(word) <= _NUMBER_DIGITS:
            path.append(int(word))
        elif vendor is not None:
            path.append(vendor.number)
        else:
            return None
    return tuple(path) if len(path) <= _PATH_MAX else None


def _spread(dictionary: Names, entry: Attribute | None, path: Path, octets: bytes) -> list[Pair]:
    if not 0 < path[0] <= 255 or (entry is not None and not entry.travels):
        raise ValueError("a server's own attribute cannot be sent")
    if len(path) == 1:
        if len(octets) > _MAX_VALUE and not (entry is not None and entry.concat):
            raise ValueError(f"{len(octets)} octets are over the limit of {_MAX_VALUE}")
        starts = range(0, max(1, len(octets)), _MAX_VALUE)
        return [(path[0], octets[at : at + _MAX_VALUE]) for at in starts]
    value: bytes | tuple[Part, ...] = octets
    for number in reversed(path[1:]):
        value = (Part(number, value),)
    return fold([Part(path[0], value)], dictionary)
