"""Which number of a scheme is whose."""

from __future__ import annotations

from domain.plan_words import Counted
from domain.pricing import (
    OTHER,
    Band,
    Bundle,
    FairUse,
    Period,
    Price,
    Pricing,
    Rate,
    Scope,
    Tier,
    TierMode,
    TrafficClass,
)
from rating.scheme_layout import layout_of, metered

ONE, TWO, FREE = (Price((Tier(0, amount, 1),)) for amount in (1, 2, 0))
NIGHT = Band("night", ())
VIDEO = TrafficClass("video", ("TV",))


def test_the_first_rate_that_fits_prices_a_cell_and_what_is_all_free_is_no_family() -> None:
    pricing = Pricing(
        rates=(
            Rate(bands=frozenset({"night"}), volume=FREE, time=TWO),
            Rate(classes=frozenset({"video"}), down=TWO),
            Rate(counted=Counted.DOWN, volume=ONE, time=TWO),
        ),
        bands=(NIGHT,),
        classes=(VIDEO,),
    )
    layout = layout_of(pricing)
    assert layout.bands == (OTHER, "night") and layout.classes == (OTHER, "video")
    assert [family.key for family in layout.families] == ["0.time", "1.down", "2.volume"]
    other, video, night, night_video = (layout.ways[4 * n : 4 * n + 4] for n in range(4))
    assert other == (2, -1, -1, 0)  # equal prices of time are one family
    assert video == (1, -1, -1, -1)
    assert night == (-1, -1, -1, 0) and night_video == (-1, -1, -1, -1)
    assert layout.named(3) == ("night", "video")


def test_every_graduated_tier_is_a_line_and_a_package_is_one() -> None:
    tiers = Price((Tier(0, 2, 1), Tier(10, 1, 1)))
    packages = Price((Tier(0, 2, 60),), mode=TierMode.PACKAGE)
    layout = layout_of(Pricing((Rate(volume=tiers, time=packages),)))
    assert layout.lines == ((0, 0), (0, 1), (1, 0))
    assert [family.first_line for family in layout.families] == [0, 2]


def test_scopes_are_masks_of_cells_and_flows() -> None:
    bundles = (
        Bundle("all", octets=1),
        Bundle("night", octets=1, scope=Scope(Counted.UP, bands=frozenset({"night"}))),
        Bundle("hours", seconds=1, scope=Scope(bands=frozenset({OTHER}))),
    )
    fair = FairUse(Period.MONTH, Scope(Counted.DOWN, classes=frozenset({"video"})), ())
    layout = layout_of(Pricing((Rate(volume=ONE),), (NIGHT,), (), (VIDEO,), bundles, fair_use=fair))
    assert layout.bundles == ((0b1111, 0b0011, 0), (0b1100, 0b0010, 1), (0b0011, 0b1000, 2))
    assert layout.fair == (0b1010, 0, 0, 0)


def test_one_graduated_tier_needs_no_counter_of_the_account() -> None:
    tiers = Tier(0, 2, 1), Tier(10, 1, 1)
    assert not metered(Price(tiers[:1], period=Period.MONTH))
    assert not metered(Price(tiers))
    assert metered(Price(tiers, period=Period.MONTH))
    assert metered(Price(tiers[:1], mode=TierMode.PACKAGE, period=Period.DAY))
