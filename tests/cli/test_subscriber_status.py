"""Suspending, resuming and closing: at once, and only what owes nothing is closed."""

from __future__ import annotations

from tests.cli.house import House, login, record


def label(house: House, password: str = "wonderland", **more: str) -> str:
    return house.serve(login("alice", password, **more))[0].label


def test_suspending_and_resuming_count_at_the_next_login(house: House) -> None:
    for said in ("suspended subscriber alice", "alice is suspended already; nothing was changed"):
        assert said in house.run("subscriber", "suspend", "alice").stdout
        assert label(house) == "suspended"
    for said in ("resumed subscriber alice", "alice is active already; nothing was changed"):
        assert said in house.run("subscriber", "resume", "alice").stdout
    assert label(house) == "accepted"


def test_removing_closes_only_when_nothing_is_owed(house: House) -> None:
    assert "balance of 5.00 USD" in house.refuse("subscriber", "remove", "alice")
    house.run("balance", "correct", "alice", "-5", "--entry", "1", "--reason", "leaves")
    for said in ("closed subscriber alice", "alice is closed already; nothing was changed"):
        assert said in house.run("subscriber", "remove", "alice").stdout
    assert house.json("subscriber", "show", "alice")["status"] == "closed"
    assert label(house) == "unknown-subscriber"
    assert "is closed" in house.refuse("subscriber", "suspend", "alice")
    house.run("subscriber", "resume", "alice")
    assert house.json("subscriber", "show", "alice")["status"] == "active"


def test_credit_that_sessions_hold_is_not_closed_away(sample: House) -> None:
    sample.run("balance", "correct", "alice", "-5", "--entry", "1", "--reason", "leaves")
    sample.run("subscriber", "set", "alice", "--credit-limit", "2")
    sample.serve(login(), record("start"))
    line = sample.refuse("subscriber", "remove", "alice")
    assert "2.00 USD of the credit of alice are held" in line


def test_suspending_cuts_a_running_session(sample: House) -> None:
    sample.serve(login(), record("start"))
    sample.run("subscriber", "suspend", "alice", "--no-wait")
    sample.serve(record("interim", seconds=60, up=1, down=1))
    (session,) = sample.json("session", "list")
    shown = sample.json("session", "show", str(session["session_id"]))
    assert shown["orders"] == [
        "disconnect (suspended): not answered yet; is `tollhouse serve` running?"
    ]
