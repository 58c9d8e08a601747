"""The line before the desk: arrival order, ranks, shedding, reports that cover others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa.outcome import Outcome
from aaa.request import Item, Recheck, Request
from radius.packet import decode
from server._road import rank_of
from server.cover import Report, report_of
from server.queue import COVERED_MAX, Errand, Queue, Rank, Taken
from tests.server import packets
from tests.server.fakes import device

AGE_US = 5_000_000
PLAIN = [rank for rank in Rank if rank not in (Rank.NEAR, Rank.KNOWN, Rank.COVERED)]


@dataclass(eq=False)
class Waiting:
    rank: Rank
    entered_us: int = 0
    arrival_n: int = 0
    item: Item = field(default_factory=lambda: Recheck(frozenset()))

    def settle(self, outcome: Outcome, now_us: int) -> None:
        pass

    def shed(self) -> None:
        pass


def packet(octets: bytes) -> Waiting:
    """A request in line, as the door would put it there."""
    read = decode(octets)
    return Waiting(rank_of(read), item=Request(read, device(), "192.0.2.1", 0, True))


def interim(session: bytes = b"s1", octets_n: int = 0) -> Waiting:
    return packet(packets.record(session=session, octets_n=octets_n, session_s=octets_n // 1000))


def login(name: bytes) -> Waiting:
    return packet(packets.login(name=name))


def nobody(_request: Request) -> bool:
    return False


def line(limit_n: int) -> Queue:
    return Queue(limit_n, AGE_US, nobody)


def batch_of(waiting: Sequence[Errand]) -> Taken:
    return Taken(list(waiting), [], 0)


def offer_all(queue: Queue, waiting: Sequence[Waiting]) -> None:
    for errand in waiting:
        assert queue.offer(errand) is None


def test_a_batch_is_everything_that_waits_in_order_of_arrival() -> None:
    queue = line(100)
    waiting = [interim(octets_n=n * 1000) for n in range(3)] + [Waiting(rank) for rank in PLAIN]
    offer_all(queue, waiting)
    assert queue.take(100, 0) == batch_of(waiting)
    assert len(queue) == queue.requests_n == 0


def test_of_a_crowd_that_would_fit_the_first_go_and_the_others_stay() -> None:
    queue = line(100)
    crowd = [login(b"user%d" % n) for n in range(6)]
    queue.offer(Waiting(Rank.TASK))
    assert not queue.is_crowd
    queue.offer_all(crowd)
    assert queue.is_crowd
    first = queue.take(50, 0, 3)
    assert first.batch[1:] == crowd[:2] and not first.stale and len(queue) == queue.requests_n == 4
    assert queue.is_crowd
    assert queue.take(50, 0, 9).batch == crowd[2:] and not queue
    queue.offer_all([interim(b"s%d" % n) for n in range(6)])
    assert not queue.is_crowd
    queue.offer_all(crowd)
    assert len(queue.take(11, 0, 3).batch) == 11, "not all would fit: the better ranks first"


def test_nobody_is_asked_about_as_long_as_all_fit() -> None:
    asked: list[Request] = []
    queue = Queue(100, AGE_US, lambda request: bool(asked.append(request)))
    waiting = [interim(b"s%d" % n) for n in range(10)] + [login(b"alice")]
    offer_all(queue, waiting)
    queue.take(11, 0)
    assert asked == []
    offer_all(queue, waiting)
    queue.take(10, 0)
    assert len(asked) == 11


def test_a_session_with_a_report_in_line_is_not_asked_about_again() -> None:
    asked: list[Request] = []
    queue = Queue(100, AGE_US, lambda request: asked.append(request) is None)
    later = [interim(octets_n=n) for n in range(10)]
    offer_all(queue, later)
    assert len(queue.take(5, 0).batch) == 5
    assert len(asked) == 1
    assert {waiting.rank for waiting in later} == {Rank.NEAR, Rank.COVERED}


def test_when_more_waits_than_fits_the_better_ranks_go_first() -> None:
    queue = line(100)
    interims = [Waiting(Rank.INTERIM) for _ in range(5)]
    stops = [Waiting(Rank.STOP) for _ in range(5)]
    offer_all(queue, interims + stops)
    assert queue.take(6, 0) == batch_of([interims[0], *stops])
    assert queue.take(6, 0) == batch_of(interims[1:])


def test_the_order_of_5_3() -> None:
    queue = Queue(100, AGE_US, lambda request: b"urgent" in request.packet.attribute_octets)
    best_first = [
        Waiting(Rank.TASK),
        packet(packets.record(status=packets.STOP)),
        packet(packets.record(status=packets.START)),
        interim(b"urgent"),
        login(b"urgent"),
        login(b"alice"),
        interim(b"s1"),
    ]
    offer_all(queue, best_first[::-1])
    assert [queue.take(1, 0).batch for _ in best_first] == [[errand] for errand in best_first]


def test_new_logins_are_served_the_newest_first_and_known_ones_in_turn() -> None:
    queue = Queue(100, AGE_US, lambda request: b"known" in request.packet.attribute_octets)
    new = [login(b"new%d" % n) for n in range(3)]
    known = [login(b"known%d" % n) for n in range(3)]
    offer_all(queue, new + known)
    assert [queue.take(1, 0).batch[0] for _ in range(6)] == [*known, *reversed(new)]


def test_a_full_line_sheds_the_oldest_interim_before_anything_else() -> None:
    queue = line(3)
    first, guest, second = Waiting(Rank.INTERIM), Waiting(Rank.LOGIN), Waiting(Rank.INTERIM)
    offer_all(queue, [first, guest, second])
    assert queue.offer(Waiting(Rank.STOP)) is first
    assert queue.offer(Waiting(Rank.START)) is second
    assert queue.offer(Waiting(Rank.STOP)) is guest
    assert queue.requests_n == 3


def test_a_worse_rank_never_takes_the_place_of_a_better_one() -> None:
    queue = line(2)
    offer_all(queue, [Waiting(Rank.STOP), Waiting(Rank.START)])
    for rank in (Rank.INTERIM, Rank.LOGIN):
        errand = Waiting(rank)
        assert queue.offer(errand) is errand


def test_tasks_are_taken_however_full_it_is() -> None:
    queue = line(1)
    offer_all(queue, [Waiting(Rank.STOP), Waiting(Rank.TASK), Waiting(Rank.TASK)])
    assert (len(queue), queue.requests_n) == (3, 1)
    assert len(queue.take(2, 0).batch) == 2
    assert (len(queue), queue.requests_n) == (1, 1)


def test_logins_that_waited_too_long_are_given_back_and_not_decided() -> None:
    queue = line(10)
    old, young = Waiting(Rank.LOGIN, entered_us=0), Waiting(Rank.LOGIN, entered_us=AGE_US)
    record = Waiting(Rank.INTERIM, entered_us=0)
    offer_all(queue, [old, young, record])
    assert queue.take(10, AGE_US + 1) == Taken([young, record], [old], 0)
    assert len(queue) == 0


def test_ranks_are_read_from_code_and_status_type() -> None:
    assert rank_of(decode(packets.login())) is Rank.LOGIN
    for status, rank in ((1, Rank.START), (2, Rank.STOP), (3, Rank.INTERIM), (7, Rank.START),
                         (8, Rank.START), (15, Rank.INTERIM)):  # fmt: skip
        assert rank_of(decode(packets.record(status=status))) is rank


# ---------------------------------------------------------------- reports that cover others


def test_under_overload_a_later_report_takes_the_place_of_the_one_it_covers() -> None:
    queue = line(100)
    first, other, repeat = interim(b"s1", 1000), interim(b"s2", 0), interim(b"s1", 2000)
    offer_all(queue, [first, other, repeat])
    assert queue.take(2, 0) == Taken([first, repeat], [], 1)
    assert queue.take(2, 0) == batch_of([other])


def test_a_report_that_counts_less_is_not_covered_by_the_later_one() -> None:
    queue = line(100)
    higher, lower = interim(b"s1", 9000), interim(b"s1", 1000)
    offer_all(queue, [higher, lower, interim(b"s2")])
    assert queue.take(1, 0) == batch_of([higher])
    assert queue.take(1, 0) == batch_of([lower])


def test_who_has_no_room_behind_his_cover_follows_by_himself() -> None:
    queue = line(100)
    waiting = [interim(b"s1", n * 1000) for n in range(4)]
    offer_all(queue, waiting)
    assert queue.take(2, 0) == Taken([waiting[0], waiting[3]], [], 1)
    assert queue.take(3, 0) == batch_of(waiting[1:3])
    assert queue.lengths() == dict.fromkeys(Rank, 0)


def test_no_more_wait_behind_one_report_than_routers_repeat() -> None:
    queue = line(100)
    waiting = [interim(b"s1", n * 1000) for n in range(COVERED_MAX + 2)]
    offer_all(queue, waiting)
    taken = queue.take(COVERED_MAX + 1, 0)
    assert taken.covered_n == COVERED_MAX
    assert queue.take(9, 0) == batch_of([waiting[-1]])


def test_a_report_that_became_urgent_does_not_wait_where_the_earlier_one_does() -> None:
    pressing: set[int] = set()
    queue = Queue(100, AGE_US, lambda request: request.arrived_us in pressing)
    earlier, later = interim(b"s1", 1000), interim(b"s1", 2000)
    assert isinstance(later.item, Request)
    later.item.arrived_us = 7
    pressing.add(7)
    offer_all(queue, [earlier, *(interim(b"x%d" % n) for n in range(3)), later])
    assert queue.take(1, 0) == batch_of([later])
    assert queue.take(1, 0) == batch_of([earlier])


def test_a_full_line_sheds_covered_reports_first_and_says_so() -> None:
    queue = line(3)
    oldest, first, later = interim(b"s9"), interim(b"s1", 1000), interim(b"s1", 2000)
    offer_all(queue, [oldest, first, later])
    assert queue.offer(interim(b"s2")) is first
    assert first.rank is Rank.COVERED
    assert queue.offer(interim(b"s3")) is oldest
    assert queue.take(9, 0).covered_n == 0


def test_lengths_are_by_rank_and_add_up() -> None:
    queue = line(100)
    offer_all(queue, [interim(b"s1", 1), interim(b"s1", 2), interim(b"s2"), login(b"alice")])
    assert queue.lengths()[Rank.INTERIM] == 3
    queue.take(1, 0)
    lengths = queue.lengths()
    assert sum(lengths.values()) == len(queue) == 3
    assert (lengths[Rank.INTERIM], lengths[Rank.COVERED]) == (2, 1)


@st.composite
def crowds(draw: st.DrawFn) -> list[Waiting]:
    """Who comes, in order: records of few sessions, so that some cover others, logins, tasks."""
    crowd = []
    for kind in draw(st.lists(st.sampled_from("iiiiinulUSst"), max_size=50)):
        name = b"u%d" % draw(st.integers(0, 3)) if kind in "uU" else b"n%d" % draw(
            st.integers(0, 3)
        )  # fmt: skip
        if kind in "inu":
            crowd.append(interim(name, draw(st.integers(0, 4)) * 1000))
        elif kind in "lU":
            crowd.append(login(name))
        elif kind == "t":
            crowd.append(Waiting(Rank.TASK))
        else:
            status = packets.STOP if kind == "S" else packets.START
            crowd.append(packet(packets.record(status=status, session=name)))
    return crowd


def reported(errand: Errand) -> Report | None:
    """The report in an errand, if it is an interim."""
    return report_of(errand.item) if isinstance(errand.item, Request) else None


def check_covered(taken: Taken) -> None:
    """All stand in order of arrival, and behind each covered report one that counts no less."""
    arrived = [errand.arrival_n for errand in taken.batch]
    assert taken.covered_n == 0 or arrived == sorted(arrived)
    covered = [n for n, errand in enumerate(taken.batch) if errand.rank is Rank.COVERED]
    assert len(covered) == taken.covered_n
    for n in covered:
        earlier = reported(taken.batch[n])
        later = [reported(one) for one in taken.batch[n + 1 :] if one.rank is not Rank.COVERED]
        assert earlier is not None
        assert any(one and one.key == earlier.key and one.covers(earlier) for one in later)


@pytest.mark.filterwarnings("error")
@given(crowds(), st.integers(1, 20), st.integers(1, 20), st.integers(1, 60))
def test_nobody_is_lost_the_bound_holds_and_the_worst_goes(
    crowd: list[Waiting], limit: int, most: int, pause: int
) -> None:
    queue = Queue(limit, AGE_US, lambda request: b"u" in request.packet.attribute_octets[2:6])
    gone: list[Errand] = []
    served: list[Errand] = []
    for n, errand in enumerate(crowd, start=1):
        shed = queue.offer(errand)
        if shed is not None:
            gone.append(shed)
            worst = max((rank for rank, many in queue.lengths().items() if many), default=0)
            assert worst <= shed.rank, "a worse one still waits"
        assert queue.requests_n <= limit
        assert sum(queue.lengths().values()) == len(queue)
        if n % pause == 0:
            served += take(queue, most).batch
    while queue:
        served += take(queue, most).batch
    assert sorted(map(id, served + gone)) == sorted(map(id, crowd))
    assert all(errand.rank is not Rank.TASK for errand in gone)
    assert queue.lengths() == dict.fromkeys(Rank, 0)


def take(queue: Queue, most: int) -> Taken:
    """The next batch, checked: bounded, and nobody of a better rank is left behind."""
    taken = queue.take(most, 0)
    assert 0 < len(taken.batch) <= most or not len(queue)
    check_covered(taken)
    left = [rank for rank, many in queue.lengths().items() if many and rank is not Rank.COVERED]
    plain = [errand.rank for errand in taken.batch if errand.rank is not Rank.COVERED]
    assert not left or not plain or max(plain) <= min(left)
    return taken
