"""Agendas, against a list of the same notes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from aaa._agenda import Agenda


@given(notes=some.lists(some.tuples(some.integers(0, 50), some.integers(0, 9))))
def test_an_agenda_gives_each_note_once_when_its_time_has_come(
    notes: list[tuple[int, int]],
) -> None:
    agenda = Agenda()
    for at_us, number in notes:
        agenda.note(at_us, number)
    given_out: list[int] = []
    for now_us in range(0, 55, 5):
        given_out += agenda.due(now_us, 2**40)
        waiting = [number for at_us, number in notes if at_us > now_us]
        assert len(agenda) == len(waiting)
    assert sorted(given_out) == sorted(number for _, number in notes)


def test_an_agenda_gives_the_earliest_first_and_no_more_than_asked_for() -> None:
    agenda = Agenda()
    for at_us in (5, 3, 9, 1, 7):
        agenda.note(at_us, at_us)
    assert agenda.due(8, 3) == [1, 3, 5]
    assert agenda.due(8, 3) == [7]
    assert agenda.due(8, 3) == []
