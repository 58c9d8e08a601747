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


def check_row(octets: bytes) -> None:
    """Read octets as a row, and as the inside of a row; write what came of it, and read that."""
    inside = bytes((journal.VERSION,)) + zlib.compress(octets, 1)
    for body in (octets, inside):
        try:
            records = journal.decode(body)
        except journal.JournalError:
            continue
        assert len(records) <= 200 * (len(octets) + 1) * 1032
        for record in records:
            numbers = (
                record.session_id, record.account_id, record.device_id, record.previous,
                record.arrived_us, record.event_us, record.input_octets, record.output_octets,
                record.session_s, record.free_octets, record.free_s, record.charged_micros,
            )  # fmt: skip
            assert 0 <= min(numbers) and max(numbers) <= MOST, "a number that no column holds"
        written = journal.encode(records)
        assert journal.decode(written) == records, "what was read is written otherwise"
        assert journal.encode(journal.decode(written)) == written


def check_record(octets: bytes) -> None:
    """Write any record and read it; its secrets are left out, and one octet changed is found."""
    taker = Taker(octets)
    numbers = [taker.number() >> 1 for _ in range(12)]
    at, spoil, created_us = taker.number(), taker.octet() or 1, taker.number() >> 1
    effect = taker.short_piece().hex()
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
    )
    body = journal.encode([record, record])
    assert journal.decode(body) == [record, record]
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
