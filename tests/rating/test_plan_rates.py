"""Rates: the first that fits, what it leaves out, and what its directions mean."""

from __future__ import annotations

import pytest

from domain.plan import Counted
from domain.pricing import OTHER, Price, Rate, Tier
from rating.plan_file import parse_plan
from rating.plan_rates import prices_of, rate_at

HEAD = (
    'name = "p"\ncurrency = "USD"\n[[class]]\nname = "a"\nservices = "A"\n'
    '[[class]]\nname = "b"\nservices = "B"\n'
)
RATE = '[[rate]]\nclasses = ["a", "b"]\n'
GB = 10**9


def rates(text: str) -> tuple[Rate, ...]:
    pricing = parse_plan(HEAD + text).pricing
    assert pricing is not None
    return pricing.rates


def each(amount_micros: int, unit: int = GB) -> Price:
    return Price((Tier(0, amount_micros, unit),))


def test_what_a_rate_leaves_out_is_as_in_price() -> None:
    both = '[price]\nvolume = { amount = 1, per = "GB", count = "up" }\n' + (
        'time = { amount = 2, per = "hour" }\n'
    )
    first, last = rates(RATE + 'volume = { amount = "0" }\n' + both)
    assert first == Rate(
        classes=frozenset("ab"),
        counted=Counted.UP,
        volume=each(0),
    )
    hours = each(2_000_000, 3_600)
    assert last == Rate(counted=Counted.UP, volume=each(1_000_000), time=hours)
    rest = RATE.replace('"b"', '"b", "other"')
    assert rates(rest + 'volume = { amount = "0" }\n' + both)[0].time == hours
    free = 'down = { amount = "0" }\nup = { amount = "0.5", per = "GB" }\n'
    assert rates(RATE + free + both)[0].volume is None


def test_a_rate_takes_the_other_direction_from_price_where_that_has_one() -> None:
    down = '[price.down]\namount = 1\nper = "GB"\n'
    first, last = rates(RATE + 'up = { amount = 3, per = "GB" }\n' + down)
    assert (first.down, first.up) == (each(1_000_000), each(3_000_000))
    assert (last.down, last.up) == (each(1_000_000), None)
    whole = rates(RATE + 'volume = { amount = 3, per = "GB" }\n' + down)[0]
    assert (whole.volume, whole.down, whole.up) == (each(3_000_000), None, None)


def test_the_first_rate_that_fits_gives_the_prices() -> None:
    found = rates(
        '[[rate]]\nclasses = "b"\nvolume = { amount = 2, per = "GB" }\n'
        + RATE
        + 'volume = { amount = 1, per = "GB" }\n'
    )
    assert rate_at(found, (OTHER, "a")) is found[1]
    assert rate_at(found, (OTHER, "b")) is found[0]
    assert rate_at(found, (OTHER, OTHER)) is found[2]


@pytest.mark.parametrize(
    ("priced", "asked", "meets"),
    [
        (Counted.SUM, Counted.DOWN, True),
        (Counted.DOWN, Counted.SUM, True),
        (Counted.DOWN, Counted.DOWN, True),
        (Counted.DOWN, Counted.UP, False),
        (Counted.LARGER, Counted.LARGER, True),
    ],
)
def test_volume_meets_the_price_of_its_direction(
    priced: Counted, asked: Counted, meets: bool
) -> None:
    price = each(1)
    assert prices_of(Rate(counted=priced, volume=price), asked) == ((price,) if meets else ())
    apart = Rate(down=price)
    assert prices_of(apart, Counted.DOWN) == (price,)
    assert prices_of(apart, Counted.UP) == (None,)
    assert prices_of(apart, Counted.SUM) == (price, None)
