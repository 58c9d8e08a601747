"""The speeds of fair use: the last step that holds, and none by volume behind a booster."""

from __future__ import annotations

import pytest

from domain.pricing import OTHER, FairStep, FairUse, Period, Scope, Speeds
from rating.fair_use import speeds_now

FAIR = FairUse(
    Period.MONTH,
    Scope(),
    (
        FairStep(0, Speeds(down_bps=50), frozenset({"night"})),
        FairStep(100, Speeds(down_bps=20)),
        FairStep(200, Speeds(down_bps=5), frozenset({OTHER})),
    ),
)


@pytest.mark.parametrize(
    ("used", "band", "boosted", "bps"),
    [
        (0, OTHER, False, None),
        (0, "night", False, 50),
        (99, OTHER, False, None),
        (100, OTHER, False, 20),
        (100, "night", False, 20),
        (200, OTHER, False, 5),
        (10**18, "night", False, 20),
        (200, OTHER, True, None),
        (200, "night", True, 50),
    ],
)
def test_the_last_step_that_holds_counts(
    used: int, band: str, boosted: bool, bps: int | None
) -> None:
    speeds = speeds_now(FAIR, used_octets=used, band=band, boosted=boosted)
    assert (speeds.down_bps if speeds else None) == bps
