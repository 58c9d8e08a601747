"""Packages: what a renewal costs and brings, when it begins, and what it never refills."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.pot_terms import Span as Part
from accounting.pot_terms import spans, terms_of
from billing import package
from billing.change import move_to
from billing.package import (
    ON_TIME_US,
    Renewal,
    begins_us,
    extend,
    renew,
    renews_itself,
)
from billing.payment import Declined, Stamp
from domain.account import Account, Status, Subscriber
from domain.ledger import Book, EntryKind
from domain.period import DAY_US, format_instant, parse_instant, validity_end_us
from domain.plan import Package, Plan, Span, Validity
from domain.pricing import Period
from tests.accounting import makers

BERLIN = "Europe/Berlin"
NOW_US = parse_instant("2026-03-20 10:00", BERLIN)
HOUR_US = DAY_US // 24
PRICE = 12_000_000
MONTH = Validity(30)


def sold(validity: Validity = MONTH, price: int = PRICE, **traits: Any) -> Plan:
    """Thirty days for twelve."""
    said: dict[str, Any] = {"timezone": BERLIN, "volume": None, **traits}
    bundle = Package(validity, price, auto_renew=said.pop("auto_renew", False))
    return makers.plan(package=bundle, **said)


def owner(until: str | None, **traits: Any) -> Subscriber:
    """Alice, paid until then; her period began a month ago."""
    until_us = None if until is None else parse_instant(until, BERLIN)
    said = {"valid_until_us": until_us, "plan_name": sold().name, **traits}
    return makers.subscriber(period_start_us=NOW_US - 30 * DAY_US, **said)


def bought(
    one: Subscriber, plan: Plan, account: Account | None = None, **more: Any
) -> Renewal | Declined:
    stamp = Stamp(entry_id=50, key="ref:4711", created_us=more.pop("now_us", NOW_US), reason="r")
    purse = account or makers.account(PRICE)
    return renew(one, purse, plan, purchase_id=60, stamp=stamp, **more)


def done(result: Renewal | Declined) -> Renewal:
    assert isinstance(result, Renewal), result
    return result


def wall(text: str) -> int:
    return parse_instant(text, BERLIN)


def test_a_renewal_debits_the_price_to_revenue_and_remembers_it() -> None:
    made = done(bought(owner("2026-03-19 10:00"), sold()))
    assert made.payment is not None
    entry = made.payment.entry
    assert entry.kind is EntryKind.PACKAGE and entry.entry_id == 50
    assert {(p.book, p.amount_micros) for p in entry.postings} == {
        (Book.CUSTOMER, -PRICE), (Book.REVENUE, PRICE),
    }  # fmt: skip
    told = made.purchase
    assert (told.kind, told.key, told.price_micros) == ("renewal", "ref:4711", PRICE)
    assert (told.entry_id, told.reason, told.purchase_id) == (50, "r", 60)
    assert (told.before_us, told.until_us) == (wall("2026-03-19 10:00"), wall("2026-04-19 10:00"))


@pytest.mark.parametrize(
    ("until", "begins"),
    [
        ("2026-03-19 10:00", "2026-03-20 10:00"),  # over: now
        ("2026-03-25 08:00", "2026-03-25 08:00"),  # still running: at its end
        (None, "2026-03-20 10:00"),  # it never ended so far
        ("2026-03-20 09:59:30", "2026-03-20 09:59:30"),  # over for a moment: without a gap
    ],
)
def test_time_begins_at_the_later_of_now_and_the_end(until: str | None, begins: str) -> None:
    one = owner(until)
    assert begins_us(one, NOW_US) == wall(begins)
    made = done(bought(one, sold()))
    assert made.subscriber.valid_until_us == validity_end_us(wall(begins), Validity(30), BERLIN)


def test_days_are_those_of_the_subscribers_own_zone() -> None:
    plan = sold(Validity(1, to_day_end=True))
    at_home = done(bought(owner("2026-03-19 10:00"), plan)).subscriber.valid_until_us
    away = owner("2026-03-19 10:00", timezone="Asia/Tokyo")
    there = done(bought(away, plan)).subscriber.valid_until_us
    assert at_home == wall("2026-03-22 00:00")
    assert there == parse_instant("2026-03-22 00:00", "Asia/Tokyo")


def test_l7_without_the_money_there_is_no_time() -> None:
    short = makers.account(PRICE - 1)
    refused = bought(owner("2026-03-19 10:00"), sold(), short)
    assert isinstance(refused, Declined)
    assert refused.text == "12.00 USD are needed and 11.999999 USD can be spent"
    held = replace(makers.account(PRICE), held_micros=1)
    assert "0.000001 USD are held by running sessions" in bought(owner(None), sold(), held).text  # type: ignore[union-attr]
    assert done(bought(owner("2026-03-20 10:01"), sold(), held, at_end=True)).payment is not None
    credit = replace(short, credit_limit_micros=1)
    assert done(bought(owner(None), sold(), credit)).payment is not None


def test_a_price_of_nothing_writes_no_entry() -> None:
    made = done(bought(owner("2026-03-19 10:00"), sold(price=0), makers.account(-5)))
    assert made.payment is None and made.purchase.entry_id is None
    assert made.purchase.price_micros == 0


@pytest.mark.parametrize(
    ("one", "plan", "said"),
    [
        (owner(None, status=Status.CLOSED), sold(), "is closed"),
        (owner(None), makers.plan(), "has no [package]"),
        (owner(None), sold(currency="EUR"), "in EUR, the money in USD"),
        (owner("2026-03-25 08:00"), sold(name="other"), "is paid until 2026-03-25 08:00:00+01:00"),
    ],
)
def test_what_cannot_be_sold_is_declined_in_one_line(
    one: Subscriber, plan: Plan, said: str
) -> None:
    refused = bought(one, plan)
    assert isinstance(refused, Declined)
    assert said in refused.text and "\n" not in refused.text


def test_a_suspended_subscriber_can_pay_but_does_not_by_itself() -> None:
    one = owner("2026-03-19 10:00", status=Status.SUSPENDED)
    assert done(bought(one, sold())).subscriber.status is Status.SUSPENDED
    assert not renews_itself(one, sold(auto_renew=True))


def test_time_is_not_sold_without_end() -> None:
    plan, one = sold(Validity(1_200, Span.MONTHS), price=0), owner("2026-03-25 08:00")
    for _ in range(3):
        made = bought(one, plan)
        if isinstance(made, Declined):
            break
        one = made.subscriber
    assert isinstance(made, Declined) and "200 years" in made.text


def test_another_plan_begins_when_the_time_is_over_or_is_at_its_end() -> None:
    queued = owner("2026-03-19 10:00", next_plan_name="other")
    assert package.plan_to_buy(queued) == "other"
    made = done(bought(queued, sold(name="other")))
    assert (made.subscriber.plan_name, made.subscriber.next_plan_name) == ("other", None)
    ending = owner("2026-03-20 10:00:30", next_plan_name="other")
    assert isinstance(bought(ending, sold(name="other")), Declined)
    assert done(bought(ending, sold(name="other"), at_end=True)).subscriber.plan_name == "other"
    kept = done(bought(owner("2026-03-25 08:00", next_plan_name="other"), sold()))
    assert kept.subscriber.next_plan_name == "other", "what runs was bought once more"


@pytest.mark.parametrize(
    ("own", "plans", "renews"),
    [(None, True, True), (None, False, False), (False, True, False), (True, False, True)],
)
def test_the_subscriber_overrules_the_plan_about_renewing(
    own: bool | None, plans: bool, renews: bool
) -> None:
    assert renews_itself(owner(None, auto_renew=own), sold(auto_renew=plans)) is renews
    assert not renews_itself(owner(None, auto_renew=True), makers.plan())


# ---------------------------------------------------------------- months of an anchor

ONE_MONTH = sold(Validity(1, Span.MONTHS), price=0)


def months_at(one: Subscriber, plan: Plan, instant: str) -> tuple[str, str]:
    """The days on which the month of an instant begins and ends, for what is counted by months."""
    at_us = wall(instant)
    (span,) = spans(terms_of(one, plan), Period.MONTH, at_us, at_us)
    assert span.until_us is not None
    begins, until = (format_instant(us, BERLIN)[:10] for us in (span.start_us, span.until_us))
    return begins, until


def ends(one: Subscriber, times: int, *, now: str) -> tuple[list[str], Subscriber]:
    """Renew by a month so many times at an instant: the ends on the wall, and who has them."""
    found = []
    for _ in range(times):
        one = done(bought(one, ONE_MONTH, now_us=wall(now))).subscriber
        assert one.valid_until_us is not None
        found.append(format_instant(one.valid_until_us, BERLIN)[:16])
    return found, one


def test_t4_months_that_are_renewed_in_time_stay_on_the_day_of_the_first() -> None:
    found, one = ends(owner(None), 4, now="2026-01-31 14:30")
    assert found == [f"2026-{day} 14:30" for day in ("02-28", "03-31", "04-30", "05-31")]
    assert one.anchor_us == wall("2026-01-31 14:30")


def test_t4_who_was_sold_months_before_there_were_anchors_goes_on_from_the_last_of_them() -> None:
    one = owner("2026-02-28 14:30")
    one.period_start_us = wall("2026-01-31 14:30")
    found, one = ends(one, 2, now="2026-02-27 09:00")
    assert found == ["2026-03-31 14:30", "2026-04-30 14:30"]
    assert one.anchor_us == wall("2026-01-31 14:30")


def test_after_a_break_or_an_extension_months_are_reckoned_from_where_they_begin_again() -> None:
    _, one = ends(owner(None), 1, now="2026-01-31 14:30")
    found, late = ends(one, 2, now="2026-03-30 08:00")
    assert found == ["2026-04-30 08:00", "2026-05-30 08:00"]
    assert late.anchor_us == wall("2026-03-30 08:00")
    stamp = Stamp(entry_id=51, key="k", created_us=wall("2026-02-20 08:00"), reason="outage")
    longer = done(extend(one, ONE_MONTH, days=2, purchase_id=61, stamp=stamp))
    found, moved = ends(longer.subscriber, 2, now="2026-02-21 08:00")
    assert found == ["2026-04-02 14:30", "2026-05-02 14:30"]
    assert moved.paid_anchor_us == wall("2026-03-02 14:30")


def test_an_extension_moves_paid_months_and_not_the_day_on_which_its_months_begin() -> None:
    plan = ONE_MONTH
    first = done(bought(owner(None), plan, now_us=wall("2026-01-15 14:30"))).subscriber
    month = months_at(first, plan, "2026-01-25 10:00")
    assert month == ("2026-01-15", "2026-02-15")
    stamp = Stamp(entry_id=51, key="k", created_us=wall("2026-01-20 08:00"), reason="outage")
    longer = done(extend(first, plan, days=16, purchase_id=61, stamp=stamp)).subscriber
    ahead = done(bought(longer, plan, now_us=wall("2026-01-25 10:00"))).subscriber
    assert months_at(ahead, plan, "2026-01-25 10:00") == month
    assert months_at(ahead, plan, "2026-03-04 10:00") == ("2026-02-15", "2026-03-15")
    assert ahead.paid_anchor_us == wall("2026-03-03 14:30")
    assert ahead.valid_until_us == wall("2026-04-03 14:30")


def test_after_an_extension_to_the_31st_paid_months_come_back_to_it() -> None:
    _, one = ends(owner(None), 1, now="2026-04-15 14:30")
    stamp = Stamp(entry_id=51, key="k", created_us=wall("2026-05-01 08:00"), reason="outage")
    longer = done(extend(one, ONE_MONTH, days=16, purchase_id=61, stamp=stamp)).subscriber
    found, one = ends(longer, 2, now="2026-05-02 08:00")
    assert found == ["2026-06-30 14:30", "2026-07-31 14:30"]
    assert one.anchor_us == wall("2026-04-15 14:30")
    late = done(bought(one, ONE_MONTH, now_us=wall("2026-09-10 08:00"))).subscriber
    assert (late.anchor_us, late.paid_anchor_us) == (wall("2026-09-10 08:00"), None)


def test_paid_months_that_meet_the_own_day_again_are_reckoned_from_it_again() -> None:
    _, one = ends(owner(None), 1, now="2026-04-15 14:30")
    for days, paid_us in ((5, wall("2026-05-20 14:30")), (25, None)):
        stamp = Stamp(entry_id=51, key="k", created_us=wall("2026-05-01 08:00"), reason="outage")
        one = done(extend(one, ONE_MONTH, days=days, purchase_id=61, stamp=stamp)).subscriber
        _, one = ends(one, 1, now="2026-05-02 08:00")
        assert (one.anchor_us, one.paid_anchor_us) == (wall("2026-04-15 14:30"), paid_us)


def test_who_buys_days_after_months_has_one_anchor_again() -> None:
    one = owner("2026-03-25 08:00", anchor_us=wall("2026-01-15 08:00"), paid_anchor_us=NOW_US)
    days = done(bought(one, sold())).subscriber
    assert (days.anchor_us, days.paid_anchor_us) == (wall("2026-01-15 08:00"), None)


def test_days_are_not_reckoned_from_an_anchor_and_keep_the_first() -> None:
    made = done(bought(owner(None), sold(), now_us=wall("2026-01-31 14:30")))
    assert made.subscriber.anchor_us == wall("2026-01-31 14:30")
    again = done(bought(made.subscriber, sold(), now_us=wall("2026-06-15 10:00")))
    assert again.subscriber.anchor_us == wall("2026-01-31 14:30")


# ---------------------------------------------------------------- periods of included usage


def test_a_renewal_ahead_of_time_refills_nothing_before_its_time_begins() -> None:
    one = owner("2026-03-25 08:00")
    once = done(bought(one, sold())).subscriber
    twice = done(bought(once, sold())).subscriber
    first, second = wall("2026-03-25 08:00"), once.valid_until_us
    assert second is not None and twice.periods_ahead_us == (first, second)
    for at_us, period_us in (
        (NOW_US, one.period_start_us),
        (first - 1, one.period_start_us),
        (first, first),
        (second - 1, first),
        (second, second),
    ):
        assert twice.period_at_us(at_us) == period_us


def test_a_period_has_the_version_it_was_bought_as() -> None:
    first, second = replace(sold(), plan_id=1), replace(sold(), plan_id=2, version=2)
    now = done(bought(owner("2026-03-19 10:00"), first)).subscriber
    assert (now.plan_id, now.plan_ids_ahead) == (1, ())
    ahead = done(bought(now, second)).subscriber
    assert (ahead.plan_id, ahead.plan_ids_ahead) == (1, (2,))
    later = done(bought(ahead, second, now_us=ahead.periods_ahead_us[0])).subscriber
    assert (later.plan_id, later.plan_ids_ahead) == (2, (2,))
    assert later.period_start_us == ahead.periods_ahead_us[0]
    stamp = Stamp(1, "ref:outage", NOW_US, "outage")
    longer = done(extend(ahead, first, days=2, purchase_id=9, stamp=stamp)).subscriber
    assert (longer.plan_id, longer.plan_ids_ahead) == (1, (2,))


def test_time_bought_before_versions_were_kept_has_none() -> None:
    ahead = wall("2026-03-25 08:00")
    one = owner("2026-04-24 08:00", periods_ahead_us=(ahead,))
    after = done(bought(one, replace(sold(), plan_id=7))).subscriber
    assert (after.plan_id, after.plan_ids_ahead) == (0, (0, 7))


def test_a_renewal_that_comes_late_begins_its_period_now() -> None:
    one = owner("2026-03-19 10:00", periods_ahead_us=(NOW_US - 20 * DAY_US,))
    after = done(bought(one, sold())).subscriber
    assert (after.period_start_us, after.periods_ahead_us) == (NOW_US, ())


def test_an_extension_lengthens_the_period_and_moves_what_was_bought_ahead() -> None:
    one = done(bought(owner("2026-03-25 08:00"), sold())).subscriber
    stamp = Stamp(1, "ref:outage", NOW_US, "outage")
    made = done(extend(one, sold(), days=2, purchase_id=9, stamp=stamp))
    # the clocks go forward on 29 March: local days, not 48 hours
    assert made.subscriber.periods_ahead_us == (wall("2026-03-27 08:00"),)
    assert made.subscriber.valid_until_us == wall("2026-04-26 08:00")
    assert made.subscriber.period_at_us(wall("2026-03-26 08:00")) == one.period_start_us
    assert made.payment is None and made.purchase.kind == "extension"
    assert package.days_of(made.purchase) == 2
    assert package.repeats(made.purchase, one.subscriber_id, kind="extension")
    assert not package.repeats(made.purchase, one.subscriber_id, kind="renewal")
    assert not package.repeats(made.purchase, one.subscriber_id + 1, kind="extension")


def test_what_never_ends_or_is_closed_cannot_be_extended() -> None:
    stamp = Stamp(1, "k", NOW_US)
    closed = owner("2026-03-25 08:00", status=Status.CLOSED)
    for one, said in ((owner(None), "never ends"), (closed, "closed")):
        made = extend(one, sold(), days=1, purchase_id=9, stamp=stamp)
        assert isinstance(made, Declined) and said in made.text


STEPS = st.lists(
    st.tuples(
        st.integers(0, 40 * DAY_US),  # how much later
        st.one_of(st.just("renew"), st.integers(1, 5)),
    ),
    max_size=12,
)


@given(
    STEPS,
    st.builds(Validity, st.integers(1, 40), st.sampled_from(list(Span)), st.booleans()),
    st.sampled_from([BERLIN, "UTC", "America/Santiago", "Pacific/Apia"]),
)
def test_whatever_is_bought_time_is_not_lost_and_periods_stay_in_order(
    steps: list[tuple[int, Any]], validity: Validity, zone: str
) -> None:
    plan = sold(validity, price=0, timezone=zone)
    now_us, one, period_us = NOW_US, owner("2026-03-25 08:00"), 0
    for later_us, what in steps:
        now_us += later_us
        before_us, before_period = one.valid_until_us, one.period_at_us(now_us)
        stamp = Stamp(1, "k", now_us)
        if what == "renew":
            made = renew(one, makers.account(0), plan, purchase_id=1, stamp=stamp)
        else:
            made = extend(one, plan, days=what, purchase_id=1, stamp=stamp)
        if isinstance(made, Declined):
            assert "200 years" in made.text
            continue
        one = made.subscriber
        assert one.valid_until_us is not None and before_us is not None
        assert one.valid_until_us > before_us
        assert list(one.periods_ahead_us) == sorted(set(one.periods_ahead_us))
        assert all(now_us < start < one.valid_until_us for start in one.periods_ahead_us)
        if before_us > now_us:
            assert one.period_at_us(now_us) == before_period, "refilled ahead of its time"
        elif what == "renew":
            assert now_us - ON_TIME_US <= one.period_at_us(now_us) <= now_us
        assert one.period_at_us(now_us) >= period_us
        period_us = one.period_at_us(now_us)


DEEDS = st.lists(
    st.tuples(
        st.integers(0, 25 * DAY_US),  # how much later
        st.one_of(st.sampled_from(["renew", "renew", "set"]), st.integers(1, 45)),
    ),
    max_size=14,
)


@given(DEEDS, st.integers(1, 3), st.integers(0, 400 * DAY_US), st.booleans())
def test_t5_no_month_begins_twice_in_paid_time_whatever_is_bought_given_or_set(
    deeds: list[tuple[int, Any]], months: int, begins_us: int, to_day_end: bool
) -> None:
    validity = Validity(months, Span.MONTHS, to_day_end)
    plans = [sold(validity, name=name) for name in ("one", "two")]
    purse = makers.account(100 * PRICE)
    now_us = NOW_US + begins_us
    plan = plans[0]
    one = done(bought(owner(None), plan, purse, now_us=now_us)).subscriber
    month = _month(one, plan, now_us)
    for later_us, deed in deeds:
        then_us, now_us = now_us, now_us + later_us
        assert one.valid_until_us is not None
        served = now_us - one.valid_until_us <= ON_TIME_US
        gone = spans(terms_of(one, plan), Period.MONTH, then_us, now_us + 1)
        assert gone[0] == month, "what is bought or given does not change the month that runs"
        for before, after in itertools.pairwise(gone):
            assert before.until_us == after.start_us
        assert all(_whole_month(part) for part in gone)
        stamp = Stamp(1, "k", now_us)
        if deed == "renew":
            one = done(bought(one, plan, purse, now_us=now_us)).subscriber
        elif deed == "set":
            plan = plans[plan is plans[0]]
            one = replace(one)
            move_to(one, plan, now_us)
        else:
            one = done(extend(one, plan, days=deed, purchase_id=1, stamp=stamp)).subscriber
        month = gone[-1] if served or deed != "renew" else _month(one, plan, now_us)
        assert _month(one, plan, now_us) == month


def _month(one: Subscriber, plan: Plan, us: int) -> Part:
    """The month of an instant, as usage is counted in it."""
    (part,) = spans(terms_of(one, plan), Period.MONTH, us, us)
    return part


def _whole_month(part: Part) -> bool:
    """Is it as long as a month of a calendar, to an hour?"""
    assert part.until_us is not None
    return 28 * DAY_US - HOUR_US <= part.until_us - part.start_us <= 31 * DAY_US + HOUR_US
