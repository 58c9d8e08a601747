"""Usage by bands, bundles and tiers: charged by the desk as it comes, and it adds up."""

from __future__ import annotations

from typing import Any

import pytest

from accounting.journal import decode
from accounting.replay import Bands, Replay, replay
from accounting.uses import sheet_of
from domain.session import Session
from rating.scheme import Uses
from rating.timetable import Timetable
from tests.aaa.gate import Gate, class_of

MB = 1_000_000
# T0 is 08:53:20 on a Thursday; the peak begins 400 s later.
RICH = """
name = "rich"
currency = "USD"
sessions = 4

[[band]]
name = "peak"
from = "09:00"
until = "10:00"

[price.volume]
amount = "0.10"
per = "MB"
period = "month"
increment = "1 MB"

[[price.volume.tier]]
from = "30 MB"
amount = "0.05"
per = "MB"

[[rate]]
bands = ["peak"]
volume = { amount = "0.20", per = "MB" }

[[bundle]]
name = "daily"
volume = "5 MB"
period = "day"
"""


def begin(gate: Gate, **said: Any) -> bytes:
    token = class_of(gate.accept(id=said.get("id", "A"), port=said.pop("port", 1)))
    gate.record("start", token=token, **said)
    return token


def replayed(gate: Gate, session: Session, **spoilt: Any) -> Replay:
    """The session rated again from its journal, whose last record is spoilt."""
    rows = {row["journal_id"]: decode(row["body"]) for row in gate.rows("journal")}
    records = [
        (at, record)
        for at in sorted(rows)
        for record in rows[at]
        if record.session_id == session.session_id
    ]
    records[-1] = (records[-1][0], records[-1][1]._replace(**spoilt))
    plan = gate.desk._books.plans[session.plan_id]
    sheet = sheet_of(plan)
    assert sheet is not None
    bands = Bands(sheet, Timetable.of(plan))
    device, interim_s = gate.devices["nas"], session.interim_s
    return replay(records, device, None, skew_limit_s=300, interim_s=interim_s, bands=bands)


def uses_of(gate: Gate, session: Session) -> Uses:
    sheet = sheet_of(gate.desk._books.plans[session.plan_id])
    assert sheet is not None
    return Uses(sheet.scheme, session.uses)


def amounts(gate: Gate) -> dict[int, int]:
    return {row["step"]: row["amount_micros"] for row in gate.rows("charges")}


def pots(gate: Gate) -> dict[str, int]:
    return {row["pot"]: row["used"] for row in gate.rows("pots")}


@pytest.fixture
def rich(gate: Gate) -> Gate:
    gate.add_plan(RICH)
    gate.add_subscriber(plan="rich")
    return gate


def test_bands_a_bundle_and_tiers_are_charged_as_reports_come(rich: Gate) -> None:
    token = begin(rich)
    told = (  # seconds, MB so far, what they cost in micros
        (200, 10, 500_000),  # five of the bundle, five at 0.10
        (600, 50, 6_500_000),  # the peak begins in the middle: twenty at 0.10, twenty at 0.20
        (4_000, 60, 8_500_000),  # ten at 0.20, until the peak ends
        (4_100, 80, 9_750_000),  # five at 0.10, and beyond 30 MB of the month fifteen at 0.05
    )
    for at_s, megabytes, micros in told:
        rich.at(at_s).record("interim", token=token, st=at_s, o=megabytes * MB)
        (session,) = rich.sessions()
        assert session.charged_micros == micros, at_s
    assert pots(rich) == {"bundle/day/rich/daily": 5 * MB, "tier/month/rich/volume": 45 * MB}
    assert amounts(rich) == {1: 0, 3: 6_000_000, 4: 3_000_000, 5: 750_000}
    rich.at(4_200).record("stop", token=token, st=4_200, o=80 * MB)
    (session,) = rich.sessions()
    assert rich.account().balance_micros == 5_000_000 - 9_750_000
    assert sum(row["output_octets"] for row in rich.rows("charges")) == 80 * MB
    assert uses_of(rich, session).covered(0) == 5 * MB
    assert rich.check() == []


def test_a11_what_was_charged_by_bands_comes_out_again_from_the_journal(rich: Gate) -> None:
    token = begin(rich)
    for at_s, megabytes in ((200, 10), (600, 50), (600, 50), (500, 40), (4_100, 80)):
        rich.at(at_s).record("interim", token=token, st=at_s, t=at_s, o=megabytes * MB, i=MB)
    rich.at(4_200).record("stop", token=token, st=4_200, o=80 * MB, i=2 * MB)
    (session,) = rich.sessions()
    found = replayed(rich, session)
    assert found.differences == []
    assert found.charged_micros == session.charged_micros > 9_000_000


def test_two_sessions_of_an_account_take_of_one_bundle_and_fill_one_tier(rich: Gate) -> None:
    first, second = begin(rich), begin(rich, id="B", port=2)
    rich.at(100).record("interim", token=first, st=100, o=3 * MB)
    rich.at(100).record("interim", token=second, id="B", st=100, o=4 * MB)
    one, two = rich.sessions()
    assert (one.charged_micros, two.charged_micros) == (0, 200_000)
    rich.serve(
        rich.accounting("interim", token=first, st=110, o=33 * MB),
        rich.accounting("interim", token=second, id="B", st=110, o=34 * MB),
    )
    one, two = rich.sessions()
    assert (one.charged_micros, two.charged_micros) == (2_900_000, 200_000 + 1_500_000)
    assert pots(rich) == {"bundle/day/rich/daily": 5 * MB, "tier/month/rich/volume": 62 * MB}
    assert rich.check() == []


def test_a11_a_journal_that_says_something_else_of_bands_is_noticed(rich: Gate) -> None:
    token = begin(rich)
    for at_s, megabytes in ((200, 10), (600, 50)):
        rich.at(at_s).record("interim", token=token, st=at_s, o=megabytes * MB)
        (session,) = rich.sessions()
    for spoilt, said in (
        ({"uses": b""}, "in the cells"),
        ({"uses": b"\xff"}, "cannot be read"),
        ({"charged_micros": 1}, "1 micros were charged"),
    ):
        assert any(said in one for one in replayed(rich, session, **spoilt).differences), said


def test_what_was_counted_is_read_again_after_a_restart(either_gate: Gate) -> None:
    gate = either_gate
    gate.add_plan(RICH)
    gate.add_subscriber(plan="rich")
    token = begin(gate)
    gate.at(100).record("interim", token=token, st=100, o=10 * MB)
    gate.restart()
    gate.at(200).record("interim", token=token, st=200, o=50 * MB)
    (session,) = gate.sessions()
    assert session.charged_micros == 30 * 100_000 + 15 * 50_000, "of the month five were used"
    assert gate.check() == []


def test_a_late_report_of_a_session_that_ended_finds_the_pots_of_its_account(rich: Gate) -> None:
    token = begin(rich)
    rich.at(200).record("stop", token=token, st=200, o=10 * MB)
    rich.restart()
    rich.at(210).record("stop", token=token, st=210, t=210, o=12 * MB)
    (session,) = rich.sessions()
    found = replayed(rich, session)
    assert found.differences == []
    assert rich.account().balance_micros == 5_000_000 - session.charged_micros
    assert rich.check() == []


def test_a_day_that_begins_in_a_rise_brings_the_bundle_anew(rich: Gate) -> None:
    to_midnight_s = 15 * 3_600 + 6 * 60 + 40
    rich.at(to_midnight_s - 100)
    token = begin(rich)
    rich.at(to_midnight_s + 100).record("interim", token=token, st=200, o=20 * MB)
    (session,) = rich.sessions()
    assert session.charged_micros == 2 * 5 * 100_000
    days = [row for row in rich.rows("pots") if row["pot"] == "bundle/day/rich/daily"]
    assert [row["used"] for row in days] == [5 * MB, 5 * MB]
    assert rich.check() == []


def test_a9_what_no_book_can_hold_is_refused_whole_and_takes_nothing_of_a_pot(gate: Gate) -> None:
    gate.add_plan(RICH.replace('"0.10"', '"1000000"').replace('"0.05"', '"900000"'))
    gate.add_subscriber(plan="rich")
    token = begin(gate)
    gate.at(100).record("interim", token=token, st=100, o=2 * MB)
    gate.at(200).record("interim", token=token, st=200, o=1 << 44)
    (session,) = gate.sessions()
    assert (session.charged_micros, session.output_octets) == (0, 2 * MB)
    assert pots(gate) == {"bundle/day/rich/daily": 2 * MB}
    gate.at(300).record("interim", token=token, st=300, o=4 * MB)
    (session,) = gate.sessions()
    assert [line.effect for line in replayed(gate, session).lines] == [
        "unchanged", "advanced", "absurd", "advanced"
    ]  # fmt: skip
    assert replayed(gate, session).differences == []
    assert pots(gate) == {"bundle/day/rich/daily": 4 * MB}
    assert gate.check() == []


def test_a_simple_session_keeps_no_uses_and_its_account_has_no_pots(gate: Gate) -> None:
    gate.add_subscriber()
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=10 * MB)
    (session,) = gate.sessions()
    assert (session.uses, session.charged_micros) == (b"", 100_000)
    assert gate.rows("pots") == [] and gate.desk._books.pots == {}
