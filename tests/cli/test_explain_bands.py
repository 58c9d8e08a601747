"""A charge by bands, bundles and tiers is explained line by line, and adds up (A11)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from accounting.pot_terms import Terms
from accounting.quote import Asked, quote
from accounting.uses import sheet_of
from cli.explain_bands import steps_of, strand_words, strands_of, words
from domain.account import Allowance
from domain.pot import Pot
from domain.session import Session, SessionState
from rating.plan_file import parse_plan
from tests.aaa.test_charge import RICH
from tests.aaa.test_detail import CLASSES
from tests.cli.house import House, login, record

MB = 1_000_000
# Its peak is on a day long past, so whatever the clock says it holds at no report.
QUIET = (
    RICH.replace('until = "10:00"', 'until = "10:00"\nholidays = "only"')
    + """
[[holiday]]
name = "opening"
date = "2020-02-03"
"""
)


def test_where_it_lay_what_covered_it_and_what_each_line_cost(house: House, tmp_path: Path) -> None:
    file = tmp_path / "rich.toml"
    file.write_text(QUIET)
    house.run("plan", "load", str(file))
    house.run("subscriber", "set", "alice", "--plan", "rich")
    house.serve(login(), record("start"))
    for n in range(1, 4):
        house.serve(record("interim", seconds=60 * n, up=MB * n, down=19 * MB * n))
    found = house.json("explain", "charge", "alice", "--rerate")
    (session,) = found["sessions"]
    assert session["adds_up"] and session["differences"] == [] and session["by_bands"]
    assert session["charged_micros"] == 30 * 100_000 + 25 * 50_000
    by_step = {row["step"]: row for row in session["steps"]}
    assert by_step["used"]["down"] == 57 * MB and by_step["used"]["up"] == 3 * MB
    assert (by_step["covered"]["allowance"], by_step["covered"]["octets"]) == ("daily", 5 * MB)
    lines = [row for row in session["steps"] if row["step"].startswith("line")]
    assert [row["micros"] for row in lines] == [3_000_000, 1_250_000]
    assert lines[1]["since"] == 30 * MB and lines[1]["exact_micros"] == "1250000"
    posted = {row["step"]: row["amount_micros"] for row in session["postings"]}
    assert posted == {"volume": 0} | {row["step"]: row["micros"] for row in lines}
    text = house.run("explain", "charge", "alice", "--rerate").stdout
    assert "covered by daily: 5000000 octets" in text
    assert "from 30000000 octets on at all other times: 25000000 octets (25.00 MB)" in text
    assert "rounded down = 1.25 USD" in text and "the same" in text


CAPPED = """
name = "p"
currency = "USD"
price.volume = { amount = "1", per = "GB" }
cap = [{ period = "session", most = "5" }, { period = "day", most = "1" },
       { period = "month", most = "20" }]
"""


def test_the_cap_that_let_it_go_is_named() -> None:
    plan = parse_plan(CAPPED)
    sheet = sheet_of(plan)
    assert sheet is not None
    at_us = 1_772_500_000_000_000  # in March
    terms = Terms(1, "UTC", at_us, (at_us,), None)
    asked = Asked(0, 9_000 * MB, 0, at_us, at_us)
    day = Pot(1, "cap/day/p", 0, 0, 9_000_000, until_us=at_us)  # of a day long past
    found = quote(plan, sheet, terms, asked, pots=[], used=Allowance(1, at_us, 0, 0))
    for pots, said in (
        (found.counted, "of a day (at most 1.00 USD)"),
        ((), "of a day (at most 1.00 USD) or of a month (at most 20.00 USD)"),
    ):
        step = steps_of(found.session, sheet, pots)[-1]
        assert words(step, "USD") == f"beyond the cap {said}, not charged = -8.00 USD"
    (month,) = (replace(pot, used=19_700_000) for pot in found.counted if "month" in pot.pot)
    found = quote(plan, sheet, terms, asked, pots=[month, day], used=Allowance(1, at_us, 0, 0))
    (cap,) = steps_of(found.session, sheet, found.counted)[-1]["caps"]
    assert cap == {"period": "month", "most_micros": 20_000_000}
    lone = parse_plan(CAPPED.replace('"day", most = "1"', '"day", most = "9"'))
    sheet = sheet_of(lone)
    assert sheet is not None
    found = quote(lone, sheet, terms, asked, pots=[], used=Allowance(1, at_us, 0, 0))
    (cap,) = steps_of(found.session, sheet)[-1]["caps"]
    assert cap == {"period": "session", "most_micros": 5_000_000}


def test_services_are_explained_with_what_the_session_had_no_room_for() -> None:
    sheet = sheet_of(parse_plan(CLASSES))
    assert sheet is not None
    counted = [
        ["L1", "IX-LOCAL", 0, 5 * MB, 1, 1, 0, 5 * MB, 0, 0, 0, 0, 0, None, 0, 0, 0, 0, 0],
        ["V1", "FILMS(x)", 0, 1 * MB, 1, 1, MB, 3 * MB, 0, 0, 0, 0, 0, None, 0, 0, 0, 0, 0],
    ]
    one = Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, strands=json.dumps([counted, 0]))
    assert list(map(strand_words, strands_of(one, sheet))) == [
        "service IX-LOCAL (L1), class local: counted 5.00 MB down, 0 B up",
        "service FILMS(x) (V1), class video: counted 3.00 MB down, 1.00 MB up; 2.00 MB down and "
        "1.00 MB up of it are not in what the session reported by then",
    ]


def test_a_tier_that_all_usage_of_a_period_decides_has_no_price_of_its_own() -> None:
    tier = '{ from = "500 GB", amount = "0.10" }'
    whole = f'{{ amount = "0.20", per = "GB", mode = "volume", period = "month", tier = [{tier}] }}'
    plan = parse_plan(f'name = "p"\ncurrency = "USD"\nprice.volume = {whole}\n')
    sheet = sheet_of(plan)
    assert sheet is not None
    at_us = 1_772_500_000_000_000
    asked = Asked(0, 600_000 * MB, 0, at_us, at_us)
    terms = Terms(1, "UTC", at_us, (at_us,), None)
    found = quote(plan, sheet, terms, asked, pots=[], used=Allowance(1, at_us, 0, 0))
    assert words(steps_of(found.session, sheet)[-1], "USD") == (
        "line 1, volume at all other times: 600000000000 octets (600.00 GB) at the price of the "
        "tier that all usage of the month had reached, never less than before = 99.999999 USD"
    )
