"""The oracle against prices worked by hand, and against the rater, which it has never seen.

A judge that agrees with the accused because both read from one book judges nothing: the hand-worked
table says what docs/plans.md means, and the differential says that the house reads it the same way.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.vocabulary import our_vocabulary
from rating import compile_tariff, counted_octets, price
from rating.plan_file import parse_plan
from tests.simulation import oracle
from tests.simulation.oracle import Usage
from tests.simulation.town import EVERY_PLAN

HEAD = 'name = "it"\ncurrency = "USD"\n'
CENT_PER_MB = '[price.volume]\namount = "0.01"\nper = "MB"\n'
MB = 10**6

# plan, (input, output, seconds), included octets and seconds taken, micros
WORKED = {
    "a cent for a megabyte": (CENT_PER_MB, (2 * MB, 3 * MB, 60), (0, 0), 50_000),
    "a hundred octets are a micro, rounded down": (CENT_PER_MB, (0, 199, 0), (0, 0), 1),
    "and up": (CENT_PER_MB + 'rounding = "up"\n', (0, 101, 0), (0, 0), 2),
    "and half up": (CENT_PER_MB + 'rounding = "half-up"\n', (0, 150, 0), (0, 0), 2),
    "just under half is down": (CENT_PER_MB + 'rounding = "half-up"\n', (0, 149, 0), (0, 0), 1),
    "only what was received": (CENT_PER_MB + 'count = "down"\n', (9 * MB, MB, 0), (0, 0), 10_000),
    "only what was sent": (CENT_PER_MB + 'count = "up"\n', (9 * MB, MB, 0), (0, 0), 90_000),
    "the larger": (CENT_PER_MB + 'count = "larger"\n', (9 * MB, MB, 0), (0, 0), 90_000),
    "every started 64 KiB": (
        '[price.volume]\namount = "0.02"\nper = "MiB"\nincrement = "64 KiB"\n',
        (1, 65_536, 0),
        (0, 0),
        2_500,
    ),
    "included comes off before increments": (
        '[price.volume]\namount = "0.02"\nper = "MiB"\nincrement = "64 KiB"\n',
        (0, 65_536 + 1, 0),
        (65_536, 0),
        1_250,
    ),
    "every started minute": (
        '[price.time]\namount = "2.40"\nper = "hour"\nincrement_s = 60\nrounding = "up"\n',
        (MB, MB, 61),
        (0, 0),
        80_000,
    ),
    "a third of a unit for a thousand seconds": (
        '[price.time]\namount = "1"\nper = "3000 s"\n',
        (0, 0, 1_000),
        (0, 0),
        333_333,
    ),
    "included time": ('[price.time]\namount = "0.60"\nper = "h"\n', (0, 0, 700), (0, 100), 100_000),
    "a fee, and nothing else": (
        '[price.session]\nfee = "0.25"\n',
        (MB, MB, 9_999),
        (0, 0),
        250_000,
    ),
    "all three add up": (
        '[price.session]\nfee = "0.05"\n'
        + CENT_PER_MB
        + '[price.time]\namount = "3.6"\nper = "h"\n',
        (MB, 0, 10),
        (0, 0),
        50_000 + 10_000 + 10_000,
    ),
    "nothing costs nothing": ("", (MB, MB, 10), (0, 0), 0),
}


@pytest.mark.parametrize("name", WORKED)
def test_the_price_is_what_was_worked_by_hand(name: str) -> None:
    text, used, (free_octets, free_s), micros = WORKED[name]
    prices = oracle.read(HEAD + text)
    assert prices.price_micros(Usage(*used), free_octets, free_s) == micros


def test_a_session_that_never_began_owes_no_fee() -> None:
    prices = oracle.read(HEAD + "[price.session]\nfee = 2\n")
    assert prices.price_micros(Usage(0, 0, 0), fee=False) == 0
    assert prices.price_micros(Usage(0, 0, 0)) == 2_000_000


def test_included_usage_is_spread_over_all_sessions_and_never_exceeded() -> None:
    prices = oracle.read(HEAD + CENT_PER_MB + '[included]\nvolume = "5 MB"\n')
    two = [Usage(MB, MB, 0), Usage(4 * MB, 0, 0)]
    assert oracle.spread_included(prices, two) == (5 * MB, 0)
    assert oracle.spread_included(prices, two[:1]) == (2 * MB, 0)
    least, most = oracle.account_bounds_micros(prices, two)
    assert least <= 10_000 <= most and most - least < 10


def test_full_speed_is_priced_by_every_counted_octet_and_started_second() -> None:
    prices = oracle.read(HEAD + CENT_PER_MB + '[speeds]\ndown = "10M"\nup = "2M"\n')
    assert prices.rate_bps == 12 * MB
    assert prices.price_at_full_speed_micros(prices.rate_bps, Fraction(2)) == 30_000 + 2


AMOUNTS = st.integers(1, 10**9).map(lambda micros: f"{micros // MB}.{micros % MB:06d}")
ROUNDINGS = st.sampled_from(("down", "up", "half-up"))
VOLUMES = st.sampled_from(("KB", "MB", "3 MiB", "GB", "7KiB", "999 KB"))
SPANS = st.sampled_from(("s", "minute", "7 m", "hour", "2 days"))


@st.composite
def plans(draw: st.DrawFn) -> str:
    """A sound plan file."""
    text = HEAD
    if draw(st.booleans()):
        text += f'[price.session]\nfee = "{draw(AMOUNTS)}"\n'
    if draw(st.booleans()):
        count = draw(st.sampled_from(("down", "up", "sum", "larger")))
        text += f'[price.volume]\namount = "{draw(AMOUNTS)}"\nper = "{draw(VOLUMES)}"\n'
        text += f'count = "{count}"\nrounding = "{draw(ROUNDINGS)}"\n'
        text += f"increment = {draw(st.sampled_from((1, 2, 1000, 1024, 65_536)))}\n"
    if draw(st.booleans()):
        text += f'[price.time]\namount = "{draw(AMOUNTS)}"\nper = "{draw(SPANS)}"\n'
        text += f'increment_s = {draw(st.integers(1, 4000))}\nrounding = "{draw(ROUNDINGS)}"\n'
    return text


OCTETS = st.integers(0, 1 << 36)
SECONDS = st.integers(0, 10**7)


@settings(max_examples=200, deadline=None)
@given(text=plans(), used=st.tuples(OCTETS, OCTETS, SECONDS), free=st.tuples(OCTETS, SECONDS))
def test_t1_and_t2_the_rater_and_the_oracle_agree_on_any_plan(
    text: str, used: tuple[int, int, int], free: tuple[int, int]
) -> None:
    tariff = compile_tariff(parse_plan(text))
    counted = counted_octets(tariff, used[0], used[1])
    rated = price(tariff, counted, used[2], free[0], free[1], True)
    assert oracle.read(text).price_micros(Usage(*used), *free) == sum(rated)


@pytest.mark.parametrize("name", EVERY_PLAN)
def test_every_plan_of_the_town_is_read_alike(name: str) -> None:
    text = HEAD + EVERY_PLAN[name]
    plan, prices = parse_plan(text, vocabulary=our_vocabulary()), oracle.read(text)
    assert prices.sessions_max == plan.sessions_max
    assert prices.fee_micros == plan.session_fee_micros
    assert (prices.free_octets, prices.free_s) == (plan.included_octets, plan.included_s)
    assert prices.rate_bps == (plan.down_bps or 0) + (plan.up_bps or 0)
    assert prices.priced == plan.priced
    package = plan.package
    assert (prices.validity is None) == (package is None)
    if package is not None:
        kept = (package.price_micros, package.grace_s, package.auto_renew)
        assert (prices.package_micros, prices.grace_s, prices.auto_renew) == kept
    assert prices.gardens == {
        wall
        for wall, garden in enumerate(
            (plan.on_expired, plan.on_no_credit, plan.on_suspended), start=1
        )
        if garden is not None
    }
