"""What each record added, also when the list begins in the middle."""

from __future__ import annotations

from accounting.journal import Record
from cli.explain_records import packets

INTERIM = bytes((40, 6, 0, 0, 0, 3))


def made(previous: int, octets: int, micros: int) -> Record:
    """An interim of one session whose totals are these."""
    return Record(
        session_id=9,
        account_id=1,
        device_id=5,
        previous=previous,
        arrived_us=1,
        event_us=1,
        effect="advanced",
        input_octets=0,
        output_octets=octets,
        session_s=0,
        free_octets=0,
        free_s=0,
        charged_micros=micros,
        attributes=INTERIM,
    )


def test_each_record_adds_what_it_has_more_than_the_one_before() -> None:
    rows = packets([(70, made(0, 100, 3)), (71, made(70, 250, 9))], "USD")
    assert [row["rise_output_octets"] for row in rows] == [100, 150]
    assert [row["rise_charged_micros"] for row in rows] == [3, 6]
    assert {row["record"] for row in rows} == {"Interim-Update"}


def test_the_first_of_a_list_that_begins_in_the_middle_only_gives_the_start() -> None:
    rows = packets([(71, made(70, 250, 9)), (72, made(71, 260, 10))], "USD")
    assert [row["rise_output_octets"] for row in rows] == [10]
