"""A plan in words: what changed between two versions, and who is told no speed."""

from __future__ import annotations

import pytest

from cli.plan_words import (
    changes_in_words,
    garden_in_words,
    included_in_words,
    price_in_words,
    speed_warnings,
    speeds_in_words,
    step_warnings,
    validity_in_words,
)
from cli.vocabulary import our_vocabulary
from domain.device import Device
from domain.plan import Plan
from rating.plan_file import parse_plan

HEAD = 'name = "p"\ncurrency = "USD"\n'
PRICE = '[price.volume]\namount = "{}"\nper = "GB"\n'


def plan(text: str = "") -> Plan:
    return parse_plan(HEAD + text, vocabulary=our_vocabulary())


def device(name: str, dialect: str, *, sample: bool = False) -> Device:
    return Device(1, name, b"", (), dialect, 3799, sample=sample)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ('[speeds]\ndown = "10M"\nup = "512k"\n', "10 Mbit/s down, 512 kbit/s up"),
        ('[speeds]\ndown = "10M"\n', "10 Mbit/s down, any up"),
        ('[speeds.mikrotik]\nrate = "2M/10M 4M/20M"\n', "MikroTik 2M/10M 4M/20M"),
        (
            '[speeds]\nup = "1M"\n[speeds.cisco]\ndown = "A"\n',
            "any down, 1 Mbit/s up; Cisco A down, - up",
        ),
    ],
)
def test_speeds_are_said_down_first(text: str, words: str) -> None:
    assert speeds_in_words(plan(text)) == words


def test_prices_and_what_is_included_are_said_in_the_units_they_are_sold_in() -> None:
    text = PRICE.format("0.50") + '[included]\nvolume = "5 GB"\n[price.session]\nfee = "1"\n'
    assert price_in_words(plan(text)) == "0.50 USD per GB sum + 1.00 USD per session"
    assert included_in_words(plan(text)) == "5 GB"
    package = '[package]\nvalidity = "30d"\nprice = "12"\nexpires = "day"\n'
    assert validity_in_words(plan(package)) == "30 days, to the end of the day, for 12.00 USD"
    assert price_in_words(plan()) == "nothing"


def test_a_wall_is_said_with_what_is_told_behind_it() -> None:
    text = '[on_expired]\n[[on_expired.reply]]\nattributes = "Filter-Id = x"\naccess = "ppp"\n'
    assert garden_in_words(plan(text).on_expired) == "walled for 10 minutes: Filter-Id = x (ppp)"
    assert garden_in_words(None) == "refused"


def test_what_changed_is_said_and_nothing_else() -> None:
    old = plan(PRICE.format("0.50") + '[speeds]\ndown = "10M"\nup = "2M"\n')
    new = plan(PRICE.format("0.40") + '[speeds]\ndown = "20M"\nup = "2M"\n')
    assert changes_in_words(old, new) == (
        "price: 0.50 USD per GB sum -> 0.40 USD per GB sum; "
        "speeds: 10 Mbit/s down, 2 Mbit/s up -> 20 Mbit/s down, 2 Mbit/s up"
    )
    assert changes_in_words(None, new) == ""
    assert changes_in_words(new, new) == ""
    walled = plan('[on_suspended]\n[[on_suspended.reply]]\nattributes = "Filter-Id = x"\n')
    assert changes_in_words(plan(), walled) == (
        "suspended: refused -> walled for 10 minutes: Filter-Id = x"
    )
    assert changes_in_words(walled, plan('[[reply]]\nattributes = "Filter-Id = y"\n')) == (
        "replies: none -> Filter-Id = y; suspended: walled for 10 minutes: Filter-Id = x -> refused"
    )


ALL = [device("m1", "mikrotik"), device("c1", "cisco"), device("c2", "cisco"), device("s", "cisco")]


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("", []),
        (PRICE.format("1"), []),
        ('[speeds]\ndown = "1M"\n', ["p tells no speed to cisco devices (c1, c2, s): write [sp"]),
        ('[speeds.mikrotik]\nrate = "1M"\n', ["p tells no speed to cisco devices (c1, c2, s): "]),
        ('[speeds.cisco]\ndown = "A"\n', ["p tells no speed to mikrotik devices (m1): write dow"]),
        ('[speeds]\ndown = "1M"\ncisco = { down = "A" }\n', []),
        (
            '[speeds]\ndown = "1M"\n[[reply]]\ndialect = "cisco"\n'
            "attributes = ['Cisco-AVPair = \"ip:sub-qos-policy-out=A\"']\n",
            [],
        ),
    ],
)
def test_dialects_that_a_plan_tells_no_speed_are_warned_of(text: str, warned: list[str]) -> None:
    found = speed_warnings(plan(text), ALL)
    assert len(found) == len(warned)
    for line, begin in zip(found, warned, strict=True):
        assert line.startswith(begin)


def test_steps_of_fair_use_that_tell_a_dialect_no_speed_are_warned_of() -> None:
    steps = (
        '[fair_use]\nperiod = "day"\n[[fair_use.step]]\nabove = "1 GB"\ndown = "1M"\nup = "1M"\n'
    )
    devices = [*ALL, device("ap", "standard"), device("local", "standard", sample=True)]
    assert step_warnings(plan(steps), devices) == [
        "p: fair use above 1 GB tells no speed to cisco devices (c1, c2, s): write cisco into it",
        "p: fair use above 1 GB tells no speed to standard devices (ap): "
        "sessions there are disconnected",
    ]
    assert step_warnings(plan(steps + 'cisco = { down = "A", up = "B" }\n'), ALL) == []
    assert step_warnings(plan(PRICE.format("1")), devices) == []


def test_a_sample_is_not_in_use_and_many_are_counted() -> None:
    fast = plan('[speeds]\ndown = "1M"\n')
    assert speed_warnings(fast, [device("local", "standard", sample=True)]) == []
    (line,) = speed_warnings(fast, [device(f"ap{n}", "standard") for n in range(5)])
    assert '(ap0, ap1, ap2 and 2 more): write a [[reply]] with dialect = "standard"' in line
