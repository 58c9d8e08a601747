"""Recorded usage on a draft: what counts, from when on, whose it is, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest

from accounting import comparison
from accounting.apart import Routers
from accounting.comparison import Comparison, Person
from accounting.journal import Told
from domain.seams import US_PER_S
from radius import encode_attributes
from radius.vendors import vendor_attribute
from rating.plan_file import parse_plan
from tests.store.house import device

FROM_US = 1_767_225_600 * US_PER_S
HOUR_US = 3_600 * US_PER_S
SPAN = FROM_US, FROM_US + 48 * HOUR_US
GB = 10**9
HEAD = 'currency = "USD"\n[price.volume]\namount = "1"\nper = "GB"\n'
DRAFT = parse_plan('name = "draft"\n' + HEAD + '[[bundle]]\nname = "b"\nvolume = "1 GB"\n')
OTHER = parse_plan('name = "other"\n' + HEAD + 'count = "down"\n[price.session]\nfee = "0.5"\n')
PEOPLE = {1: Person("alice", "", "USD"), 2: Person("bob", "Asia/Tokyo", "USD")}
START, STOP, INTERIM = 1, 2, 3


def told(hour: float, gb: float, session: int = 7, **said: Any) -> Told:
    """A report at an hour of the span, of so much traffic down in all, charged a cent a GB."""
    return (
        session,
        said.get("account", 1),
        said.get("previous", 0),
        FROM_US + int(hour * HOUR_US),
        said.get("status", INTERIM),
        said.get("walled", 0),
        0,
        int(gb * GB),
        said.get("seconds", 600),
        int(gb * 10_000),
        *(0, int(said.get("unrated", 0) * GB), None),
    )


CLASSES = parse_plan(
    'name = "classes"\n' + HEAD + '[[class]]\nname = "local"\nservices = "IX"\n'
    '[[rate]]\nclasses = "local"\nvolume = { amount = "0" }\n'
    '[[booster]]\nname = "more"\nprice = "2"\nvolume = "1 GB"\nvalidity = "1d"\n'
)
NAMED = (vendor_attribute(9, 1, b"parent-session-id=P"), vendor_attribute(9, 251, b"NIX"))


def service(hour: float, gb: float, session: int = 7, **said: Any) -> Told:
    """What a service in a session has counted by an hour; `device` 0: one that is known no more."""
    at_us = FROM_US + int(hour * HOUR_US)
    octets = encode_attributes(
        [
            (40, said.get("status", INTERIM).to_bytes(4, "big")),
            *((44, b"P.1"), (46, (300).to_bytes(4, "big"))),
            *((43, int(gb * GB).to_bytes(4, "big")), *NAMED),
        ]
    )
    account = 1 if session else 0
    numbers = session, account, said.get("previous", 0), at_us, 0, 0, 0, 0, 0, 0, 0, 0
    return *numbers, (said.get("device", 5), at_us, octets)


def sums(of: Comparison, account: int = 1) -> tuple[int, ...]:
    """What an account was charged, and what it comes to on each plan."""
    cost = of.costs[account]
    return (cost.charged_micros, *(one.usage_micros for one in cost.tried))


def test_what_was_used_is_priced_on_both_plans_with_fresh_pots() -> None:
    of = Comparison(DRAFT, OTHER, SPAN, PEOPLE)
    of.take([told(1, 0, status=START), told(2, 1.5, previous=4), told(3, 3, previous=5)])
    of.take([told(3, 2, session=8, account=2)])
    assert sums(of) == (30_000, 2_000_000, 3_500_000)
    assert sums(of, 2) == (20_000, 1_000_000, 2_500_000)
    assert (of.records_n, of.sessions_n) == (4, 2)
    assert of.asks_fees and not Comparison(DRAFT, None, SPAN, PEOPLE).asks_fees


def test_a_session_that_began_before_counts_from_the_span_on_and_owes_no_fee() -> None:
    of = Comparison(DRAFT, OTHER, SPAN, PEOPLE)
    batch = [told(1, 5, previous=40), told(2, 6, previous=41), told(1, 1, session=8)]
    assert of.unknown(batch) == ({7: 40}, [8])
    of.begin(told(-1, 3.5, previous=39))
    assert of.unknown(batch) == ({}, [8])
    of.take(batch)
    assert sums(of)[1:] == (2_500_000 + 0, 3_500_000 + 500_000)


def test_reports_outside_the_span_and_of_others_cost_nothing() -> None:
    of = Comparison(DRAFT, None, SPAN, PEOPLE)
    of.take([told(-1, 2), told(1, 4, previous=1), told(48, 9, previous=2)])
    of.take([told(1, 9, session=8, account=3), told(1, 9, session=9, account=0)])
    assert sums(of) == (20_000, 1_000_000)
    assert list(of.costs) == [1]
    assert of.unknown([told(1, 1, session=8, account=3), told(49, 1, session=10)]) == ({}, [])


def test_a_session_whose_beginning_was_purged_counts_from_its_first_report_on() -> None:
    of = Comparison(DRAFT, None, SPAN, PEOPLE)
    of.take([told(1, 50, previous=3), told(2, 52, previous=4)])
    assert sums(of) == (20_000, 1_000_000)
    assert of.cut_n == 1


def test_a_fee_is_owed_by_who_begins_and_not_behind_a_wall_or_under_another_class() -> None:
    of = Comparison(DRAFT, OTHER, SPAN, PEOPLE)
    of.owes_no_fee([9])
    for session, walled in ((7, 0), (8, 1), (9, 0)):
        of.take([told(1, 0, session=session, status=START, walled=walled, seconds=0)])
    assert sums(of)[2] == 500_000
    of.take([told(2, 1, session=8, previous=1)])
    assert sums(of)[2] == 2 * 500_000 + 1_000_000


def test_what_no_book_can_hold_is_left_out_and_counted() -> None:
    dear = parse_plan(
        'name = "dear"\ncurrency = "USD"\n[price.volume]\namount = 1000000000\nper = "KB"\n'
    )
    of = Comparison(dear, None, SPAN, PEOPLE)
    of.take([told(1, 0.000001), told(2, 10**6, previous=1), told(3, 10**6, previous=2)])
    assert (sums(of)[1], of.beyond_n) == (10**15, 1)


def test_a_total_that_fell_is_not_a_refund() -> None:
    of = Comparison(DRAFT, None, SPAN, PEOPLE)
    of.take([told(1, 3), told(2, 2, previous=1), told(3, 4, previous=2)])
    assert sums(of)[1] == 2_000_000 + 2_000_000


def test_sessions_that_are_over_are_put_away_when_there_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparison, "MANY_N", 20)
    of = Comparison(DRAFT, None, (FROM_US, FROM_US + 9_000 * HOUR_US), PEOPLE)
    batches = [
        [told(n, 1, session=n + 1), told(n + 0.5, 2, session=n + 1, previous=1, status=STOP)]
        for n in range(500)
    ]
    for batch in batches:
        of.take(batch)
    assert len(of._sessions) < 80
    assert sums(of)[1] == 999 * 10**6
    # One that was put away and is heard of once more goes on from where it was.
    again = told(501, 5, session=1, previous=77)
    assert of.unknown([again]) == ({1: 77}, [])
    of.begin(told(0.5, 2, session=1, previous=1, status=STOP))
    of.take([again])
    assert sums(of)[1] == 1002 * 10**6


def test_what_services_counted_is_of_its_class_and_is_no_report() -> None:
    isg = Routers({5: device(5, dialect="cisco")}, 300, 300)
    of = Comparison(CLASSES, DRAFT, SPAN, PEOPLE, routers=isg)
    # The service is heard of first, and a part of it was used where nobody pays.
    batch = [
        service(0.9, 2), told(1, 1, unrated=0.5),
        service(1.9, 3), told(2, 4, unrated=0.5),
        service(50, 4), service(2, 4, session=0), service(2, 4, device=0),
        service(-1, 4, session=0),
    ]  # fmt: skip
    assert of.asks_classes and of.unknown(batch) == ({}, [7])
    of.take(batch)
    # Of 3 GB half a GB went behind the wall and the rest is local.
    assert sums(of)[1:] == (1_500_000, 3_000_000)
    assert (of.records_n, of.sessions_n, of.unsorted_n) == (2, 1, 2)
    plain = Comparison(DRAFT, None, SPAN, PEOPLE)
    assert not plain.asks_classes and plain.unknown([service(1, 1)]) == ({}, [])
    plain.take(batch)
    assert (plain.unsorted_n, plain.records_n) == (0, 2)


def test_a_session_that_only_its_service_told_of_goes_on_from_its_first_report() -> None:
    isg = Routers({5: device(5, dialect="cisco")}, 300, 300)
    of = Comparison(CLASSES, None, SPAN, PEOPLE, routers=isg)
    of.take([service(0.01, 1, previous=3), told(1, 50, previous=4), told(2, 52, previous=5)])
    assert sums(of)[1] == 2_000_000 and of.cut_n == 1
    of = Comparison(CLASSES, None, SPAN, PEOPLE, routers=isg)
    of.begin(service(-0.5, 1, previous=3))
    of.take([service(1, 2, previous=4), told(1.1, 5, previous=4)])
    assert sums(of)[1] == 3_000_000 and of.cut_n == 0


@pytest.mark.parametrize(("late_s", "micros"), [(1, 1_000_000), (3, 2_000_000)])
def test_a_stop_waits_a_moment_for_the_services_of_its_session(late_s: int, micros: int) -> None:
    isg = Routers({5: device(5, dialect="cisco")}, 300, 300)
    of = Comparison(CLASSES, None, SPAN, PEOPLE, routers=isg)
    hour = 2 + late_s / 3600
    of.take([service(1, 1), told(1, 2), told(2, 4, previous=1, status=STOP)])
    of.take([told(hour, 0, session=8, account=2), service(hour, 2, status=STOP)])
    of.take([told(2.1, 4, previous=1, status=STOP)])
    of.finish()
    assert sums(of)[1] == 1_000_000 + micros
    of.take([service(3, 0, session=9), told(3, 3, session=9), told(3.1, 5, session=9, status=STOP)])
    assert sums(of)[1] == 1_000_000 + micros + 3_000_000
    of.take([told(3.1, 6, session=9, previous=1)])
    assert sums(of)[1] == 1_000_000 + micros + 6_000_000


def test_boosters_are_bought_as_they_were_if_the_plan_has_them() -> None:
    bought = {1: [("more", FROM_US + HOUR_US), ("none", FROM_US)], 3: [("more", FROM_US)]}
    of = Comparison(CLASSES, DRAFT, SPAN, PEOPLE, boosters=bought)
    of.take([told(0.5, 1), told(2, 3, previous=1), told(40, 4, previous=2)])
    # One GB before it, one of two in it, and none a day later.
    assert sums(of)[1:] == (1_000_000 + 1_000_000 + 1_000_000, 3_000_000)
    assert [one.boosters_micros for one in of.costs[1].tried] == [2_000_000, 0]
    assert of.unsold == ({"none": 1}, {"more": 1, "none": 1})


def test_what_was_nobodys_counts_from_its_beginning_once_it_is_somebodys() -> None:
    of = Comparison(DRAFT, None, SPAN, PEOPLE)
    given = told(2, 3, previous=4)
    assert of.unknown([given]) == ({7: 4}, [])
    of.begin(told(2, 3, account=0, previous=3))
    of.take([given])
    assert sums(of) == (30_000, 2_000_000)
