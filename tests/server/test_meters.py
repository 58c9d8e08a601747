"""Counting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.meters import Histogram, Meters


@given(st.lists(st.integers(0, 100)))
def test_a_histogram_counts_each_value_once_in_its_bucket(values: list[int]) -> None:
    histogram = Histogram((10, 20, 50))
    for value in values:
        histogram.observe(value)
    assert histogram.total == sum(values)
    assert histogram.counts == [
        sum(value <= 10 for value in values),
        sum(10 < value <= 20 for value in values),
        sum(20 < value <= 50 for value in values),
        sum(value > 50 for value in values),
    ]


@given(st.lists(st.integers(0, 100)))
def test_values_that_were_sorted_elsewhere_are_added_as_if_each_were_observed(
    values: list[int],
) -> None:
    one, other = Histogram((10, 20, 50)), Histogram((10, 20, 50))
    for value in values:
        one.observe(value)
        other.observe(value)
        other.observe(value)
    one.add(list(one.counts), one.total)
    assert (one.counts, one.total) == (other.counts, other.total)


def test_figures_of_devices_that_are_no_more_are_forgotten() -> None:
    meters = Meters()
    for name in ("kept", "gone"):
        meters.requests[name, "access-request"] += 1
        meters.bad_authenticator[name,] += 1
    meters.forget_clients({"kept"})
    assert set(meters.requests) == {("kept", "access-request")}
    assert set(meters.bad_authenticator) == {("kept",)}
