"""The sections of a plan in words: each says all that it means, and no more."""

from __future__ import annotations

import pytest

from cli.plan_words import included_in_words, price_in_words, sections_in_words
from cli.pricing_words import so_long, so_much
from domain.plan import Plan
from rating.plan_file import parse_plan

HEAD = 'name = "p"\ncurrency = "USD"\n'
PRICE = '[price.volume]\namount = 1\nper = "GB"\n'
NIGHT = '[[band]]\nname = "night"\nfrom = "22:00"\nuntil = "06:00"\n'
LOCAL = '[[class]]\nname = "local"\nservices = ["IX", "CDN"]\n'


def plan(text: str) -> Plan:
    return parse_plan(HEAD + text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PRICE + 'minimum = "1 MB"\n', "1.00 USD per GB sum (at least 1 MB)"),
        (
            PRICE + 'period = "month"\ntier = [{ from = "1 TB", amount = "0" }]\n',
            "sum: 1.00 USD per GB, from 1 TB free (counted over a month)",
        ),
        (
            PRICE + 'mode = "volume"\ntier = [{ from = "5 GB", amount = 2, per = "5 GB" }]\n',
            "sum: 1.00 USD per GB, from 5 GB 2.00 USD per 5 GB (all at the tier reached)",
        ),
        (
            '[price.time]\namount = 1\nper = "hour"\nmode = "package"\nperiod = "validity"\n',
            "1.00 USD per started hour (counted over the validity)",
        ),
        (
            '[price.down]\namount = 1\nper = "GB"\nincrement = "1 MB"\n'
            '[price.up]\namount = 2\nper = "GB"\nrounding = "up"\n[price.session]\nfee = 1\n',
            "1.00 USD per GB down (in started MB) + 2.00 USD per GB up (rounded up)"
            " + 1.00 USD per session",
        ),
        ('[fair_use]\nperiod = "day"\n[[fair_use.step]]\nabove = "1 GB"\ndown = "1M"\n', "nothing"),
    ],
)
def test_a_price_is_said_with_its_tiers_and_settings(text: str, words: str) -> None:
    assert price_in_words(plan(text)) == words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f'{PRICE}{NIGHT}{LOCAL}[[rate]]\nbands = ["other", "night"]\nclasses = "local"\n'
            'volume = { amount = "0" }\n',
            {
                "band night": "22:00-24:00, 00:00-06:00",
                "class local": "IX, CDN",
                "rate in night, other of local": "free sum",
            },
        ),
        (
            f'{PRICE}[[holiday]]\nname = "x"\ndate = ["12-25", "2026-01-06"]\n'
            '[[band]]\nname = "rest"\ndays = "sat,sun,wed"\nholidays = "also"\n'
            '[[bundle]]\nname = "b"\nvolume = "1 GB"\ncount = "up"\nbands = "rest"\n'
            'period = "week"\npriority = 5\nrollover = { most = "2 GB", periods = 2 }\n',
            {
                "holiday x": "12-25, 2026-01-06",
                "band rest": "wed,sat-sun; holidays too",
                "bundle b": "1 GB a week (up) in rest; priority 5; carries 2 GB over for 2 periods",
            },
        ),
        (
            f'{PRICE}[[booster]]\nname = "b"\nvolume = "1 GB"\nprice = 3\nvalidity = "7d"\n'
            '[[cap]]\nperiod = "day"\nmost = 5\nthen = "stop"\n[price.activation]\nfee = 9\n',
            {
                "booster b": "1 GB for 3.00 USD, lasts 7 days",
                "cap of a day": "at most 5.00 USD, then stop",
                "activation fee": "9.00 USD",
            },
        ),
        (
            f'{NIGHT}[fair_use]\nperiod = "month"\n[[fair_use.step]]\nbands = "night"\n'
            'down = "50M"\n[[fair_use.step]]\nabove = "1 TB"\nmikrotik = { rate = "1M" }\n',
            {
                "band night": "22:00-24:00, 00:00-06:00",
                "fair use": "counted over a month; where speeds cannot be told: disconnect",
                "fair use in night": "50 Mbit/s down, any up",
                "fair use above 1 TB": "MikroTik 1M",
            },
        ),
    ],
)
def test_each_section_is_a_sentence(text: str, told: dict[str, str]) -> None:
    assert sections_in_words(plan(text)) == told


def test_in_lists_a_price_is_said_by_its_first_tier() -> None:
    tiers = PRICE + 'period = "month"\nincrement = "1 MB"\ntier = [{ from = "5 GB", amount = 2 }]\n'
    hours = '[price.time]\namount = 1\nper = "hour"\nmode = "package"\nperiod = "day"\n'
    assert price_in_words(plan(tiers + hours), short=True) == (
        "1.00 USD per GB sum ... + 1.00 USD per started hour"
    )
    assert price_in_words(plan(PRICE), short=True) == "1.00 USD per GB sum"


def test_a_plain_plan_has_no_sections() -> None:
    assert sections_in_words(plan(PRICE)) == {}


def test_what_is_included_is_listed_by_name() -> None:
    text = f'{PRICE}[included]\nvolume = "1 GB"\n[[bundle]]\nname = "b"\nvolume = "2 GB"\n'
    assert included_in_words(plan(text + 'period = "day"\n')) == "included 1 GB, b 2 GB a day"


def test_one_of_a_unit_is_said_with_its_number_where_it_is_a_quantity() -> None:
    assert (so_much(10**9), so_much(0), so_much(1536)) == ("1 GB", "0 octets", "1536 octets")
    assert (so_long(3_600), so_long(90), so_long(1)) == ("1 hour", "90 seconds", "1 second")
