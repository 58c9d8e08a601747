"""What must hold for any tariff and any usage: the exact price, or a refusal, and nothing between.

The price is worked out once more with Python's whole numbers, which have no end; where it does not
fit in 63 bits the rater has to refuse. Prices never fall when usage rises, re-rating in bulk is
the same as one by one, and an allowance never promises more than the money pays.
"""

from __future__ import annotations

import array
from typing import Final

from rating import allowance
from rating._rater import Tariff, counted_octets, price, rate_many
from tests.fuzz.properties.taker import Taker

MOST: Final = 2**63 - 1
Priced = tuple[int, int, int, int]
Row = tuple[int, int, int, int, int]


def check(octets: bytes) -> None:
    """Check one tariff with one usage, and the usage a little higher."""
    taker = Taker(octets)
    counted, fee = taker.octet() % 5, taker.signed()
    volume, time = _priced(taker), _priced(taker)
    legal = counted <= 3 and fee >= 0 and _legal(volume) and _legal(time)
    try:
        tariff = Tariff(counted, fee, volume, time)
    except ValueError:
        assert not legal, "a tariff within the limits was refused"
        return
    assert legal, "a tariff beyond the limits was taken"
    row = (taker.signed(), taker.signed(), taker.signed(), taker.signed(), taker.octet() & 1)
    more = taker.number() >> 1
    found = _check_row(tariff, (fee, volume, time), row)
    higher = (row[0] + more, row[1] + more, *row[2:])
    if all(-MOST - 1 <= number <= MOST for number in higher):
        above = _check_row(tariff, (fee, volume, time), higher)
        if found is not None and above is not None:
            assert all(low <= high for low, high in zip(found, above, strict=True))
    _check_counted(tariff, counted, row[0], row[1])
    _check_bulk(tariff, row, found)
    _check_allowance(tariff, volume, time, taker.signed())


def _priced(taker: Taker) -> Priced | None:
    if not taker.octet() & 3:
        return None
    return taker.signed(), taker.signed(), taker.signed(), taker.octet() % 4


def _legal(priced: Priced | None) -> bool:
    if priced is None:
        return True
    amount, unit, increment, rounding = priced
    return amount >= 0 and unit >= 1 and 1 <= increment <= 2**62 and rounding <= 2


def _exact(priced: Priced | None, quantity: int, free: int) -> int:
    """The micros of one step, by whole numbers alone."""
    if priced is None or quantity <= free:
        return 0
    amount, unit, increment, rounding = priced
    started = -(-(quantity - free) // increment)
    product = started * increment * amount
    if rounding == 0:
        return product // unit
    if rounding == 1:
        return -(-product // unit)
    return (2 * product + unit) // (2 * unit)


def _check_row(
    tariff: Tariff, steps: tuple[int, Priced | None, Priced | None], row: Row
) -> tuple[int, int, int] | None:
    """The price of a usage; None where it has to be refused and is."""
    fee, volume, time = steps
    expected = (
        fee if row[4] else 0,
        _exact(volume, row[0], row[2]),
        _exact(time, row[1], row[3]),
    )
    fits = min(row[:4]) >= 0 and max(*expected, sum(expected)) <= MOST
    try:
        found = price(tariff, row[0], row[1], row[2], row[3], bool(row[4]))
    except OverflowError:
        assert not fits, "a price that fits was refused"
        return None
    assert fits, "a price that does not fit was given"
    assert found == expected, f"priced {found}; exactly it is {expected}"
    return found


def _check_counted(tariff: Tariff, counted: int, up: int, down: int) -> None:
    expected = (down, up, up + down, max(up, down))[counted]
    fits = up >= 0 and down >= 0 and expected <= MOST
    try:
        found = counted_octets(tariff, up, down)
    except OverflowError:
        assert not fits
        return
    assert fits and found == expected


def _check_bulk(tariff: Tariff, row: Row, found: tuple[int, int, int] | None) -> None:
    usage = array.array("q", (*row, *row))
    micros = array.array("q", (-1,) * 6)
    try:
        rate_many(tariff, usage, micros)
    except OverflowError:
        assert found is None and list(micros) == [-1] * 6
        return
    assert found is not None and tuple(micros) == found * 2


def _check_allowance(
    tariff: Tariff, volume: Priced | None, time: Priced | None, money: int
) -> None:
    """What the money pays costs no more than it, and one increment more costs more."""
    for priced, most in (
        (volume, allowance.octets_for(tariff, money)),
        (time, allowance.seconds_for(tariff, money)),
    ):
        if priced is None or priced[0] == 0:
            assert most is None
            continue
        amount, unit, increment, _ = priced
        assert most is not None and 0 <= most <= MOST and most % increment == 0
        assert most * amount <= max(money, 0) * unit, "more than the money pays"
        if most + increment <= MOST:
            assert (most + increment) * amount > max(money, 0) * unit, "less than the money pays"
