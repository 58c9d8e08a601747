"""Reply attributes as people write them: lines `Name = value`, checked before they are kept.

What is wrong with an attribute must be said to whoever writes it, not found out by a router at
night. Beside its name and value that is whose it is: what the server computes for each login, what
only requests carry, and what is hidden anew in every packet cannot be written into a plan. The
octets are kept with the lines, so that a later dictionary cannot change what was sold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.plan import Access, Reply
from domain.rate import parse_mikrotik_rate
from radius import encode_attributes
from radius.entries import Attribute
from radius.lines import Names, parse_line
from radius.nesting import Pair, Path
from radius.vendors import VENDOR_SPECIFIC, known_format

LINES_MAX: Final = 30
LINE_MAX_CHARACTERS: Final = 500
OCTETS_MAX: Final = 1_000  # of one list of replies: an Accept has 4096 for everything

_EACH_LOGIN = "the server makes it for each login"
_REQUEST = "only requests of devices carry it"
_ADDRESS = "an address is one subscriber's: `subscriber set LOGIN --{option}`"

_MICROSOFT, _MIKROTIK = 311, 14988
_RATE_LIMIT: Final[Path] = (VENDOR_SPECIFIC, _MIKROTIK, 8)
_NAME_SERVERS = range(28, 32)  # of Microsoft's, all that does not belong to passwords and keys

_OWN: Final[dict[Path, str]] = {
    **{(number,): _EACH_LOGIN for number in (1, 2, 3, 24, 25, 33, 60, 70, 79, 80)},
    **{(number,): "the server answers what the device asked for" for number in (6, 7)},
    (27,): "the server computes it for each login; `max_session_s` bounds it",
    (29,): "sessions have to end at their Session-Timeout",
    (85,): "the server asks for interims itself; `interim_s` says how often",
    **{(number,): _REQUEST for number in (4, 5, 30, 31, 32, *range(40, 56), 61, 77, 87, 95, 101)},
    (97,): _ADDRESS.format(option="ipv6"),
    (168,): _ADDRESS.format(option="ipv6"),
    (123,): _ADDRESS.format(option="delegated-prefix"),
    **{
        (VENDOR_SPECIFIC, _MIKROTIK, number): "octet limits follow from the money of each login"
        for number in (1, 2, 14, 15, 17, 18)
    },
    (VENDOR_SPECIFIC, _MIKROTIK, 10): _REQUEST,
}
_FRAMED_IP_ADDRESS: Final[Path] = (8,)


class LineFault(ValueError):
    """What is wrong with one of the lines; `index` says with which."""

    def __init__(self, index: int, sentence: str) -> None:
        super().__init__(sentence)
        self.index = index


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that replies are written in: attributes by name, and the dialects there are."""

    names: Names
    dialects: Sequence[str]


def read_reply(
    lines: Sequence[str],
    vocabulary: Vocabulary,
    *,
    dialect: str = "",
    accesses: tuple[Access, ...] = (),
) -> Reply:
    """The reply of these lines. Raises LineFault, a ValueError in one sentence."""
    pairs: list[Pair] = []
    for index, line in enumerate(lines):
        try:
            pairs += read_line(line, vocabulary.names)
        except ValueError as error:
            raise LineFault(index, " ".join(str(error).split())[:300]) from None
    octets = encode_attributes(pairs)
    return Reply(tuple(line.strip() for line in lines), octets, dialect, accesses)


def read_line(line: str, names: Names) -> list[Pair]:
    """The attributes of one line; ValueError if it is wrong, or is not for people to write."""
    if len(line) > LINE_MAX_CHARACTERS:
        raise ValueError(f"an attribute has at most {LINE_MAX_CHARACTERS} characters")
    if not line.isprintable():
        raise ValueError(f"{line[:40]!r} has characters that cannot be printed")
    name = line.partition("=")[0].strip()[:60]
    pairs = parse_line(names, line)
    for pair in pairs:
        path = _path(pair)
        reason = _reason(path, pair[1], names.at(path))
        if reason:
            raise ValueError(f"{name} cannot be a reply: {reason}")
        if path == _RATE_LIMIT:
            _check_rate(pair[1])
    return pairs


def _path(pair: Pair) -> Path:
    """Where an attribute is: its number, for one of a vendor also the vendor's and its own."""
    number, value = pair
    if number != VENDOR_SPECIFIC:
        return (number,)
    vendor = int.from_bytes(value[:4], "big")
    return number, vendor, int.from_bytes(value[4 : 4 + known_format(vendor).type_size], "big")


def _reason(path: Path, value: bytes, entry: Attribute | None) -> str:
    """Why an attribute is not for people to write; empty if it is."""
    if entry is not None and entry.encrypt:
        return "its value is hidden anew in every packet"
    if path[:2] == (VENDOR_SPECIFIC, _MICROSOFT) and path[2] not in _NAME_SERVERS:
        return _EACH_LOGIN
    # RouterOS and others read addresses that nobody can have as "take one of the pool" (14.1).
    if path == _FRAMED_IP_ADDRESS and not (value[:1] == b"\x7f" or value[:1] >= b"\xe0"):
        return _ADDRESS.format(option="ip")
    if not value:
        return "it has no value"
    return _OWN.get(path, "")


def _check_rate(value: bytes) -> None:
    """A Mikrotik-Rate-Limit outside the grammar fails the login on some releases (14.1)."""
    text = value[6:].decode("utf-8", "replace")
    try:
        parse_mikrotik_rate(text)
    except ValueError as error:
        raise ValueError(f"Mikrotik-Rate-Limit: {error}") from None
