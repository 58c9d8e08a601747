"""What a plan's usage costs, put together: the plain prices, or the whole model.

A plan that says nothing beyond one price of volume, one of time, a fee and what is included keeps
its plain fields, which the fast roads know; a plan that says anything more has all of it in its
`pricing`, and the plain fields are empty. There is no third way, so no price is said twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.plan import Counted, TimePrice, VolumePrice
from domain.pricing import Pricing
from rating import plan_bands
from rating.plan_allowances import (
    ALLOWANCE_KEYS,
    Places,
    read_boosters,
    read_bundles,
    read_caps,
)
from rating.plan_amounts import TIME, VOLUME, read_micros, read_quantity
from rating.plan_bands import BAND_KEYS, Names
from rating.plan_fair_use import FAIR_USE_KEYS, read_fair_use
from rating.plan_lines import Table
from rating.plan_prices import PRICE_KEYS, is_plain, read_prices
from rating.plan_rates import RATE_KEYS, read_rates

BEYOND_PLAIN: Final = (
    "holiday",
    "band",
    "class",
    "rate",
    "bundle",
    "booster",
    "cap",
    "fair_use",
)
PRICING_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "price": ("volume", "time", "session", "activation", "down", "up"),
    "price.session": ("fee",),
    "price.activation": ("fee",),
    "rate": RATE_KEYS,
    **PRICE_KEYS,
    **BAND_KEYS,
    **ALLOWANCE_KEYS,
    **FAIR_USE_KEYS,
}


@dataclass(frozen=True, slots=True)
class PlanPrices:
    """Everything that a plan says of money and allowances, under the names of its fields."""

    volume: VolumePrice | None = None
    time: TimePrice | None = None
    session_fee_micros: int = 0
    included_octets: int = 0
    included_s: int = 0
    counted: Counted = Counted.SUM
    pricing: Pricing | None = None


def read_plan_prices(top: Table) -> PlanPrices:
    """[price], [included] and all that goes beyond. Raises PlanError."""
    price = top.table("price")
    fee_micros = _fee(price, "session")
    plain = (
        not any(top.has(key) for key in BEYOND_PLAIN)
        and (price is None or not any(price.has(key) for key in ("activation", "down", "up")))
        and all(price is None or is_plain(price.table(key)) for key in ("volume", "time"))
    )
    return _plain(top, price, fee_micros) if plain else _whole(top, price, fee_micros)


def _plain(top: Table, price: Table | None, fee_micros: int) -> PlanPrices:
    """One price of volume, one of time, and what is included before them."""
    volume: VolumePrice | None = None
    time: TimePrice | None = None
    if price is not None:
        prices = read_prices(price, free=False)
        if prices.volume is not None:
            tier = prices.volume.tiers[0]
            volume = VolumePrice(
                amount_micros=tier.amount_micros,
                unit_octets=tier.unit,
                counted=prices.counted or Counted.SUM,
                increment_octets=prices.volume.increment,
                rounding=prices.volume.rounding,
            )
        if prices.time is not None:
            tier = prices.time.tiers[0]
            time = TimePrice(
                amount_micros=tier.amount_micros,
                unit_s=tier.unit,
                increment_s=prices.time.increment,
                rounding=prices.time.rounding,
            )
    octets, seconds = _included(top, volume, time)
    counted = volume.counted if volume else Counted.SUM
    return PlanPrices(volume, time, fee_micros, octets, seconds, counted)


def _whole(top: Table, price: Table | None, fee_micros: int) -> PlanPrices:
    """The whole model."""
    holidays, bands, band_places = plan_bands.read_bands(top)
    classes, class_places = plan_bands.read_classes(top, len(bands))
    names = Names(band_places, class_places)
    rates = read_rates(top, names)
    places = Places(names, rates, slowed=top.has("fair_use"))
    bundles = read_bundles(top, places)
    priced = bool(fee_micros) or Pricing(rates).priced
    pricing = Pricing(
        rates=rates,
        bands=bands,
        holidays=holidays,
        classes=classes,
        bundles=bundles,
        boosters=read_boosters(top, bundles, places),
        caps=read_caps(top, priced=priced),
        fair_use=read_fair_use(top, names, rates[-1]),
        activation_fee_micros=_fee(price, "activation"),
    )
    names.refuse_idle()
    return PlanPrices(session_fee_micros=fee_micros, counted=rates[-1].counted, pricing=pricing)


def _fee(price: Table | None, key: str) -> int:
    """[price.session] or [price.activation], in micros; 0 without it."""
    table = price.table(key) if price else None
    if table is None:
        return 0
    return read_micros(table, "fee", f"leave [price.{key}] out if there is no fee")


def _included(top: Table, volume: VolumePrice | None, time: TimePrice | None) -> tuple[int, int]:
    """[included] of plain prices as (octets, seconds)."""
    table = top.table("included")
    if table is None:
        return 0, 0
    octets, seconds = read_quantity(table, "volume", VOLUME), read_quantity(table, "time", TIME)
    for key, wanted, priced in (("volume", octets, volume), ("time", seconds, time)):
        if wanted is not None and priced is None:
            raise table.fault(
                key, f"included {key} needs a [price.{key}] after it; without one all of it is free"
            )
    return octets or 0, seconds or 0
