"""[price] and [[rate]]: what usage costs in each band and for each class.

The first rate that fits counts, and [price] is the last one, so a rate that lies wholly within
earlier ones would never be reached and is a fault. What a rate leaves out costs what [price] says;
`amount = "0"` makes it free. Directions: either they count by themselves or as their sum, or the
larger total counts, and then everywhere in the plan, because a maximum of a part says nothing of
the whole.
"""

from __future__ import annotations

from itertools import product
from typing import Final

from domain.plan import Counted
from domain.pricing import OTHER, Price, Rate
from rating.plan_bands import Names
from rating.plan_lines import Table
from rating.plan_prices import Prices, read_prices

RATES_MAX: Final = 30
RATE_KEYS: Final = ("bands", "classes", "volume", "time", "down", "up")

Cell = tuple[str, str]  # band and class


def read_rates(top: Table, names: Names) -> tuple[Rate, ...]:
    """[[rate]] in their order, and last what [price] says. Raises PlanError."""
    price = top.table("price")
    base = Prices() if price is None else read_prices(price, free=False)
    counted = base.counted or Counted.SUM
    last = Rate(counted=counted, volume=base.volume, down=base.down, up=base.up, time=base.time)
    rates: list[Rate] = []
    reached: set[Cell] = set()
    for table in top.tables("rate", RATES_MAX):
        rate = _rate(table, names, last)
        cells = cells_of(rate.bands, rate.classes, names)
        if cells <= reached:
            raise table.fault(
                None, "this [[rate]] is never reached: those before it fit wherever it does"
            )
        reached |= cells
        rates.append(rate)
    return (*rates, last)


def cells_of(bands: frozenset[str], classes: frozenset[str], names: Names) -> set[Cell]:
    """The pairs of band and class that a scope is about."""
    return set(product(bands or {*names.bands, OTHER}, classes or {*names.classes, OTHER}))


def rate_at(rates: tuple[Rate, ...], cell: Cell) -> Rate:
    """The rate that gives the prices of a cell: the first that fits."""
    band, traffic = cell
    for rate in rates:
        if (not rate.bands or band in rate.bands) and (not rate.classes or traffic in rate.classes):
            return rate
    raise AssertionError("the last rate fits everywhere")


def prices_of(rate: Rate, counted: Counted) -> tuple[Price | None, ...]:
    """The prices that volume counted like that can meet in a rate."""
    if rate.volume is not None:
        meets = Counted.SUM in (counted, rate.counted) or counted is rate.counted
        return (rate.volume,) if meets else ()
    if counted is Counted.DOWN:
        return (rate.down,)
    return (rate.up,) if counted is Counted.UP else (rate.down, rate.up)


def read_counted(table: Table, last: Rate, found: Counted | None) -> Counted:
    """`count` of a section, which is that of [price.volume] if it is not there. Raises PlanError.

    Where one counts the larger total, all do.
    """
    if found is None:
        return last.counted
    if (found is Counted.LARGER) != (last.counted is Counted.LARGER):
        raise table.fault(
            "count",
            'count = "larger" stands in all of a plan or nowhere: '
            f'[price.volume] has count = "{last.counted}"',
        )
    return found


def _rate(table: Table, names: Names, last: Rate) -> Rate:
    """One [[rate]], with what it leaves out from [price]."""
    bands, classes = names.read_bands(table), names.read_classes(table)
    if not bands and not classes:
        raise table.fault(
            None, "this [[rate]] fits always: write bands or classes, or write it as [price]"
        )
    prices = read_prices(table, free=True)
    if prices == Prices():
        raise table.fault(None, "this [[rate]] has no price; write such as [rate.volume]")
    if prices.time is not None and classes and OTHER not in classes:
        raise table.fault(
            "time", "time has no class: write [rate.time] into a [[rate]] without classes"
        )
    down, up = prices.down, prices.up
    volume, counted = prices.volume, last.counted
    if volume is not None:
        inner = table.table("volume")
        assert inner is not None
        counted = read_counted(inner, last, prices.counted)
    elif down is not None or up is not None:
        down, up = _both(table, down, up, last)
    else:
        volume, down, up = last.volume, last.down, last.up
    time = last.time if prices.time is None else prices.time
    return Rate(
        bands=bands,
        classes=classes,
        counted=counted,
        volume=volume,
        down=down,
        up=up,
        time=None if classes and OTHER not in classes else time,
    )


def _both(
    table: Table, down: Price | None, up: Price | None, last: Rate
) -> tuple[Price | None, Price | None]:
    """Both directions of a rate that says one of them or both."""
    said, missing = ("up", "down") if down is None else ("down", "up")
    if last.counted is Counted.LARGER:
        raise table.fault(said, 'count = "larger" stands in all of a plan: write [rate.volume]')
    if down is not None and up is not None:
        return down, up
    if last.volume is not None:
        raise table.fault(
            said,
            f'[rate.{said}] without [rate.{missing}]: write that too, amount = "0" if it is free',
        )
    return (last.down, up) if down is None else (down, last.up)
