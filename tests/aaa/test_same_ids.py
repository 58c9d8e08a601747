"""Which sessions a device called by one name: known, known to be nobody's, or to be asked for."""

from __future__ import annotations

from aaa.same_ids import SameIds
from tests.accounting.makers import session

KEY = (1, "A")


def test_a_name_is_known_once_it_was_read_even_if_nobody_has_it() -> None:
    names = SameIds()
    assert KEY not in names and names.ids(KEY) == ()
    names.know(KEY)
    assert KEY in names and names.ids(KEY) == ()
    assert (2, "A") not in names and len(names) == 1


def test_sessions_of_one_name_are_named_newest_first_and_once() -> None:
    names = SameIds()
    names.know(KEY)
    for number in (5, 9, 7, 9):
        names.add(KEY, session(session_id=number))
    assert names.ids(KEY) == (9, 7, 5)
    names.know(KEY)
    assert names.ids(KEY) == (9, 7, 5), "what is known stays"


def test_a_session_that_was_given_another_id_is_still_listed_under_its_old_one() -> None:
    names = SameIds()
    one = session(session_id=5)
    names.know(KEY)
    names.add(KEY, one)
    one.acct_session_id = "B"
    names.know((1, "B"))
    names.add((1, "B"), one)
    assert names.ids(KEY) == names.ids((1, "B")) == (5,)


def test_what_is_forgotten_must_be_asked_for_again() -> None:
    names = SameIds()
    for name in ("A", "B", "C"):
        names.know((1, name))
    names.add(KEY, session())
    names.forget((1, "B"))
    names.forget((7, "never"))
    assert (1, "B") not in names and KEY in names and (1, "C") in names and len(names) == 2
    assert names.ids(KEY) == (1,), "the others are as they were"
    names.forget(KEY)
    assert KEY not in names and names.ids(KEY) == ()
    names.know(KEY)
    assert names.ids(KEY) == (), "who had it is told anew"
