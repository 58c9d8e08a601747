"""What the house owes besides money: each judge bites what was doctored, and nothing sound."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.books import ACCEPTED, HELD, Session
from tests.simulation.duties import CUT_ENDS_US, Duties, _held_as_long_as_told
from tests.simulation.seams import EPOCH_US
from tests.simulation.stage import Stage, build, stage
from tests.simulation.truth import Login, TrueSession, Truth
from tests.simulation.world import MINUTE_US, US_PER_S

HOUR_US = 60 * MINUTE_US
A, B = (f"(SELECT session_id FROM sessions WHERE acct_session_id = '{n}')" for n in "AB")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    return build(tmp_path_factory.mktemp("duties"))


@pytest.fixture
def house(template: tuple[Path, Truth], tmp_path: Path) -> Iterator[Stage]:
    path, truth = template
    made = stage(path, copy.deepcopy(truth), tmp_path / "house")
    made.checker.books.look()
    yield made
    made.close()


def true(house: Stage, name: str) -> TrueSession:
    return next(one for one in house.truth.sessions if one.acct_session_id == name)


def stored(house: Stage, name: str) -> Session:
    sessions = house.checker.books.sessions.values()
    return next(one for one in sessions if one.acct_session_id == name)


def change(house: Stage, which: str, what: str) -> None:
    house.doctor(f"UPDATE sessions SET {what}, version = version + 1 WHERE session_id = {which}")


def after_commit(house: Stage, now_us: int = HOUR_US) -> list[str]:
    books = house.checker.books
    found = Duties().judge(books, books.look(), house.truth, house.world.figures, now_us)
    return [text.partition(":")[0] for text in found]


def at_end(house: Stage, *, calm_us: int = 0, now_us: int = 9 * HOUR_US) -> list[str]:
    books = house.checker.books
    books.look()
    found = Duties().at_end(books, house.truth, house.world.figures, now_us=now_us, calm_us=calm_us)
    return [text.partition(":")[0] for text in found]


def refused(house: Stage, login: str, station: str = "") -> None:
    house.doctor(
        "INSERT INTO decisions (login, n, decided_us, device_id, user_name, mac, code,"
        " session_id, request, reply) SELECT"
        f" '{login}', (SELECT max(n) + 1 FROM decisions), {EPOCH_US + HOUR_US}, device_id,"
        f" '{login}', '', 'too-many-sessions', 0, '{{\"Calling-Station-Id\": \"{station}\"}}',"
        " '{}' FROM devices LIMIT 1"
    )


def test_sound_books_owe_nothing(house: Stage) -> None:
    assert after_commit(house) == at_end(house) == []


def test_f5_a_refusal_for_too_many_sessions_is_reported_unless_there_are_so_many(
    house: Stage,
) -> None:
    refused(house, "bob")
    assert after_commit(house) == [], "he is on line"
    refused(house, "alice")
    assert after_commit(house) == ["F5"], "her session has ended"


def test_f5_a_login_that_never_began_takes_its_place_for_a_minute_only(house: Stage) -> None:
    change(house, B, f"state = 0, created_us = {EPOCH_US + HOUR_US} - 59000000")
    house.checker.books.look()
    refused(house, "bob")
    assert after_commit(house) == []
    house.doctor(f"UPDATE sessions SET created_us = created_us - 2000000 WHERE session_id = {B}")
    assert after_commit(house) == ["F5"]


def test_f6_a_grant_that_its_router_does_not_hear_of_is_reported(house: Stage) -> None:
    change(house, B, "granted_micros = granted_micros + 900000")
    assert after_commit(house) == ["F6"]
    change(house, B, "granted_micros = granted_micros + 9, limit_octets = limit_octets + 1")
    assert after_commit(house) == []


def test_l7_a_hold_that_lapses_before_its_time_is_up_is_reported(house: Stage) -> None:
    login = stored(house, "B")._replace(state=ACCEPTED, hold_state=HELD, timeout_s=600)
    for held_s, wanted in ((600, []), (599, ["L7"])):
        until_us = login.start_us + held_s * US_PER_S
        found = _held_as_long_as_told(None, login._replace(hold_until_us=until_us))
        assert [text[:2] for text in found] == wanted


def test_a8_a_session_that_an_acknowledged_on_has_not_ended_is_reported(house: Stage) -> None:
    lost = true(house, "B")
    lost.cause, lost.ended_us = "reboot", 2 * MINUTE_US
    house.truth.boots.append((lost.nas, HOUR_US, True))
    assert after_commit(house, HOUR_US + 300 * US_PER_S) == [], "an old On may be a replay"
    assert after_commit(house, HOUR_US + 1) == ["A8"]


def test_a10_a_session_that_was_cut_and_not_stopped_does_not_stay_open(house: Stage) -> None:
    done_us = stored(house, "B").start_us + HOUR_US
    house.doctor(
        "INSERT INTO orders SELECT 7, s.account_id, s.session_id, s.device_id, 'disconnect', 'x',"
        f" x'', '', 3799, 1, 'done', 1, 'ack', 0, {done_us} FROM sessions s"
        f" WHERE s.session_id = {B}"
    )
    now_us = done_us - EPOCH_US + CUT_ENDS_US
    assert after_commit(house, now_us) == []
    assert after_commit(house, now_us + 1) == ["A10"]


def test_a10_a_session_that_is_silent_while_its_router_talks_does_not_stay_open(
    house: Stage,
) -> None:
    lost = true(house, "B")
    lost.ended_us, lost.cause = 61 * US_PER_S, "lost"
    for minutes in (10, 60):
        at_us = minutes * MINUTE_US
        house.truth.logins.append(Login("x", lost.nas, "", at_us, False, "", at_us))
    assert at_end(house, calm_us=HOUR_US) == []
    assert at_end(house) == ["A10"]
    house.world.failures.clear()
    nothing = "input_octets = 0, output_octets = 0, session_s = 0, version = version + 1"
    house.doctor(f"UPDATE sessions SET {nothing} WHERE acct_session_id = 'B'")
    assert "A10" not in at_end(house), "its router may just send no interims"


def test_coa_11_an_order_is_done_only_by_an_ack(house: Stage) -> None:
    house.doctor("UPDATE orders SET state = 'done', result = 'nak', done_us = 1")
    assert at_end(house) == ["COA-11"]


def test_coa_05_who_was_told_off_without_an_order_is_reported(house: Stage) -> None:
    true(house, "B").told_off_us = 5
    assert at_end(house) == ["COA-05"]


def test_ath_07_a_verdict_that_nobody_decided_is_reported(house: Stage) -> None:
    house.truth.plan_of["alice"] = "sample-prepaid"
    heard = Login("alice", "nas", "", 0, True, "accept", 1)
    house.truth.logins.append(heard)
    assert at_end(house) == []
    house.truth.logins.append(replace(heard, verdict="reject"))
    assert at_end(house) == ["ATH-07"]


def test_ath_07_an_unsigned_login_that_may_have_been_bent_proves_nothing(house: Stage) -> None:
    house.truth.plan_of["alice"] = "sample-prepaid"
    house.truth.logins.append(Login("alice", "nas", "", 0, True, signed=False, verdict="reject"))
    assert at_end(house) == ["ATH-07"]
    house.world.failures.clear()
    house.world.figures["datagrams bent"] = 1
    assert at_end(house) == []


def test_t7_a_session_that_began_at_another_time_is_reported_where_its_router_is_clear(
    house: Stage,
) -> None:
    session = true(house, "A")
    session.began_us -= 6 * US_PER_S
    assert at_end(house) == ["T7"]
    session.profile = "mikrotik (no clock)"
    assert at_end(house) == []


def test_a5_a_router_that_said_less_than_passed_is_not_billed_for_more(house: Stage) -> None:
    session = true(house, "A")
    session.honest, session.why = False, "reset"
    assert at_end(house) == []
    for told in session.told:
        told.input_octets //= 2
    assert at_end(house) == ["A5"]
    session.why = "reset, jump"
    assert at_end(house) == []


def test_a7_two_sessions_that_are_one_in_the_books_are_reported(house: Stage) -> None:
    session = true(house, "A")
    again = copy.deepcopy(session)
    again.began_us += 10 * MINUTE_US
    house.truth.sessions.append(again)
    assert at_end(house) == ["A7"]
    again.began_us = session.began_us + US_PER_S
    assert at_end(house) == [], "nobody could tell them apart"


def test_a7_a_session_that_is_said_to_go_on_from_another_is_reported(house: Stage) -> None:
    change(house, B, f"class_session_id = {A}")
    assert at_end(house) == ["A7"]
