"""What was compiled of plans with pricing, made once for a plan version and each time zone.

Kept beside the books because every session of a plan shares it. A plan version never changes, so
nothing here is ever out of date; versions that nobody uses any more take up little.
"""

from __future__ import annotations

from accounting.uses import Sheet, sheet_of
from domain.plan import Plan
from rating.timetable import Timetable


class Sheets:
    """Sheets by plan version; timetables by plan version and zone."""

    def __init__(self) -> None:
        """Nothing is compiled yet."""
        self._sheets: dict[int, Sheet] = {}
        self._timetables: dict[tuple[int, str], Timetable] = {}

    def of(self, plan: Plan) -> Sheet:
        """The sheet of a plan that has pricing."""
        sheet = self._sheets.get(plan.plan_id)
        if sheet is None:
            sheet = sheet_of(plan)
            assert sheet is not None, "a plan without pricing is a tariff"
            self._sheets[plan.plan_id] = sheet
        return sheet

    def timetable(self, plan: Plan, timezone: str) -> Timetable:
        """When the plan's bands hold in a subscriber's zone; empty: the plan's own."""
        key = plan.plan_id, timezone or plan.timezone
        found = self._timetables.get(key)
        if found is None:
            found = self._timetables[key] = Timetable.of(plan, timezone)
        return found
