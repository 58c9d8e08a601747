"""Buckets that fill with time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.pace import KEYS_MAX, Pace


def test_a_burst_then_the_rate() -> None:
    pace = Pace(per_s=2, burst_n=3)
    assert [pace.take(1, 0) for _ in range(4)] == [True, True, True, False]
    assert [pace.take(1, 499_999), pace.take(1, 500_000), pace.take(1, 500_001)] == [
        False, True, False,
    ]  # fmt: skip


def test_keys_do_not_disturb_one_another() -> None:
    pace = Pace(per_s=1, burst_n=1)
    assert pace.take(1, 0) and pace.take(2, 0) and not pace.take(1, 0)


@given(st.lists(st.integers(0, 3_000_000), max_size=100), st.integers(1, 20), st.integers(1, 20))
def test_never_more_than_burst_and_rate_allow(gaps: list[int], rate: int, burst: int) -> None:
    pace, now, granted = Pace(per_s=rate, burst_n=burst), 0, 0
    for gap in gaps:
        now += gap
        granted += pace.take(7, now)
    assert granted <= burst + now * rate // 1_000_000 + 1


def test_memory_is_bounded() -> None:
    pace = Pace(per_s=1, burst_n=1)
    for key in range(KEYS_MAX + 10):
        pace.take(key, 0)
    assert len(pace._buckets) <= KEYS_MAX
