"""The agendas against the walk over all sessions that they stand for."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from aaa import vigil as module
from aaa.books import Books
from aaa.hearing import Hearing, stale_after_us
from aaa.ports import Loaded, Want
from aaa.request import SweepKind
from aaa.vigil import LOOKS_N, Vigil
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from domain.usage import RecordKind, Usage
from tests.accounting.makers import T0_US, account, at, plan, session, subscriber, usage

STALE_MIN_S = 900
DEVICES = (1, 2)
GONE = 3  # a device that is configured no longer


class Watch:
    """Books with a vigil, and a clock."""

    def __init__(self, mine: Any = None) -> None:
        self.now_us = T0_US
        self.hearing = Hearing()
        self.vigil = Vigil(self.hearing, STALE_MIN_S, mine)
        self.books = Books(vigil=self.vigil)

    def take_in(self, *sessions: Session) -> None:
        """Sessions that the store had, with their accounts."""
        ids = {one.account_id for one in sessions}
        loaded = Loaded(
            accounts=[
                account(10**6, account_id=key, held_micros=_held(sessions, key)) for key in ids
            ],
            subscribers=[subscriber(subscriber_id=n, account_id=n, login=f"u{n}") for n in ids],
            sessions=list(sessions),
            plans=[plan()],
        )
        self.books.take_in(Want(account_ids=ids), loaded)
        self.books.take_changes(0, 0, b"")
        self.books.settle()

    def change(self, one: Session, **traits: Any) -> None:
        """A batch that changes a session."""
        for name, value in traits.items():
            setattr(one, name, value)
        self.books.touch(one)
        self.books.take_changes(0, 0, b"")
        self.books.settle()

    def report(self, one: Session) -> None:
        """An interim of a session; once it has reported usage, nobody is told of it."""
        said: Usage = usage("INTERIM", arrived_us=self.now_us)
        assert said.kind is RecordKind.INTERIM
        self.hearing.note(one.device_id, self.now_us)
        self.hearing.record(one, said)
        one.last_seen_us = max(one.last_seen_us, self.now_us)
        known, one.session_s = one.session_s, one.session_s + 1
        if not known:
            self.change(one)

    def due(self) -> dict[SweepKind, set[int]]:
        return self.vigil.due(self.books, self.now_us, set(DEVICES))

    def walked(self) -> dict[SweepKind, set[int]]:
        """What a walk over all sessions finds."""
        found: dict[SweepKind, set[int]] = {
            SweepKind.LAPSED: set(), SweepKind.STALE: set(), SweepKind.LOOK: set()
        }  # fmt: skip
        for one in self.books.sessions.values():
            if one.look_us is not None and self.now_us >= one.look_us:
                found[SweepKind.LOOK].add(one.session_id)
            if one.state is SessionState.ACCEPTED and (
                self.now_us >= one.hold_until_us or one.device_id not in DEVICES
            ):
                found[SweepKind.LAPSED].add(one.session_id)
            if one.state is SessionState.OPEN and (
                self.hearing.silent_us(one) > 2 * stale_after_us(one, STALE_MIN_S)
            ):
                found[SweepKind.STALE].add(one.session_id)
        return found

    def agree(self) -> None:
        """Do agendas and counts say what a walk says?"""
        assert self.due() == self.walked()
        live = [one for one in self.books.sessions.values() if one.live]
        assert self.vigil.live_n == len(live)
        assert self.vigil.held_n == sum(one.hold_state is HoldState.HELD for one in live)
        assert self.vigil.suspects_n(self.books) == sum(
            self.hearing.suspect(one, STALE_MIN_S) for one in live
        )
        assert self.books.held_micros == sum(one.held_micros for one in live)


def _held(sessions: tuple[Session, ...], account_id: int) -> int:
    return sum(one.held_micros for one in sessions if one.account_id == account_id)


def waiting(number: int, **traits: Any) -> Session:
    """A login whose Start is awaited."""
    said: dict[str, Any] = {"state": SessionState.ACCEPTED, "hold_until_us": at(600)}
    return session(session_id=number, account_id=number, **(said | traits))


def running(number: int, **traits: Any) -> Session:
    """An open session that has reported, heard now."""
    said: dict[str, Any] = {"state": SessionState.OPEN, "session_s": 5, "last_seen_us": T0_US}
    return session(session_id=number, account_id=number, **(said | traits))


def test_what_is_due_stays_due_until_it_is_done_with() -> None:
    watch = Watch()
    one = waiting(1)
    watch.take_in(one)
    watch.now_us = at(599)
    assert watch.due() == watch.walked()
    assert not any(watch.due().values())
    watch.now_us = at(600)
    for _ in range(3):
        assert watch.due()[SweepKind.LAPSED] == {1}
    watch.change(one, state=SessionState.LAPSED)
    watch.agree()
    assert not any(watch.due().values())


def test_a_hold_that_is_renewed_lapses_later_and_one_that_is_cut_short_sooner() -> None:
    watch = Watch()
    one, two = waiting(1), waiting(2)
    watch.take_in(one, two)
    watch.change(one, hold_until_us=at(900))
    watch.change(two, hold_until_us=at(300))
    for second, lapsed in ((299, set()), (300, {2}), (600, {2}), (900, {1, 2})):
        watch.now_us = at(second)
        watch.agree()
        assert watch.due()[SweepKind.LAPSED] == lapsed


def test_a_login_of_a_removed_device_lapses_at_once() -> None:
    watch = Watch()
    watch.take_in(waiting(1, device_id=GONE), running(2, device_id=GONE))
    assert watch.due()[SweepKind.LAPSED] == {1}
    watch.agree()


def test_f_03_silence_counts_from_the_start_of_hearing_and_only_while_the_device_talks() -> None:
    watch = Watch()
    watch.take_in(running(1, last_seen_us=at(-9_000)), running(2, device_id=2))
    for second in range(0, 4_000, 400):
        watch.now_us = at(second)
        watch.hearing.note(1, watch.now_us)
        watch.agree()
    assert watch.due()[SweepKind.STALE] == {1}, "device 2 was never heard"


def test_a_batch_of_very_many_is_taken_a_round_at_a_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MOST_N", 2)
    watch = Watch()
    watch.take_in(*(waiting(number) for number in range(1, 6)))
    watch.now_us = at(600)
    assert [len(watch.due()[SweepKind.LAPSED]) for _ in range(4)] == [2, 4, 5, 5]


def test_only_those_that_are_ours_are_counted() -> None:
    watch = Watch(mine=lambda session_id: session_id % 2 == 0)
    watch.take_in(*(running(n, hold_state=HoldState.HELD) for n in range(1, 6)), waiting(6))
    assert (watch.vigil.live_n, watch.vigil.held_n) == (3, 2)
    watch.books.drop_account(2)
    assert (watch.vigil.live_n, watch.vigil.held_n) == (2, 1)


STEPS = some.lists(
    some.tuples(
        some.sampled_from(
            ("wait", "note", "report", "open", "close", "look", "hold", "renew", "drop", "new")
        ),
        some.integers(0, 7),
        some.integers(0, 2_000),
    ),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS)
def test_agendas_find_what_a_walk_finds_whatever_happens(
    steps: list[tuple[str, int, int]],
) -> None:
    watch = Watch()
    numbers = iter(range(1, 100))
    watch.take_in(*(waiting(next(numbers)) for _ in range(2)), running(next(numbers)))
    for step, which, amount in steps:
        known = watch.books.sessions.values()
        one = sorted(known, key=lambda row: row.session_id)[which % len(known)] if known else None
        if step == "wait":
            watch.now_us += amount * US_PER_S
        elif step == "note":
            watch.hearing.note(1 + which % 2, watch.now_us)
        elif step == "new" or one is None:
            make = running if amount % 2 else waiting
            traits = {"session_s": 0} if amount % 3 else {}
            watch.take_in(make(next(numbers), device_id=1 + which % 3, **traits))
        else:
            _happen(watch, one, step, amount)
        watch.agree()


def _happen(watch: Watch, one: Session, step: str, amount: int) -> None:
    """Something that happens to one session."""
    if step == "report" and one.state is SessionState.OPEN:
        watch.report(one)
    elif step == "open" and one.state is SessionState.ACCEPTED:
        watch.change(one, state=SessionState.OPEN, last_seen_us=watch.now_us)
    elif step == "close" and one.live:
        _release(watch, one)
        watch.change(one, state=SessionState.CLOSED, look_us=None)
    elif step == "look":
        watch.change(one, look_us=watch.now_us + (amount - 500) * US_PER_S)
    elif step == "renew":
        watch.change(one, hold_until_us=watch.now_us + (amount - 500) * US_PER_S)
    elif step == "hold" and one.live:
        _release(watch, one)
        one.hold_state, one.granted_micros, one.used_micros = HoldState.HELD, amount, 0
        _move(watch, one, amount)
        watch.change(one)
    elif step == "drop":
        watch.books.drop_account(one.account_id)


def _release(watch: Watch, one: Session) -> None:
    _move(watch, one, -one.held_micros)
    one.hold_state = HoldState.POSTED


def _move(watch: Watch, one: Session, held_micros: int) -> None:
    purse = watch.books.accounts[one.account_id]
    purse.held_micros += held_micros
    watch.books.draft.move(purse, held=held_micros)


def test_f_03_one_that_never_reports_ages_by_the_reports_of_others() -> None:
    watch = Watch()
    quiet, other = running(1, session_s=0), running(2)
    watch.take_in(quiet, other)
    for second in range(0, 4_000, 400):
        watch.now_us = at(second)
        watch.hearing.note(1, watch.now_us)
        watch.agree()
    assert not watch.due()[SweepKind.STALE] & {1}, "nobody on this device reports"
    watch.report(other)
    watch.agree()
    assert watch.due()[SweepKind.STALE] == {1}
    watch.report(quiet)
    for second in range(4_000, 6_000, 400):
        watch.now_us = at(second)
        watch.hearing.note(1, watch.now_us)
        watch.agree()
    assert watch.due()[SweepKind.STALE] == {1, 2}


def test_f_03_from_its_first_report_on_any_word_of_its_device_tells() -> None:
    watch = Watch()
    one = running(1, session_s=0)
    watch.take_in(one)
    watch.now_us = at(100)
    watch.report(one)
    for second in range(200, 2_600, 400):
        watch.now_us = at(second)
        watch.hearing.note(1, watch.now_us)
        watch.agree()
    assert watch.due()[SweepKind.STALE] == {1}


def test_of_many_that_have_one_midnight_each_has_its_turn_and_none_is_left_out() -> None:
    watch = Watch()
    many = [running(n, look_us=at(60)) for n in range(1, 2 * LOOKS_N + 51)]
    watch.take_in(*many)
    watch.now_us = at(60)
    seen: list[set[int]] = []
    for _ in range(3):
        seen.append(watch.due()[SweepKind.LOOK])
        for one in many:
            if one.session_id in seen[-1] and one.session_id != 1:  # of which nothing comes
                watch.change(one, look_us=None)
    assert [len(some) for some in seen] == [LOOKS_N, LOOKS_N, 51]
    assert set.union(*seen) == {one.session_id for one in many}
    assert not watch.vigil.more_to_look
    assert watch.due()[SweepKind.LOOK] == {1}
