"""A plan: what is sold, as data. Versioned, never edited in place.

Prices are exact: so many micros for so many units, never a quotient. The model is made to grow
(bands, tiers, several allowances, throttling) by adding parts beside these, each of which
`rating.tariff` compiles; nothing outside `rating` computes with a price.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from domain.plan_words import Counted, Hours, Left, Rounding, Span, Validity
from domain.pricing import Pricing

__all__ = [
    "Access",
    "Counted",
    "Garden",
    "Hours",
    "Left",
    "Package",
    "Plan",
    "Reply",
    "Rounding",
    "Span",
    "TimePrice",
    "Validity",
    "VolumePrice",
]


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


class Access(enum.StrEnum):
    """How a subscriber is connected, as a request tells (a PPPoE pool must not reach a hotspot)."""

    PPP = "ppp"
    HOTSPOT = "hotspot"
    DHCP = "dhcp"
    WIRELESS = "wireless"


@dataclass(frozen=True, slots=True)
class Package:
    """What is sold by the day: a price, what it buys, and what happens at its end."""

    validity: Validity
    price_micros: int = 0
    grace_s: int = 0  # served on for so long after expiry
    auto_renew: bool = False  # buy it again from the purse at expiry, unless the subscriber differs
    # Its price is due when its time ends: a credit limit is for it, and usage is prepaid.
    pay_after: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Attributes for an Accept, checked against the dictionary when they were written.

    `dialect` empty and `accesses` empty mean any; `octets` are `lines` as encoded attributes.
    """

    lines: tuple[str, ...]
    octets: bytes
    dialect: str = ""
    accesses: tuple[Access, ...] = ()


@dataclass(frozen=True, slots=True)
class Garden:
    """What somebody is let in with who is not entitled to the service: walled, short, unrated."""

    session_timeout_s: int = 600
    replies: tuple[Reply, ...] = ()


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
    sessions_max: int = 1
    hours: tuple[Hours, ...] = ()
    timezone: str = "UTC"
    interim_s: int | None = None
    max_session_s: int = 7 * 86_400
    sample: bool = False
    source: str = ""  # the TOML it was loaded from
    package: Package | None = None  # None: it is not sold by the day and never expires
    replies: tuple[Reply, ...] = ()
    on_expired: Garden | None = None  # None: refuse
    on_no_credit: Garden | None = None
    on_suspended: Garden | None = None
    mikrotik_rate: str | None = None  # a whole rate string, instead of down_bps and up_bps
    # None: `volume`, `time`, the fee and what is included are all there is. Else it says all that
    # but the fee, and `volume`, `time` and what is included are empty.
    pricing: Pricing | None = None
    on_change: Left = Left.KEEP  # of paid time, when its subscriber leaves this plan for another

    @property
    def priced(self) -> bool:
        """Does using it cost money? Only then is anything held (facts and promises)."""
        return bool(
            self.volume
            or self.time
            or self.session_fee_micros
            or (self.pricing is not None and self.pricing.priced)
        )

    @property
    def fee_alone(self) -> bool:
        """Is the session fee all that using it costs?"""
        return (
            self.session_fee_micros > 0
            and self.volume is None
            and self.time is None
            and (self.pricing is None or not self.pricing.priced)
        )
