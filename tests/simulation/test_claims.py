"""The claims of the books beside money: each judge bites what was doctored, and nothing sound."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation import claims
from tests.simulation.stage import Stage, build, stage
from tests.simulation.truth import Truth

B = "(SELECT session_id FROM sessions WHERE acct_session_id = 'B')"
HOUR_US = 3_600_000_000


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    return build(tmp_path_factory.mktemp("claims"))


@pytest.fixture
def house(template: tuple[Path, Truth], tmp_path: Path) -> Iterator[Stage]:
    path, truth = template
    made = stage(path, copy.deepcopy(truth), tmp_path / "house")
    made.checker.after_commit()
    assert made.world.failures == []
    yield made
    made.close()


def change(house: Stage, what: str) -> None:
    house.doctor(f"UPDATE sessions SET {what}, version = version + 1 WHERE session_id = {B}")


def found_at_end(house: Stage) -> list[str]:
    house.checker.books.look()
    return list(claims.at_end(house.checker.books, house.truth, house.world.figures))


def test_t6_a_charge_on_a_day_on_which_its_session_did_not_live_is_reported(house: Stage) -> None:
    assert found_at_end(house) == []
    house.doctor(f"UPDATE charges SET day = day + 1 WHERE session_id = {B}")
    assert [text[:3] for text in found_at_end(house)] == ["T6:"]


def test_a9_a_session_of_nobody_that_is_on_no_list_is_reported(house: Stage) -> None:
    house.doctor(
        "PRAGMA foreign_keys = OFF",
        f"DELETE FROM charges WHERE session_id = {B}",
    )
    change(house, "account_id = 0")
    assert [text[:3] for text in found_at_end(house)] == ["A9:"]


def test_a8_a_session_on_line_that_a_boot_ended_is_reported_unless_it_did_boot(
    house: Stage,
) -> None:
    true = next(one for one in house.truth.sessions if one.acct_session_id == "B")
    true.ended_us = None
    books = house.checker.books
    change(house, "state = 2, synthetic = 1, terminate_cause = 11")
    news = books.look()
    found = list(claims.ended(books, news, house.truth, house.world.figures))
    assert [text[:3] for text in found] == ["A8:"]
    house.truth.boots.append((true.nas, true.began_us + 1, True))
    assert list(claims.ended(books, news, house.truth, house.world.figures)) == []


def test_a8_a_session_that_is_open_though_its_router_said_it_booted_is_reported(
    house: Stage,
) -> None:
    true = next(one for one in house.truth.sessions if one.acct_session_id == "B")
    true.cause, true.ended_us = "reboot", true.began_us + HOUR_US
    assert found_at_end(house) == []
    house.truth.boots.append((true.nas, true.ended_us + 1, True))
    assert [text[:3] for text in found_at_end(house)] == ["A8:"]


def test_l9_a_session_that_waits_for_an_order_that_is_no_row_is_reported(house: Stage) -> None:
    books = house.checker.books
    change(house, "cut_order_id = 5")
    found = list(claims.ordered(books, books.look()))
    assert [text[:3] for text in found] == ["L9:"]


def test_a_hold_of_a_login_that_never_began_is_waited_for_until_it_lapses(house: Stage) -> None:
    books = house.checker.books
    change(house, f"state = 0, hold_state = 1, hold_until_us = {HOUR_US}")
    assert claims.lapsing(books, HOUR_US - 1, 2 * HOUR_US) == 1
    assert claims.lapsing(books, HOUR_US - 1, HOUR_US) == 0
    assert claims.lapsing(books, HOUR_US + claims.LAPSE_US, 2 * HOUR_US) == 0
