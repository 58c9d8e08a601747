"""Many sessions are watched as the vigil would watch each."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from aaa._agenda import Agenda
from aaa._watch import watch
from aaa.hearing import Hearing
from aaa.vigil import Vigil
from domain.session import HoldState, Session, SessionState
from tests.accounting import makers

shown = some.fixed_dictionaries(
    {
        "n": some.integers(1, 4),
        "state": some.sampled_from(SessionState),
        "hold_state": some.sampled_from(HoldState),
        "hold_until_us": some.integers(0, 3),
        "look_us": some.none() | some.integers(0, 3),
    }
)


def noted(agenda: Agenda) -> list[int]:
    """What is on an agenda, which is empty then."""
    return [key for at_us in range(10) for key in (*agenda.due(at_us, 100), -at_us)]


def said(one: Session) -> tuple[int, ...]:
    return one.noted, one.noted_us, one.look_noted_us, one.counted


@given(
    some.lists(some.lists(shown, max_size=6), max_size=6),
    some.sampled_from([None, lambda key: key % 2 == 0]),
    some.booleans(),
)
def test_what_is_watched_in_one_go_is_noted_and_counted_as_one_by_one(
    batches: list[list[dict[str, Any]]], mine: Any, suspect: bool
) -> None:
    houses = []
    for _ in range(2):
        vigil = Vigil(Hearing(), 1, mine)
        vigil.suspects |= {1, 2} if suspect else set()
        houses.append((vigil, {n: makers.session(session_id=n) for n in range(1, 5)}))
    for batch in batches:
        for at_once, (vigil, sessions) in enumerate(houses):
            for told in batch:
                one = sessions[told["n"]]
                for name in ("state", "hold_state", "hold_until_us", "look_us"):
                    setattr(one, name, told[name])
            found = [sessions[told["n"]] for told in batch]
            if at_once:
                watch(vigil, found)
            else:
                for one in found:
                    vigil.see(one)
    (first, ones), (second, others) = houses
    assert (first.live_n, first.held_n) == (second.live_n, second.held_n)
    assert first.suspects == second.suspects
    assert noted(first.looks) == noted(second.looks)
    assert noted(first.lapses) == noted(second.lapses)
    assert [*map(said, ones.values())] == [*map(said, others.values())]
