"""Services inside a session, as a desk hears of them: billed once, at the price of their class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from aaa.request import Request
from accounting import strands
from accounting.apart import Routers
from accounting.comparison import Comparison, Person
from accounting.journal import BESIDE, decode, told
from accounting.replay import Bands, Replay, replay
from accounting.uses import sheet_of
from domain.account import Status
from domain.session import Session, SessionState
from rating.plan_file import parse_plan
from rating.timetable import Timetable
from store import schema
from tests.aaa.gate import Gate, class_of, vendor_attribute

MB = 1_000_000
CLASSES = """
name = "classes"
currency = "USD"

[price.volume]
amount = "0.10"
per = "MB"

[[class]]
name = "local"
services = "IX-LOCAL"

[[class]]
name = "video"
services = ["VIDEO", "FILMS"]

[[rate]]
classes = "local"
volume = { amount = "0" }

[[rate]]
classes = "video"
volume = { amount = "0.50", per = "MB" }
"""
NAMES = {"L": "IX-LOCAL", "V": "VIDEO", "F": "FILMS", "X": "UNKNOWN"}
KINDS = {"S": "start", "I": "interim", "X": "stop"}


@pytest.fixture
def isg(gate: Gate) -> Gate:
    gate.add_plan(CLASSES)
    gate.add_device("isg", dialect="cisco")
    gate.add_subscriber(plan="classes", balance_micros=1_000_000_000)
    return gate


def tell(gate: Gate, at: int, who: str, kind: str, megabytes: int, **said: Any) -> None:
    """One record, answered: of the parent P, or of a service by its letter and number."""
    extra: tuple[tuple[int, bytes], ...] = ()
    if who != "P":
        extra = (
            vendor_attribute(9, 1, b"parent-session-id=" + said.pop("parent", b"P")),
            vendor_attribute(9, 251, b"N" + NAMES[who[0]].encode()),
        )
    began = said.pop("began", 0)
    told = {"o": megabytes * MB, "st": at - began} if kind != "S" else {}
    outcome = gate.at(said.pop("now", at)).record(
        KINDS[kind], nas="isg", id=who, t=at, extra=extra, **told, **said
    )
    assert outcome.reply_code == 5


def begin(gate: Gate, **said: Any) -> bytes:
    token = class_of(gate.accept(nas="isg", id="P", port=1))
    tell(gate, 0, "P", "S", 0, token=token, **said)
    return token


def cents(gate: Gate) -> int:
    (session,) = gate.sessions("alice")
    return session.charged_micros // 10_000


def replayed(gate: Gate, session: Session, **spoilt: Any) -> Replay:
    """The session rated again from its journal, whose last record is spoilt."""
    rows = {
        row["journal_id"]: decode(row["body"], session.session_id) for row in gate.rows("journal")
    }
    records = [(key, record) for key in sorted(rows) for record in rows[key]]
    records[-1] = (records[-1][0], records[-1][1]._replace(**spoilt))
    plan = parse_plan(CLASSES)
    sheet = sheet_of(plan)
    assert sheet is not None
    return replay(
        records,
        gate.devices["isg"],
        None,
        skew_limit_s=300,
        interim_s=session.interim_s,
        bands=Bands(sheet, Timetable.of(plan, "")),
    )


# Minute, who, kind, MB so far: cents charged by then. 10 a MB; local costs nothing, video 50.
TABLES = {
    "services before the session": """
        1  L1  S  0   : 0
        1  V1  S  0   : 0
        5  L1  I  60  : 0
        5  V1  I  10  : 0
        5  P   I  100 : 800
        10 L1  I  90  : 800
        10 V1  I  20  : 800
        10 P   X  150 : 1400
    """,
    "services behind the session count with its next report": """
        5  P   I  100 : 1000
        5  L1  I  60  : 1000
        10 P   I  200 : 1400
        10 L1  I  60  : 1400
        15 P   X  250 : 1900
    """,
    "repeated and out of order": """
        5  L1  I  60  : 0
        5  L1  I  60  : 0
        10 L1  I  80  : 0
        5  L1  I  60  : 0
        10 P   I  100 : 200
        10 L1  I  80  : 200
        10 P   I  100 : 200
        15 L1  X  80  : 200
        15 L1  X  80  : 200
        15 P   X  100 : 200
    """,
    "more than the session had": """
        5  L1  I  300 : 0
        5  P   I  100 : 0
        10 V1  I  90  : 0
        10 P   I  150 : 0
        15 P   X  400 : 4600
    """,
    "begun and ended within the session": """
        5  P   I  10  : 100
        6  L1  S  0   : 100
        9  L1  X  40  : 100
        10 P   I  60  : 200
        11 L2  S  0   : 200
        14 L2  X  40  : 200
        15 P   X  110 : 300
    """,
    "a service of no class is like the rest": """
        5  X1  I  50  : 0
        5  P   X  50  : 500
    """,
    "two services of one class": """
        5  V1  I  10  : 0
        5  F1  I  10  : 0
        5  P   X  30  : 1100
    """,
}


@pytest.mark.parametrize("name", TABLES)
def test_q_21_a_session_is_billed_once_by_its_own_counters(isg: Gate, name: str) -> None:
    begin(isg)
    for line in filter(None, map(str.strip, TABLES[name].splitlines())):
        (minute, who, kind, megabytes), expected = (part.split() for part in line.split(":"))
        tell(isg, int(minute) * 60, who, kind, int(megabytes))
        assert cents(isg) == int(*expected), line
    (session,) = isg.sessions("alice")
    assert session.state is SessionState.CLOSED
    assert isg.check() == [] and replayed(isg, session).differences == []


def plainly(gate: Gate) -> None:
    """Alice is on a plan without classes."""
    gate.change("alice", plan_name="sample-prepaid")
    gate.hear()


@pytest.mark.parametrize("name", TABLES)
def test_a_draft_with_classes_comes_to_what_it_would_have_charged(isg: Gate, name: str) -> None:
    plainly(isg)
    begin(isg)
    for line in filter(None, map(str.strip, TABLES[name].splitlines())):
        (minute, who, kind, megabytes), expected = (part.split() for part in line.split(":"))
        tell(isg, int(minute) * 60, who, kind, int(megabytes))
    assert tried(isg) == int(*expected)


def tried(gate: Gate, from_us: int = 0) -> int:
    """What alice's usage from then on comes to on the plan with classes, in cents."""
    devices = {one.device_id: one for one in gate.devices.values()}
    (session,) = gate.sessions("alice")
    people = {session.account_id: Person("alice", "", "USD")}
    span = from_us, gate.now_us + 10**12
    comparison = Comparison(
        parse_plan(CLASSES), None, span, people, routers=Routers(devices, 300, 300)
    )
    for row in gate.rows("journal"):
        comparison.take(told(row["body"]))
    comparison.finish()
    assert comparison.unsorted_n == 0
    return comparison.costs[session.account_id].tried[0].usage_micros // 10_000


def test_a_draft_tried_within_a_session_gives_no_class_what_it_had_before(isg: Gate) -> None:
    plainly(isg)
    begin(isg)
    tell(isg, 300, "L1", "I", 60)
    tell(isg, 300, "P", "I", 100)
    begun_us = isg.now_us + 1
    tell(isg, 600, "L1", "I", 70)
    tell(isg, 600, "P", "X", 200)
    assert tried(isg, begun_us) == 900


def test_what_a_service_reports_is_kept_by_a_crash(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "L1", "I", 60)
    isg.restart()
    tell(isg, 300, "L1", "I", 60)
    tell(isg, 310, "P", "I", 100)
    assert cents(isg) == 400
    isg.restart()
    tell(isg, 600, "P", "X", 140)
    assert cents(isg) == 800 and isg.check() == []


def test_the_difference_to_the_session_is_counted_and_can_be_seen(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "L1", "I", 300)
    tell(isg, 310, "P", "X", 100)
    (session,) = isg.sessions("alice")
    found = strands.read(session.strands)
    assert strands.left(found) == (0, 200 * MB)
    assert isg.desk.notes["class-excess"] == 1
    assert session.output_octets == 100 * MB and cents(isg) == 0


def test_a_service_of_an_unknown_session_is_journaled_answered_and_counted(isg: Gate) -> None:
    tell(isg, 300, "L1", "I", 60, parent=b"NEVER-SEEN")
    assert isg.sessions() == [] and isg.rows("suspense") == []
    assert isg.desk.notes["class-orphan"] == 1
    (row,) = isg.rows("journal")
    (record,) = decode(row["body"])
    assert (record.effect, record.session_id) == ("orphan", 0)
    begin(isg)  # counters are totals: nothing is lost once the session is known
    tell(isg, 600, "L1", "I", 90)
    tell(isg, 600, "P", "X", 100)
    assert cents(isg) == 100


def test_a_service_is_found_by_our_class_before_its_session_was_heard_of(isg: Gate) -> None:
    token = class_of(isg.accept(nas="isg", port=1))  # it said no Acct-Session-Id
    tell(isg, 5, "L1", "I", 10, token=token)
    (waiting,) = isg.sessions("alice")
    assert waiting.state is SessionState.ACCEPTED and waiting.strands
    tell(isg, 60, "P", "I", 10, token=token)
    assert cents(isg) == 0


def test_services_move_no_total_hold_no_money_and_end_nothing(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "P", "I", 10)
    (before,) = isg.sessions("alice")
    tell(isg, 360, "L1", "I", 60)
    tell(isg, 420, "L1", "X", 60)
    (after,) = isg.sessions("alice")
    moved = {"strands", "version", "journal_last", "last_seen_us"}
    kept = {name: getattr(before, name) for name in moved}
    assert replace(after, **kept) == before
    assert after.last_seen_us > before.last_seen_us


def test_of_a_plan_without_classes_a_service_is_stored_and_nothing_else(isg: Gate) -> None:
    plainly(isg)
    begin(isg)
    (before,) = isg.sessions("alice")
    tell(isg, 300, "L1", "I", 60)
    (after,) = isg.sessions("alice")
    assert after == before and isg.desk.notes["class-stored"] == 1
    told_last = decode(isg.rows("journal")[-1]["body"])[-1]
    assert (told_last.session_id, told_last.effect) == (before.session_id, BESIDE)
    assert decode(isg.rows("journal")[-1]["body"], before.session_id) == []
    tell(isg, 300, "P", "X", 60)
    assert cents(isg) == 60 and isg.check() == []


def stop(gate: Gate, at: int, megabytes: int) -> Request:
    """A Stop of the session, as its router sends it."""
    pairs = [(40, b"\0\0\0\2"), (44, b"P"), (1, b"alice")]
    pairs += [(46, at.to_bytes(4, "big")), (43, (megabytes * MB).to_bytes(4, "big"))]
    return gate.at(at).request(4, pairs, "isg")


def test_a_stop_waits_for_the_services_that_are_still_to_stop(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "L1", "I", 60)
    tell(isg, 300, "P", "I", 100)
    request, rows_n = stop(isg, 600, 200), len(isg.rows("journal"))
    (outcome,) = isg.run(isg.desk.serve([request], isg.now_us))
    assert (outcome.reply_code, outcome.label, outcome.again_us) == (None, "awaiting", 1_000_000)
    assert isg.sessions("alice")[0].live and len(isg.rows("journal")) == rows_n
    assert isg.desk.notes["class-awaited"] == 1
    tell(isg, 600, "L1", "X", 140)
    request.put_off = True
    (outcome,) = isg.serve(request)
    (session,) = isg.sessions("alice")
    assert outcome.reply_code == 5 and session.state is SessionState.CLOSED
    assert cents(isg) == 400 + 200 and isg.desk.notes["class-excess"] == 0
    assert isg.check() == [] and replayed(isg, session).differences == []


@pytest.mark.parametrize("kind", ["X", ""])
def test_a_stop_waits_for_no_service_that_has_stopped_or_was_never_heard_of(
    isg: Gate, kind: str
) -> None:
    begin(isg)
    if kind:
        tell(isg, 300, "L1", kind, 60)
    (outcome,) = isg.run(isg.desk.serve([stop(isg, 600, 200)], isg.now_us))
    assert outcome.reply_code == 5 and isg.desk.notes["class-awaited"] == 0
    # Once it has ended, a repeated Stop waits for nothing either.
    tell(isg, 601, "V1", "I", 60)
    (outcome,) = isg.run(isg.desk.serve([stop(isg, 600, 200)], isg.now_us))
    assert outcome.reply_code == 5


def test_a_report_behind_the_stop_changes_no_bill(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "P", "X", 100)
    tell(isg, 310, "L1", "X", 60)
    (session,) = isg.sessions("alice")
    assert session.state is SessionState.CLOSED and cents(isg) == 1000
    assert strands.left(strands.read(session.strands)) == (0, 60 * MB)
    assert isg.check() == [] and replayed(isg, session).differences == []


def test_what_was_used_behind_a_wall_takes_its_part_of_the_services_along(isg: Gate) -> None:
    walled = '\n[on_suspended]\nreply = [{ attributes = ["Idle-Timeout = 60"] }]\n'
    isg.add_plan(CLASSES + walled)
    isg.change("alice", status=Status.SUSPENDED)
    isg.hear()
    token = class_of(isg.accept(nas="isg", id="P", port=1))
    tell(isg, 0, "P", "S", 0, token=token)
    tell(isg, 300, "L1", "I", 40)
    tell(isg, 300, "P", "I", 50)
    (session,) = isg.sessions("alice")
    assert session.walled and session.unrated_output == 50 * MB
    assert strands.left(strands.read(session.strands)) == (0, 0)
    assert replayed(isg, session).differences == []


def test_an_id_that_came_again_belongs_to_the_session_that_had_begun_by_then(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "L1", "I", 30)
    tell(isg, 300, "P", "X", 100)
    again = class_of(isg.at(4000).accept(nas="isg", port=1))
    tell(isg, 4000, "P", "S", 0, token=again)
    tell(isg, 4300, "L1", "I", 30, began=4000)
    tell(isg, 4300, "P", "I", 40, began=4000)
    tell(isg, 310, "L1", "X", 30, now=4310)  # of the first one, told late
    first, second = isg.sessions("alice")
    assert [one.charged_micros for one in (first, second)] == [7_000_000, 1_000_000]
    assert strands.left(strands.read(second.strands)) == (0, 0)


def test_a11_the_replay_notices_uses_that_no_service_accounts_for(isg: Gate) -> None:
    begin(isg)
    tell(isg, 300, "P", "X", 100)
    (session,) = isg.sessions("alice")
    other = replace(session, uses=b"\x00\x00\x00\x80\xc2\xd7\x2f")  # the same, as class local
    differs = replayed(isg, other, uses=other.uses).differences
    assert any("in the cells" in one for one in differs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its services gave (0, 0)"),
        ("{", "Expecting property name"),
        ('[[["L1","IX-LOCAL",0,60000000,1,1,0,1,0,0,0,0,0,null,0,0,0,0,0]],0]', "more was given"),
    ],
)
def test_a2_classes_that_no_service_accounts_for_are_found(isg: Gate, text: str, said: str) -> None:
    begin(isg)
    tell(isg, 300, "L1", "I", 60)
    tell(isg, 300, "P", "X", 100)
    assert isg.check() == []

    async def spoil() -> None:
        async with isg.database.office() as connection:
            await connection.execute(update(schema.session_facts).values(strands=text))

    isg.run(spoil())
    assert any(said in one.text for one in isg.check()), isg.check()


def test_juniper_services_are_told_by_their_id_and_their_name(isg: Gate) -> None:
    isg.add_device("mx", dialect="juniper")
    token = class_of(isg.accept(nas="mx", id="42", port=2))
    isg.record("start", nas="mx", id="42", t=0, token=token)
    named = (vendor_attribute(4874, 83, b"VIDEO(10m)"),)
    for _ in range(2):
        isg.at(300).record("interim", nas="mx", id="42:43", st=299, t=300, o=4 * MB, extra=named)
    isg.at(301).record("interim", nas="mx", id="42", st=301, t=301, o=10 * MB, token=token)
    assert cents(isg) == 4 * 50 + 6 * 10
