"""The usage journal: one compact row for each batch, append-only, checked when read.

A record keeps what the device sent, octet for octet, and what it did to the session, so that all
can be rated again and every cent explained (A1, A11). Records of one session are linked: each
names the journal row that holds the session's previous record, and the session names its newest
one, so no index grows with the traffic.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from accounting._journal import Body

VERSION = 3
# Of a record, by version; 1 knew no unrated usage, 2 no plans with bands.
_NUMBERS_OF = {1: 14, 2: 18, 3: 19}
# No number is written with a leading zero septet, so no row of version 1 begins like these: a
# spoilt version is not taken for another one.
_MARK_OF = {1: b"", 2: b"\x80\x00", 3: b"\x81\x00"}
_NUMBER_BITS = 63  # of what a column holds; nine octets of seven
_SECRET_TYPES = frozenset({2, 3})  # User-Password, CHAP-Password: forbidden here (ACC-14)


class JournalError(ValueError):
    """A journal row is not what was written: corrupt, or of a version unknown here."""


class Record(NamedTuple):
    """One accounting record and its effect. Totals are the session's after it."""

    session_id: int  # 0: it concerned no session (Accounting-On, tunnel records)
    account_id: int
    device_id: int
    previous: int  # journal row with the session's record before this one; 0: none
    arrived_us: int
    event_us: int
    effect: str  # accounting.counters.Step, or what else was done with it
    input_octets: int
    output_octets: int
    session_s: int
    free_octets: int
    free_s: int
    charged_micros: int
    attributes: bytes  # as received, in order
    unrated_input: int = 0  # of the totals, what is nobody's to pay
    unrated_output: int = 0
    unrated_s: int = 0
    walled: int = 0  # domain.session.Walled, when the record came
    uses: bytes = b""  # the session's by then, packed (`accounting.uses`); empty: a simple plan


def fresh() -> Body:
    """The body of a batch's row, without a record so far."""
    return Body(_MARK_OF[VERSION])


def packed(octets: bytes) -> bytes:
    """A body as it is kept: compressed, behind its version."""
    return bytes([VERSION]) + zlib.compress(octets, 1)


def encode(records: Iterable[Record]) -> bytes:
    """One journal row for a batch."""
    body = fresh()
    for record in records:
        body.append(record)
    return packed(body.octets())


def decode(body: bytes) -> list[Record]:
    """The records of a row, in order. Raises JournalError for octets that are none.

    Whether the octets are those that were written, the store's checksum tells.
    """
    if not body or body[0] not in _NUMBERS_OF:
        raise JournalError("a journal row is of an unknown version")
    try:
        octets = zlib.decompress(body[1:])
        mark = next((one for one in _MARK_OF.values() if one and octets.startswith(one)), b"")
        if mark != _MARK_OF[body[0]]:
            raise IndexError("a row of another version")
        return list(_records(octets, len(mark), _NUMBERS_OF[body[0]]))
    except (zlib.error, IndexError, UnicodeDecodeError) as error:
        raise JournalError("a journal row is cut or damaged") from error


def _records(octets: bytes, at: int, numbers_n: int) -> Iterator[Record]:
    while at < len(octets):
        numbers = []
        for _ in range(numbers_n):
            number, at = _get(octets, at)
            numbers.append(number)
        unrated = numbers[14:18] or [0, 0, 0, 0]
        effect_end = at + numbers[12]
        uses_at = effect_end + numbers[13]
        end = uses_at + sum(numbers[18:])
        if end > len(octets):
            raise IndexError("the last record is cut")
        yield Record(
            session_id=numbers[0],
            account_id=numbers[1],
            device_id=numbers[2],
            previous=numbers[3],
            arrived_us=numbers[4],
            event_us=numbers[5],
            effect=octets[at:effect_end].decode("ascii"),
            input_octets=numbers[6],
            output_octets=numbers[7],
            session_s=numbers[8],
            free_octets=numbers[9],
            free_s=numbers[10],
            charged_micros=numbers[11],
            attributes=octets[effect_end:uses_at],
            unrated_input=unrated[0],
            unrated_output=unrated[1],
            unrated_s=unrated[2],
            walled=unrated[3],
            uses=octets[uses_at:end],
        )
        at = end


def without_secrets(octets: bytes) -> bytes:
    """Attribute octets less those that may not be kept, should a device send them (ACC-14)."""
    kept = bytearray()
    at = 0
    while at + 2 <= len(octets) and octets[at + 1] >= 2:
        following = at + octets[at + 1]
        if octets[at] not in _SECRET_TYPES:
            kept += octets[at:following]
        at = following
    return bytes(kept)


def _get(octets: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        octet = octets[at]
        at += 1
        number |= (octet & 0x7F) << shift
        if octet < 0x80:
            return number, at
        shift += 7
        if shift == _NUMBER_BITS:
            raise IndexError("a number that no column holds")
