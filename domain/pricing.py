"""What a plan may say of prices beyond one for volume and one for time.

Bands of the week, traffic classes, tiers, bundles, caps and fair use, as data: what each of them
means is computed in `rating`, which compiles them to one scheme, and what an account has used of
them in a period is a pot of the books. Nothing here computes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from domain.plan_words import Counted, Hours, Rounding, Validity

OTHER: Final = "other"
"""In `bands` the time that no band holds, in `classes` the traffic of no class; no name is it."""


class Period(enum.StrEnum):
    """Over what something is counted: one session, or an account's period of that length.

    Days are local; weeks and months are anchored to the subscriber's own day, clamped to the last
    day of a short month and always reckoned from the anchor (T4); validity is the package's time.
    """

    SESSION = "session"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    VALIDITY = "validity"


class OnHolidays(enum.StrEnum):
    """What a band makes of the plan's holidays."""

    AS_WEEKDAY = "as-weekday"  # a holiday is the weekday that it is
    ALSO = "also"  # the whole holiday belongs to the band besides its hours
    ONLY = "only"  # its hours count on holidays only
    NEVER = "never"  # its hours do not count on holidays


@dataclass(frozen=True, slots=True)
class Holiday:
    """A named local day: of every year (`year` None) or of one."""

    name: str
    month: int
    day: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A named part of the week; of several that hold an instant the first of the plan counts."""

    name: str
    hours: tuple[Hours, ...]
    on_holidays: OnHolidays = OnHolidays.AS_WEEKDAY


@dataclass(frozen=True, slots=True)
class TrafficClass:
    """Traffic that the device accounts for by itself, under one of these service names."""

    name: str
    services: tuple[str, ...]


class TierMode(enum.StrEnum):
    """What a step of quantity means for the price."""

    GRADUATED = "graduated"  # each tier's quantity at its own price
    VOLUME = "volume"  # all of it at the price of the tier reached; never less than before
    PACKAGE = "package"  # each started package whole


@dataclass(frozen=True, slots=True)
class Tier:
    """From this quantity on (octets or seconds): `amount_micros` for each `unit`."""

    since: int
    amount_micros: int
    unit: int


@dataclass(frozen=True, slots=True)
class Price:
    """One price of volume (octets) or time (seconds), with its tiers; the first is since 0.

    A package has one tier, whose unit is the package. `minimum` is charged of a session that used
    any of it. Tiers count over `period`: a session, or all of an account's in a period.
    """

    tiers: tuple[Tier, ...]
    mode: TierMode = TierMode.GRADUATED
    period: Period = Period.SESSION
    increment: int = 1
    minimum: int = 0
    rounding: Rounding = Rounding.DOWN


@dataclass(frozen=True, slots=True)
class Rate:
    """Prices that hold in some bands and for some classes (none named: in all, for all).

    The first rate of a plan that fits a cell gives its prices; the plan's last rate is the one of
    its `[price]`, which fits everywhere. Either `volume` (counted as `counted` says) or `down` and
    `up` apart; None costs nothing. A rate says all its prices: what its section leaves out is the
    same price here as in the last rate. Equal prices (of the same flows) are one: they share
    lines, increments and tiers. Time has no class: the rate of a band and OTHER prices it,
    and a rate for other classes alone has none.
    """

    bands: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    counted: Counted = Counted.SUM
    volume: Price | None = None
    down: Price | None = None
    up: Price | None = None
    time: Price | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the traffic something is about; nothing named means all."""

    counted: Counted = Counted.SUM
    bands: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rollover:
    """What is left at a period's end is carried on: at most `most`, for `periods` periods."""

    most: int  # octets or seconds carried over in all
    periods: int = 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """An allowance that each period brings. Either octets or seconds; lower priority goes first."""

    name: str
    octets: int = 0
    seconds: int = 0
    scope: Scope = Scope()
    period: Period = Period.VALIDITY
    priority: int = 100
    rollover: Rollover | None = None


@dataclass(frozen=True, slots=True)
class Booster:
    """A bundle that is bought, any time and any number of times, for `validity`.

    None: until the end of the validity period in which it was bought.
    """

    name: str
    price_micros: int
    octets: int = 0
    seconds: int = 0
    scope: Scope = Scope()
    priority: int = 200
    validity: Validity | None = None


class AtCap(enum.StrEnum):
    """What happens to a session whose cap is reached."""

    FREE = "free"  # it goes on and costs nothing more
    STOP = "stop"  # it ends, as without credit, until the period does


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that usage of an account may cost in a period (or one session in all)."""

    period: Period
    most_micros: int
    then: AtCap = AtCap.FREE


@dataclass(frozen=True, slots=True)
class Speeds:
    """What a line may do; None is the device's own."""

    down_bps: int | None = None
    up_bps: int | None = None
    policy_down: str | None = None
    policy_up: str | None = None
    mikrotik_rate: str | None = None


@dataclass(frozen=True, slots=True)
class FairStep:
    """Speeds that hold from a counted volume on, in some bands (none named: always)."""

    above_octets: int
    speeds: Speeds
    bands: frozenset[str] = frozenset()


class CannotSlow(enum.StrEnum):
    """What becomes of a session on a device that cannot be told a new speed while it runs."""

    WAIT = "wait"  # it keeps its speed until it dials in again
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True)
class FairUse:
    """Slower steps by volume in a period and by time of day; the last that holds counts."""

    period: Period
    scope: Scope
    steps: tuple[FairStep, ...]
    cannot: CannotSlow = CannotSlow.DISCONNECT


@dataclass(frozen=True, slots=True)
class Pricing:
    """All of that for one plan. Of a plan without any it is None."""

    rates: tuple[Rate, ...]
    bands: tuple[Band, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    classes: tuple[TrafficClass, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    boosters: tuple[Booster, ...] = ()
    caps: tuple[Cap, ...] = ()
    fair_use: FairUse | None = None
    activation_fee_micros: int = 0

    @property
    def priced(self) -> bool:
        """Does usage cost money in any band, of any class, from any quantity on?"""
        return any(
            tier.amount_micros
            for rate in self.rates
            for price in (rate.volume, rate.down, rate.up, rate.time)
            if price is not None
            for tier in price.tiers
        )
