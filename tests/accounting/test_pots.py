"""Pots: which rows a rise may take, in which order, and what is carried from period to period."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from accounting.pot_terms import Terms
from accounting.pots import Pots, booster_pot
from domain.period import DAY_US, format_instant, parse_instant
from domain.plan import Plan
from domain.plan_words import Validity
from domain.pot import Pot, PotKind
from domain.pricing import (
    Band,
    Booster,
    Bundle,
    Cap,
    FairStep,
    FairUse,
    Period,
    Price,
    Pricing,
    Rate,
    Rollover,
    Scope,
    Speeds,
    Tier,
    TierMode,
)
from rating.scheme import Rise, Uses, compile_scheme, walk
from rating.timetable import Timetable

ZONE = "Europe/Berlin"
GB = 10**9
PRICE = Price((Tier(0, 1_000_000, GB),))
PLAIN = Plan(1, "plain", 1, "USD", timezone=ZONE)
MONTHLY = Bundle("big", octets=10 * GB, period=Period.MONTH)


def us(text: str) -> int:
    """An instant by the wall in Berlin."""
    return parse_instant(text, ZONE)


def plan(*bundles: Bundle, **parts: Any) -> Plan:
    """A plan with these bundles."""
    said: dict[str, Any] = {"rates": (Rate(volume=PRICE),), "bundles": bundles}
    return Plan(1, "basic", 1, "USD", timezone=ZONE, pricing=Pricing(**(said | parts)))


def terms(*starts: str, until: str | None = None, anchor: str = "2026-01-31") -> Terms:
    """The terms of account 7, with validity periods that begin then."""
    starts_us = tuple(us(start) for start in starts or ("2026-01-31",))
    return Terms(7, ZONE, us(anchor), starts_us, us(until) if until else None)


class Books:
    """The rows of an account, moved by the compiled walk as `moves` says."""

    def __init__(self, sold: Plan, said: Terms) -> None:
        """Without any row yet."""
        scheme = compile_scheme(sold)
        assert scheme is not None
        self.scheme, self.pots, self.terms = scheme, Pots(sold), said
        self.rows: list[Pot] = []

    def use(self, at: str | int, octets: int = 0, *, since: str | int | None = None) -> int:
        """Download octets by an instant, `since` another; answer what no pot covered."""
        to_us = us(at) if isinstance(at, str) else at
        from_us = to_us if since is None else us(since) if isinstance(since, str) else since
        view = self.pots.view(self.terms, self.rows, from_us, to_us)
        uses = Uses(self.scheme)
        band = Timetable.of(PLAIN).pieces(from_us, to_us)
        rise = Rise(0, octets, 0, from_us, to_us)
        walk(self.scheme, uses, rise, band, view.draws, view.meters, False, False)
        moves = view.moves()
        moved = [id(move.pot) for move in moves]
        assert len(set(moved)) == len(moved)
        self.rows += [pot for pot in view.opened if id(pot) in moved or pot in view.kept]
        for pot, used, lost in moves:
            pot.used += used
            pot.lost += lost
            assert pot.lost >= 0 and (not pot.granted or pot.left >= 0)
        return octets - sum(uses.covered(slot) for slot in range(self.scheme.slots_n))

    def left(self, at: str | int) -> list[tuple[str, int]]:
        """What can be drawn on at an instant, in order: the row's beginning and what is left."""
        at_us = us(at) if isinstance(at, str) else at
        view = self.pots.view(self.terms, self.rows, at_us, at_us)
        return [
            (format_instant(one.pot.period_start_us, ZONE)[:10], one.draw.left)
            for one in view.drawn
        ]


def test_a_month_of_the_subscribers_own_day_brings_its_bundle_again() -> None:
    books = Books(plan(MONTHLY), terms())
    assert books.use("2026-02-10 12:00", 11 * GB) == GB
    assert books.use("2026-02-27 23:59", GB) == GB
    assert books.use("2026-02-28 00:00", GB) == 0  # the 31st, clamped
    assert [format_instant(pot.period_start_us, ZONE)[:10] for pot in books.rows] == [
        "2026-01-31",
        "2026-02-28",
    ]
    assert {pot.pot for pot in books.rows} == {"bundle/month/basic/big"}


def test_a_rise_over_the_end_of_a_period_takes_from_both() -> None:
    books = Books(plan(MONTHLY), terms())
    assert books.use("2026-02-20", 10 * GB) == 0
    assert books.use("2026-02-28 01:00", 4 * GB, since="2026-02-27 23:00") == 2 * GB
    assert books.left("2026-02-28 02:00") == [("2026-02-28", 8 * GB)]


def test_usage_that_is_told_late_is_taken_where_it_happened() -> None:
    books = Books(plan(MONTHLY), terms())
    books.use("2026-03-02", GB)
    assert books.use("2026-02-27", 3 * GB) == 0
    assert books.left("2026-03-03") == [("2026-02-28", 9 * GB)]
    assert books.left("2026-02-27 05:00") == [("2026-01-31", 7 * GB)]


def test_a_row_that_nothing_moved_need_not_be_written() -> None:
    books = Books(plan(MONTHLY), terms())
    books.use("2026-03-02", 0)
    assert books.rows == []


def test_what_is_sold_is_what_the_row_says_and_a_new_version_begins_with_the_next() -> None:
    books = Books(plan(MONTHLY), terms())
    books.use("2026-03-02", GB)
    books.pots = Pots(replace(plan(replace(MONTHLY, octets=50 * GB)), version=2))
    assert books.left("2026-03-03") == [("2026-02-28", 9 * GB)]
    assert books.left("2026-04-03") == [("2026-03-31", 50 * GB)]


def test_lower_priority_goes_first_then_what_ends_first_then_the_oldest() -> None:
    bundles = (
        Bundle("month", octets=1, period=Period.MONTH),
        Bundle("day", octets=2, period=Period.DAY),
        Bundle("first", octets=3, period=Period.VALIDITY, priority=1),
        Bundle("week", octets=4, period=Period.WEEK),
        Bundle("paid", octets=5),
    )
    sold = plan(*bundles, boosters=(Booster("boost", 1, octets=6), Booster("now", 1, octets=7)))
    books = Books(sold, terms(until="2026-03-08"))
    for number, (name, text) in enumerate([("now", "02"), ("boost", "03"), ("now", "04")]):
        booster = next(one for one in sold.pricing.boosters if one.name == name)  # type: ignore[union-attr]
        at_us = us(f"2026-03-{text}")
        books.rows.append(booster_pot(booster, books.terms, purchase_id=number + 1, now_us=at_us))
    view = books.pots.view(books.terms, books.rows, us("2026-03-05"), us("2026-03-05"))
    assert [one.allowance.name for one in view.drawn] == [
        "first",
        "day",  # ends tonight
        "week",  # of Saturday, ends on the 7th
        "paid",  # ends on the 8th
        "month",
        "now",
        "boost",
        "now",
    ]


def test_a_bundle_of_a_validity_period_goes_on_until_another_begins() -> None:
    books = Books(plan(Bundle("paid", octets=10)), terms("2026-03-01", until="2026-03-31"))
    assert books.use("2026-03-30", 4) == 0
    assert books.use("2026-04-02", 4) == 0  # expired, and served still: days of grace
    books.terms = terms("2026-03-01", "2026-04-03", until="2026-05-03")
    assert books.left("2026-04-02 12:00") == [("2026-03-01", 2)]
    assert books.left("2026-04-03") == [("2026-04-03", 10)]
    assert books.use("2026-04-04", 20, since="2026-04-02") == 8
    # What is known to be older than all periods belongs to the first that is known.
    books.terms = terms("2026-04-03", until="2026-05-03")
    assert books.left("2026-01-01") == [("2026-04-03", 0)]


ROLLING = replace(MONTHLY, rollover=Rollover(most=15 * GB, periods=2))


def test_what_is_left_is_carried_over_oldest_first_for_as_many_periods_as_the_plan_says() -> None:
    books = Books(plan(ROLLING), terms())
    books.use("2026-02-01", 4 * GB)
    assert books.left("2026-03-01") == [("2026-01-31", 6 * GB), ("2026-02-28", 10 * GB)]
    books.use("2026-03-01", 7 * GB)
    assert books.left("2026-03-02") == [("2026-01-31", 0), ("2026-02-28", 9 * GB)]
    assert books.left("2026-04-01") == [
        ("2026-01-31", 0),
        ("2026-02-28", 9 * GB),
        ("2026-03-31", 10 * GB),
    ]
    assert next(day for day, _ in books.left("2026-05-02")) == "2026-02-28"
    assert next(day for day, _ in books.left("2026-06-02")) == "2026-03-31"


def test_no_more_is_carried_over_than_the_plan_says_and_the_oldest_is_lost() -> None:
    books = Books(plan(ROLLING), terms())
    books.use("2026-02-01", GB)
    books.use("2026-03-01")
    assert books.left("2026-03-02") == [("2026-01-31", 9 * GB), ("2026-02-28", 10 * GB)]
    books.use("2026-04-01")
    assert books.left("2026-04-02") == [
        ("2026-01-31", 5 * GB),
        ("2026-02-28", 10 * GB),
        ("2026-03-31", 10 * GB),
    ]
    assert [(pot.used, pot.lost) for pot in books.rows] == [(GB, 4 * GB), (0, 0), (0, 0)]


def test_months_in_which_nothing_was_used_are_carried_over_too() -> None:
    books = Books(plan(ROLLING), terms())
    books.use("2026-07-01", 2 * GB)
    assert books.left("2026-07-02") == [
        ("2026-04-30", 3 * GB),
        ("2026-05-31", 10 * GB),
        ("2026-06-30", 10 * GB),
    ]
    # But not from before the subscriber had the plan.
    books = Books(plan(ROLLING), terms("2026-06-15"))
    assert books.left("2026-07-02") == [("2026-05-31", 10 * GB), ("2026-06-30", 10 * GB)]
    books = Books(plan(ROLLING), terms("2026-06-30"))
    assert books.left("2026-07-02") == [("2026-06-30", 10 * GB)]


def test_usage_told_late_takes_what_was_lost_as_unused_first() -> None:
    books = Books(plan(replace(MONTHLY, rollover=Rollover(most=3 * GB))), terms())
    books.use("2026-02-01", GB)
    books.use("2026-03-01")
    assert books.left("2026-03-01") == [("2026-01-31", 3 * GB), ("2026-02-28", 10 * GB)]
    assert books.use("2026-02-27", 5 * GB) == 0
    assert books.left("2026-03-01") == [("2026-01-31", 3 * GB), ("2026-02-28", 10 * GB)]
    assert books.use("2026-02-27", 9 * GB) == 5 * GB
    assert books.left("2026-03-01") == [("2026-01-31", 0), ("2026-02-28", 10 * GB)]


def test_a_period_that_is_opened_behind_a_later_one_carries_nothing() -> None:
    books = Books(plan(ROLLING), terms())
    books.use("2026-07-01", GB)
    assert books.use("2026-02-01", GB) == 0
    assert [day for day, _ in books.left("2026-03-01")] == ["2026-02-28"]


def test_what_is_left_of_paid_time_is_carried_into_the_time_that_is_bought_next() -> None:
    sold = plan(Bundle("paid", octets=10, rollover=Rollover(most=8, periods=1)))
    books = Books(sold, terms("2026-03-01", until="2026-03-31"))
    books.use("2026-03-05", 1)
    books.terms = terms("2026-03-31", until="2026-04-30")
    assert books.left("2026-04-01") == [("2026-03-01", 8), ("2026-03-31", 10)]
    assert books.use("2026-04-01", 12) == 0
    books.terms = terms("2026-04-30", until="2026-05-30")
    assert books.left("2026-05-01") == [("2026-03-31", 6), ("2026-04-30", 10)]
    assert [(pot.used, pot.lost) for pot in books.rows] == [(9, 1), (4, 0)]


def test_a_booster_lasts_from_when_it_was_bought_for_its_own_time() -> None:
    booster = Booster("boost", 1, octets=10, validity=Validity(3))
    books = Books(plan(boosters=(booster,)), terms("2026-03-01", until="2026-03-31"))
    pot = booster_pot(booster, books.terms, purchase_id=5, now_us=us("2026-03-27 14:00"))
    assert (pot.pot, pot.kind, pot.purchase_id) == ("booster/boost/5", PotKind.BOOSTER, 5)
    assert format_instant(pot.until_us or 0, ZONE)[:16] == "2026-03-30 14:00"
    books.rows.append(pot)
    assert books.left("2026-03-27 13:59") == []
    assert books.use("2026-03-27 15:00", 6, since="2026-03-27 13:00") == 3
    assert books.left("2026-03-30 13:59") == [("2026-03-27", 7)]
    assert books.left("2026-03-30 14:00") == []


def test_a_booster_without_a_time_of_its_own_ends_with_the_paid_time_it_was_bought_in() -> None:
    booster = Booster("boost", 1, octets=10)
    books = Books(plan(boosters=(booster,)), terms("2026-03-01", until="2026-03-31"))
    books.rows.append(
        booster_pot(booster, books.terms, purchase_id=5, now_us=us("2026-03-27 14:00"))
    )
    books.terms = terms("2026-03-01", "2026-04-02", until="2026-05-01")  # after an extension
    assert books.left("2026-04-01 23:00") == [("2026-03-27", 10)]
    assert books.left("2026-04-02") == []
    books.terms = terms("2026-04-02", until="2026-05-01")
    assert books.left("2026-04-02") == []


def test_a_booster_that_the_plan_does_not_know_waits() -> None:
    books = Books(plan(), terms())
    books.rows.append(booster_pot(Booster("a", 1, octets=1), terms(), purchase_id=1, now_us=0))
    assert books.left("2026-04-01") == []


COUNTING: dict[str, Any] = {
    "rates": (
        Rate(
            bands=frozenset({"night", "feast"}),
            volume=Price((Tier(0, 1, 1), Tier(10, 2, 1)), period=Period.DAY),
        ),
        Rate(
            volume=Price((Tier(0, 1, 1),), mode=TierMode.PACKAGE, period=Period.MONTH),
            time=Price((Tier(0, 5, 1), Tier(10, 2, 1))),
        ),
    ),
    "bands": (Band("night", ()), Band("feast", ())),
    "caps": (Cap(Period.SESSION, 7), Cap(Period.WEEK, 100)),
    "fair_use": FairUse(Period.VALIDITY, Scope(), (FairStep(5, Speeds(down_bps=1)),)),
}


def test_what_an_account_counts_is_metered_in_rows_of_its_periods() -> None:
    kept = Pots(plan(**COUNTING))
    view = kept.view(terms(until="2026-03-31"), [], us("2026-03-05 23:00"), us("2026-03-06 01:00"))
    spans: dict[str, list[str]] = {}
    for pot, meter in view.metered:
        assert (pot.granted, pot.used, meter.used) == (0, 0, 0)
        spans.setdefault(pot.pot, []).append(format_instant(pot.period_start_us, ZONE)[:10])
    assert spans == {
        "tier/day/basic/volume/feast+night/": ["2026-03-05", "2026-03-06"],
        "tier/month/basic/volume": ["2026-02-28"],
        "fair-use/validity/basic": ["2026-01-31"],
        "cap/week/basic": ["2026-02-28"],
    }
    assert list(view.opened) == [pot for pot, _ in view.metered]
    assert view.kept == ()


def test_meters_cover_every_instant_and_go_on_from_what_was_counted() -> None:
    sold = plan(**COUNTING)
    scheme = compile_scheme(sold)
    assert scheme is not None
    kept, rows = Pots(sold), list[Pot]()
    for day in (5, 6, 6):
        from_us, to_us = us(f"2026-03-0{day} 20:00"), us(f"2026-03-0{day + 1} 04:00")
        view = kept.view(terms(), rows, from_us, to_us)
        rise = Rise(0, 80, 0, from_us, to_us)
        walk(scheme, Uses(scheme), rise, [(to_us, 1)], [], view.meters, False, False)
        for pot, used, lost in view.moves():
            assert lost == 0
            if pot in view.opened:
                rows.append(pot)
            pot.used += used
    counted: dict[str, list[int]] = {}
    for pot in rows:
        counted.setdefault(pot.pot.split("/")[0], []).append(pot.used)
    assert counted["tier"] == [40, 120, 80]
    assert counted["fair-use"] == [240]
    assert counted["cap"] == [7, 14]  # weeks of a Saturday; seven of each session


@settings(max_examples=60, deadline=None)
@given(
    deeds=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 12), st.integers(0, 40)), max_size=25
    ),
    most=st.integers(1, 30),
    periods=st.integers(1, 4),
    period=st.sampled_from((Period.DAY, Period.WEEK, Period.MONTH)),
    data=st.data(),
)
def test_nothing_is_granted_twice_and_no_more_is_carried_than_the_plan_says(
    deeds: list[tuple[int, int, int]], most: int, periods: int, period: Period, data: st.DataObject
) -> None:
    rolling = Bundle("r", octets=10, period=period, rollover=Rollover(most, periods))
    books = Books(plan(rolling), terms("2026-01-05", anchor="2026-01-31"))
    late = data.draw(st.booleans())
    for day, hours, octets in deeds if late else sorted(deeds):
        to_us = us("2026-01-05") + day * DAY_US
        covered = octets - books.use(to_us, octets, since=to_us - hours * 3_600_000_000)
        assert 0 <= covered <= octets
    starts = [pot.period_start_us for pot in books.rows]
    assert len(set(starts)) == len(starts)
    for pot in books.rows:
        assert pot.granted == 10 and pot.used >= 0 and pot.lost >= 0 and pot.left >= 0
        assert pot.until_us is not None and pot.ends_us is not None
        assert pot.period_start_us < pot.until_us <= pot.ends_us
    if not late and deeds:
        view = books.pots.view(books.terms, books.rows, last := us("2027-02-09"), last)
        carried = [one for one in view.drawn if one.pot.until_us <= last]  # type: ignore[operator]
        assert sum(one.draw.left for one in carried) <= most
        assert len(carried) <= periods
