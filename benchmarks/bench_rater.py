"""How fast a total is priced: the reference, the compiled rater call by call, and in bulk.

All three price the same usage under the same plans in one run, so the ratios mean something where
the figures of one machine do not. Before it measures it checks that they agree. Run with
`python -m benchmarks.bench_rater`.
"""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable

from domain.plan import Plan, Rounding, TimePrice, VolumePrice
from domain.pricing import Band, Bundle, Price, Pricing, Rate, Scope, Tier
from rating import Tariff, compile_tariff, price, rate_many, reference
from rating.scheme import Draw, Rise, Uses, charged, compile_scheme, walk
from rating.scheme_layout import layout_of

ROWS = 20_000
ROUNDS = 25

Usage = tuple[int, int, int, int, bool]

PLANS = {
    "volume": Plan(1, "volume", 1, "USD", volume=VolumePrice(10_000, 1_000_000)),
    "volume, time and fee, in increments": Plan(
        2,
        "all",
        1,
        "USD",
        volume=VolumePrice(500_000, 2**30, increment_octets=1024, rounding=Rounding.HALF_UP),
        time=TimePrice(2_400_000, 3_600, increment_s=60, rounding=Rounding.UP),
        session_fee_micros=500_000,
    ),
}


DAY_TIERS = (Tier(0, 10**6, 10**9), Tier(10**10, 500_000, 10**9), Tier(10**11, 100_000, 10**9))
NIGHT_TIERS = (Tier(0, 250_000, 10**9), Tier(10**10, 100_000, 10**9))
BY_MINUTES = Price((Tier(0, 2_400_000, 3_600),), increment=60, rounding=Rounding.UP)
WHOLE = Plan(
    3,
    "whole",
    1,
    "USD",
    session_fee_micros=500_000,
    pricing=Pricing(
        rates=(
            Rate(bands=frozenset({"night"}), volume=Price(NIGHT_TIERS), time=BY_MINUTES),
            Rate(
                volume=Price(DAY_TIERS, increment=1024, rounding=Rounding.HALF_UP), time=BY_MINUTES
            ),
        ),
        bands=(Band("night", ()), Band("weekend", ())),
        bundles=(
            Bundle("night", octets=10**9, scope=Scope(bands=frozenset({"night"})), priority=50),
            Bundle("all", octets=10**9),
            Bundle("hours", seconds=3_600),
        ),
    ),
)


def usage_rows() -> list[Usage]:
    """Totals of sessions as they are on a street: up to 50 GB and a week."""
    dice = random.Random(1)
    return [
        (
            dice.randrange(50 * 10**9),
            dice.randrange(7 * 86_400),
            dice.choice((0, 0, 5 * 10**9)),
            0,
            True,
        )
        for _ in range(ROWS)
    ]


def nanoseconds_each(work: Callable[[], object], rows: int) -> float:
    """The best of a few rounds, for each row; processor time, which others do not stretch."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time_ns()
        work()
        best = min(best, time.process_time_ns() - begun)
    return best / rows


def by_reference(plan: Plan, rows: list[Usage]) -> list[tuple[int, int, int]]:
    """Every row by the plain Python oracle."""
    return [
        reference.price(plan, octets, seconds, free_octets=free, free_s=free_s, fee_due=fee)
        for octets, seconds, free, free_s, fee in rows
    ]


def by_calls(tariff: Tariff, rows: list[Usage]) -> list[tuple[int, int, int]]:
    """Every row by one call of the compiled rater."""
    return [price(tariff, *row) for row in rows]


def call(tariff: Tariff, rows: list[Usage]) -> None:
    """Price every row by one call and keep nothing: a list of the answers costs more than they."""
    for octets, seconds, free, free_s, fee in rows:
        price(tariff, octets, seconds, free, free_s, fee)


def measure(name: str, plan: Plan, rows: list[Usage]) -> float:
    """Check that the three agree, measure them, print one line; what one call takes."""
    tariff = compile_tariff(plan)
    usage = array("q", [int(number) for row in rows for number in row])
    micros = array("q", bytes(8 * 3 * len(rows)))
    few = rows[: len(rows) // 20]
    assert by_reference(plan, few) == by_calls(tariff, few)
    rate_many(tariff, usage, micros)
    assert micros.tolist() == [part for row in by_calls(tariff, rows) for part in row]

    plain = nanoseconds_each(lambda: by_reference(plan, few), len(few))
    calls = nanoseconds_each(lambda: call(tariff, rows), len(rows))
    bulk = nanoseconds_each(lambda: rate_many(tariff, usage, micros), len(rows))
    print(
        f"{name}: reference {plain:.0f} ns, compiled {calls:.0f} ns ({plain / calls:.0f} times), "
        f"bulk {bulk:.1f} ns ({plain / bulk:.0f} times)"
    )
    return calls


def measure_whole(simple_ns: float) -> None:
    """An interim under a plan with bands, tiers and three allowances: one walk prices it too."""
    scheme = compile_scheme(WHOLE)
    assert scheme is not None and WHOLE.pricing is not None
    reached = layout_of(WHOLE.pricing).bundles
    rise = Rise(1_000_000, 25_000_000, 300, 0, 300_000_000)
    inside, across = ((300_000_000, 0),), ((100_000_000, 0), (300_000_000, 1))
    for left, what in ((10**18, "all is covered"), (0, "nothing is left")):
        for pieces, where in ((inside, "in one band"), (across, "across two")):
            uses = Uses(scheme)
            draws = [Draw(left, *each) for each in reached]
            walk(scheme, uses, Rise(10**10, 5 * 10**10, 5_000, 0, 1), inside, (), (), False, True)

            def some(
                uses: Uses = uses,
                draws: list[Draw] = draws,
                pieces: tuple[tuple[int, int], ...] = pieces,
            ) -> None:
                for _ in range(ROWS):
                    walk(scheme, uses, rise, pieces, draws, (), True, True)

            each_ns = nanoseconds_each(some, ROWS)
            assert charged(scheme, uses, True) > 0
            print(
                f"three allowances, bands and tiers, {what}, {where}: walked and priced "
                f"{each_ns:.0f} ns, {each_ns / simple_ns:.1f} times the simple tariff"
            )


def main() -> None:
    """Measure every plan."""
    rows = usage_rows()
    print(f"pricing {ROWS} totals, best of {ROUNDS} rounds, for each total:")
    simple_ns = 0.0
    for name, plan in PLANS.items():
        simple_ns = measure(name, plan, rows)
    measure_whole(simple_ns)


if __name__ == "__main__":
    main()
