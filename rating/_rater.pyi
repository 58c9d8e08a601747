"""The types of the compiled rater; what each function does is said in `_rater.pyx`."""

from array import array
from typing import Any, Final, final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_rater.pxd` says what it is."""

@final
class Tariff:
    """A plan's prices, flat; made by `rating.compile_tariff`."""

    def __init__(
        self,
        counted: int,
        fee_micros: int,
        volume: tuple[int, int, int, int] | None,
        time: tuple[int, int, int, int] | None,
    ) -> None: ...
    def step(self, step: int) -> tuple[int, int, int, int]:
        """(amount_micros, unit, increment, rounding) of a step; amount 0: not priced."""

def counted_octets(tariff: Tariff, input_octets: int, output_octets: int, /) -> int:
    """The octets that count: input is up, output is down; or OverflowError."""

def price(
    tariff: Tariff,
    counted_octets: int,
    session_s: int,
    free_octets: int,
    free_s: int,
    fee_due: bool,
    /,
) -> tuple[int, int, int]:
    """Micros of (fee, volume, time) of a session's total, or OverflowError."""

def rate_many(
    tariff: Tariff,
    usage: array[int] | memoryview[int],
    micros: array[int] | memoryview[int],
) -> None:
    """Price rows of five numbers into rows of three, or OverflowError."""
