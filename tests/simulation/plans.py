"""The town's plans as a router's technician knows them: how fast each of them is.

A router that is not told speeds has them set up by hand, by the name of the plan. Read from the
plan's text, and by nobody's rules but these few lines. Prices are none of a router's business.
"""

from __future__ import annotations

import tomllib

from tests.simulation.wire import bits


def speeds_bps(text: str, line_rate_bps: int) -> tuple[int, int]:
    """What a plan lets through, (from the subscriber, to the subscriber), in bits per second."""
    speed = tomllib.loads(text).get("speeds", {})
    up, down = speed.get("up"), speed.get("down")
    return (
        min(bits(up), line_rate_bps) if up else line_rate_bps,
        min(bits(down), line_rate_bps) if down else line_rate_bps,
    )


def sessions_max(text: str) -> int:
    """How many sessions at once a plan allows."""
    return int(tomllib.loads(text).get("sessions", 1))
