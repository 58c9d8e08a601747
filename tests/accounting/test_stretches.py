"""When a session used what it has used: as its journal tells, or all over its time."""

from __future__ import annotations

from typing import Any

from accounting.charging import Total
from accounting.replay import Replay, replay
from accounting.stretches import Stretch, stretches_of
from domain.session import Session
from tests.aaa.room import Room
from tests.accounting.makers import at, plan


def room() -> tuple[Room, Session]:
    """Nobody's session: 30 kB in five minutes, nothing in five, 40 kB in the last five."""
    found = Room(plan())
    for kind, seconds, octets in (
        ("interim", 300, 30_000), ("interim", 600, 30_000), ("stop", 900, 70_000)
    ):  # fmt: skip
        found.record(kind, seconds, login="ghost", t=seconds, st=seconds, o=octets)
    return found, found.sessions[0]


def again(found: Room, **changed: Any) -> Replay:
    records = [(n, record._replace(**changed)) for n, record in found.journal]
    return replay(records, found.device, None, skew_limit_s=300, interim_s=300)


def test_every_report_is_a_stretch_from_the_one_before() -> None:
    found, session = room()
    assert stretches_of(session, again(found)) == [
        Stretch(at(0), at(300), Total(0, 30_000, 300, 0, 0, True)),
        Stretch(at(300), at(600), Total(0, 30_000, 600, 0, 0, True)),
        Stretch(at(600), at(900), Total(0, 70_000, 900, 0, 0, True)),
    ]


def test_what_owes_no_fee_owes_none_in_any_stretch() -> None:
    found, session = room()
    session.fee_due = False
    assert {one.after.fee_due for one in stretches_of(session, again(found))} == {False}


def test_without_a_journal_that_comes_to_its_totals_it_is_one_stretch() -> None:
    found, session = room()
    whole = [Stretch(at(0), at(900), Total(0, 70_000, 900, 0, 0, True))]
    assert stretches_of(session, None) == whole
    assert stretches_of(session, Replay()) == whole
    cut = again(found)
    del cut.lines[-1]
    assert stretches_of(session, cut) == whole
