"""Types of the compiled rater; see _rater.pyx."""

from array import array

class Tariff:
    def __init__(
        self,
        counted: int,
        fee_micros: int,
        volume: tuple[int, int, int, int] | None,
        time: tuple[int, int, int, int] | None,
    ) -> None: ...
    def step(self, step: int) -> tuple[int, int, int, int]: ...

def counted_octets(tariff: Tariff, input_octets: int, output_octets: int) -> int: ...
def price(
    tariff: Tariff,
    counted_octets: int,
    session_s: int,
    free_octets: int,
    free_s: int,
    fee_due: bool,
) -> tuple[int, int, int]: ...
def rate_many(
    tariff: Tariff,
    usage: array[int] | memoryview[int],
    micros: array[int] | memoryview[int],
) -> None: ...
