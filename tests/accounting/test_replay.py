"""Rating again from the journal gives the same money (A11), whatever came in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.replay import Replay, replay, usage_of
from domain.device import Device
from domain.plan import Garden, TimePrice
from domain.session import Walled
from rating import compile_tariff
from tests.aaa.gate import SECRET
from tests.aaa.room import Room
from tests.accounting.makers import CENT_PER_MB, plan

PRICED = plan(
    time=TimePrice(7, 60), session_fee_micros=11, included_octets=4_000, included_s=90,
    sessions_max=9,
)  # fmt: skip


def again(room: Room, session_id: int, **changed: Any) -> Replay:
    """What the journal of one session comes to."""
    records = [(n, record) for n, record in room.journal if record.session_id == session_id]
    one = room.books.sessions[session_id]
    tariff = compile_tariff(room.plan) if one.account_id else None
    said: dict[str, Any] = {
        "skew_limit_s": room.settings.clock_skew_s,
        "interim_s": one.interim_s,
        "fee_owed": not one.class_session_id and not one.adopted,
    }
    return replay(records, room.device, tariff, **(said | changed))


def told(room: Room) -> int:
    """A session of three records; its number."""
    room.record("start", 0, t=0)
    room.record("interim", 300, t=300, st=300, o=30_000)
    room.record("stop", 600, t=600, st=600, o=70_000)
    return room.sessions[0].session_id


def test_a11_a_session_rated_again_costs_the_same_and_every_line_says_why() -> None:
    room = Room(PRICED)
    found = again(room, told(room))
    assert found.differences == []
    assert found.charged_micros == room.sessions[0].charged_micros == 11 + 660 + 59
    assert [line.effect for line in found.lines] == ["unchanged", "advanced", "advanced"]
    assert [line.charged_before_micros for line in found.lines] == [0, 11, 11 + 260 + 24]
    assert [line.after.output_octets for line in found.lines] == [0, 30_000, 70_000]
    assert [line.before.session_s for line in found.lines] == [0, 0, 300]


def test_a11_a_session_that_is_nobodys_is_counted_again_and_costs_nothing() -> None:
    room = Room(PRICED)
    room.record("interim", 300, login="ghost", t=300, st=300, o=30_000)
    (one,) = room.sessions
    found = again(room, one.session_id)
    assert (found.differences, found.charged_micros) == ([], 0)
    assert found.lines[0].after.output_octets == 30_000


def test_a_session_without_records_costs_nothing() -> None:
    assert replay([], Room().device, None, skew_limit_s=300, interim_s=300).charged_micros == 0


def test_a11_a_journal_that_says_other_totals_is_found() -> None:
    room = Room(PRICED)
    session_id = told(room)
    journal_id, record = room.journal[1]
    room.journal[1] = (journal_id, record._replace(output_octets=30_001))
    found = again(room, session_id)
    assert [f"journal row {journal_id} says totals" in text for text in found.differences] == [True]


def test_a11_a_journal_that_says_another_charge_is_found() -> None:
    room = Room(PRICED)
    session_id = told(room)
    journal_id, record = room.journal[2]
    room.journal[2] = (journal_id, record._replace(charged_micros=1))
    (text,) = again(room, session_id).differences
    assert f"journal row {journal_id} says 1 micros were charged" in text


def test_a11_another_tariff_is_not_the_one_that_was_charged() -> None:
    room = Room(PRICED)
    session_id = told(room)
    room.plan = replace(PRICED, volume=replace(CENT_PER_MB, amount_micros=20_000))
    assert len(again(room, session_id).differences) == 2


def test_replaying_changes_neither_the_records_nor_the_books() -> None:
    room = Room(PRICED)
    session_id = told(room)
    before = (list(room.journal), replace(room.sessions[0]), replace(room.account))
    again(room, session_id)
    assert (room.journal, room.sessions[0], room.account) == before


def test_a_journaled_record_is_read_again_by_its_devices_dialect() -> None:
    swapped = Device(1, "nas", SECRET, (), "mikrotik", 3799, swap=True)
    room = Room(PRICED, device=swapped)
    room.record("interim", 300, t=300, st=300, o=10, i=900)
    usage = usage_of(room.journal[0][1], swapped)
    assert (usage.input_octets, usage.output_octets, usage.session_s) == (10, 900, 300)


kinds = st.sampled_from(("start", "interim", "interim", "interim", "stop"))
numbers = st.none() | st.integers(0, 2_000) | st.sampled_from((2**31, 2**32 - 1, 2**45, 2**60))
said = st.fixed_dictionaries(
    {
        "kind": kinds,
        "a": st.integers(0, 7_200),
        "t": st.none() | st.integers(0, 7_200),
        "delay": st.none() | st.integers(0, 900),
        "st": st.none() | st.integers(0, 7_200),
        "o": numbers,
        "i": numbers,
        "id": st.sampled_from("AB"),
    }
)
devices = st.builds(
    Device,
    device_id=st.just(1),
    name=st.just("nas"),
    secret=st.just(SECRET),
    prefixes=st.just(()),
    dialect=st.sampled_from(("standard", "mikrotik", "cisco")),
    coa_port=st.just(3799),
    line_rate_bps=st.sampled_from((None, 8_000, 10**9)),
    gigawords=st.booleans(),
    counter_mode=st.sampled_from(("cumulative", "cumulative", "delta")),
    swap=st.booleans(),
    octets_unit=st.sampled_from((1, 1024)),
)


@given(st.lists(said, max_size=14), devices, st.booleans())
def test_a11_live_and_replayed_agree_on_whatever_comes(
    records: list[dict[str, Any]], device: Device, in_order: bool
) -> None:
    room = Room(PRICED, device=device, balance_micros=10**12)
    arrivals = sorted(record["a"] for record in records)
    for record, arrived in zip(records, arrivals, strict=True):
        about = dict(record, a=arrived)
        if in_order:
            about["t"] = arrived
        room.record(about.pop("kind"), about.pop("a"), **about)
    for one in room.sessions:
        found = again(room, one.session_id)
        assert found.differences == []
        assert found.charged_micros == one.charged_micros
        last = found.lines[-1].after
        assert (last.input_octets, last.output_octets) == (one.input_octets, one.output_octets)
        assert [line.effect for line in found.lines] == [
            record.effect for _, record in room.journal if record.session_id == one.session_id
        ]


@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_a3_a_journal_of_repeats_rates_to_the_same_money(repeats: int) -> None:
    room = Room(PRICED)
    for t, o in ((300, 30_000), (600, 70_000)):
        for _ in range(repeats):
            room.record("interim", t, t=t, st=t, o=o)
    (one,) = room.sessions
    found = again(room, one.session_id)
    assert (found.charged_micros, len(found.lines)) == (11 + 660 + 59, 2 * repeats)
    assert found.differences == []


def test_a11_usage_behind_a_wall_is_counted_again_and_not_rated() -> None:
    room = Room(PRICED)
    room.record("start", 0, t=0)
    (one,) = room.sessions
    room.record("interim", 300, t=300, st=300, o=30_000)
    one.walled = Walled.NO_CREDIT
    room.record("interim", 600, t=600, st=600, o=50_000)
    one.walled = Walled.NO
    room.record("stop", 900, t=900, st=900, o=70_000)
    found = again(room, one.session_id)
    assert found.differences == []
    assert [line.after.output_octets for line in found.lines] == [0, 30_000, 30_000, 50_000]
    straight = Room(PRICED)
    straight.record("start", 0, t=0)
    straight.record("stop", 600, t=600, st=600, o=50_000)
    assert found.charged_micros == one.charged_micros == straight.sessions[0].charged_micros
    journal_id, record = room.journal[-1]
    room.journal[-1] = (journal_id, record._replace(unrated_output=70_001))
    assert any("unrated" in text for text in again(room, one.session_id).differences)


def test_f_42_a_start_behind_a_wall_owes_no_fee_until_something_is_rated() -> None:
    room = Room(replace(PRICED, on_expired=Garden()), valid_until_us=0)
    one = room.open_session(walled=Walled.EXPIRED)
    token = room.token(one)
    room.record("start", 0, t=0, token=token)
    room.record("interim", 300, t=300, st=300, o=900, token=token)
    assert (one.fee_due, one.charged_micros) == (False, 0)
    room.books.subscribers["alice"].valid_until_us = None
    room.subscriber.valid_until_us, one.walled = None, Walled.NO
    room.record("interim", 301, t=301, st=300, o=900, token=token)
    assert (one.fee_due, one.charged_micros) == (True, 11)
    assert again(room, one.session_id).differences == []
