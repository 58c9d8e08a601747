"""Every planted bug, by name: what the simulator must be able to find.

A simulator that finds nothing proves nothing unless it would find something. So here are slips as
people make them, each in one or two lines of the shipped code, each with what should notice it and
the number of seeds within which it must be found. `plant.py` plays them.
"""

from __future__ import annotations

from tests.simulation import (
    bugs_day_one,
    bugs_lane,
    bugs_money,
    bugs_pair,
    bugs_rim,
    bugs_road,
    bugs_usage,
    bugs_whole,
)
from tests.simulation.planting import Bug

BUGS: tuple[Bug, ...] = (
    *bugs_usage.BUGS,
    *bugs_money.BUGS,
    *bugs_road.BUGS,
    *bugs_rim.BUGS,
    *bugs_day_one.BUGS,
    *bugs_lane.BUGS,
    *bugs_pair.BUGS,
    *bugs_whole.BUGS,
)
BY_NAME = {bug.name: bug for bug in BUGS}
assert len(BY_NAME) == len(BUGS), "two bugs have one name"
