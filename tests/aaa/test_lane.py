"""The lane against the long road: two desks, the same packets, and not a number may differ."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from aaa import token
from aaa._lane import Lane
from aaa.desk import Desk
from aaa.outcome import Outcome
from aaa.ports import Change, Changes, Conflict, Loaded, StoreUnavailable, Want
from aaa.request import Item, Request
from aaa.turn import DeskSettings
from accounting import journal
from domain.account import Account, CredentialKind, Subscriber
from domain.device import Device
from domain.plan import Counted, Package, Plan, Rounding, TimePrice, Validity, VolumePrice
from domain.session import Session
from radius import Packet
from tests.aaa.gate import SECRET, Chance, Ids, record_pairs
from tests.aaa.room import SEALER
from tests.accounting import makers
from tests.accounting.makers import at

MB = 1_000_000


class Shelf:
    """A store that keeps what was committed and gives copies of it, whole accounts at a time."""

    def __init__(self, plan: Plan, logins: int, balance_micros: int, **traits: Any) -> None:
        self.plans = [plan]
        self.accounts: dict[int, Account] = {}
        self.subscribers: list[Subscriber] = []
        for n in range(1, logins + 1):
            self.accounts[n] = makers.account(balance_micros, account_id=n)
            self.subscribers.append(
                makers.subscriber(
                    subscriber_id=n,
                    account_id=n,
                    login=f"user{n}",
                    credential_kind=CredentialKind.NONE,
                    **traits,
                )
            )
        self.sessions: dict[int, Session] = {}
        self.allowances: dict[tuple[int, int], Any] = {}
        self.commits: list[Any] = []
        self.trouble: list[Exception] = []
        self.loads_n = 0
        self.days: set[int] = set()

    async def load(self, want: Want) -> Loaded:
        self.loads_n += 1
        found = Loaded(newest_plans={self.plans[-1].name: self.plans[-1].plan_id})
        wanted = set(want.account_ids)
        wanted |= {one.account_id for one in self.subscribers if one.login in want.logins}
        for one in self.sessions.values():
            key = (one.device_id, one.acct_session_id)
            if one.session_id in want.session_ids or key in want.session_keys or want.all_live:
                wanted.add(one.account_id)
                found.sessions.append(replace(one))
        named = {one.session_id for one in found.sessions}
        for one in self.sessions.values():
            if one.account_id in wanted and one.live and one.session_id not in named:
                found.sessions.append(replace(one))
        found.accounts = [replace(self.accounts[key]) for key in sorted(wanted - {0})]
        found.subscribers = [replace(s) for s in self.subscribers if s.account_id in wanted]
        found.allowances = [replace(a) for key, a in self.allowances.items() if key[0] in wanted]
        found.plans = list(self.plans)
        return found

    async def commit(self, changes: Changes) -> None:
        if self.trouble:
            raise self.trouble.pop()
        said: dict[str, Any] = {name: repr(getattr(changes, name)) for name in Changes.__slots__}
        del said["moved"], said["journal"]
        said["sessions"] = sorted(map(repr, changes.sessions + changes.moved))
        said["accounts"] = sorted(map(repr, changes.accounts))
        said["charges"] = sorted(map(repr, changes.charges))
        body = changes.journal
        said["records"] = journal.decode(journal.packed(body)) if body else []
        self.days |= {charge.day for charge in changes.charges}
        self.commits.append(said)
        for move in changes.accounts:
            self.accounts[move.after.account_id] = replace(move.after)
        for one in [*changes.sessions_new, *changes.sessions, *changes.moved]:
            self.sessions[one.session_id] = replace(one)
        for after, _octets, _seconds in changes.allowances:
            self.allowances[after.account_id, after.period_start_us] = replace(after)

    def prepare(self, changes: Changes) -> None:
        pass

    async def feed(self, since_seq: int) -> list[Change]:
        return []

    async def feed_seq(self) -> int:
        return 0


class House:
    """A desk on a shelf, with the lane or without."""

    def __init__(self, *, lane: bool, device: Device, plan: Plan, **rest: Any) -> None:
        self.shelf = Shelf(plan, **rest)
        self.desk = Desk(self.shelf, DeskSettings(), ids=Ids(), randomness=Chance(), sealer=SEALER)
        self.broken: list[BaseException] = []
        self.desk.broke = lambda item, error: self.broken.append(error)
        self.desk.lane_open = lane
        self.desk.equip([device])

    def serve(self, items: list[Item], now_us: int) -> list[Outcome]:
        found = asyncio.run(self.desk.serve(items, now_us))
        assert not self.broken, self.broken
        return found


class Pair:
    """The same history at both: the lane's, and the long road's.

    With `classed`, records carry the Class of the newest session that has their name.
    """

    def __init__(self, *, classed: bool = False, **traits: Any) -> None:
        self.classed = classed
        self.device = Device(
            1, "nas", SECRET, ("10.0.0.0/16",), traits.pop("dialect", "mikrotik"), 3799,
            **traits.pop("device", {}),
        )  # fmt: skip
        rest: dict[str, Any] = {"plan": makers.plan(), "logins": 2, "balance_micros": 5_000_000}
        rest |= traits
        self.short = House(lane=True, device=self.device, **rest)
        self.long = House(lane=False, device=self.device, **rest)
        self.chance = Chance()

    def record(self, kind: str, now_us: int, *, user: int = 1, **said: Any) -> Request:
        said = {"id": f"S{user}", "login": f"user{user}"} | said
        named = [
            n for n, one in self.long.shelf.sessions.items() if one.acct_session_id == f"S{user}"
        ]
        if self.classed and named:
            said = {"token": token.issue(max(named), SEALER.class_key)} | said
        packet = Packet(4, 1, bytes(16), record_pairs(kind, **said))
        return Request(packet, self.device, "10.0.0.1", now_us, signed=True)

    def serve(self, *items: Item, t: int) -> None:
        """Serve a batch `t` seconds after T0 at both, and compare all there is."""
        outcomes = [house.serve(list(items), at(t)) for house in (self.short, self.long)]
        assert outcomes[0] == outcomes[1]
        self.compare()

    def compare(self) -> None:
        short, long = self.short, self.long
        assert short.shelf.commits == long.shelf.commits
        assert short.desk.notes == long.desk.notes
        assert vars(short.desk._hearing) == vars(long.desk._hearing)
        assert short.desk.figures() == long.desk.figures()
        assert short.desk.take_orders() == long.desk.take_orders()

    @property
    def taken_n(self) -> int:
        return self.short.desk._lane.taken_n


def begun(**traits: Any) -> Pair:
    """Two sessions that have started and reported once."""
    pair = Pair(**traits)
    for user in (1, 2):
        pair.serve(pair.record("start", at(0), user=user, t=0, st=0), t=0)
    for user in (1, 2):
        record = pair.record("interim", at(60), user=user, t=60, st=60, i=1000, o=2000)
        pair.serve(record, t=60)
    return pair


def test_the_second_interim_of_a_session_takes_the_lane_and_loads_nothing() -> None:
    pair = begun()
    before, loads_n = pair.taken_n, pair.short.shelf.loads_n
    pair.serve(
        pair.record("interim", at(120), t=120, st=120, i=2 * MB, o=3 * MB),
        pair.record("interim", at(120), user=2, t=120, st=120, i=1 * MB, o=2 * MB),
        t=120,
    )
    assert pair.taken_n == before + 2 and pair.short.shelf.loads_n == loads_n
    assert pair.short.shelf.accounts[1].open_micros == 50_000


def test_two_interims_of_one_session_in_one_batch_are_one_row_and_two_records() -> None:
    pair = begun()
    before = pair.taken_n
    pair.serve(
        pair.record("interim", at(120), t=120, st=120, i=2 * MB, o=3 * MB),
        pair.record("interim", at(121), t=121, st=121, i=2 * MB, o=4 * MB),
        t=121,
    )
    assert pair.taken_n == before + 2
    last = pair.short.shelf.commits[-1]
    assert len(last["sessions"]) == 1 and len(last["records"]) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"i": 10, "o": 5000, "st": 120, "t": 120},  # fell
        {"i": 5000, "o": 5000, "st": 30, "t": 120},  # the time fell
        {"i": None, "o": 5000, "st": 120, "t": 120},
        {"i": 5000, "o": 5000, "st": None, "t": 120},
        {"i": 5000, "o": 1 << 61, "st": 120, "t": 120},  # no counter reads like this
        {"i": 5000, "o": 5000, "st": 120, "t": 120, "ip": "10.1.1.1"},  # a first address
        {"i": 5000, "o": 5000, "st": 120, "t": 120, "extra": ((33, b"proxy"),)},
        {"i": 5000, "o": 5000, "st": 120, "t": 120, "extra": ((2, b"secret"),)},
        {"i": 5000, "o": 5000, "st": 120, "t": 120, "extra": ((42, b"\0\0\0\1"),)},  # twice
        {"i": 5000, "o": 5000, "st": 120, "t": 120, "extra": ((47, b"\1"),)},  # no number
        {"i": 1000, "o": 3_000 * MB, "st": 120, "t": 120},  # beyond the money
    ],
)
def test_what_is_not_plain_takes_the_long_road_and_comes_to_the_same(said: dict[str, Any]) -> None:
    pair = begun()
    before = pair.taken_n
    pair.serve(pair.record("interim", at(120), **said), t=120)
    assert pair.taken_n == before
    pair.serve(pair.record("interim", at(180), t=180, st=180, i=9000, o=9000), t=180)


def test_what_touches_a_session_ends_its_track() -> None:
    pair = begun()
    lane, books = pair.short.desk._lane, pair.short.desk._books
    one, two = (books.sessions[key] for key in sorted(pair.short.shelf.sessions))
    for user in (1, 2):
        record = pair.record("interim", at(90), user=user, t=90, st=90, i=1000, o=2000)
        pair.serve(record, t=90)
    assert lane.known(one) and lane.known(two)
    pair.serve(pair.record("stop", at(100), t=100, st=100, i=1000, o=2000), t=100)
    assert not lane.known(one) and lane.known(two)
    pair.serve(pair.record("interim", at(110), t=110, st=110, i=1 * MB, o=2 * MB), t=110)


@pytest.mark.parametrize("change", [Change(1, "account", 1), Change(1, "plan", 1)])
def test_what_the_office_changes_is_read_anew(change: Change) -> None:
    pair = begun()
    pair.serve(pair.record("interim", at(90), t=90, st=90, i=1000, o=2000), t=90)
    lane, books = pair.short.desk._lane, pair.short.desk._books
    one = books.sessions[min(pair.short.shelf.sessions)]
    assert lane.known(one)
    for house in (pair.short, pair.long):
        house.shelf.accounts[1].posted_micros += 7
        house.desk.absorb([change])
    assert not lane.known(one)
    for house in (pair.short, pair.long):
        while tasks := house.desk.pending():
            house.serve(tasks, at(91))
    pair.serve(pair.record("interim", at(120), t=120, st=120, i=1 * MB, o=2 * MB), t=120)
    assert pair.short.shelf.accounts[1].posted_micros == 5_000_007


def test_another_device_row_under_the_same_id_ends_all_tracks() -> None:
    pair = begun()
    pair.serve(pair.record("interim", at(90), t=90, st=90, i=1000, o=2000), t=90)
    changed = replace(pair.device, swap=True)
    pair.device = changed
    for house in (pair.short, pair.long):
        house.desk.equip([changed])
    assert len(pair.short.desk._lane) == 0
    pair.serve(pair.record("interim", at(120), t=120, st=120, i=2 * MB, o=1 * MB), t=120)


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), Conflict("changed")])
def test_after_a_failed_commit_nothing_of_the_lane_is_believed(error: Exception) -> None:
    pair = begun()
    pair.serve(pair.record("interim", at(90), t=90, st=90, i=1000, o=2000), t=90)
    for house in (pair.short, pair.long):
        house.shelf.trouble.append(error)
    again = pair.record("interim", at(120), t=120, st=120, i=1 * MB, o=2 * MB)
    pair.serve(again, t=120)
    pair.serve(again, t=121)
    assert pair.short.shelf.accounts[1].open_micros == 30_000


def test_names_that_differ_in_anything_but_counters_are_other_names() -> None:
    pair = begun()
    first = [(40, b"\0\0\0\3"), (1, b"user1"), (44, b"S1"), (46, bytes(4)), (42, bytes(4))]
    base = [*first, (43, bytes(4)), (55, bytes(4))]
    lane = Lane(bytes(range(16)))
    others = [
        base,
        [*base, (31, b"a")],
        [*base, (31, b"b")],
        [*base[:-1]],
        [*base, (52, bytes(4))],
        [*base[::-1]],
    ]
    requests = [
        Request(Packet(4, 1, bytes(16), pairs), pair.device, "10.0.0.1", at(0), signed=True)
        for pairs in others
    ]
    assert lane.look(requests) == list(range(len(others)))
    assert all(lane.readable(n) for n in range(len(others)))
    assert len({lane.names_of(n) for n in range(len(others))}) == len(others)


def test_the_hash_is_siphash_2_4_128() -> None:
    """The vectors of the reference: key 00..0f, the message 00..n-1."""
    lane = Lane(bytes(range(16)))
    expected = {
        0: "a3817f04ba25a8e66df67214c7550293",
        1: "da87c1d86b99af44347659119b22fc45",
        8: "3b62a9ba6258f5610f83e264f31497b4",
        63: "5150d1772f50834a503e069a973fbd7c",
    }
    for size, digest in expected.items():
        assert lane.hash(bytes(range(size))).hex() == digest


prices = some.builds(
    VolumePrice,
    amount_micros=some.sampled_from([1, 333, 10_000]),
    unit_octets=some.sampled_from([1, 1_000, 1_000_000]),
    increment_octets=some.sampled_from([1, 1_000, 4_096]),
    counted=some.just(Counted.SUM),
    rounding=some.sampled_from(list(Rounding)),
)
times = some.builds(
    TimePrice,
    amount_micros=some.sampled_from([1, 500]),
    unit_s=some.sampled_from([1, 60]),
    increment_s=some.sampled_from([1, 60]),
)
plans = some.builds(
    makers.plan,
    volume=some.none() | prices,
    time=some.none() | times,
    session_fee_micros=some.sampled_from([0, 0, 250_000]),
    included_octets=some.sampled_from([0, 0, 40 * MB]),
    included_s=some.sampled_from([0, 0, 600]),
    down_bps=some.none() | some.just(20_000_000),
    up_bps=some.none() | some.just(5_000_000),
    timezone=some.sampled_from(["UTC", "America/Havana", "Asia/Kolkata"]),
    sessions_max=some.sampled_from([1, 2]),
    package=some.none() | some.just(Package(Validity(30), grace_s=100)),
)
quirks = some.fixed_dictionaries(
    {
        "line_rate_bps": some.sampled_from([None, None, 100_000_000]),
        "gigawords": some.booleans(),
        "gigawords_trusted": some.booleans(),
        "swap": some.booleans(),
        "octets_unit": some.sampled_from([1, 1, 1024]),
        "interim_s": some.sampled_from([None, 60]),
    }
)
steps = some.lists(
    some.tuples(
        some.sampled_from(["interim"] * 12 + ["start", "stop", "account", "plan", "late"]),
        some.sampled_from([1, 1, 2]),  # whose
        some.sampled_from([0, 1, 20, 60, 60, 300, 4000]),  # seconds later
        some.sampled_from([0, 0, 1, 999, 1 * MB, 7 * MB, 1 << 33]),  # more in
        some.sampled_from([0, 1, 999, 1 * MB, 30 * MB, -5 * MB]),  # more out
        some.sampled_from([None, 0, 0, 0, 3, -400, 9000]),  # clock; None: no timestamp
        some.booleans(),  # the batch ends here
    ),
    max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(
    plan=plans,
    quirk=quirks,
    dialect=some.sampled_from(["mikrotik", "cisco", "standard"]),
    balance_micros=some.sampled_from([1_000_000, 5_000_000, 500_000_000]),
    valid_s=some.none() | some.sampled_from([500, 5_000]),
    classed=some.booleans(),
    history=steps,
)
def test_a2_the_lane_and_the_long_road_write_the_same_books(
    plan: Plan,
    quirk: dict[str, Any],
    dialect: str,
    balance_micros: int,
    valid_s: int | None,
    classed: bool,
    history: list[tuple[str, int, int, int, int, int | None, bool]],
) -> None:
    valid_until_us = None if valid_s is None else at(valid_s)
    pair = begun(
        plan=plan, device=quirk, dialect=dialect, balance_micros=balance_micros,
        valid_until_us=valid_until_us, classed=classed,
    )  # fmt: skip
    now_s, totals = 60, {1: [1000, 2000], 2: [1000, 2000]}
    batch: list[Item] = []
    for kind, user, later_s, more_in, more_out, clock_s, ends in history:
        now_s += later_s
        if kind in ("account", "plan"):
            for house in (pair.short, pair.long):
                house.desk.absorb([Change(1, kind, 1)])
                while tasks := house.desk.pending():
                    house.serve(tasks, at(now_s))
            pair.compare()
            continue
        total = totals[user]
        total[0], total[1] = total[0] + more_in, max(total[1] + more_out, 0)
        batch.append(
            pair.record(
                "interim" if kind == "late" else kind,
                at(now_s),
                user=user,
                st=max(now_s - 30 if kind == "late" else now_s, 0),
                i=total[0] % (1 << 40),
                o=total[1],
                t=None if clock_s is None else now_s + clock_s,
            )
        )
        if ends:
            pair.serve(*batch, t=now_s)
            batch = []
    if batch:
        pair.serve(*batch, t=now_s)


def test_the_days_of_charges_change_with_the_local_midnight() -> None:
    pair = begun(plan=makers.plan(timezone="Asia/Kolkata"), balance_micros=500_000_000)
    before = pair.taken_n
    for hour in range(1, 30):
        t = hour * 3600
        record = pair.record("interim", at(t), t=t, st=t, i=hour * MB, o=hour * MB)
        pair.serve(record, t=t)
    assert pair.taken_n >= before + 28
    assert pair.short.shelf.days == {20_370, 20_371}
