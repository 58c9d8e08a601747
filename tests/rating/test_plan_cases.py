"""Cases are tables for people; whatever cannot be read is one line that says what to write."""

from __future__ import annotations

import pytest

from domain.period import parse_instant
from domain.plan import Plan
from rating.plan_cases import Row, read_cases
from rating.plan_file import parse_plan
from rating.plan_lines import PlanError

PLAN = """
name = "p"
currency = "EUR"
timezone = "Europe/Berlin"
[price.volume]
amount = 1
per = "GB"
[price.time]
amount = 1
per = "hour"
[[class]]
name = "local"
services = "IX"
[[rate]]
classes = "local"
volume = { amount = "0" }
[[bundle]]
name = "five"
volume = "5 GB"
[[booster]]
name = "hours"
time = "3h"
price = 1
"""
BEGINS = "case: one\nbegins: 2026-03-01\n\n"
GB = 10**9


def plan() -> Plan:
    return parse_plan(PLAN)


def at(text: str) -> int:
    return parse_instant(text, "Europe/Berlin")


def test_a_table_is_read_by_its_columns() -> None:
    text = f"""# a comment
{BEGINS}  session  from              until             down   up      local up | costs  left five
# another
  a        2026-03-01 10:00  2026-03-01 11:30  3 GB   500 MB  1 KB     | 1.50   2 GB
  -        2026-03-02 10:00  -                 -      0       -        | -      0

  from              buys  | sum    covered hours  speed
  2026-03-03 00:00  hours | 2.50   30 minutes     10M/2M
"""
    (case,) = read_cases(text, plan())
    assert (case.line, case.title, case.begins_us) == (3, "one", at("2026-03-01"))
    assert case.rows == (
        Row(
            line=7,
            from_us=at("2026-03-01 10:00"),
            until_us=at("2026-03-01 11:30"),
            session="a",
            down=3 * GB,
            up=GB // 2,
            classes={"local": (1_000, 0)},
            results={"costs": 1_500_000, "left five": 2 * GB},
        ),
        Row(8, at("2026-03-02 10:00"), at("2026-03-02 10:00"), results={"left five": 0}),
        Row(
            11,
            at("2026-03-03"),
            at("2026-03-03"),
            buys="hours",
            results={"sum": 2_500_000, "covered hours": 1_800, "speed": "10M/2M"},
        ),
    )


def test_a_file_has_several_cases_with_renewals() -> None:
    row = "from        costs\n2026-03-05  0\n\n"
    text = f"{BEGINS}{row}case: two\nbegins: 2026-04-01\nrenewed: 2026-05-01, 2026-06-01\n{row}"
    one, two = read_cases(text, plan())
    assert (one.title, one.renewed_us) == ("one", ())
    assert (two.title, two.renewed_us) == ("two", (at("2026-05-01"), at("2026-06-01")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 0: there is no case; write such as case: a month of evenings"),
        ("from  costs\n", "line 1: write case: and begins: above a table"),
        (BEGINS, "line 2: this case has no rows"),
        ("case: one\nbegins: noon\n", "line 2: 'noon' is not a time"),
        (
            BEGINS + "renewed: 2026-02-01\nfrom  costs\n2026-03-01  0\n",
            "line 2: begins and renewed must be in the order of time",
        ),
        (BEGINS + "from  cost\n", "line 4: 'cost' is no column"),
        (BEGINS + "from  left seven\n", "line 4: 'left seven' is no column"),
        (BEGINS + "from  from\n", "line 4: 'from' is no column, or is there twice"),
        (BEGINS + "down  costs\n", "line 4: a table has a column from"),
        (BEGINS + "from  costs\n2026-03-01\n", "line 5: this row has 1 columns and its table 2"),
        (BEGINS + "from  costs\n-  0\n", "line 5: every row has a from"),
        (BEGINS + "from  costs\n2026-03-01  1,50\n", "line 5: '1,50' is not an amount"),
        (BEGINS + "from  down\n2026-03-01  5\n", "line 5: '5' is not a volume"),
        (BEGINS + "from  left hours\n2026-03-01  5 GB\n", "line 5: '5 GB' is not a duration"),
        (BEGINS + "from  buys\n2026-03-01  five\n", "line 5: the plan has no booster 'five'"),
        (
            BEGINS + "from  up  local up\n2026-03-01  1 GB  2 GB\n",
            "line 5: the classes come to more than up, which is all traffic",
        ),
        (
            BEGINS + "from  until\n2026-03-02  2026-03-01\n",
            "line 5: until lies before from",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        read_cases(text, plan())
    assert str(caught.value).startswith(said)
