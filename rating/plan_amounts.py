"""Amounts and quantities of a plan's sections, within limits: what every priced section reads.

An amount is text or a whole number and becomes micros exactly; a quantity is octets or seconds.
Whether nothing is a price there (it is where a section says that something is free) is told by the
section that reads; the sentence that refuses it says what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.money import parse_amount
from rating import plan_values, tariff
from rating.plan_lines import Table


@dataclass(frozen=True, slots=True)
class Kind:
    """What is counted: octets or seconds, and how it is written in a plan."""

    word: str  # the key that says so much of it
    read: Callable[[str], int]
    example: str
    unit: int  # of a price that is nothing and does not say for what
    unit_max: int
    increment_max: int
    quantity_max: int


VOLUME: Final = Kind(
    "volume",
    plan_values.octets,
    "MB",
    10**9,
    tariff.UNIT_OCTETS_MAX,
    tariff.INCREMENT_OCTETS_MAX,
    tariff.INCLUDED_OCTETS_MAX,
)
TIME: Final = Kind(
    "time",
    plan_values.seconds,
    "hour",
    3_600,
    tariff.UNIT_S_MAX,
    tariff.INCREMENT_S_MAX,
    tariff.INCLUDED_S_MAX,
)


def read_micros(table: Table, key: str, instead: str | None) -> int:
    """The micros of an amount that has to be there.

    With `instead`, which says what to write, nothing is not a price. Raises PlanError.
    """
    written = table.required(key, table.amount(key), f'{key} = "0.01"')
    try:
        micros = parse_amount(written)
    except ValueError as error:
        raise table.fault(key, f"{key}: {error}") from None
    if micros < 0 or (micros == 0 and instead is not None):
        least = "more than" if instead else "at least"
        advice = instead or f'write {key} = "0" if it is free'
        raise table.fault(key, f"{key} must be {least} 0; {advice}")
    if micros > tariff.AMOUNT_MICROS_MAX:
        raise table.fault(key, f"{key} is too large; the limit is 1000000000")
    return micros


def read_quantity(table: Table, key: str, kind: Kind, most: int | None = None) -> int | None:
    """So many octets or seconds, at least one; None if the key is not there. Raises PlanError."""
    quantity = table.read(key, kind.read)
    within(table, key, quantity, kind.quantity_max if most is None else most)
    return quantity


def within(table: Table, key: str, number: int | None, most: int) -> None:
    """Is a quantity, if there is one, at least 1 and not absurd? Raises PlanError."""
    if number is not None and not 1 <= number <= most:
        raise table.fault(key, f"{key} comes to {number}; it must be 1 to {most}")
