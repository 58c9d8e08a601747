"""Buckets that fill with time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.pace import KEYS_MAX, Drip, Pace


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


def test_a_drip_lets_one_go_at_once_and_the_next_in_its_turn() -> None:
    drip = Drip()
    assert drip.wait_us("a", 0) == 0
    drip.went("a", 0, per_s=20)
    assert (drip.wait_us("a", 0), drip.wait_us("a", 49_999), drip.wait_us("a", 50_000)) == (
        50_000, 1, 0,
    )  # fmt: skip
    assert drip.wait_us("b", 0) == 0, "each key has a line of its own"


@given(st.lists(st.integers(0, 400_000), max_size=100), st.integers(1, 2_000))
def test_a_drip_is_never_faster_than_its_rate(gaps: list[int], per_s: int) -> None:
    drip, now, went = Drip(), 0, list[int]()
    for gap in gaps:
        now += gap
        if not drip.wait_us(1, now):
            drip.went(1, now, per_s=per_s)
            went.append(now)
    for start in went:
        assert sum(start <= at < start + 1_000_000 for at in went) <= per_s


def test_a_drip_forgets_those_that_may_go_anyhow() -> None:
    drip = Drip()
    for key in range(KEYS_MAX):
        drip.went(key, key, per_s=20)
    drip.went("late", KEYS_MAX + 40_000, per_s=20)
    assert len(drip._next_us) < KEYS_MAX
    assert drip.wait_us(KEYS_MAX - 1, KEYS_MAX + 40_000) > 0, "those that wait are kept"
