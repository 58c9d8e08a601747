"""Windows of the week: when one may log in, and when a band of the plan holds.

A window over midnight becomes two, the later one on the days after, so that each lies within one
local day. A band may leave days or hours out, which then are all; the hours of a plan may not,
because a window that was forgotten would let everybody in at all times.
"""

from __future__ import annotations

from typing import Final

from domain.plan import Hours
from rating import plan_values
from rating.plan_lines import Table

HOURS_KEYS: Final = ("days", "from", "until")
HOURS_MAX: Final = 50
ALL_DAYS: Final = frozenset(range(1, 8))
DAY_S: Final = 86_400


def read_hours(top: Table) -> tuple[Hours, ...]:
    """[[hours]]. Raises PlanError."""
    found: list[Hours] = []
    for table in top.tables("hours", HOURS_MAX):
        days = table.read("days", plan_values.weekdays)
        start = table.read("from", plan_values.second_of_day)
        end = table.read("until", plan_values.second_of_day)
        days = table.required("days", days, 'days = "mon-fri"')
        from_s = table.required("from", start, 'from = "08:00"')
        until_s = table.required("until", end, 'until = "18:00"')
        found += _windows(table, days, from_s, until_s)
    return tuple(found)


def read_window(table: Table) -> tuple[Hours, ...]:
    """`days`, `from` and `until` of a band: what is left out is all of it. Raises PlanError."""
    days = table.read("days", plan_values.weekdays) or ALL_DAYS
    from_s = table.read("from", plan_values.second_of_day) or 0
    until_s = table.read("until", plan_values.second_of_day)
    return _windows(table, days, from_s, DAY_S if until_s is None else until_s)


def _windows(table: Table, days: frozenset[int], from_s: int, until_s: int) -> tuple[Hours, ...]:
    """One window, or the two of one over midnight."""
    if from_s == DAY_S or from_s == until_s:
        raise table.fault(
            "from" if table.has("from") else "until",
            'from and until must differ; a whole day is from "00:00" until "24:00"',
        )
    if from_s < until_s:
        return (Hours(days, from_s, until_s),)
    first = Hours(days, from_s, DAY_S)
    if until_s == 0:
        return (first,)
    return first, Hours(frozenset(day % 7 + 1 for day in days), 0, until_s)
