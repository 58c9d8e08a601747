"""Draining suspense: what an operator assigns is charged once, at the payer's price (A9)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.assign import Assigned, ByBands, Payer, Writing, accept_review, assign_session
from accounting.charging import Total, price_of
from accounting.stretches import Stretch
from accounting.uses import sheet_of
from domain.account import Allowance
from domain.ledger import Book
from domain.plan import Plan
from domain.pot import Pot
from domain.session import Session, SessionState
from rating import compile_tariff
from rating.plan_file import parse_plan
from tests.accounting.makers import T0_US, account, at, plan, session, subscriber

NOBODYS = {"account_id": 0, "subscriber_id": 0, "plan_id": 0}
ENDED = {"state": SessionState.CLOSED, "stop_us": at(600), "last_event_us": at(600)}


def payer(sold: Plan | None = None, balance_micros: int = 10**9, **used: int) -> Payer:
    sold = sold or plan()
    return Payer(
        subscriber(subscriber_id=8, account_id=5),
        account(balance_micros, account_id=5, entries_n=2),
        sold,
        compile_tariff(sold),
        Allowance(5, T0_US, used.get("used_octets", 0), used.get("used_s", 0)),
    )


def nobodys(**traits: Any) -> Session:
    said: dict[str, Any] = {**NOBODYS, "output_octets": 10**6, "session_s": 600, "fee_due": True}
    return session(**(said | {"last_event_us": at(600)} | traits))


def assign(one: Session, to: Payer) -> Assigned:
    return assign_session(one, to, Writing(77, 99, at(9_000)))


def test_an_ended_session_becomes_the_payers_with_one_entry() -> None:
    one, to = nobodys(**ENDED), payer()
    done = assign(one, to)
    assert (one.account_id, one.subscriber_id, one.plan_id) == (5, 8, 1)
    assert (one.charged_micros, one.closed_micros, one.part) == (10_000, 10_000, 1)
    assert done.entry is not None
    assert [(p.book, p.amount_micros) for p in done.entry.postings] == [
        (Book.CUSTOMER, -10_000),
        (Book.REVENUE, 10_000),
    ]
    assert (done.entry.entry_id, done.entry.account_id, done.entry.seq) == (77, 5, 3)
    assert (done.opened_micros, done.part) == (10_000, 0)
    assert [(row.account_id, row.amount_micros) for row in done.charges] == [(5, 10_000)]
    assert (to.account.posted_micros, to.account.open_micros) == (10**9 - 10_000, 0)


def test_a_live_session_stays_open_and_its_charges_do_too() -> None:
    one, to = nobodys(), payer()
    done = assign(one, to)
    assert done.entry is None
    assert (one.charged_micros, one.closed_micros, one.part) == (10_000, 0, 0)
    assert (to.account.posted_micros, to.account.open_micros) == (10**9, 10_000)
    assert one.state is SessionState.OPEN


def test_l8_it_posts_in_full_even_without_money() -> None:
    one, to = nobodys(**ENDED), payer(balance_micros=4_000)
    done = assign(one, to)
    assert done.entry is not None
    assert (to.account.posted_micros, done.entry.overrun_micros) == (-6_000, 6_000)


def test_included_usage_of_the_payer_is_taken_first() -> None:
    sold = plan(included_octets=700_000)
    one, to = nobodys(**ENDED), payer(sold, used_octets=100_000)
    done = assign(one, to)
    assert (done.octets, done.seconds) == (600_000, 0)
    assert (one.free_octets, to.allowance.used_octets) == (600_000, 700_000)
    assert one.charged_micros == 4_000


def test_usage_that_costs_nothing_makes_no_entry() -> None:
    one, to = nobodys(**ENDED), payer(plan(volume=None))
    done = assign(one, to)
    assert (done.entry, done.opened_micros, to.account.entries_n) == (None, 0, 2)
    assert one.account_id == 5


def test_a_session_that_is_somebodys_cannot_be_assigned_again() -> None:
    one = nobodys(**ENDED)
    assign(one, payer())
    with pytest.raises(AssertionError):
        assign(one, payer())


def test_q_14c_what_was_put_aside_of_an_ended_session_is_billed_on_top_once() -> None:
    one = session(
        **ENDED,
        account_id=5,
        subscriber_id=8,
        output_octets=500,
        review_output=200,
        fee_due=True,
        charged_micros=5,
        closed_micros=5,
        part=1,
    )
    to = payer()
    done = accept_review(one, to, Writing(77, 99, at(9_000)))
    assert (one.output_octets, one.review_output) == (700, 0)
    assert (one.charged_micros, one.closed_micros, one.part) == (7, 7, 2)
    assert done.entry is not None and done.entry.key == "session:1:1"
    assert (done.opened_micros, to.account.posted_micros) == (2, 10**9 - 2)
    again = accept_review(one, to, Writing(78, 100, at(9_001)))
    assert (again.entry, again.opened_micros, one.charged_micros) == (None, 0, 7)


def test_what_is_put_aside_of_a_live_session_or_anothers_cannot_be_accepted() -> None:
    for one in (
        session(account_id=5, review_output=1),
        session(**ENDED, account_id=6, review_output=1),
    ):
        with pytest.raises(AssertionError):
            accept_review(one, payer(), Writing(77, 99, at(9_000)))


@given(
    octets=st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)),
    aside=st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)),
    included=st.sampled_from((0, 10**6, 10**12)),
)
def test_a2_assigned_and_accepted_a_session_costs_the_price_of_its_total(
    octets: tuple[int, int], aside: tuple[int, int], included: int
) -> None:
    sold = plan(session_fee_micros=3, included_octets=included)
    one, to = nobodys(**ENDED, input_octets=octets[0]), payer(sold)
    one.output_octets = octets[1]
    entries = [assign(one, to).entry]
    one.review_input, one.review_output = aside
    entries.append(accept_review(one, to, Writing(78, 100, at(9_000))).entry)
    assert (one.input_octets, one.output_octets) == tuple(map(sum, zip(octets, aside, strict=True)))
    assert one.charged_micros == sum(price_of(to.tariff, Total.of(one)))
    spent = sum(-entry.postings[0].amount_micros for entry in entries if entry is not None)
    assert spent == one.charged_micros == 10**9 - to.account.balance_micros
    assert to.allowance.used_octets == one.free_octets <= included
    assert one.open_micros == to.account.open_micros == 0


NIGHT = parse_plan(
    """
name = "nights"
currency = "USD"
[[band]]
name = "night"
until = "06:00"
[price.volume]
amount = "0.01"
per = "KB"
[[rate]]
bands = ["night"]
volume = { amount = "0.001", per = "KB" }
[[bundle]]
name = "daily"
volume = "10 KB"
period = "day"
"""
)
MIDNIGHT_US = T0_US // 86_400_000_000 * 86_400_000_000 + 86_400_000_000


def nightly(*hours: int, pots: list[Pot] | None = None) -> tuple[Session, Payer]:
    """Nobody's session that used 6 kB in each stretch between these hours of a day."""
    end_us = MIDNIGHT_US + hours[-1] * 3_600_000_000
    traits = {**ENDED, "stop_us": end_us, "last_event_us": end_us, "fee_due": False}
    one = nobodys(**traits | {"output_octets": 6_000 * (len(hours) - 1), "session_s": 0})
    to, sheet = payer(NIGHT), sheet_of(NIGHT)
    assert sheet is not None
    times_us = [MIDNIGHT_US + hour * 3_600_000_000 for hour in hours]
    stretches = [
        Stretch(from_us, to_us, Total(0, 6_000 * nth, 0, 0, 0, False))
        for nth, (from_us, to_us) in enumerate(pairwise(times_us), 1)
    ]
    by_bands = ByBands(sheet, [] if pots is None else pots, stretches)
    return one, replace(to, by_bands=by_bands)


def test_by_bands_every_stretch_costs_the_price_of_its_time_and_takes_of_its_pots() -> None:
    one, to = nightly(4, 6, 8, 10)
    done = assign(one, to)
    # 6 kB by night and 4 of the day are in the bundle; 2 and 6 kB of the day are not.
    assert (one.charged_micros, done.opened_micros) == (80_000, 80_000)
    (pot,) = done.pots
    assert (pot.pot.pot, pot.used, pot.opened) == ("bundle/day/nights/daily", 10_000, True)
    assert to.by_bands is not None and to.by_bands.pots == [pot.pot]
    assert sum(row.amount_micros for row in done.charges) == 80_000
    assert len({(row.step, row.day) for row in done.charges}) == len(done.charges)
    assert (done.record.effect, done.record.uses, done.record.charged_micros) == (
        "assigned", one.uses, 80_000,
    )  # fmt: skip
    assert (done.record.previous, one.journal_last) == (0, 99)


def test_by_bands_what_others_have_taken_of_a_bundle_is_gone() -> None:
    next_us = MIDNIGHT_US + 86_400_000_000
    there = Pot(
        5, "bundle/day/nights/daily", MIDNIGHT_US, 10_000, 9_000, until_us=next_us, ends_us=next_us
    )
    one, to = nightly(8, 10, pots=[there])
    (pot,) = assign(one, to).pots
    assert (pot.pot, pot.used, pot.opened, there.used) == (there, 1_000, False, 10_000)
    assert one.charged_micros == 50_000


def test_by_bands_what_was_put_aside_is_spread_over_all_stretches() -> None:
    one, to = nightly(0, 6, 12)
    assign(one, to)
    assert one.charged_micros == 20_000
    one.review_output = 8_000
    done = accept_review(one, to, Writing(78, 100, at(9_000)))
    assert one.charged_micros == 20_000 + 4 * 1_000 + 4 * 10_000
    assert (done.record.effect, done.record.previous, done.pots) == ("accepted", 99, ())
