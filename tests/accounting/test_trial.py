"""Plans tried on made-up usage: the cases of the samples, a month worked by hand, plain plans."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accounting.trial import Trial, Used, differences, tried
from domain.period import parse_instant
from domain.plan import Plan
from rating import compile_tariff, counted_octets, price
from rating.plan_cases import Case, read_cases
from rating.plan_file import parse_plan
from rating.reply_lines import Vocabulary
from tests.radius.vector_files import our_dictionary

ROOT = Path(__file__).parents[2]
PLANS = ROOT / "conf" / "plans"
CASES = sorted(PLANS.glob("*.cases.txt"))
MONTHS = sorted((Path(__file__).parent / "months").glob("*.txt"))
VOCABULARY = Vocabulary(our_dictionary(), ("standard", "mikrotik", "cisco"))
HEAD = 'name = "p"\ncurrency = "EUR"\n'
GB = 10**9


def with_cases(path: Path) -> tuple[Plan, tuple[Case, ...]]:
    plan = path.with_name(path.name.replace(".cases.txt", ".toml"))
    read = parse_plan(plan.read_text(), vocabulary=VOCABULARY)
    return read, read_cases(path.read_text(), read)


@pytest.mark.parametrize("path", CASES, ids=[path.name.partition(".")[0] for path in CASES])
def test_every_sample_costs_what_its_cases_say(path: Path) -> None:
    plan, cases = with_cases(path)
    for case in cases:
        assert differences(tried(plan, case)) == [], case.title


def test_every_sample_beyond_plain_prices_has_cases_and_every_row_says_what_comes_of_it() -> None:
    for path in sorted(PLANS.glob("*.toml")):
        if parse_plan(path.read_text(), vocabulary=VOCABULARY).pricing is not None:
            assert path.with_suffix(".cases.txt") in CASES
    assert len(CASES) >= 7
    for path in CASES:
        assert all(row.results for case in with_cases(path)[1] for row in case.rows)


@pytest.mark.parametrize("path", MONTHS, ids=[path.stem for path in MONTHS])
def test_every_table_that_was_worked_out_by_hand_comes_out_so(path: Path) -> None:
    head, _, table = path.read_text().partition("\n----\n")
    plan = parse_plan(head)
    for case in read_cases(table, plan):
        assert case.rows and all(row.results for row in case.rows)
        assert differences(tried(plan, case)) == [], case.title


MONTH = """
case: the month that docs/plans.md works out
begins: 2026-03-01

session  from              until             down   | costs  sum    left night  left any-time
-        2026-03-02 20:00  2026-03-02 23:00  12 GB  | 0      0      30 GB       8 GB
-        2026-03-05 23:00  2026-03-06 01:00  6 GB   | 0      0      27 GB       5 GB
-        2026-03-09 02:00  2026-03-09 05:00  29 GB  | 0      0      0           3 GB
-        2026-03-14 12:00  2026-03-14 14:00  9 GB   | 6.00   6.00   0           0
-        2026-03-20 12:00  2026-03-20 14:00  10 GB  | 7.00   13.00  0           0
-        2026-03-27 12:00  2026-03-27 14:00  8 GB   | 2.00   15.00  0           0
"""


def test_the_month_of_the_documentation_is_right() -> None:
    text = (ROOT / "docs" / "plans.md").read_text()
    (source,) = (
        found
        for found in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
        if "worked-month" in found
    )
    plan = parse_plan(source)
    (example,) = re.findall(r"```\n(case: .*?)```", text, re.DOTALL)
    for case in (*read_cases(MONTH, plan), *read_cases(example, plan)):
        assert differences(tried(plan, case)) == []


def test_what_comes_out_otherwise_is_told_with_its_line_and_column() -> None:
    plan = parse_plan(HEAD + '[price.volume]\namount = 1\nper = "GB"\n[speeds]\ndown = "1500"\n')
    table = "from              until             down  | costs  sum   speed\n"
    table += "2026-03-01 10:00  2026-03-01 11:00  2 GB  | 1.00   2.00  1500/1M\n"
    (case,) = read_cases(f"case: one\nbegins: 2026-03-01\n{table}", plan)
    assert differences(tried(plan, case)) == [
        (4, "costs", 2_000_000, 1_000_000),
        (4, "speed", "1500/-", "1500/1M"),
    ]


PLAIN = (
    HEAD
    + '[price.volume]\namount = "0.37"\nper = "GiB"\ncount = "{}"\nincrement = "1 MB"\n'
    + 'rounding = "half-up"\n[price.time]\namount = "1.10"\nper = "hour"\nincrement_s = 60\n'
    + '[price.session]\nfee = "0.25"\n[included]\nvolume = "2 GB"\ntime = "1h"\n'
)


@pytest.mark.parametrize("count", ["down", "up", "sum", "larger"])
def test_a_plain_plan_costs_what_its_tariff_says(count: str) -> None:
    plan = parse_plan(PLAIN.format(count))
    tariff = compile_tariff(plan)
    begins_us = parse_instant("2026-03-01", "UTC")
    trial = Trial(plan, begins_us)
    micros = down = up = 0
    for n in range(1, 8):
        from_us = begins_us + (n - 1) * 1_700_000_000
        used = Used("a", from_us, from_us + 1_700_000_000, n * GB // 7, (9 - n) * GB // 11)
        came = trial.use(used)
        micros += came.micros
        down, up = down + used.down, up + used.up
        octets = counted_octets(tariff, up, down)
        free = min(octets, 2 * GB), min(n * 1_700, 3_600)
        assert micros == sum(price(tariff, octets, n * 1_700, *free, True))
        assert came.left["included"] == 2 * GB - free[0]
