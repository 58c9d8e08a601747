"""Attributes inside attributes: Vendor-Specific, extended types (RFC 6929), and TLVs.

`unfold` turns the flat list of a packet into parts, each a number with octets or with further
parts; `fold` makes the list again. What is inside is only taken apart where it exactly fits its
declared form. Anything else stays the octets it is, at the level where it went wrong, and folds
back unchanged (PKT-13; RFC 6929 s2.8: one bad TLV does not spoil its parent).

Which numbers hold TLVs, and how a vendor frames its attributes, is for a dictionary to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from radius._codec import split_vendor
from radius.vendors import VENDOR_SPECIFIC, VendorFormat, known_format, vendor_attributes

Pair = tuple[int, bytes]
Path = tuple[int, ...]

EXTENDED: Final = frozenset({241, 242, 243, 244})
LONG_EXTENDED: Final = frozenset({245, 246})
MORE: Final = 0x80

_ROOM_INSIDE: Final = 249
_FRAGMENT: Final = 251
_FULL: Final = 253
_TLV: Final = VendorFormat()


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One numbered thing: its octets, or the parts it is made of.

    Below 26 and below extended type 26 the next number is the vendor's.
    """

    number: int
    value: bytes | tuple[Part, ...]


class Shape(Protocol):
    """What must be known to look inside an attribute; a `Dictionary` knows it."""

    def nests(self, path: Path) -> bool:
        """Whether the attribute at this path holds TLVs."""
        ...

    def vendor_format(self, vendor: int) -> VendorFormat:
        """Return how a vendor frames its attributes."""
        ...


class PlainShape:
    """The shape without a dictionary: vendors as far as they are known, no TLVs."""

    def nests(self, path: Path) -> bool:
        """Nothing is known to hold TLVs."""
        return False

    def vendor_format(self, vendor: int) -> VendorFormat:
        """Return the format from the codec's own list."""
        return known_format(vendor)


def unfold(pairs: Iterable[Pair], shape: Shape | None = None) -> tuple[Part, ...]:
    """Return the parts of a list of attributes, in their order.

    A value that was spread over several attributes (long extended types, WiMAX) becomes one
    part, at the place of its first piece; pieces that do not make a whole stay as they are.
    """
    shape = shape or PlainShape()
    flat = list(pairs)
    taken = [False] * len(flat)
    parts: list[Part] = []
    for at, (kind, value) in enumerate(flat):
        if taken[at]:
            continue
        chain = _chain(flat, taken, at, shape)
        if chain is None:
            parts.append(_opened(kind, value, shape))
            continue
        for index in chain:
            taken[index] = True
        parts.extend(_joined([flat[index] for index in chain], shape))
    return tuple(parts)


def fold(parts: Iterable[Part], shape: Shape | None = None) -> list[Pair]:
    """Return the attributes that hold these parts, in their order.

    Raises ValueError for a value that does not fit into what is to hold it.
    """
    shape = shape or PlainShape()
    pairs: list[Pair] = []
    for part in parts:
        if isinstance(part.value, bytes):
            pairs.append((part.number, part.value))
        elif part.number == VENDOR_SPECIFIC:
            pairs.extend(_fold_vendor(part.value, shape))
        elif part.number in LONG_EXTENDED:
            pairs.extend(_fragments(part.number, part.value))
        elif part.number in EXTENDED:
            pairs.append((part.number, _extended_octets(part.value)))
        else:
            pairs.append((part.number, _tlv_octets(part.value)))
    return pairs


# ---------------------------------------------------------------- values in several pieces


def _chain(flat: Sequence[Pair], taken: Sequence[bool], at: int, shape: Shape) -> list[int] | None:
    """The places of the pieces that begin at `at`, None if that is no first piece."""
    label = _piece(flat[at], shape)
    if label is None or not label[-1]:
        return None
    places = [at]
    for later in range(at + 1, len(flat)):
        other = None if taken[later] else _piece(flat[later], shape)
        if other is not None and other[:-1] == label[:-1]:
            places.append(later)
            if not other[-1]:
                break
    return places


def _piece(pair: Pair, shape: Shape) -> tuple[int, int, int, bool] | None:
    """What a piece belongs to and whether more follow: (type, inner number, vendor, more)."""
    kind, value = pair
    if kind in LONG_EXTENDED and len(value) >= 2:
        return kind, value[0], 0, bool(value[1] & MORE)
    if kind == VENDOR_SPECIFIC and len(value) > 4:
        vendor = int.from_bytes(value[:4], "big")
        form = shape.vendor_format(vendor)
        found = _split(value[4:], form) if form.continuation else None
        if found is not None and len(found) == 1:
            return kind, found[0][0], vendor, found[0][2]
    return None


def _joined(pieces: Sequence[Pair], shape: Shape) -> list[Part]:
    """One part of all pieces, or each piece as it is when they do not make a whole."""
    kind = pieces[0][0]
    labels = [_piece(piece, shape) for piece in pieces]
    raw = [Part(kind, value) for _, value in pieces]
    last = labels[-1]
    if last is None or last[-1]:
        return raw
    _, inner, vendor, _ = last
    if kind == VENDOR_SPECIFIC:
        head = 4 + shape.vendor_format(vendor).head
        whole = b"".join(value[head:] for _, value in pieces)
        path = (kind, vendor, inner)
        return [Part(kind, (Part(vendor, (Part(inner, _inside(path, whole, shape)),)),))]
    if any(len(value) != _FULL for _, value in pieces[:-1]):
        return raw
    whole = b"".join(value[2:] for _, value in pieces)
    return [Part(kind, (_extended_part(kind, inner, whole, shape),))]


# ---------------------------------------------------------------- taking apart


def _opened(kind: int, value: bytes, shape: Shape) -> Part:
    if kind == VENDOR_SPECIFIC:
        return _vendor_part(value, shape)
    head = 1 if kind in EXTENDED else 2
    if (kind in EXTENDED or kind in LONG_EXTENDED) and len(value) > head:
        return Part(kind, (_extended_part(kind, value[0], value[head:], shape),))
    return Part(kind, _inside((kind,), value, shape))


def _vendor_part(value: bytes, shape: Shape) -> Part:
    vendor = int.from_bytes(value[:4], "big")
    found = _split(value[4:], shape.vendor_format(vendor)) if len(value) > 4 and vendor else None
    if found is None or any(more for *_, more in found):
        return Part(VENDOR_SPECIFIC, value)
    inner = tuple(
        Part(kind, _inside((VENDOR_SPECIFIC, vendor, kind), octets, shape))
        for kind, octets, _ in found
    )
    return Part(VENDOR_SPECIFIC, (Part(vendor, inner),))


def _extended_part(kind: int, inner: int, octets: bytes, shape: Shape) -> Part:
    if inner != VENDOR_SPECIFIC:
        return Part(inner, _inside((kind, inner), octets, shape))
    if len(octets) < 6:
        return Part(inner, octets)
    vendor, number = int.from_bytes(octets[:4], "big"), octets[4]
    value = _inside((kind, inner, vendor, number), octets[5:], shape)
    return Part(inner, (Part(vendor, (Part(number, value),)),))


def _inside(path: Path, octets: bytes, shape: Shape) -> bytes | tuple[Part, ...]:
    if not shape.nests(path):
        return octets
    found = _split(octets, _TLV)
    if found is None:
        return octets
    return tuple(Part(kind, _inside((*path, kind), value, shape)) for kind, value, _ in found)


def _split(octets: bytes, form: VendorFormat) -> list[tuple[int, bytes, bool]] | None:
    return split_vendor(
        octets,
        type_size=form.type_size,
        length_size=form.length_size,
        continuation=form.continuation,
    )


# ---------------------------------------------------------------- putting together


def _fold_vendor(vendors: Iterable[Part], shape: Shape) -> list[Pair]:
    pairs: list[Pair] = []
    for vendor in vendors:
        number = _vendor_octets(vendor.number)
        if isinstance(vendor.value, bytes):
            raise ValueError("a vendor holds attributes, not octets")
        form = shape.vendor_format(vendor.number)
        if form.continuation or form.length_size == 0:
            for part in vendor.value:
                octets = _octets_of(part)
                pairs.extend(vendor_attributes(vendor.number, part.number, octets, form))
            continue
        framed = [form.framed(part.number, _octets_of(part)) for part in vendor.value]
        pairs.extend((VENDOR_SPECIFIC, number + octets) for octets in _packed(framed))
    return pairs


def _packed(framed: Iterable[bytes]) -> list[bytes]:
    """The octets side by side, as many as fit into each Vendor-Specific."""
    groups: list[bytes] = []
    for octets in framed:
        if groups and len(groups[-1]) + len(octets) <= _ROOM_INSIDE:
            groups[-1] += octets
        else:
            groups.append(octets)
    return groups


def _fragments(kind: int, parts: Sequence[Part]) -> list[Pair]:
    octets = _extended_octets(parts)
    inner, whole = octets[:1], octets[1:]
    pieces = [whole[at : at + _FRAGMENT] for at in range(0, len(whole), _FRAGMENT)] or [b""]
    more = [bytes((MORE,))] * (len(pieces) - 1) + [b"\0"]
    return [(kind, inner + flag + piece) for flag, piece in zip(more, pieces, strict=True)]


def _extended_octets(parts: Sequence[Part]) -> bytes:
    (part,) = parts
    head = bytes((part.number,))
    if part.number != VENDOR_SPECIFIC or isinstance(part.value, bytes):
        return head + _octets_of(part)
    (vendor,) = part.value
    if isinstance(vendor.value, bytes):
        raise ValueError("a vendor holds attributes, not octets")
    (inner,) = vendor.value
    if not 0 <= inner.number <= 255:
        raise ValueError(f"extended vendor attribute {inner.number} does not fit into 1 octet")
    return head + _vendor_octets(vendor.number) + bytes((inner.number,)) + _octets_of(inner)


def _vendor_octets(number: int) -> bytes:
    if not 0 <= number < 1 << 32:
        raise ValueError(f"vendor {number} does not fit into 4 octets")
    return number.to_bytes(4, "big")


def _octets_of(part: Part) -> bytes:
    return part.value if isinstance(part.value, bytes) else _tlv_octets(part.value)


def _tlv_octets(parts: Iterable[Part]) -> bytes:
    return b"".join(_TLV.framed(part.number, _octets_of(part)) for part in parts)
