"""A plan tried on what many accounts have really used: what it would have cost them.

Every account begins the plan anew at the same instant, with fresh pots, buys its package again
whenever it ends and something is used, and boosters as it is told. Rises come in as the journal
tells them; bands, pots, caps and the price are those of real charging. Only what is asked for is
kept: of an account its pots and what it has come to, of a session its uses, so that a million
records need no more room than those who used something.

As long as no period of the plan ends, an account's pots are laid out for the walk once and not for
each rise. That changes nothing of what comes out; `accounting.trial` is the slow way to the same.
"""

from __future__ import annotations

from typing import Final

from accounting.pot_terms import Terms, spans
from accounting.pots import Pots, booster_pot
from domain.anchor import renewal_end_us
from domain.plan import Plan
from domain.pot import Pot
from domain.pricing import Period
from domain.seams import US_PER_S
from rating.plan_whole import whole_of
from rating.scheme import Draw, Meter, Rise, Scheme, Uses, compile_scheme, walk
from rating.timetable import Timetable

PERIODS_MAX: Final = 10_000  # of a package of an hour, for more than a year
_KEPT_US: Final = 2 * 86_400 * US_PER_S  # so long after its end a pot may be asked for by a report

Window = tuple[int, int]


class _Zone:
    """What all accounts of one time zone have in common."""

    def __init__(self, plan: Plan, scheme: Scheme, pots: Pots, zone: str, span: Window) -> None:
        begins_us, until_us = span
        self.scheme = scheme
        self.pots = pots
        assert plan.pricing is not None
        self.boosters = {one.name: one for one in plan.pricing.boosters}
        self.timetable = Timetable.of(plan, zone)
        zone = zone or plan.timezone
        starts_us, end_us = [begins_us], None
        package = plan.package
        if package is not None:
            anchor_us: int | None = begins_us
            end_us, anchor_us = renewal_end_us(begins_us, package.validity, anchor_us, zone)
            while end_us < until_us and len(starts_us) < PERIODS_MAX:
                starts_us.append(end_us)
                end_us, anchor_us = renewal_end_us(end_us, package.validity, anchor_us, zone)
        self.terms = Terms(1, zone, begins_us, tuple(starts_us), end_us)
        self._periods = _periods(plan)
        self._window: Window = (0, 0)
        # By the beginning of a period of the package: what it costs, the last one for its part.
        self.prices = dict.fromkeys(starts_us, package.price_micros if package else 0)
        if package is not None and end_us is not None and end_us > until_us:
            last_us = starts_us[-1]
            whole_us = end_us - last_us
            self.prices[last_us] = package.price_micros * (until_us - last_us) // whole_us

    def window(self, us: int) -> Window:
        """The span around an instant within which no period of the plan begins or ends."""
        low_us, high_us = self._window
        if not low_us <= us < high_us:
            low_us, high_us = 0, 1 << 62
            for period in self._periods:
                (span,) = spans(self.terms, period, us, us)
                low_us = max(low_us, span.start_us)
                high_us = min(high_us, span.until_us or high_us)
            self._window = low_us, high_us
        return self._window

    def begun_us(self, from_us: int, to_us: int) -> list[int]:
        """The beginnings of the package's periods that a span lies in."""
        return [span.start_us for span in spans(self.terms, Period.VALIDITY, from_us, to_us)]


def _periods(plan: Plan) -> list[Period]:
    """All periods over which something of a plan is counted."""
    pricing = plan.pricing
    assert pricing is not None
    found = {one.period for one in pricing.bundles} | {one.period for one in pricing.caps}
    found |= {
        price.period
        for rate in pricing.rates
        for price in (rate.volume, rate.down, rate.up, rate.time)
        if price is not None
    }
    if pricing.fair_use is not None:
        found.add(pricing.fair_use.period)
    return sorted({*found, Period.VALIDITY} - {Period.SESSION})


class Tried:
    """One account under the plan: its pots, and what usage and packages have cost it."""

    __slots__ = (
        "_bounds",
        "_drawn",
        "_draws",
        "_metered",
        "_meters",
        "_paid_us",
        "_rows",
        "_window",
        "_zone",
        "boosters_micros",
        "packages_micros",
        "usage_micros",
    )  # fmt: skip

    def __init__(self, zone: _Zone) -> None:
        self._zone = zone
        self._rows: list[Pot] = []
        self._window: Window = (0, 0)  # of what is laid out
        self._draws: list[Draw] = []
        self._drawn: list[Pot] = []  # of each draw
        self._meters: list[Meter] = []
        self._metered: list[Pot] = []  # of each meter
        self._paid_us = -1  # the beginning of the newest period that was paid
        self._bounds: list[int] = []  # the instants at which boosters begin and end
        self.usage_micros = 0
        self.packages_micros = 0
        self.boosters_micros = 0

    def buy(self, name: str, at_us: int) -> bool:
        """Buy a booster at an instant, which may lie ahead; False if the plan sells none of it."""
        booster = self._zone.boosters.get(name)
        if booster is None:
            return False
        bought_n = len(self._bounds) + 1  # no two have the same
        pot = booster_pot(booster, self._zone.terms, purchase_id=bought_n, now_us=at_us)
        self._rows.append(pot)
        self._bounds += [at_us] if pot.ends_us is None else [at_us, pot.ends_us]
        self._window = (0, 0)
        self.boosters_micros += booster.price_micros
        return True

    def use(self, uses: Uses, rise: Rise, span: Window, fee_was: bool, fee_due: bool) -> None:
        """Charge a rise of a session within a span, which is that of `rise`.

        Raises OverflowError for what no book can hold; then nothing was changed.
        """
        zone, window = self._zone, self._window
        from_us, to_us = span
        if not (window[0] <= from_us and to_us < window[1]):
            self._turn(uses, rise, span, fee_was, fee_due)
            return
        was, now = walk(
            zone.scheme, uses, rise, zone.timetable.pieces(from_us, to_us), self._draws,
            self._meters, fee_was, fee_due,
        )  # fmt: skip
        self.usage_micros += now - was
        for pot, draw in zip(self._drawn, self._draws, strict=True):
            if took := draw.took:
                pot.used += took
                draw.left -= took
        for pot, meter in zip(self._metered, self._meters, strict=True):
            if moved := meter.moved:
                pot.used += moved
                meter.used += moved

    def _turn(self, uses: Uses, rise: Rise, span: Window, fee_was: bool, fee_due: bool) -> None:
        """Charge a rise with pots that are looked up anew, and lay them out for the next one."""
        zone, (from_us, to_us) = self._zone, span
        forgotten_us = from_us - _KEPT_US
        self._rows = [
            pot for pot in self._rows if pot.ends_us is None or pot.ends_us > forgotten_us
        ]
        view = zone.pots.view(zone.terms, self._rows, from_us, to_us)
        draws, meters = view.draws, view.meters
        pieces = zone.timetable.pieces(from_us, to_us)
        was, now = walk(zone.scheme, uses, rise, pieces, draws, meters, fee_was, fee_due)
        self.usage_micros += now - was
        self._rows += view.opened
        for move in view.moves():
            move.pot.used += move.used
            move.pot.lost += move.lost
        for start_us in zone.begun_us(from_us, to_us):
            if start_us > self._paid_us:
                self._paid_us = start_us
                self.packages_micros += zone.prices[start_us]
        self._window = self._around(zone.window(to_us), to_us)
        # Of a row that has lost something, usage in its own period has it back: never from here.
        if from_us < self._window[0] or any(one.timely and one.pot.lost for one in view.drawn):
            self._window = (0, 0)
            return
        self._draws, self._drawn = draws, [one.pot for one in view.drawn]
        self._meters, self._metered = meters, [one.pot for one in view.metered]
        for draw in draws:
            draw.left -= draw.took
        for meter in meters:
            meter.used += meter.moved

    def _around(self, window: Window, us: int) -> Window:
        """The part of a span around an instant within which no booster begins or ends."""
        low_us, high_us = window
        for bound_us in self._bounds:
            if bound_us <= us:
                low_us = max(low_us, bound_us)
            else:
                high_us = min(high_us, bound_us)
        return low_us, high_us


class Rerun:
    """One plan, tried on many accounts between two instants."""

    def __init__(self, plan: Plan, begins_us: int, until_us: int) -> None:
        """`plan` may be a simple one; it is walked as a whole one, which costs the same."""
        self.plan = whole_of(plan)
        scheme = compile_scheme(self.plan)
        assert scheme is not None
        self._scheme = scheme
        self._pots = Pots(self.plan)
        self._span = begins_us, until_us
        self._zones: dict[str, _Zone] = {}

    def account(self, zone: str) -> Tried:
        """A new account, of a subscriber's zone (empty: the plan's)."""
        found = self._zones.get(zone)
        if found is None:
            found = _Zone(self.plan, self._scheme, self._pots, zone, self._span)
            self._zones[zone] = found
        return Tried(found)

    def session(self) -> Uses:
        """The state of a session that begins."""
        return Uses(self._scheme)
