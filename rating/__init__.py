"""Prices times usage: plans become tariffs, totals become micros.

`price` is compiled and prices the total of a session, never a difference. `allowance` turns it
round: how much usage a sum of money can pay. `plan_file` reads what an operator writes. Nothing
outside this package computes with a price.
"""

from __future__ import annotations

from rating._rater import Tariff, counted_octets, price, rate_many
from rating.tariff import Step, compile_tariff

__all__ = ["Step", "Tariff", "compile_tariff", "counted_octets", "price", "rate_many"]
