"""Tags: the octet that ties the attributes of one tunnel, or of one service, together.

RFC 2868 puts a tag before the value of some attributes, and vendors copied it. Whether an
attribute has one is a fact of the dictionary (`has_tag`), not of the octets. Tags run from 1 to
31 (0x1F); 0 stands for no tag. Attributes are grouped by tag, never by order (TAG-05).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

MAX_TAG: Final = 0x1F

Item = TypeVar("Item")


def split_tagged_integer(value: bytes) -> tuple[int, int] | None:
    """Return (tag, 24-bit number) of a tagged integer, None if it has not 4 octets (TAG-01).

    A first octet over 0x1F belongs to no group: its tag is 0.
    """
    if len(value) != 4:
        return None
    tag = value[0] if value[0] <= MAX_TAG else 0
    return tag, int.from_bytes(value[1:], "big")


def join_tagged_integer(tag: int, number: int) -> bytes:
    """Return the octets of a tagged integer; its number has 24 bits."""
    if not 0 <= number < 1 << 24:
        raise ValueError(f"{number} does not fit into the 3 octets of a tagged integer")
    return bytes((_checked(tag),)) + number.to_bytes(3, "big")


def split_tagged_string(value: bytes) -> tuple[int, bytes]:
    """Return (tag, octets) of a tagged string (TAG-02).

    A first octet up to 0x1F is the tag (0 being none) and is taken off; a greater one means
    that there is no tag and the octet is part of the value.
    """
    if value and value[0] <= MAX_TAG:
        return value[0], value[1:]
    return 0, value


def join_tagged_string(tag: int, value: bytes) -> bytes:
    """Return the octets of a tagged string; the tag octet is left out when there is no tag,
    unless the value's first octet would then be read as one (TAG-02)."""
    if _checked(tag) or (value and value[0] <= MAX_TAG):
        return bytes((tag,)) + value
    return value


def split_tagged_hidden(value: bytes) -> tuple[int, bytes] | None:
    """Return (tag, salt and hidden octets) of a Tunnel-Password; its tag octet is always there,
    also when it is 0 (TAG-03). None for an empty value."""
    if not value:
        return None
    return (value[0] if value[0] <= MAX_TAG else 0), value[1:]


def join_tagged_hidden(tag: int, hidden: bytes) -> bytes:
    """Return the octets of a tagged hidden value, the tag octet also when it is 0 (TAG-03)."""
    return bytes((_checked(tag),)) + hidden


def group_by_tag(tagged: Iterable[tuple[int, Item]]) -> dict[int, list[Item]]:
    """Return what belongs to each tag, groups in order of the tag, members as given (TAG-05)."""
    groups: dict[int, list[Item]] = {}
    for tag, item in tagged:
        groups.setdefault(tag, []).append(item)
    return dict(sorted(groups.items()))


def _checked(tag: int) -> int:
    if not 0 <= tag <= MAX_TAG:
        raise ValueError(f"tag {tag} is not between 0 and {MAX_TAG}")
    return tag
