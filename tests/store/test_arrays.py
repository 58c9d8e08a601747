"""Arrays of numbers for PostgreSQL: octet for octet what its protocol asks for."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store._arrays import columns_of, int8_array
from store._interims import pack_sums
from store._packed import pack

NUMBERS = st.integers(-(2**63), 2**63 - 1)


def plainly(values: list[int | None]) -> bytes:
    """The same by the book: a head, and each element after its length; NULL has length -1."""
    head = struct.pack("!iIIii", 1, None in values, 20, len(values), 1)
    parts = [struct.pack("!i", -1) if one is None else struct.pack("!iq", 8, one) for one in values]
    return head + b"".join(parts)


@given(st.lists(st.none() | NUMBERS, max_size=50))
def test_an_array_is_what_the_protocol_says(values: list[int | None]) -> None:
    assert int8_array(values) == plainly(values)
    assert int8_array(tuple(values)) == plainly(values)


def test_nothing_is_an_array_of_no_length() -> None:
    assert int8_array(()) == plainly([])


@pytest.mark.parametrize("wrong", [2**63, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_refused(wrong: int) -> None:
    with pytest.raises(OverflowError):
        int8_array((1, wrong))


@pytest.mark.parametrize("wrong", ["1", 1.0, b"1"])
def test_what_is_no_number_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        int8_array((1, wrong))  # type: ignore[arg-type]


CELLS = st.none() | NUMBERS | st.binary(max_size=3) | st.text(max_size=3)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=9)))
def test_packed_rows_have_the_columns_that_tuples_have(rows: list[tuple[Any, ...]]) -> None:
    for given_column, column in zip(columns_of(pack(rows)), zip(*rows, strict=True), strict=True):
        of_numbers = all(one is None or isinstance(one, int) for one in column)
        assert given_column == (plainly(list(column)) if of_numbers else column)


def test_no_rows_have_columns_of_no_length() -> None:
    assert columns_of(pack_sums([])) == [plainly([])] * 11
