"""The straight road: batches, other writers, failing stores, broken decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aaa.ports import Changes, StoreUnavailable
from aaa.request import Recheck
from domain.account import Status
from domain.grant import OrderResult
from domain.session import SessionState
from tests.aaa.gate import Gate, class_of

MB = 1_000_000


def begin(gate: Gate) -> bytes:
    gate.add_subscriber()
    token = class_of(gate.accept())
    gate.record("start", token=token)
    return token


def test_a_batch_is_decided_in_order_of_arrival_and_committed_once(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = begin(gate)
    commits: list[Changes] = []
    commit = gate.store.commit

    async def counted(changes: Changes) -> None:
        commits.append(changes)
        await commit(changes)

    monkeypatch.setattr(gate.store, "commit", counted)
    requests = [
        gate.at(10 * n).accounting("interim", token=token, st=10 * n, o=n * MB)
        for n in range(1, 20)
    ]
    outcomes = gate.serve(*requests, gate.accounting("stop", token=token, st=190, o=20 * MB))
    assert [outcome.reply_code for outcome in outcomes] == [5] * 20
    assert len(commits) == 1
    assert gate.account().balance_micros == 5_000_000 - 200_000
    (journal,) = [row for row in gate.rows("journal") if row["journal_id"] == commits[0].journal_id]
    assert journal["body"]
    assert gate.check() == []


def test_a_failing_store_answers_nobody_and_loses_nothing(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = begin(gate)
    commit = gate.store.commit

    async def fails(changes: Changes) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(gate.store, "commit", fails)
    request = gate.at(60).accounting("interim", token=token, st=60, o=100 * MB)
    (outcome,) = gate.serve(request)
    assert (outcome.reply_code, outcome.label) == (None, "failed")
    assert gate.accept(id="B").reply_code is None
    monkeypatch.setattr(gate.store, "commit", commit)
    (outcome,) = gate.serve(request)
    assert outcome.reply_code == 5
    assert gate.account().balance_micros == 4_000_000
    assert gate.check() == []


def test_a_commit_of_unknown_fate_is_charged_once_when_it_is_repeated(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed, but the connection died before we heard of it (A2, A4)."""
    token = begin(gate)
    commit = gate.store.commit

    async def lost(changes: Changes) -> None:
        await commit(changes)
        raise StoreUnavailable("connection lost at COMMIT")

    monkeypatch.setattr(gate.store, "commit", lost)
    request = gate.at(60).accounting("interim", token=token, st=60, o=100 * MB)
    (outcome,) = gate.serve(request)
    assert outcome.reply_code is None
    monkeypatch.setattr(gate.store, "commit", commit)
    (outcome,) = gate.serve(request)
    assert outcome.reply_code == 5
    assert gate.account().balance_micros == 4_000_000
    assert gate.check() == []


def test_a_10_an_acknowledged_cut_of_unknown_fate_ends_a_session_that_sends_no_stop(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told again was written down already, and yet the Stop is waited for (Q-26)."""
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=500 * MB)
    commit = gate.store.commit

    async def lost(changes: Changes) -> None:
        await commit(changes)
        raise StoreUnavailable("connection lost at COMMIT")

    (order,) = gate.orders
    monkeypatch.setattr(gate.store, "commit", lost)
    gate.settle(order, OrderResult.ACK)
    monkeypatch.setattr(gate.store, "commit", commit)
    gate.at(61).settle(order, OrderResult.ACK)
    assert gate.desk.due(gate.at(100).now_us) == []
    gate.serve(*gate.desk.due(gate.at(125).now_us))
    (session,) = gate.sessions()
    assert (session.state, session.terminate_cause) == (SessionState.CLOSED, 6)
    assert gate.check() == []


def test_l6_a_hold_whose_lapse_was_not_committed_lapses_though_nobody_says_a_word(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the failed batch dropped from memory is looked for when time decides again."""
    gate.add_subscriber()
    gate.accept()
    commit = gate.store.commit

    async def fails(changes: Changes) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(gate.store, "commit", fails)
    gate.serve(*gate.desk.due(gate.at(10_000_000).now_us))
    monkeypatch.setattr(gate.store, "commit", commit)
    for _ in range(2):
        gate.serve(*gate.desk.due(gate.now_us))
    assert gate.desk.due(gate.now_us) == []
    assert gate.account().held_micros == 0
    assert gate.check() == []


def test_two_workers_on_one_account_spend_nothing_twice(either_gate: Gate) -> None:
    """Q-19, F-28: the same records at two servers, one after the other and crossed."""
    gate = either_gate
    token = begin(gate)
    other_store, other = gate.new_desk()
    for n in range(1, 11):
        request = gate.at(60 * n).accounting("interim", token=token, st=60 * n, o=n * 10 * MB)
        for desk in (gate.desk, other):
            (outcome,) = gate.run(desk.serve([request], gate.now_us))
            assert outcome.reply_code == 5
    assert gate.account().balance_micros == 4_000_000
    assert not gate.broken
    gate.run(other_store.close())
    assert gate.check() == []


def test_two_workers_do_not_grant_the_same_money(either_gate: Gate) -> None:
    gate = either_gate
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two")
    other_store, other = gate.new_desk()
    requests = [gate.login("bob", id=name, mac=f"02-00-00-00-00-0{name}") for name in "123"]
    outcomes = []
    for desk, request in zip((gate.desk, other, gate.desk), requests, strict=True):
        outcomes += gate.run(desk.serve([request], gate.now_us))
    assert [outcome.reply_code for outcome in outcomes] == [2, 2, 3]
    assert gate.account("bob").available_micros == 0
    gate.run(other_store.close())
    assert gate.check() == []


def test_a_top_up_between_load_and_commit_is_not_lost(
    either_gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = either_gate
    token = begin(gate)
    commit = gate.store.commit
    calls = []

    async def interrupted(changes: Changes) -> None:
        if not calls:
            calls.append(1)
            await gate.top_up_now("alice", 1_000_000)
        await commit(changes)

    monkeypatch.setattr(gate.store, "commit", interrupted)
    outcome = gate.at(60).record("interim", token=token, st=60, o=100 * MB)
    assert outcome.reply_code == 5
    assert gate.account().balance_micros == 5_000_000
    tasks = gate.desk.pending()
    assert [type(task) for task in tasks] == [Recheck]
    gate.serve(*tasks)
    assert gate.account().held_micros == 5_000_000
    assert gate.check() == []


def test_a_broken_decision_costs_its_own_request_the_answer_and_nobody_elses(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = begin(gate)
    gate.add_subscriber("bob")
    from aaa import record

    apply = record._apply

    def breaks(turn: Any, session: Any, *rest: Any) -> str:
        effect = apply(turn, session, *rest)
        assert session.user_name != "bob", "a planted bug"
        return effect

    monkeypatch.setattr(record, "_apply", breaks)
    outcomes = gate.serve(
        gate.at(60).accounting("interim", token=token, st=60, o=100 * MB),
        gate.accounting("interim", login="bob", id="B", st=60, o=100 * MB),
        gate.accounting("interim", token=token, st=60, o=200 * MB),
    )
    assert [outcome.reply_code for outcome in outcomes] == [5, None, 5]
    assert len(gate.broken) == 1
    gate.broken.clear()
    assert gate.account("bob").balance_micros == 5_000_000
    assert gate.account("alice").balance_micros == 3_000_000
    assert gate.check() == []


def test_a_restart_continues_where_the_commit_left_off(either_gate: Gate) -> None:
    gate = either_gate
    token = begin(gate)
    for n in range(1, 6):
        gate.restart()
        gate.at(60 * n).record("interim", token=token, st=60 * n, o=n * 10 * MB)
    assert gate.account().balance_micros == 4_500_000
    (session,) = gate.sessions()
    assert session.state is SessionState.OPEN
    assert gate.check() == []


def test_what_the_office_changes_counts_for_the_next_packet(gate: Gate) -> None:
    gate.add_subscriber("bob", balance_micros=0)
    assert gate.accept("bob").label == "no-credit"
    gate.top_up("bob", 1_000_000)
    # Nobody told the desk: its commit finds the change number moved, and decides again.
    assert gate.accept("bob").reply_code == 2


def test_a_reused_id_under_another_class_closes_the_old_session(gate: Gate) -> None:
    token = begin(gate)
    gate.at(60).record("interim", token=token, st=60, o=10 * MB)
    gate.add_plan(
        'name = "two"\ncurrency = "USD"\nsessions = 2\n'
        '[price.volume]\namount = "0.01"\nper = "MB"\n'
    )
    gate.add_subscriber("bob", plan="two")
    second = class_of(gate.accept("bob"))
    gate.record("start", login="bob", token=second)
    states = {session.user_name: session.state for session in gate.sessions()}
    assert states == {"alice": SessionState.CLOSED, "bob": SessionState.OPEN}
    assert gate.check() == []


def test_a_plan_loaded_while_running_counts_for_the_next_login(gate: Gate) -> None:
    gate.add_subscriber()
    assert gate.accept().reply_code == 2
    gate.add_plan(
        'name = "sample-prepaid"\ncurrency = "USD"\n[price.volume]\namount = "0.02"\nper = "MB"\n'
    )
    assert gate.accept().reply_code == 2
    assert {session.plan_id for session in gate.sessions()} == {
        row["plan_id"] for row in gate.rows("plans")
    }
    assert gate.check() == []


def test_a_store_that_fails_while_the_books_are_read_again_costs_only_time(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = begin(gate)
    store = gate.store
    load = store.load

    async def fails(want: Any) -> Any:
        raise StoreUnavailable("away")

    def breaks(*_: Any) -> str:
        raise AssertionError("a planted bug")

    from aaa import record

    apply = record._apply
    monkeypatch.setattr(record, "_apply", breaks)
    monkeypatch.setattr(store, "load", fails)
    request = gate.at(60).accounting("interim", token=token, st=60, o=100 * MB)
    for _ in range(2):
        assert gate.serve(request)[0].reply_code is None
    monkeypatch.setattr(record, "_apply", apply)
    monkeypatch.setattr(store, "load", load)
    gate.broken.clear()
    assert gate.serve(request)[0].reply_code == 5
    assert gate.account().balance_micros == 4_000_000
    assert gate.check() == []


def test_a_credential_sealed_with_another_key_is_answered_with_silence(gate: Gate) -> None:
    """ATH-06: our fault is no reason to throw a customer out."""
    gate.add_subscriber()
    gate.change("alice", credential=b"\x01" + bytes(60))
    gate.hear()
    assert gate.accept().reply_code is None
    assert gate.desk.notes["credential-unreadable"] == 1


def test_a_change_heard_in_the_middle_of_a_batch_takes_no_row_away_from_it(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed speaks while the batch is being loaded: nobody is unknown because of that."""
    gate.add_subscriber()
    gate.add_subscriber("bob")
    gate.accept("alice")
    load = gate.store.load
    interruptions: list[int] = []

    async def interrupted(want: Any) -> Any:
        loaded = await load(want)
        if not interruptions:
            interruptions.append(1)
            await gate.top_up_now("alice", 1_000_000)
            gate.desk.absorb(await gate.store.feed(gate.heard))
        return loaded

    monkeypatch.setattr(gate.store, "load", interrupted)
    outcomes = gate.serve(gate.login("alice"), gate.login("bob"))
    assert [outcome.label for outcome in outcomes] == ["accepted", "accepted"]
    assert gate.check() == []


def test_a_change_is_looked_at_once_what_it_asks_for_is_durable(gate: Gate) -> None:
    gate.add_subscriber()
    gate.add_subscriber("bob")
    gate.hear()
    gate.accept("alice")
    before = gate.desk.looked_seq
    assert before == gate.heard > 0
    gate.change("alice", status=Status.SUSPENDED)
    news = [one for one in gate.run(gate.store.feed(0)) if one.seq > gate.heard]
    gate.desk.absorb(news)
    (task,) = gate.desk.pending()
    assert gate.desk.looked_seq == before, "the recheck is not served yet"
    gate.desk.absorb([])
    assert gate.desk.looked_seq == before
    gate.serve(task)
    gate.heard = news[-1].seq
    assert gate.desk.looked_seq == gate.heard
    gate.change("bob", name="Bob")
    gate.hear()
    assert gate.desk.looked_seq == gate.heard > news[-1].seq, "it asks for nothing"


def test_a_start_reads_those_who_are_not_on_line_as_far_as_there_is_room(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.add_subscribers(["alice", "bob", "carol"])
    gate.accept("alice")
    gate.settings = replace(gate.settings, known_max_n=1)
    gate.restart()
    asked: list[Any] = []
    load = gate.store.load

    async def heard(want: Any) -> Any:
        asked.append(want)
        return await load(want)

    monkeypatch.setattr(gate.store, "load", heard)
    for login in ("alice", "bob", "carol"):
        assert gate.accept(login, id=login).label == "accepted"
    assert [want.logins for want in asked] == [{"carol"}]
    gate.desk._cold = True  # as after a decision that broke
    gate.accept("bob")
    assert [want.others_max_n for want in asked] == [0, 0], "only the first start reads them"
    assert gate.check() == []
