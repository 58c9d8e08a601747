"""Every checker is shown to bite: books that were doctored in one place are reported by rule.

And to bite nothing else: the same books, untouched, pass every look.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.stage import MB, Stage, build, stage
from tests.simulation.truth import Payment, Truth
from tests.simulation.world import US_PER_S

A, B, C, P = (f"(SELECT session_id FROM sessions WHERE acct_session_id = '{n}')" for n in "ABCP")
ALICE, BOB, CAROL, POOR = (
    f"(SELECT account_id FROM subscribers WHERE login = '{login}')"
    for login in ("alice", "bob", "carol", "poor")
)
NEWER = "version = version + 1"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    return build(tmp_path_factory.mktemp("template"))


@pytest.fixture
def house(template: tuple[Path, Truth], tmp_path: Path) -> Iterator[Stage]:
    path, truth = template
    made = stage(path, copy.deepcopy(truth), tmp_path / "house")
    yield made
    made.close()


def session(which: str, change: str) -> str:
    return f"UPDATE sessions SET {change}, {NEWER} WHERE session_id = {which}"


def entry(kind: str, micros: int, *, seq: str = "entries_n + 1", sides: str = "") -> list[str]:
    """An entry of alice's, and the sums that go with it."""
    rows = sides or f"('customer', {micros}), ('adjustment', {-micros})"
    return [
        "INSERT INTO entries (entry_id, account_id, seq, kind, key, currency, created_us, reason,"
        f" overrun_micros) SELECT 7, account_id, {seq}, '{kind}', 'k', currency, 1, '', 0"
        f" FROM accounts WHERE account_id = {ALICE}",
        f"INSERT INTO postings SELECT {ALICE}, 7, row_number() OVER () - 1, column1, {ALICE},"
        f" column2 FROM (VALUES {rows})",
        f"UPDATE accounts SET posted_micros = posted_micros + {micros}, entries_n = entries_n + 1"
        f" WHERE account_id = {ALICE}",
    ]


AFTER_COMMIT: dict[str, tuple[str, list[str]]] = {
    "a charge was lost": ("A2", [f"DELETE FROM charges WHERE session_id = {A}"]),
    "a charge was doubled": (
        "A2",
        [f"UPDATE charges SET amount_micros = 2 * amount_micros WHERE session_id = {B}"],
    ),
    "a session was charged twice, and everything agrees": (
        "A2",
        [
            f"UPDATE charges SET amount_micros = 2 * amount_micros WHERE session_id = {B}",
            f"UPDATE accounts SET open_micros = 2 * open_micros WHERE account_id = {BOB}",
            session(B, "charged_micros = 2 * charged_micros, granted_micros = granted_micros"),
        ],
    ),
    "charge rows count other octets": (
        "A2",
        [
            f"UPDATE charges SET input_octets = input_octets + 1 WHERE session_id = {B}",
            session(B, "records_n = records_n"),
        ],
    ),
    "an open charge was closed by nothing": (
        "L9",
        [f"UPDATE charges SET entry_id = 1 WHERE session_id = {B}"],
    ),
    "charges of a session that is not there": (
        "L9",
        [
            "INSERT INTO charges SELECT account_id, 99, part, step, day, plan_id, 0, 0, 0, 0, NULL"
            f" FROM charges WHERE session_id = {B} LIMIT 1"
        ],
    ),
    "the fee is not due": ("A2", [session(B, "fee_due = 0")]),
    "a cached balance is off": (
        "L3",
        [f"UPDATE accounts SET posted_micros = posted_micros + 1 WHERE account_id = {BOB}"],
    ),
    "cached holds are off": (
        "L3",
        [f"UPDATE accounts SET held_micros = held_micros - 1 WHERE account_id = {BOB}"],
    ),
    "a posting without another side": (
        "L2",
        [
            f"INSERT INTO postings SELECT entry_account_id, entry_id, 9, book, account_id, 5"
            f" FROM postings WHERE account_id = {BOB} LIMIT 1"
        ],
    ),
    "a new entry that does not balance": (
        "L2",
        entry("top-up", 5, sides="('customer', 5), ('cash', -4)"),
    ),
    "a new entry with one side": ("L1", entry("top-up", 5, sides="('customer', 5)")),
    "a new entry in no book": ("L1", entry("top-up", 5, sides="('customer', 5), ('x', -5)")),
    "a deleted entry": (
        "L4",
        [f"DELETE FROM entries WHERE account_id = {BOB}"],
    ),
    "postings that were changed": (
        "L4",
        [f"UPDATE postings SET amount_micros = 2 * amount_micros WHERE entry_account_id = {BOB}"],
    ),
    "a gap in the numbers": ("L10", entry("top-up", 5, seq="entries_n + 2")),
    "a correction below the floor that does not say so": ("L8", entry("correction", -90 * MB)),
    "an overrun that never was": (
        "L8",
        [*entry("correction", -5), "UPDATE entries SET overrun_micros = 5 WHERE entry_id = 7"],
    ),
    "a hold without a session": ("L6", [session(B, "state = 2")]),
    "a hold that was resolved and is there again": ("L6", [session(A, "hold_state = 1")]),
    "a hold that was resolved in another way later": ("L6", [session(A, "hold_state = 3")]),
    "a hold that paid more than it had": (
        "L6",
        [session(A, "used_micros = granted_micros + 1")],
    ),
    "a hold that did not pay": (
        "L6",
        [
            session(B, "used_micros = used_micros - 1"),
            f"UPDATE accounts SET held_micros = held_micros + 1 WHERE account_id = {BOB}",
        ],
    ),
    "a promise beyond the money": (
        "L7",
        [
            session(B, "granted_micros = granted_micros + 90000000"),
            f"UPDATE accounts SET held_micros = held_micros + 90000000 WHERE account_id = {BOB}",
        ],
    ),
    "a limit worth more than the hold": ("L7", [session(B, "limit_octets = 2 * limit_octets")]),
    "a time that is worth more than the hold": ("L7", [session(C, "timeout_s = 90000")]),
    "a counter that fell": ("A5", [session(A, "session_s = session_s - 1")]),
    "a price that fell": ("T1", [session(A, "charged_micros = 0, closed_micros = 0")]),
    "a session that changed hands": ("A7", [session(A, "plan_id = plan_id + 1")]),
    "a session that is gone": ("A1", [f"DELETE FROM sessions WHERE session_id = {A}"]),
    "nobody was charged": (
        "A9",
        [f"UPDATE sessions SET account_id = 0, {NEWER} WHERE session_id = {A}"],
    ),
    "included usage was taken and not counted": (
        "A2",
        [
            f"UPDATE allowances SET used_octets = used_octets - 1 WHERE account_id = {CAROL}",
            session(C, "records_n = records_n"),
        ],
    ),
    "included usage was left for money": (
        "A2",
        [
            f"UPDATE allowances SET used_octets = used_octets - 1 WHERE account_id = {CAROL}",
            session(C, "free_octets = free_octets - 1"),
        ],
    ),
    "cut with money left": (
        "F3",
        [
            "INSERT INTO orders SELECT 5, account_id, session_id, device_id, 'disconnect',"
            f" 'exhausted', x'', '', 1, 1, 'pending', 0, NULL, 0, NULL FROM sessions"
            f" WHERE session_id = {B}",
            session(B, "cut_order_id = 5"),
        ],
    ),
    "refused with money left": (
        "F1",
        ["UPDATE decisions SET code = 'no-credit' WHERE login = 'alice'"],
    ),
}


@pytest.mark.parametrize("name", AFTER_COMMIT)
def test_after_a_commit_it_is_reported_by_rule(house: Stage, name: str) -> None:
    rule, statements = AFTER_COMMIT[name]
    house.checker.after_commit()
    assert house.world.failures == []
    house.doctor(*statements)
    house.checker.after_commit()
    assert [text for text in house.world.failures if text.startswith(f"{rule}")], (
        house.world.failures
    )


def test_sound_books_pass_every_look(house: Stage) -> None:
    house.checker.after_commit()
    house.checker.after_death()
    house.checker.after_commit()
    house.checker.after_death()
    assert house.world.failures == []
    assert house.world.figures["looks at the books"] == 2
    assert house.world.figures["looks that failed"] == 0


def test_f2_a_session_with_nothing_left_is_on_its_way_out_or_reported(house: Stage) -> None:
    # In the books it is: its last interim used up all it had, and the order is there.
    house.checker.after_commit()
    assert house.ask(f"SELECT cut_order_id > 0 FROM sessions WHERE session_id = {P}") == [(1,)]
    assert house.world.failures == []


def test_f2_a_session_with_nothing_left_that_nobody_cut_is_reported(house: Stage) -> None:
    house.doctor("DELETE FROM orders", session(P, "cut_order_id = 0"))
    house.checker.after_commit()
    assert [text[:2] for text in house.world.failures] == ["F2"]


def test_f2_a_session_is_left_alone_while_a_login_of_its_station_waits_for_its_start(
    house: Stage,
) -> None:
    house.doctor(
        "DELETE FROM orders",
        session(P, f"cut_order_id = 0, replaced_by = {B}"),
        session(B, f"state = 0, account_id = {POOR}"),
    )
    house.checker.after_commit()
    assert "F2" not in [text[:2] for text in house.world.failures]
    house.doctor(session(P, "output_octets = output_octets + 1"), session(B, "state = 3"))
    house.checker.after_commit()
    assert "F2" in [text[:2] for text in house.world.failures]


AFTER_DEATH: dict[str, tuple[str, list[str]]] = {
    "an acknowledged packet is not in the journal": ("A1", ["DELETE FROM journal"]),
    "a journal row was damaged": ("A1", ["UPDATE journal SET created_us = created_us + 1"]),
    "an entry says something else": ("L4", ["UPDATE entries SET key = key || 'x'"]),
    "an entry is gone": ("L4", [f"DELETE FROM entries WHERE account_id = {BOB}"]),
    "a stopped session is open": ("A1", [session(A, "state = 1")]),
}


@pytest.mark.parametrize("name", AFTER_DEATH)
def test_after_a_death_it_is_reported_by_rule(house: Stage, name: str) -> None:
    rule, statements = AFTER_DEATH[name]
    house.checker.after_commit()
    house.doctor(*statements)
    house.checker.after_death()
    assert [text for text in house.world.failures if text.startswith(rule)], house.world.failures


def test_a1_a_database_that_is_damaged_is_reported(house: Stage) -> None:
    house.checker.after_commit()
    house.checker.close()
    octets = bytearray(house.path.read_bytes())
    octets[8192:40_960] = bytes(32_768)
    house.path.write_bytes(octets)
    house.checker.after_death()
    assert house.world.failures[0].startswith("A1: the database")


def test_a1_acknowledged_usage_that_is_not_stored_is_reported(house: Stage) -> None:
    house.truth.sessions[1].told[-1].output_octets += 1
    house.checker.after_commit()
    house.checker.after_death()
    assert [text[:2] for text in house.world.failures] == ["A1"]


def test_a2_usage_that_was_never_sent_is_reported(house: Stage) -> None:
    house.truth.sessions[1].told.pop()
    house.checker.after_commit()
    house.checker.after_death()
    assert [text[:2] for text in house.world.failures] == ["A2"]


def test_a2_a_session_that_nobody_had_is_reported(house: Stage) -> None:
    del house.truth.sessions[0]
    house.checker.after_commit()
    house.checker.after_death()
    assert [text[:2] for text in house.world.failures] == ["A2"]


def test_of_a_router_that_lies_only_the_packets_are_wanted(house: Stage) -> None:
    house.truth.sessions[1].told.pop()
    house.truth.sessions[1].honest = False
    house.checker.after_commit()
    house.checker.after_death()
    assert house.world.failures == []


def test_p1_a_payment_that_was_lost_is_reported(house: Stage) -> None:
    house.truth.payments.append(Payment("bob", 5, "lost", 0, done_us=1))
    house.truth.payments.append(Payment("bob", 5, "unknown", 0))
    house.checker.after_commit()
    house.checker.after_death()
    assert len(house.world.failures) == 1 and "lost" in house.world.failures[0]


def test_p1_a_payment_of_another_amount_is_reported(house: Stage) -> None:
    house.truth.payments[0].amount_micros -= 1
    house.checker.after_commit()
    house.checker.after_death()
    assert [text[:2] for text in house.world.failures] == ["P1"]


def test_p1_money_that_nobody_paid_is_reported(house: Stage) -> None:
    house.truth.payments.clear()
    house.checker.after_commit()
    house.checker.after_death()
    assert [text[:2] for text in house.world.failures] == ["P1"]


# -- the end


def finish(house: Stage) -> None:
    """Nobody is on line any more, as far as the routers know."""
    for true in house.truth.sessions:
        true.ended_us = true.ended_us or 500 * US_PER_S


def test_a2_a_stopped_session_is_the_truth_to_the_octet(house: Stage) -> None:
    house.doctor("DELETE FROM orders")
    house.truth.sessions[0].used_output += 1
    house.checker.at_end()
    assert [text[:2] for text in house.world.failures] == ["A2"]


def test_a2_seconds_that_a_router_added_behind_its_stop_and_nobody_heard_are_no_usage(
    house: Stage,
) -> None:
    house.doctor("DELETE FROM orders")
    stopped = house.truth.sessions[0]
    again = replace(stopped.told[-1], session_s=96, acked_us=None)
    stopped.told.append(again)
    stopped.used_s = 96
    house.checker.at_end()
    assert house.world.failures == []
    again.acked_us = 1
    house.checker.at_end()
    assert "A2" in [text[:2] for text in house.world.failures]


def test_sound_books_pass_the_end_but_for_an_order_that_waits(house: Stage) -> None:
    assert house.checker.unfinished() == ["1 orders are pending"]
    house.checker.at_end()
    assert house.world.failures == ["liveness: 1 orders are still pending"]
    house.doctor("UPDATE orders SET state = 'done', result = 'ack', done_us = 1")
    house.world.failures.clear()
    house.checker.at_end()
    assert house.checker.unfinished() == [] and house.world.failures == []
    assert house.world.figures["sessions judged exactly"] == 2
    assert house.world.figures["books checked by the house itself"] == 2


def test_l6_a_hold_of_a_session_that_never_began_does_not_outlive_its_time(house: Stage) -> None:
    house.doctor(
        "DELETE FROM orders",
        session(B, "state = 0, records_n = 0, hold_until_us = 5"),
    )
    house.checker.at_end()
    assert [text for text in house.world.failures if text.startswith("L6")]


def test_a11_counters_that_the_journal_does_not_come_to_are_reported(house: Stage) -> None:
    # A hundred octets and a micro more than the journal has, in every sum alike.
    house.doctor(
        "DELETE FROM orders",
        "UPDATE charges SET amount_micros = amount_micros + 1, output_octets = output_octets + 100"
        f" WHERE session_id = {B} AND step = 1",
        f"UPDATE accounts SET open_micros = open_micros + 1, held_micros = held_micros - 1"
        f" WHERE account_id = {BOB}",
        session(
            B,
            "output_octets = output_octets + 100, charged_micros = charged_micros + 1,"
            " used_micros = used_micros + 1",
        ),
    )
    house.truth.sessions[1].honest = False
    house.checker.at_end()
    assert [text[:3] for text in house.world.failures] == ["A11"]


def test_a11_a_record_that_is_missing_from_the_chain_is_reported(house: Stage) -> None:
    house.doctor("DELETE FROM orders", session(B, "records_n = records_n + 1"))
    house.checker.at_end()
    assert [text[:3] for text in house.world.failures] == ["A11"]


@pytest.mark.parametrize("reason", ["unknown-subscriber", "implausible", "stopped-session-id"])
def test_a9_suspense_that_the_truth_does_not_explain_is_reported(house: Stage, reason: str) -> None:
    house.doctor(
        "DELETE FROM orders",
        f"INSERT INTO suspense SELECT 1, session_id, device_id, '{reason}', user_name, 1, 1, 1, 1,"
        f" 1, 'open', NULL, account_id, NULL, '' FROM sessions WHERE session_id = {A}",
    )
    house.checker.at_end()
    assert [text[:2] for text in house.world.failures] == ["A9"]


def test_l8_an_overdraft_beyond_the_bound_of_its_router_is_reported(house: Stage) -> None:
    finish(house)
    poor = house.truth.sessions[3]
    poor.rate_bps, poor.enforces_octets, poor.limit_octets = 8_000, True, 1
    house.doctor("DELETE FROM orders", *_deeper(5_000))
    house.checker.at_end()
    # One second at 1,000 octets is worth ten micros, and each of two steps is rounded once.
    (text,) = house.world.failures
    assert text.startswith("L8") and "fell 5000 micros" in text and "bound is 12" in text
    assert house.checker.overdrafts == {"mikrotik": (5_000, 12)}


def test_l8_the_same_overdraft_is_within_the_bound_of_a_router_that_only_reports(
    house: Stage,
) -> None:
    finish(house)
    poor = house.truth.sessions[3]
    poor.rate_bps, poor.profile = 800_000, "cisco (deaf)"
    house.doctor("DELETE FROM orders", *_deeper(5_000))
    house.checker.at_end()
    assert house.world.failures == []
    ((worst, bound),) = house.checker.overdrafts.values()
    assert worst == 5_000 < bound and list(house.checker.overdrafts) == ["cisco with odd habits"]


@pytest.mark.parametrize(("field", "value"), [("honest", False), ("obeys", False)])
def test_a_router_that_lies_or_ignores_orders_has_no_bound(
    house: Stage, field: str, value: bool
) -> None:
    finish(house)
    setattr(house.truth.sessions[3], field, value)
    house.doctor("DELETE FROM orders", *_deeper(5_000))
    house.checker.at_end()
    assert house.world.failures == [] and house.checker.overdrafts == {}
    assert any("without a bound" in name for name in house.world.figures)


def _deeper(micros: int) -> list[str]:
    """The balance of `poor` was so much less from the beginning, as his last session began."""
    poor = "(SELECT account_id FROM subscribers WHERE login = 'poor')"
    own = f"(SELECT entry_id FROM entries WHERE account_id = {poor})"
    return [
        f"UPDATE postings SET amount_micros = amount_micros - {micros}"
        f" WHERE entry_id = {own} AND book = 'customer'",
        f"UPDATE postings SET amount_micros = amount_micros + {micros}"
        f" WHERE entry_id = {own} AND book <> 'customer'",
        f"UPDATE accounts SET posted_micros = posted_micros - {micros} WHERE account_id = {poor}",
    ]


def test_f4_an_order_that_an_obedient_router_did_not_hear_in_calm_is_reported(
    house: Stage,
) -> None:
    finish(house)
    house.checker.healed()
    house.doctor("DELETE FROM orders")
    house.truth.sessions[3].told_off_us = 46 * US_PER_S
    house.checker.at_end()
    # No order is about it any more either.
    assert [text[:2] for text in house.world.failures] == ["CO", "F4"]
