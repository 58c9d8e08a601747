"""Price steps and records in words."""

from __future__ import annotations

import pytest

from accounting.journal import ACCEPTED, ASSIGNED, Record
from cli import explain_words as words
from radius import encode_attributes

STEP = {
    "step": "volume",
    "quantity": 2_500,
    "free": 500,
    "increments": 2,
    "increment": 1_024,
    "amount_micros": 10_000,
    "unit": 1_000_000,
    "exact_micros": "512/25",
    "rounding": "up",
    "micros": 21,
}


def said(attributes: bytes, effect: str = "advanced") -> Record:
    return Record(1, 1, 1, 0, 1, 1, effect, 0, 0, 0, 0, 0, 0, attributes)


def test_a_volume_step_shows_quantity_increments_price_and_rounding() -> None:
    assert words.step_line(STEP, "USD") == (
        "volume: 2500 octets (2.50 kB), 500 of them included; 2 increments of 1024 at 0.01 USD "
        "per 1000000 octets = 512/25 micros, rounded up = 0.000021 USD"
    )


def test_usage_that_nobody_pays_has_a_line_of_its_own() -> None:
    none = {"output_octets": 0, "input_octets": 0, "session_s": 0}
    assert words.unrated_lines(none) == []
    assert words.unrated_lines(none | {"input_octets": 7, "session_s": 60}) == [
        "not rated: 0 octets down, 7 octets up, 60 s "
        "(behind a wall, or before the session was adopted)"
    ]


def test_time_and_fee_steps_have_their_own_words() -> None:
    time = {**STEP, "step": "time", "quantity": 3_661, "free": 0, "unit": 60}
    assert words.step_line(time, "USD").startswith("time: 3661 s (01:01:01); 2 increments")
    assert words.step_line({**STEP, "step": "fee"}, "USD") == (
        "fee: 0.01 USD for the session = 0.000021 USD"
    )


@pytest.mark.parametrize(
    ("status", "name"),
    [(1, "Start"), (2, "Stop"), (3, "Interim-Update"), (7, "Accounting-On"), (15, "status 15")],
)
def test_records_have_the_names_of_the_rfc(status: int, name: str) -> None:
    assert words.record_name(said(encode_attributes([(40, status.to_bytes(4, "big"))]))) == name


def test_octets_that_are_no_attributes_are_called_so() -> None:
    assert words.record_name(said(b"\x28\x01")) == "unreadable"


@pytest.mark.parametrize("effect", [ASSIGNED, ACCEPTED])
def test_what_the_office_decided_is_no_record_of_a_device(effect: str) -> None:
    assert words.record_name(said(b"", effect)) == "by an operator"


def test_a_day_of_the_books_is_a_date() -> None:
    assert words.day_text(0) == "1970-01-01"
    assert words.day_text(20_454) == "2026-01-01"


def test_what_does_not_add_up_is_said_loudly() -> None:
    one = {"charged_micros": 5, "adds_up": False, "rerated": False, "differences": []}
    assert "NOT" in words.sum_line(one, "USD")
    sheet = {
        "login": "a",
        "currency": "USD",
        "entries": [],
        "open_micros": 0,
        "balance_micros": 1,
        "adds_up": False,
    }
    assert "NOT" in words.sheet_lines(sheet)[-1]
