"""Which speeds fair use gives: the last of its steps that holds, or the plan's own.

A step holds in its bands from its volume on. While a booster has something left that counts the
traffic, no step by volume holds, so that whoever buys one is at full speed at once.
"""

from __future__ import annotations

from domain.pricing import FairUse, Speeds


def speeds_now(fair: FairUse, *, used_octets: int, band: str, boosted: bool) -> Speeds | None:
    """Return the speeds of fair use in a band (OTHER: none holds); None: the plan's own."""
    found = None
    for step in fair.steps:
        reached = step.above_octets == 0 or (not boosted and used_octets >= step.above_octets)
        if reached and (not step.bands or band in step.bands):
            found = step.speeds
    return found
