"""What is whose among several workers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.share import ALONE, WORKERS_MAX, Share


@given(st.integers(0, 2**63 - 1), st.integers(1, WORKERS_MAX))
def test_every_row_is_one_worker_s_to_look_after(row_id: int, workers_n: int) -> None:
    owners = [n for n in range(workers_n) if Share(n, workers_n).mine(row_id)]
    assert len(owners) == 1


@given(st.integers(0, 2**63 - 1))
def test_to_one_alone_everything_is_its_own(row_id: int) -> None:
    assert ALONE.mine(row_id)
