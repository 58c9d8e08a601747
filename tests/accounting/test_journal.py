"""The usage journal: what is written is what is read, and what was spoilt is not read at all."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.journal import (
    BESIDE,
    VERSION,
    JournalError,
    Record,
    decode,
    encode,
    fresh,
    packed,
    told,
    without_secrets,
)
from radius import decode_attributes, encode_attributes

number = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))
records = st.builds(
    Record,
    session_id=number,
    account_id=number,
    device_id=number,
    previous=number,
    arrived_us=number,
    event_us=number,
    effect=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    input_octets=number,
    output_octets=number,
    session_s=number,
    free_octets=number,
    free_s=number,
    charged_micros=number,
    attributes=st.binary(max_size=300),
    unrated_input=number,
    unrated_output=number,
    unrated_s=number,
    walled=st.integers(0, 3),
    uses=st.binary(max_size=40),
)
ONE = Record(1, 2, 3, 4, 5, 6, "advanced", 7, 8, 9, 10, 11, 12, b"\x01\x07alice")


@given(st.lists(records, max_size=8))
def test_a1_a_row_reads_back_as_it_was_written(batch: list[Record]) -> None:
    assert decode(encode(batch)) == batch


@pytest.mark.parametrize("length", [0, 1, 8_192, 8_193, 16_384, 16_385, 100_000])
def test_a_body_of_any_length_is_kept_as_small_as_a_full_window_makes_it(length: int) -> None:
    clear = b"".join(n.to_bytes(4, "big") + b"\x01\x07alice" for n in range(length // 11 + 1))
    clear = clear[:length]
    kept = packed(clear)
    assert kept[0] == VERSION
    assert zlib.decompress(kept[1:]) == clear
    assert len(kept) <= 1.02 * len(zlib.compress(clear, 1)) + 1


def test_one_row_holds_a_batch_in_order() -> None:
    batch = [ONE._replace(session_id=n) for n in range(1000)]
    body = encode(batch)
    assert [record.session_id for record in decode(body)] == list(range(1000))
    assert len(body) < 1000 * 20, "a row is compact"


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_flipped_bit_reads_as_if_nothing_had_happened(where: int, mask: int) -> None:
    """The store's checksum finds every one first; here none passes for what was written."""
    batch = [ONE, ONE._replace(session_id=2)]
    spoilt = bytearray(encode(batch))
    spoilt[where % len(spoilt)] ^= mask
    try:
        found = decode(bytes(spoilt))
    except JournalError:
        return
    assert found == batch, "a few bits say nothing, such as the padding at the end of a block"


def test_a_row_cut_short_is_refused() -> None:
    body = encode([ONE, ONE._replace(session_id=2)])
    for end in range(len(body)):
        with pytest.raises(JournalError):
            decode(body[:end])


@given(records, st.data())
def test_a_row_that_ends_in_the_middle_of_a_record_is_refused(
    record: Record, data: st.DataObject
) -> None:
    inside = zlib.decompress(encode([record])[1:])
    end = data.draw(st.integers(3, len(inside) - 1))  # the first two are the version's mark
    with pytest.raises(JournalError, match="cut or damaged"):
        decode(bytes([VERSION]) + zlib.compress(inside[:end]))


def test_a_row_of_another_version_is_refused_and_not_guessed_at() -> None:
    for body in (b"", bytes([VERSION + 1]) + zlib.compress(b"")):
        with pytest.raises(JournalError, match="version"):
            decode(body)


@given(st.binary(max_size=80))
def test_octets_that_are_no_row_are_refused_and_nothing_else_happens(octets: bytes) -> None:
    for body in (octets, bytes([VERSION]) + octets, bytes([VERSION]) + zlib.compress(octets)):
        try:
            found = decode(body)
        except JournalError:
            continue
        assert all(isinstance(record, Record) for record in found)


def test_a_number_below_zero_is_never_written() -> None:
    with pytest.raises(AssertionError):
        encode([ONE._replace(charged_micros=-1)])


def test_acc_14_passwords_do_not_reach_the_journal_and_all_else_does_in_order() -> None:
    pairs = [(1, b"alice"), (2, bytes(16)), (44, b"A"), (3, bytes(17)), (1, b"again")]
    kept = without_secrets(encode_attributes(pairs))
    assert list(decode_attributes(kept)) == [(1, b"alice"), (44, b"A"), (1, b"again")]


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=30)), max_size=12))
def test_attributes_that_are_no_secrets_stay_octet_for_octet(
    pairs: list[tuple[int, bytes]],
) -> None:
    said = [(kind, value) for kind, value in pairs if kind not in (2, 3)]
    assert without_secrets(encode_attributes(pairs)) == encode_attributes(said)


@given(st.binary(max_size=60))
def test_octets_that_are_no_attributes_harm_nobody(octets: bytes) -> None:
    kept = without_secrets(octets)
    assert len(kept) <= len(octets)


def test_a_number_that_no_column_holds_is_refused_at_once() -> None:
    largest = b"\xff" * 8 + b"\x7f"
    mark = b"\x81\x00"
    row = bytes([VERSION]) + zlib.compress(mark + largest + bytes(18))
    assert decode(row)[0].session_id == 2**63 - 1
    for octets in (b"\x80" * 9 + b"\x01", b"\xff" * 1_000_000):
        with pytest.raises(JournalError):
            decode(bytes([VERSION]) + zlib.compress(mark + octets + bytes(18)))


def test_a_row_of_version_1_knew_no_unrated_usage_and_reads_as_none() -> None:
    old = ONE._replace(unrated_input=0, unrated_output=0, unrated_s=0, walled=0)
    clear = zlib.decompress(encode([old])[1:])[2:]
    # The four numbers of version 2 stand between the lengths and the effect, one octet each, and
    # behind them the one of version 3.
    assert clear.count(bytes(5)) == 1
    body = b"\x01" + zlib.compress(clear.replace(bytes(5), b""))
    assert decode(body) == [old]


def test_a_row_of_version_2_knew_no_plans_with_bands_and_reads_as_of_simple_ones() -> None:
    old = ONE._replace(unrated_input=300, unrated_output=2, unrated_s=3, walled=1)
    clear = zlib.decompress(encode([old])[1:])[2:]
    ending = b"\x01\x00advanced"  # where it stood, and no octets of uses
    assert clear.count(ending) == 1
    body = b"\x80\x00" + clear.replace(ending, b"\x01advanced")
    assert decode(b"\x02" + zlib.compress(body)) == [old]
    for version in (1, 3):
        with pytest.raises(JournalError, match="damaged"):
            decode(bytes([version]) + zlib.compress(body))


def test_what_a_simple_session_does_not_use_takes_one_octet_of_its_record() -> None:
    with_uses = zlib.decompress(encode([ONE._replace(uses=b"\x01\x02")])[1:])
    assert len(with_uses) == len(zlib.decompress(encode([ONE])[1:])) + 2


@given(st.lists(records, max_size=8))
def test_what_is_written_record_by_record_is_what_one_row_holds(batch: list[Record]) -> None:
    body = fresh()
    for record in batch:
        body.append(record)
    assert len(body) == len(batch)
    assert packed(body.octets()) == encode(batch)


def test_a_number_that_no_column_holds_is_refused_and_nothing_is_written() -> None:
    body = fresh()
    body.append(ONE)
    before = body.octets()
    with pytest.raises(OverflowError):
        body.append(ONE._replace(output_octets=1 << 63))
    with pytest.raises(AssertionError):
        body.append(ONE._replace(charged_micros=-1))
    assert body.octets() == before and len(body) == 1


@given(st.lists(records, max_size=8))
def test_a_reader_gets_the_records_of_one_session_or_what_all_of_them_left(
    batch: list[Record],
) -> None:
    body = encode(batch)
    for session_id in {one.session_id for one in batch} - {0}:
        mine = [one for one in batch if one.session_id == session_id]
        assert decode(body, session_id) == mine
    assert [(one[0], one[1], one[3], one[9]) for one in told(body)] == [
        (one.session_id, one.account_id, one.event_us, one.charged_micros)
        for one in batch
        if one.session_id
    ]


def test_what_is_said_of_services_is_told_with_it_and_is_no_link_of_a_chain() -> None:
    start = encode_attributes([(40, (1).to_bytes(4, "big"))])
    noted = ONE._replace(effect="class-advanced", attributes=start)
    beside = noted._replace(effect=BESIDE)
    # As it was kept once, without its session; that of a tunnel says another status.
    alone = Record(0, 0, 3, 0, 5, 6, "stored", 0, 0, 0, 0, 0, 0, start)
    tunnel = alone._replace(attributes=encode_attributes([(40, (9).to_bytes(4, "big"))]))
    orphan = alone._replace(effect="orphan")
    row = encode([ONE, noted, beside, alone, tunnel, orphan])
    assert decode(row, 1) == [ONE, noted]
    first, *others = told(row)
    assert first[12] is None
    assert [(one[0], one[4], one[12]) for one in others] == [
        (session_id, 0, (3, 5, start)) for session_id in (1, 1, 0)
    ]


def test_what_a_record_left_of_its_session_is_what_is_rated_of_it() -> None:
    stop = encode_attributes([(1, b"alice"), (40, (2).to_bytes(4, "big"))])
    record = ONE._replace(attributes=stop, unrated_input=2, unrated_s=90, walled=1)
    (said,) = told(encode([record, ONE._replace(session_id=0)]))
    assert said == (1, 2, 4, 6, 2, 1, 5, 8, 0, 12, 2, 0, None)
    for attributes in (b"", b"\x28", b"\x28\x06\x00\x01\x00\x02", b"\x28\x05\x00\x00\x02"):
        assert told(encode([ONE._replace(attributes=attributes)]))[0][4] == 0
    with pytest.raises(JournalError):
        told(encode([record])[:-9])
