"""The law of whole plans bites: books whose sums hold are sound, and each doctored one is found.

The sums of two accounts are made up by hand; then one thing is spoilt, as a server would that
loses a pot's row, draws on it twice, or charges a record again.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.vocabulary import our_vocabulary
from rating.plan_file import parse_plan
from rating.scheme import compile_scheme
from tests.chaos.oracle import ACCEPTED, CLOSED, LIVE, Books, PotRow, SessionRow, Verdict
from tests.chaos.whole import DAY_MINUTES_N, MB, WHOLES, Whole, judge_wholes, plans

WHOLE = {"banded-0": WHOLES["banded"], "tiered-0": WHOLES["tiered"]}
SOLD = {"banded-0": (1, 2)}


def row(session: str, login: str, octets: int, micros: int, state: str = LIVE) -> SessionRow:
    closed = micros if state == CLOSED else 0
    return SessionRow(session, login, state, octets // 4, octets - octets // 4, 9, micros, closed)


def books() -> Books:
    """Of 100 MB 40 MB were covered and 7 octets are dear; 400 MB come to the cap of 250."""
    sessions = [
        row("a", "banded-0", 30 * MB, 0, CLOSED),
        row("b", "banded-0", 70 * MB, 60 * MB + 7 * 997),
        row("c", "tiered-0", 300 * MB, 200 * MB),
        row("d", "tiered-0", 100 * MB, 50 * MB, CLOSED),
        row("e", "tiered-0", 0, 0, ACCEPTED),
        row("f", "somebody", 5, 5),
    ]
    pots = [
        PotRow("banded-0", "bundle/day/banded/any", 40 * MB, 25 * MB, 0),
        PotRow("banded-0", "bundle/month/banded/gift", 20 * MB, 0, 0),
        PotRow("banded-0", "booster/more/77", 25 * MB, 15 * MB, 0),
        PotRow("banded-0", "fair-use/month/banded", 0, 85 * MB, 0),
        PotRow("tiered-0", "bundle/month/tiered/gift", 30 * MB, 30 * MB, 0),
        PotRow("tiered-0", "cap/month/tiered", 0, 250 * MB, 0),
        PotRow("tiered-0", "tier/month/tiered/volume", 0, 370 * MB, 0),
    ]
    return Books(sessions, pots=pots)


def found(of: Books, sold: dict[str, tuple[int, int]] | None = None) -> list[str]:
    verdict = Verdict()
    judge_wholes(verdict, of, WHOLE, SOLD if sold is None else sold)
    return [finding.kind for finding in verdict.findings]


def test_sound_books_have_no_findings() -> None:
    assert found(books()) == []


@pytest.mark.parametrize(
    ("n", "changes", "kinds"),
    [
        (0, {"used": 26 * MB}, ["priced"]),  # an octet that was covered and charged for
        (0, {"used": 41 * MB}, ["pots", "priced"]),  # more than it has
        (0, {"lost": 16 * MB}, ["pots"]),  # what was used is lost as well
        (1, {"granted": 40 * MB}, ["pots"]),  # brought twice
        (2, {"used": 14 * MB}, ["pots", "priced"]),
        (3, {"used": 84 * MB}, ["pots"]),
        (4, {"used": 29 * MB}, []),  # what is beyond the cap costs nothing, covered or not
        (5, {"used": 249 * MB}, ["priced"]),
    ],
)
def test_a_pot_that_is_not_what_was_used_is_found(
    n: int, changes: dict[str, int], kinds: list[str]
) -> None:
    spoilt = books()
    spoilt.pots[n] = PotRow(**spoilt.pots[n]._asdict() | changes)
    assert found(spoilt) == kinds


@pytest.mark.parametrize("more", [-1, 1, 997 * 60 * MB, -8 * 997])
def test_a_micro_too_many_or_too_few_is_found(more: int) -> None:
    spoilt = books()
    spoilt.sessions[1] = replace(spoilt.sessions[1], charged_micros=60 * MB + 7 * 997 + more)
    assert found(spoilt) == ["priced"]


def test_what_lies_beyond_a_cap_is_found() -> None:
    spoilt = books()
    spoilt.sessions[2] = replace(spoilt.sessions[2], charged_micros=200 * MB + 1)
    spoilt.pots[5] = spoilt.pots[5]._replace(used=250 * MB + 1)
    assert found(spoilt) == ["priced", "priced"]


def test_a_new_period_has_its_cap_to_itself() -> None:
    later = books()
    later.sessions[2] = replace(later.sessions[2], charged_micros=220 * MB)
    later.pots.append(PotRow("tiered-0", "cap/month/tiered", 0, 20 * MB, 0))
    assert found(later) == []


def test_a_closed_session_has_all_it_was_charged_in_entries() -> None:
    spoilt = books()
    spoilt.sessions[3] = replace(spoilt.sessions[3], closed_micros=1)
    assert found(spoilt) == ["balance"]


def test_boosters_are_those_that_were_sold() -> None:
    assert found(books(), {"banded-0": (2, 2)}) == ["lost"]
    assert found(books(), {}) == ["doubled"]


def test_more_from_pots_than_was_used_is_found() -> None:
    spoilt = books()
    spoilt.sessions[0] = replace(spoilt.sessions[0], input_octets=0, output_octets=0)
    spoilt.sessions[1] = replace(spoilt.sessions[1], input_octets=0, output_octets=MB)
    assert "pots" in found(spoilt)


def test_a_price_without_a_band_or_a_cap_is_exact() -> None:
    whole = {"tiered-0": Whole(WHOLES["tiered"].steps, granted=WHOLES["tiered"].granted)}
    verdict = Verdict()
    judge_wholes(verdict, books(), whole, {})
    assert [finding.kind for finding in verdict.findings] == ["priced"]
    assert whole["tiered-0"].price_micros(61 * MB) == 121 * MB


@pytest.mark.parametrize("minute", [0, 720, DAY_MINUTES_N - 30])
def test_the_plans_are_plans_whatever_the_time_is(minute: int) -> None:
    for name, text in plans(86_400 * 20_000 + 60 * minute).items():
        plan = parse_plan(text, vocabulary=our_vocabulary())
        assert plan.name == name and compile_scheme(plan) is not None
