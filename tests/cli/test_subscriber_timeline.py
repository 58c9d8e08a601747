"""What happened to a subscriber is one list by time, whatever table it comes from."""

from __future__ import annotations

from cli.subscriber_timeline import lines_of
from domain.account import Purchase
from domain.session import SessionState
from store.timeline import Happened
from tests.cli.house import House, login, record
from tests.store.house import NOW_US, session


def test_the_story_is_told_in_its_order(house: House) -> None:
    house.serve(login(password="wrong"), login(), record("start"))
    house.serve(record("interim", seconds=60, up=0, down=100_000_000))
    house.serve(record("stop", seconds=61, up=0, down=100_000_000))
    house.run("balance", "top-up", "alice", "2", "--reason", "cash")
    house.run("subscriber", "suspend", "alice")
    rows = house.json("subscriber", "timeline", "alice")
    told = [row["what"] for row in rows]
    assert sorted(row["at_us"] for row in rows) == [row["at_us"] for row in rows]
    for what in ("refused", "login", "began", "ended", "money", "change"):
        assert what in told, (what, rows)
    assert told.index("refused") < told.index("login") < told.index("ended")
    words = house.run("subscriber", "timeline", "alice").stdout
    assert "top-up of 2.00 USD as entry 3: cash" in words
    assert "subscriber suspend" in words and "wrong-credential at local" in words
    assert "100.00 MB down" in words and "1.00 USD" in words
    assert [
        row["what"] for row in house.json("subscriber", "timeline", "alice", "--limit", "1")
    ] == ["change"]


def test_a_span_holds_what_is_within(sample: House) -> None:
    rows = sample.json("subscriber", "timeline", "alice")
    assert rows
    assert sample.json("subscriber", "timeline", "alice", "--until", "2020-01-01") == []
    assert sample.json("subscriber", "timeline", "alice", "--since", "2020-01-01") == rows
    span = ("--since", "2026-01-02", "--until", "2026-01-01")
    assert "must not be later" in sample.refuse("subscriber", "timeline", "alice", *span)
    assert "there is no subscriber bob" in sample.refuse("subscriber", "timeline", "bob")


def test_packages_and_sessions_that_never_began_have_their_words() -> None:
    lapsed = session(1, state=SessionState.LAPSED)
    lost = session(2, state=SessionState.CLOSED, stop_us=NOW_US, synthetic=True, adopted=True)
    bought = Purchase(9, 1, 1001, "k", "renewal", 7, 5_000_000, 3, None, NOW_US, NOW_US, "asked")
    found = Happened([], [lapsed, lost], [], [], [bought], {}, [])
    lines = [line["text"] for line in lines_of(found, {5: "tower"}, "USD")]
    assert lines[0] == "the login at tower was accepted, and no Start came"
    assert lines[1] == "on tower, adopted while it ran"
    assert lines[2].endswith("0.00 USD; ended by us, no Stop came")
    assert lines[3].startswith("renewal until 2023-11-1") and lines[3].endswith("5.00 USD: asked")
