"""Amounts: exact on the way in, exact on the way out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import MAX_MICROS, format_amount, parse_amount, valid_currency


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("-0", 0),
        ("5", 5_000_000),
        ("5.00", 5_000_000),
        ("+12.5", 12_500_000),
        ("-12.345678", -12_345_678),
        ("0.000001", 1),
        ("0.01", 10_000),
        (" 4.99 ", 4_990_000),
        ("007", 7_000_000),
        ("9000000000", MAX_MICROS),
        ("-9000000000.000000", -MAX_MICROS),
    ],
)
def test_an_amount_becomes_whole_micros(text: str, micros: int) -> None:
    assert parse_amount(text) == micros


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not an amount"),
        (" ", "not an amount"),
        (".", "not an amount"),
        (".5", "not an amount"),
        ("5.", "not an amount"),
        ("5,00", "not an amount"),
        ("1_000", "not an amount"),
        ("1,000.00", "not an amount"),
        ("1 000", "not an amount"),
        ("--5", "not an amount"),
        ("- 5", "not an amount"),
        ("5-", "not an amount"),
        ("1e3", "not an amount"),
        ("0x10", "not an amount"),
        ("NaN", "not an amount"),
        ("inf", "not an amount"),
        ("5 USD", "not an amount"),
        ("$5", "not an amount"),
        ("٣", "not an amount"),
        ("５", "not an amount"),
        ("5\n6", "not an amount"),
        ("9" * 5_000, "not an amount"),
        ("0.0000001", "at most six"),
        ("1.0000000", "at most six"),
        ("9000000000.000001", "the limit is 9000000000"),
        ("-9000000001", "the limit is 9000000000"),
        ("9" * 30, "the limit is 9000000000"),
    ],
)
def test_anything_else_is_refused_in_one_short_sentence(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        parse_amount(text)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 140


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00 USD"),
        (4_990_000, "4.99 USD"),
        (5_000_000, "5.00 USD"),
        (-5_000_000, "-5.00 USD"),
        (-1, "-0.000001 USD"),
        (1_500, "0.0015 USD"),
        (100_000, "0.10 USD"),
        (12_345_678, "12.345678 USD"),
        (-999_999, "-0.999999 USD"),
        (MAX_MICROS, "9000000000.00 USD"),
    ],
)
def test_an_amount_is_shown_exactly_with_two_decimals_or_as_many_as_it_takes(
    micros: int, text: str
) -> None:
    assert format_amount(micros, "USD") == text


@given(st.integers(-MAX_MICROS, MAX_MICROS))
def test_what_is_shown_is_read_back_as_the_same_amount(micros: int) -> None:
    shown = format_amount(micros, "KES")
    assert re.fullmatch(r"-?[0-9]+\.[0-9]{2,6} KES", shown)
    assert parse_amount(shown.removesuffix(" KES")) == micros


@pytest.mark.parametrize("text", ["USD", "EUR", "XAF"])
def test_three_capitals_are_a_currency(text: str) -> None:
    assert valid_currency(text)


@pytest.mark.parametrize("text", ["", "usd", "US", "USDX", "U$D", "USD\n", "ÄÖÜ", "US1"])
def test_nothing_else_is_a_currency(text: str) -> None:
    assert not valid_currency(text)
