"""RouterOS rate strings: the documented examples, what is refused, what we write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rate import mikrotik_rate, parse_mikrotik_rate

VECTORS = json.loads((Path(__file__).parent / "vectors" / "rates.json").read_text("utf-8"))
SPEEDS = st.none() | st.integers(1, 10**12)


@pytest.mark.parametrize("vector", VECTORS["documented"], ids=lambda vector: vector["text"])
def test_14_1_a_rate_string_means_what_the_manual_says(vector: dict[str, Any]) -> None:
    rate = parse_mikrotik_rate(vector["text"])
    assert rate.rate_bps == tuple(vector["rate_bps"])
    assert rate.priority == vector.get("priority", 8)
    for name in ("burst_bps", "threshold_bps", "burst_s", "minimum_bps"):
        expected = vector.get(name)
        assert getattr(rate, name) == (None if expected is None else tuple(expected)), name


@pytest.mark.parametrize("text", VECTORS["refused"])
def test_14_1_a_string_outside_the_grammar_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError) as told:
        parse_mikrotik_rate(text)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("vector", VECTORS["written"], ids=lambda vector: vector["text"])
def test_14_1_upload_is_written_first(vector: dict[str, Any]) -> None:
    assert mikrotik_rate(vector["down_bps"], vector["up_bps"]) == vector["text"]


@given(SPEEDS, SPEEDS)
def test_every_speed_reads_back_exactly(down_bps: int | None, up_bps: int | None) -> None:
    rate = parse_mikrotik_rate(mikrotik_rate(down_bps, up_bps))
    assert rate.rate_bps == (up_bps or 0, down_bps or 0)


@pytest.mark.parametrize("bps", [0, -1])
def test_a_speed_of_nothing_is_not_written_as_no_limit(bps: int) -> None:
    with pytest.raises(ValueError, match="0 is no limit"):
        mikrotik_rate(bps, 1_000_000)
    with pytest.raises(ValueError, match="0 is no limit"):
        mikrotik_rate(1_000_000, bps)
