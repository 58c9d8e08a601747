"""What must hold for the usage journal: what was written is read, anything else is refused.

A row goes through two gates. The store's digest covers every octet; below it, decoding takes only
what encoding could have made, so that a row of another version or a bug never becomes usage.
"""

from __future__ import annotations

import zlib

from accounting import journal
from store.journal import journal_digest, sound
from tests.fuzz.properties import twin
from tests.fuzz.properties.taker import Taker

MOST = 2**63 - 1
MARKS = {1: b"", 2: b"\x80\x00", 3: b"\x81\x00"}
"""What the octets of a row begin with, by version; written down once more."""


def check_row(octets: bytes) -> None:
    """Read octets as a row, and as the inside of a row; write what came of it, and read that."""
    inside = [
        bytes((version,)) + zlib.compress(mark + octets, 1) for version, mark in MARKS.items()
    ]
    for body in (octets, *inside):
        try:
            records = journal.decode(body)
        except journal.JournalError:
            _check_refused(body)
            continue
        assert len(records) <= 200 * (len(octets) + 1) * 1032
        for record in records:
            numbers = (
                record.session_id, record.account_id, record.device_id, record.previous,
                record.arrived_us, record.event_us, record.input_octets, record.output_octets,
                record.session_s, record.free_octets, record.free_s, record.charged_micros,
                record.unrated_input, record.unrated_output, record.unrated_s, record.walled,
            )  # fmt: skip
            assert 0 <= min(numbers) and max(numbers) <= MOST, "a number that no column holds"
        written = journal.encode(records)
        assert journal.decode(written) == records, "what was read is written otherwise"
        assert journal.encode(journal.decode(written)) == written
        _check_told(body, records)


def _check_refused(body: bytes) -> None:
    """What is no row has nothing to tell; effects alone are not looked at by who tells."""
    try:
        journal.told(body)
    except journal.JournalError:
        return
    octets = zlib.decompress(body[1:])
    assert any(octet > 127 for octet in octets), "told and not decoded, without a word that is none"


def _check_told(body: bytes, records: list[journal.Record]) -> None:
    """The few numbers, and the records of one session, are those of all records."""
    told = journal.told(body)
    mine = [one for one in records if one.session_id or _of_service(one)]
    assert len(told) == len(mine)
    for few, one in zip(told, mine, strict=True):
        service = _of_service(one)
        totals = (
            max(one.input_octets - one.unrated_input, 0),
            max(one.output_octets - one.unrated_output, 0),
            max(one.session_s - one.unrated_s, 0),
        )
        apart = (one.device_id, one.arrived_us, one.attributes) if service else None
        assert few == (
            *(one.session_id, one.account_id, one.previous, one.event_us),
            *(0 if service else _status(one.attributes), one.walled, *totals),
            *(one.charged_micros, one.unrated_input, one.unrated_output, apart),
        )
    for session_id in {one.session_id for one in mine if one.session_id}:
        of_it = [one for one in records if one.session_id == session_id]
        chain = [one for one in of_it if one.effect != "class-stored"]
        assert journal.decode(body, session_id) == chain


def _of_service(record: journal.Record) -> bool:
    """Is it of a service: of one in a session, or perhaps of one whose session nobody knows?"""
    if record.session_id:
        return record.effect.startswith("class-") and record.effect != "class-"
    return record.effect == "stored" and 1 <= _status(record.attributes) <= 3


def _status(attributes: bytes) -> int:
    """Acct-Status-Type, 0 where none is said in four octets or it is beyond one."""
    at = 0
    while at + 2 <= len(attributes) and 2 <= attributes[at + 1] <= len(attributes) - at:
        end = at + attributes[at + 1]
        if attributes[at] == 40 and end - at == 6:
            number = int.from_bytes(attributes[at + 2 : end], "big")
            return number if number < 256 else 0
        at = end
    return 0


def check_record(octets: bytes) -> None:
    """Write any record and read it; its secrets are left out, and one octet changed is found."""
    taker = Taker(octets)
    numbers = [taker.number() >> 1 for _ in range(12)]
    unrated = [taker.number() >> 1 for _ in range(3)]
    at, spoil, created_us = taker.number(), taker.octet() or 1, taker.number() >> 1
    effect, uses = taker.short_piece().hex(), taker.short_piece()
    attributes = taker.rest()
    clean = journal.without_secrets(attributes)
    assert journal.without_secrets(clean) == clean and len(clean) <= len(attributes)
    _check_secrets(attributes, clean)
    first, second, third, fourth, fifth, sixth = numbers[:6]
    record = journal.Record(
        session_id=first,
        account_id=second,
        device_id=third,
        previous=fourth,
        arrived_us=fifth,
        event_us=sixth,
        effect=effect,
        input_octets=numbers[6],
        output_octets=numbers[7],
        session_s=numbers[8],
        free_octets=numbers[9],
        free_s=numbers[10],
        charged_micros=numbers[11],
        attributes=clean,
        unrated_input=unrated[0],
        unrated_output=unrated[1],
        unrated_s=unrated[2],
        walled=spoil & 3,
        uses=uses,
    )
    body = journal.encode([record, record])
    assert journal.decode(body) == [record, record]
    _check_told(body, [record, record])
    digest = journal_digest(numbers[0], created_us, body)
    assert sound(numbers[0], created_us, body, digest)
    at %= len(body)
    spoiled = body[:at] + bytes((body[at] ^ spoil,)) + body[at + 1 :]
    assert not sound(numbers[0], created_us, spoiled, digest)
    assert not sound(numbers[0] ^ 1, created_us, body, digest)
    try:
        journal.decode(spoiled)
    except journal.JournalError:
        return


def _check_secrets(attributes: bytes, clean: bytes) -> None:
    try:
        pairs = twin.attributes(attributes)
    except twin.Unsound:
        return
    kept = [pair for pair in pairs if pair[0] not in (2, 3)]
    assert clean == b"".join(bytes((kind, len(value) + 2)) + value for kind, value in kept)
