"""A plan: what is sold, as data. Versioned, never edited in place.

Prices are exact: so many micros for so many units, never a quotient. The model is made to grow
(bands, tiers, several allowances, throttling) by adding parts beside these, each of which
`rating.tariff` compiles; nothing outside `rating` computes with a price.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Counted(enum.StrEnum):
    """Which direction of traffic a volume price counts."""

    DOWN = "down"
    UP = "up"
    SUM = "sum"
    LARGER = "larger"


class Rounding(enum.StrEnum):
    """How the price of a session total becomes whole micros (T2); once, on the total."""

    DOWN = "down"
    UP = "up"
    HALF_UP = "half-up"


@dataclass(frozen=True, slots=True)
class VolumePrice:
    """`amount_micros` for each `unit_octets`, counted in started increments."""

    amount_micros: int
    unit_octets: int
    counted: Counted = Counted.SUM
    increment_octets: int = 1
    rounding: Rounding = Rounding.DOWN


@dataclass(frozen=True, slots=True)
class TimePrice:
    """`amount_micros` for each `unit_s`, counted in started increments."""

    amount_micros: int
    unit_s: int
    increment_s: int = 1
    rounding: Rounding = Rounding.DOWN


@dataclass(frozen=True, slots=True)
class Hours:
    """One window of the week in which logins are allowed, in the plan's zone.

    `days` are ISO weekdays (1 Monday ... 7 Sunday); the window is half-open and lies within one
    day: 0 <= from_s < until_s <= 86400. A night is two windows.
    """

    days: frozenset[int]
    from_s: int
    until_s: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a plan."""

    plan_id: int
    name: str
    version: int
    currency: str
    volume: VolumePrice | None = None
    time: TimePrice | None = None
    session_fee_micros: int = 0
    included_octets: int = 0  # per account and validity period, before the price applies
    included_s: int = 0
    counted: Counted = Counted.SUM  # direction the included volume counts (the volume price's)
    down_bps: int | None = None
    up_bps: int | None = None
    policy_down: str | None = None  # QoS policy names (Cisco)
    policy_up: str | None = None
    validity_days: int | None = None
    sessions_max: int = 1
    hours: tuple[Hours, ...] = ()
    timezone: str = "UTC"
    interim_s: int | None = None
    max_session_s: int = 7 * 86_400
    sample: bool = False
    source: str = ""  # the TOML it was loaded from

    @property
    def priced(self) -> bool:
        """Does using it cost money? Only then is anything held (facts and promises)."""
        return bool(self.volume or self.time or self.session_fee_micros)
