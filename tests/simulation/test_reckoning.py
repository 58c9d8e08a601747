"""What of a session that ran before the switch can be held against the books (AD1)."""

from __future__ import annotations

import pytest

from tests.simulation.books import Session
from tests.simulation.reckoning import LATE_US, _adopted
from tests.simulation.truth import Told, TrueSession
from tests.simulation.world import US_PER_S

BLANK = Session._make([0] * len(Session._fields))


def ran(acked_us: int) -> TrueSession:
    """A session that ran for ten minutes when its router was switched over."""
    true = TrueSession("nas", "A", "alice", "home", ran_before=True)
    said = (5, 6, 600)
    true.told = [Told("interim", 0, *said, as_said=said, sends_n=1, acked_us=acked_us)]
    return true


@pytest.mark.parametrize(("late_us", "found_n"), [(US_PER_S, 1), (LATE_US, 1), (LATE_US + 1, 0)])
def test_ad1_that_it_ran_before_is_asked_only_where_its_first_report_could_tell(
    late_us: int, found_n: int
) -> None:
    found = list(_adopted("session A", ran(late_us), BLANK, behind_walls=False))
    assert [text[:3] for text in found] == ["AD1"] * found_n


def test_ad1_what_an_adopted_session_owes_begins_with_something_it_said() -> None:
    taken = BLANK._replace(adopted=1, unrated_input=5, unrated_output=6, unrated_s=600)
    assert list(_adopted("session A", ran(US_PER_S), taken, behind_walls=False)) == []
    other = taken._replace(unrated_output=0)
    (text,) = _adopted("session A", ran(US_PER_S), other, behind_walls=False)
    assert text.startswith("AD1: session A was charged from (5, 0, 600) on")
