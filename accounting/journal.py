"""The usage journal: one compact row for each batch, append-only, checked when read.

A record keeps what the device sent, octet for octet, and what it did to the session, so that all
can be rated again and every cent explained (A1, A11). Records of one session are linked: each
names the journal row that holds the session's previous record, and the session names its newest
one, so no index grows with the traffic.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from accounting._journal import Body
from accounting._records import records
from accounting._records import told as moved

VERSION = 3
# How far back a compressor looks, as powers of two, when there is no more to look back at. What it
# keeps of what it has seen is as large and is cleared first: for the largest window that takes four
# times as long as thirty records do.
_SMALL_WINDOWS = (13, 14)
# Of a record, by version; 1 knew no unrated usage, 2 no plans with bands.
_NUMBERS_OF = {1: 14, 2: 18, 3: 19}
# No number is written with a leading zero septet, so no row of version 1 begins like these: a
# spoilt version is not taken for another one.
_MARK_OF = {1: b"", 2: b"\x80\x00", 3: b"\x81\x00"}
BESIDE = "class-stored"
"""The effect of a record of a service that no class of its session's plan counts: it moved nothing.

It names its session but is no link of the session's chain, so it writes no session; who reads the
journal of everybody meets it, who asks for the records of one session does not."""
# Effects of what no device has sent: an operator gave the session to somebody, or accepted what was
# put aside of it (`accounting.assign`).
ASSIGNED, ACCEPTED = "assigned", "accepted"
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


# Of a record as few numbers as pricing takes: session, account, journal row of the record before,
# event time, Acct-Status-Type (0: none), walled, rated totals (up and down octets, seconds) and
# micros charged by then, octets up and down that are nobody's to pay; and, of a service in the
# session, its device, arrival and attributes. Where a service was recorded without its session all
# numbers but the event time are 0. A million of them are read at a time, so they have no names.
Apart: TypeAlias = tuple[int, int, bytes]
Told: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int, int, Apart | None]


def fresh() -> Body:
    """The body of a batch's row, without a record so far."""
    return Body(_MARK_OF[VERSION])


def packed(octets: bytes) -> bytes:
    """A body as it is kept: compressed, behind its version."""
    bits = next((n for n in _SMALL_WINDOWS if len(octets) <= 1 << n), zlib.MAX_WBITS)
    deflate = zlib.compressobj(1, zlib.DEFLATED, bits, bits - 7)
    return bytes([VERSION]) + deflate.compress(octets) + deflate.flush()


def encode(batch: Iterable[Record]) -> bytes:
    """One journal row for a batch."""
    body = fresh()
    for record in batch:
        body.append(record)
    return packed(body.octets())


def decode(body: bytes, session_id: int = 0) -> list[Record]:
    """The records of a row, in order; only those of one session's chain, if it is named.

    Raises JournalError for octets that are none. Whether the octets are those that were written,
    the store's checksum tells.
    """
    try:
        return [Record._make(one) for one in records(*_opened(body), session_id)]
    except (zlib.error, IndexError, UnicodeDecodeError) as error:
        raise JournalError("a journal row is cut or damaged") from error


def told(body: bytes) -> list[Told]:
    """What each record of a row left of its session, as plain tuples; see `decode`."""
    try:
        return moved(*_opened(body))
    except (zlib.error, IndexError) as error:
        raise JournalError("a journal row is cut or damaged") from error


def _opened(body: bytes) -> tuple[bytes, int, int]:
    """The octets of a row, where its records begin, and how many numbers each of them has."""
    if not body or body[0] not in _NUMBERS_OF:
        raise JournalError("a journal row is of an unknown version")
    octets = zlib.decompress(body[1:])
    mark = next((one for one in _MARK_OF.values() if one and octets.startswith(one)), b"")
    if mark != _MARK_OF[body[0]]:
        raise IndexError("a row of another version")
    return octets, len(mark), _NUMBERS_OF[body[0]]


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
