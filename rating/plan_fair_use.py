"""[fair_use]: slower speeds from a counted volume on, or in a band, or both.

Of the steps that hold the last one counts, so they rise: whoever writes a step below one that
stands before it has swapped two lines. A step that holds only while a later one does is never seen.
"""

from __future__ import annotations

from typing import Final

from domain.plan import Counted
from domain.pricing import CannotSlow, FairStep, FairUse, Rate, Scope, Speeds
from rating import plan_values
from rating.plan_allowances import ACCOUNT_PERIODS
from rating.plan_amounts import VOLUME, read_quantity
from rating.plan_bands import Names
from rating.plan_lines import Table
from rating.plan_rates import read_counted
from rating.plan_speeds import STEP_SPEED_KEYS, TOLD_KEYS, read_told

STEPS_MAX: Final = 16
FAIR_USE_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "fair_use": ("period", "count", "bands", "classes", "cannot", "step"),
    "fair_use.step": ("above", "bands", *TOLD_KEYS),
    **STEP_SPEED_KEYS,
}


def read_fair_use(top: Table, names: Names, last: Rate) -> FairUse | None:
    """[fair_use]; None without it. Raises PlanError."""
    table = top.table("fair_use")
    if table is None:
        return None
    period = table.read("period", plan_values.one_of(ACCOUNT_PERIODS))
    counted = read_counted(table, last, table.read("count", plan_values.one_of(Counted)))
    scope = Scope(counted, names.read_bands(table), names.read_classes(table))
    steps = _steps(table, names)
    if not steps:
        raise table.fault(None, "[fair_use] has no [[fair_use.step]]; write one for each speed")
    if period is None and any(step.above_octets for step in steps):
        raise table.fault(None, '[fair_use] has no period; write such as period = "month"')
    return FairUse(
        period=period or ACCOUNT_PERIODS[0],
        scope=scope,
        steps=steps,
        cannot=table.read("cannot", plan_values.one_of(CannotSlow)) or CannotSlow.DISCONNECT,
    )


def _steps(table: Table, names: Names) -> tuple[FairStep, ...]:
    """[[fair_use.step]], in rising order."""
    found: list[FairStep] = []
    places: list[Table] = []
    for inner in table.tables("step", STEPS_MAX):
        above = read_quantity(inner, "above", VOLUME) or 0
        step = FairStep(above, read_told(inner), names.read_bands(inner))
        if step.speeds == Speeds():
            raise inner.fault(None, "this step has no speed; write down and up")
        if not above and not step.bands:
            raise inner.fault(
                None, 'this step holds always: write above = "100 GB", or bands, or [speeds]'
            )
        if found and above < found[-1].above_octets:
            raise inner.fault("above", "steps must rise: write them in the order of above")
        for before, place in zip(found, places, strict=True):
            if before.above_octets == above and (
                not step.bands or (before.bands and before.bands <= step.bands)
            ):
                raise place.fault(
                    None, "this step never counts: a later one holds whenever it does"
                )
        found.append(step)
        places.append(inner)
    return tuple(found)
