"""A session is the same row wherever it is printed."""

from __future__ import annotations

from cli.session_rows import LISTED, LOOKED_UP, SHOWN, as_row
from domain.session import Walled
from store.office_sessions import ListedSession
from tests.store.house import NOW_US, session


def test_a_row_has_every_column_but_what_the_command_adds() -> None:
    row = as_row(ListedSession(session(7, start_us=0), "user1", "USD"), {5: "tower-5"})
    named = {column.name for column in [*LISTED, *LOOKED_UP, *SHOWN]}
    assert named - set(row) == {"doubt", "orders", "plan"}
    assert (row["session_id"], row["login"], row["nas"]) == (7, "user1", "tower-5")
    assert (row["state"], row["started_us"]) == ("open", NOW_US), "before a Start: when it was made"


def test_a_nas_that_was_removed_is_still_named() -> None:
    row = as_row(ListedSession(session(7), "", ""), {})
    assert row["nas"] == "(removed: 5)"


def test_an_adopted_session_says_so_and_what_nobody_pays() -> None:
    one = session(7, adopted=True, session_s=9, unrated_s=9)
    row = as_row(ListedSession(one, "user1", "USD"), {})
    assert (row["adopted"], row["unrated_s"], row["replaced_by"]) == (True, 9, 0)
    assert "adopted" in {column.name for column in LISTED}


def test_a_session_behind_a_wall_says_which() -> None:
    for wall, word in ((Walled.NO, ""), (Walled.NO_CREDIT, "no-credit")):
        row = as_row(ListedSession(session(7, walled=wall), "user1", "USD"), {})
        assert row["walled"] == word
    assert "walled" in {column.name for column in LISTED}
