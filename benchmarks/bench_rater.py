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
from rating import Tariff, compile_tariff, price, rate_many, reference

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


def measure(name: str, plan: Plan, rows: list[Usage]) -> None:
    """Check that the three agree, measure them, print one line."""
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


def main() -> None:
    """Measure every plan."""
    rows = usage_rows()
    print(f"pricing {ROWS} totals, best of {ROUNDS} rounds, for each total:")
    for name, plan in PLANS.items():
        measure(name, plan, rows)


if __name__ == "__main__":
    main()
