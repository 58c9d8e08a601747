"""Values as people write them: the text of every dictionary type, both ways.

Printing is what FreeRADIUS users know: strings in double quotes with backslash escapes, octets
as 0x and hexadecimal digits, dates in UTC. A value that does not fit its type has no text; the
caller shows its octets instead. Whatever is printed is read back as the same octets, but for
forms that a sender should not have used (host bits in a prefix, an octet to spare).
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable
from typing import Final

from radius import attributes
from radius.errors import ValueTextError

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DATE: Final = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<year>\d{4}) "
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?: (?:UTC|GMT))?"
)
_ESCAPES: Final = {"n": b"\n", "r": b"\r", "t": b"\t", '"': b'"', "'": b"'", "\\": b"\\"}
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|(.))", re.DOTALL)
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|-?[0-9]+")
_HEX: Final = re.compile(r"0[xX]((?:[0-9a-fA-F]{2})*)")


def print_value(kind: str, value: bytes) -> str | None:
    """Return the text of a value of a dictionary type, None if its octets do not fit."""
    if kind == "string":
        return quoted(value)
    printer = _PRINTERS.get(kind)
    if printer is None:
        return hexadecimal(value)
    found = printer(value)
    return None if found is None else str(found)


def parse_value(kind: str, text: str) -> bytes:
    """Return the octets of a text of a dictionary type; ValueTextError says what was expected.

    Octets in hexadecimal (0x...) are taken for any type but a number, where they are its value.
    """
    number_type = kind in _NUMBER_WRITERS
    if not number_type and _HEX.fullmatch(text):
        return bytes.fromhex(text[2:])
    try:
        if number_type:
            return _NUMBER_WRITERS[kind](_number(text))
        if kind == "string":
            return unquoted(text)
        writer = _WRITERS.get(kind)
        if writer is not None:
            return writer(_bare(text))
    except ValueError as error:
        raise ValueTextError(f"{text} is not of type {kind}: {error}") from None
    raise ValueTextError(f"{text} is not of type {kind}: write 0x and hexadecimal digits")


def hexadecimal(value: bytes) -> str:
    """Return octets as 0x and two digits each."""
    return "0x" + value.hex()


def quoted(value: bytes) -> str:
    """Return octets as text in double quotes; what is not printable UTF-8 as \\ooo in octal."""
    shown = []
    for character in value.decode("utf-8", "surrogateescape"):
        if character in '"\\':
            shown.append("\\" + character)
        elif character in "\n\r\t":
            shown.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character])
        elif character.isprintable():
            shown.append(character)
        else:
            octets = character.encode("utf-8", "surrogateescape")
            shown.append("".join(f"\\{octet:03o}" for octet in octets))
    return '"' + "".join(shown) + '"'


def unquoted(text: str) -> bytes:
    """Return the octets of a text, in double quotes (with escapes), single quotes, or bare."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("\\'", "'").encode("utf-8")
    if not text.startswith('"'):
        return text.encode("utf-8")
    if len(text) < 2 or not text.endswith('"'):
        raise ValueTextError("the closing quote is missing")
    octets, at, inner = b"", 0, text[1:-1]
    for match in _ESCAPE.finditer(inner):
        octets += inner[at : match.start()].encode("utf-8") + _escaped(match)
        at = match.end()
    return octets + inner[at:].encode("utf-8")


def _escaped(match: re.Match[str]) -> bytes:
    pair, octal, single = match.groups()
    if pair is not None:
        return bytes.fromhex(pair)
    if octal is not None:
        if int(octal, 8) > 255:
            raise ValueTextError(f"\\{octal} is more than an octet")
        return bytes((int(octal, 8),))
    if single not in _ESCAPES:
        raise ValueTextError(f"\\{single} is not an escape")
    return _ESCAPES[single]


def _bare(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" else text


def _number(text: str) -> int:
    text = _bare(text)
    if not _NUMBER.fullmatch(text):
        raise ValueTextError("a number or the name of a value is wanted")
    return int(text, 16) if text[:2] in ("0x", "0X") else int(text, 10)


def _print_date(value: bytes) -> str | None:
    seconds = attributes.read_integer(value)
    if seconds is None:
        return None
    when = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
    return f'"{_MONTHS[when.month - 1]} {when.day:2d} {when:%Y %H:%M:%S} UTC"'


def _write_date(text: str) -> bytes:
    if _NUMBER.fullmatch(text):
        return attributes.write_integer(_number(text))
    match = _DATE.fullmatch(text)
    if match is None or match["month"] not in _MONTHS:
        raise ValueTextError('write it as "Nov 14 2023 22:13:20 UTC" or in seconds since 1970')
    numbers = {name: int(match[name]) for name in ("year", "day", "hour", "minute", "second")}
    month = _MONTHS.index(match["month"]) + 1
    when = datetime.datetime(month=month, tzinfo=datetime.UTC, **numbers)
    return attributes.write_integer(int(when.timestamp()))


def _read_combo(value: bytes) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    return attributes.read_ipv4(value) or attributes.read_ipv6(value)


_PRINTERS: Final[dict[str, Callable[[bytes], object]]] = {
    "integer": attributes.read_integer,
    "integer64": attributes.read_integer64,
    "signed": attributes.read_signed,
    "short": attributes.read_short,
    "byte": attributes.read_byte,
    "ipaddr": attributes.read_ipv4,
    "ipv6addr": attributes.read_ipv6,
    "ipv4prefix": attributes.read_ipv4_prefix,
    "ipv6prefix": attributes.read_ipv6_prefix,
    "combo-ip": _read_combo,
    "ifid": attributes.read_ifid,
    "ether": attributes.read_ether,
    "date": _print_date,
}

_NUMBER_WRITERS: Final[dict[str, Callable[[int], bytes]]] = {
    "integer": attributes.write_integer,
    "integer64": attributes.write_integer64,
    "signed": attributes.write_signed,
    "short": attributes.write_short,
    "byte": attributes.write_byte,
}

_WRITERS: Final[dict[str, Callable[[str], bytes]]] = {
    "ipaddr": attributes.write_ipv4,
    "ipv6addr": attributes.write_ipv6,
    "ipv4prefix": attributes.write_ipv4_prefix,
    "ipv6prefix": attributes.write_ipv6_prefix,
    "combo-ip": lambda text: ipaddress.ip_address(text).packed,
    "ifid": attributes.write_ifid,
    "ether": attributes.write_ether,
    "date": _write_date,
}
