"""What may be spent is one number under one word, and what the server goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.aaa.gate import reply_attributes
from tests.cli.house import House, login

MIKROTIK, TOTAL_LIMIT = 14988, 17
PRICED = """
name = "{name}"
currency = "USD"
{more}
[price.volume]
amount = "0.01"
per = "MB"
"""
STOPS = '[[cap]]\nperiod = "day"\nmost = "2"\nthen = "stop"\n'
FREE = STOPS.replace("stop", "free")
AFTER = '[package]\nvalidity = "30d"\nprice = "18"\npay = "after"\n'


def on(sample: House, directory: Path, more: str, *words: str) -> None:
    """Alice (5 USD) is on a plan of a cent for a megabyte, and more."""
    file = directory / "plan.toml"
    file.write_text(PRICED.format(name="made", more=more))
    sample.run("plan", "load", str(file))
    sample.run("subscriber", "set", "alice", "--plan", "made", *words)


def spendable(sample: House) -> int:
    """What all commands say that she may spend, in micros."""
    said = {
        sample.json(*words)["spendable_micros"]
        for words in (
            ("subscriber", "show", "alice"),
            ("balance", "show", "alice"),
            ("forecast", "alice"),
            ("rate", "alice", "--octets", "1MB"),
        )
    }
    (micros,) = said
    assert isinstance(micros, int)
    return micros


@pytest.mark.parametrize(
    ("more", "words", "micros"),
    [
        ("", (), 5_000_000),
        ("", ("--credit-limit", "3"), 8_000_000),
        (STOPS, ("--credit-limit", "3"), 2_000_000),
        (STOPS.replace('"2"', '"20"'), (), 5_000_000),
        (FREE, (), 5_000_000),
        (AFTER, ("--credit-limit", "18", "--valid-until", "2099-01-01"), 5_000_000 + 18_000_000),
        (AFTER, ("--credit-limit", "18", "--valid-until", "2020-01-01"), 5_000_000),
    ],
)
def test_it_is_the_money_with_the_credit_as_far_as_usage_may_have_it(
    sample: House, tmp_path: Path, more: str, words: tuple[str, ...], micros: int
) -> None:
    on(sample, tmp_path, more, *words)
    assert spendable(sample) == micros


@pytest.mark.parametrize("more", ["", STOPS, AFTER])
def test_a_router_is_told_just_that(sample: House, tmp_path: Path, more: str) -> None:
    on(sample, tmp_path, more, "--credit-limit", "3", "--valid-until", "2099-01-01")
    micros = spendable(sample)
    (accept,) = sample.serve(login())
    octets = reply_attributes(accept).vsa_integer(MIKROTIK, TOTAL_LIMIT)
    assert octets is not None and octets // 100 == micros  # a cent for a megabyte


def test_a_debt_is_shown_as_what_is_missing(sample: House) -> None:
    sample.run("balance", "correct", "alice", "-7", "--entry", "1", "--reason", "cheque bounced")
    assert spendable(sample) == -2_000_000
    assert "spendable -2.00 USD" in sample.run("forecast", "alice").stdout
    sample.run("subscriber", "set", "alice", "--credit-limit", "5")
    assert spendable(sample) == 3_000_000
    shown = sample.run("subscriber", "show", "alice").stdout
    assert shown.index("credit limit") < shown.index("spendable")
