"""Which pots an account has under a plan, and what of them a rise of usage may take.

The order of consumption is declared here and nowhere else: lower priority first, then what ends
first, then the oldest. A booster is found by its name, under whatever plan it was bought; all
others belong to a plan by its name, so its next version goes on with them. What an account counts
towards tiers, caps and fair use is metered in rows that are opened with the first usage of their
period.

Pure: rows come in and none is changed; what is to be opened and moved is answered, for the caller
to write in the transaction of the usage itself. Two that open the same row at once open it alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accounting.pot_terms import Terms, spans
from accounting.rollover import Life, Shelf, by_key
from domain.period import validity_end_us
from domain.plan import Plan
from domain.pot import Pot, PotKind
from domain.pricing import Booster, Bundle, Period, Pricing
from rating._walk import ALWAYS_US, CAP, FAIR, NEVER_US, TIERS
from rating.scheme import Draw, Meter
from rating.scheme_layout import Family, Layout, Reached, layout_of, metered


class Drawn(NamedTuple):
    """A row of a bundle or booster, as a walk may draw on it."""

    pot: Pot
    draw: Draw
    allowance: Bundle | Booster
    timely: bool  # the rise begins before the row's own period ends
    ends_us: int | None  # where what is left of it ends; None: no end is known


class Metered(NamedTuple):
    """A row that counts, as a walk moves it."""

    pot: Pot
    meter: Meter


class Move(NamedTuple):
    """By how much a row changes; `lost` falls where usage told late has what was lost back."""

    pot: Pot
    used: int
    lost: int


@dataclass(frozen=True, slots=True)
class View:
    """The pots of an account for one rise."""

    drawn: tuple[Drawn, ...]  # in the order of consumption
    metered: tuple[Metered, ...]
    opened: tuple[Pot, ...]  # rows that the books do not have yet
    kept: tuple[Pot, ...]  # those of them to be written even if nothing moves them
    lost: tuple[tuple[Pot, int], ...]  # what goes lost besides, as new periods have begun

    @property
    def draws(self) -> list[Draw]:
        """For `walk`, in the order of consumption."""
        return [drawn.draw for drawn in self.drawn]

    @property
    def meters(self) -> list[Meter]:
        """For `walk`."""
        return [metered.meter for metered in self.metered]

    def moves(self) -> list[Move]:
        """What a walk has moved and what was lost, each row once; of opened rows from nothing on.

        Usage in a row's own period has back what was lost of it: it was lost as unused.
        """
        more = {(pot.pot, pot.period_start_us): (pot, lost) for pot, lost in self.lost}
        found: list[Move] = []
        for pot, draw, _allowance, timely, _ends_us in self.drawn:
            _, lost = more.pop((pot.pot, pot.period_start_us), (pot, 0))
            if timely:
                lost -= min(draw.took, pot.lost + lost)
            if draw.took or lost:
                found.append(Move(pot, draw.took, lost))
        found += [Move(pot, 0, lost) for pot, lost in more.values()]
        found += [Move(pot, meter.moved, 0) for pot, meter in self.metered if meter.moved]
        return found


class Counter(NamedTuple):
    """One thing that an account counts under a plan."""

    key: str
    period: Period
    measures: int
    number: int  # of the family or cap in the plan's scheme


class Pots:
    """The pots of one plan, by what the plan says; made once for a plan and used for all."""

    __slots__ = ("_boosters", "_bundles", "counters")

    def __init__(self, plan: Plan, layout: Layout | None = None) -> None:
        """Of a plan with pricing; `layout` is its layout, if it is at hand."""
        pricing = plan.pricing
        assert pricing is not None, "a plan without pricing has no pots"
        places = layout or layout_of(pricing)
        self._bundles: tuple[tuple[str, Bundle, Reached], ...] = tuple(
            (f"{PotKind.BUNDLE}/{bundle.period}/{plan.name}/{bundle.name}", bundle, reached)
            for bundle, reached in zip(pricing.bundles, places.bundles, strict=True)
        )
        self._boosters: dict[str, tuple[Booster, Reached]] = {
            booster.name: (booster, reached)
            for booster, reached in zip(pricing.boosters, places.boosters, strict=True)
        }
        self.counters = tuple(_counters(plan.name, pricing, places))

    def view(self, terms: Terms, rows: Sequence[Pot], from_us: int, to_us: int) -> View:
        """Return what a rise between two instants may take of the account's rows, and move.

        `rows` are all that the account has, or at least those that have not ended before the
        rise, and of bundles that carry over one more for each period that they do.
        """
        from_us = min(from_us, to_us)
        lives: list[tuple[Life, Bundle | Booster, Reached]] = []
        opened: list[Pot] = []
        kept: list[Pot] = []
        lost: list[tuple[Pot, int]] = []
        known = by_key(rows)
        for key, bundle, reached in self._bundles:
            shelf = Shelf(bundle, key, terms, known.get(key, {}))
            lives += [(life, bundle, reached) for life in shelf.lives(from_us, to_us)]
            opened += shelf.opened
            kept += shelf.opened if bundle.rollover else ()
            lost += [(shelf.rows[start_us], more) for start_us, more in shelf.lost.items()]
        for pot in rows:
            named = self._boosters.get(booster_name(pot))
            if named is not None:
                lives.append((_booster_life(pot, terms), *named))
        more = {(pot.pot, pot.period_start_us): lost_now for pot, lost_now in lost}
        lives.sort(key=lambda one: _order(one[0], one[1], terms))
        drawn = [
            _drawn(life, allowance, reached, more, from_us)
            for life, allowance, reached in lives
            if life.ends_us > from_us and life.from_us <= to_us
        ]
        counted = [
            found
            for counter in self.counters
            for found in _metered(counter, terms, known.get(counter.key, {}), from_us, to_us)
        ]
        opened += [pot for pot, _ in counted if pot.period_start_us not in known.get(pot.pot, {})]
        return View(tuple(drawn), tuple(counted), tuple(opened), tuple(kept), tuple(lost))


def booster_pot(booster: Booster, terms: Terms, *, purchase_id: int, now_us: int) -> Pot:
    """Return the row of a booster that is bought now. Of a validity period, it ends with that."""
    end_us = None
    if booster.validity is not None:
        end_us = validity_end_us(now_us, booster.validity, terms.timezone)
    return Pot(
        terms.account_id,
        f"{PotKind.BOOSTER}/{booster.name}/{purchase_id}",
        now_us,
        granted=booster.octets or booster.seconds,
        until_us=end_us,
        ends_us=end_us,
        purchase_id=purchase_id,
    )


def booster_name(pot: Pot) -> str:
    """The name of the booster that a row is of, or nothing."""
    kind, _, rest = pot.pot.partition("/")
    return rest.rpartition("/")[0] if kind == PotKind.BOOSTER else ""


def booster_end_us(pot: Pot, terms: Terms) -> int | None:
    """Where what is left of a booster ends: at its instant, or with the validity period in which
    it was bought, which ends where the next one begins. None: no end is known."""
    if pot.until_us is not None:
        return pot.until_us
    return next((start_us for start_us in terms.starts_us if start_us > pot.period_start_us), None)


def _booster_life(pot: Pot, terms: Terms) -> Life:
    end_us = booster_end_us(pot, terms)
    end_us = NEVER_US if end_us is None else end_us
    return Life(pot, pot.period_start_us, end_us, end_us)


def _order(life: Life, allowance: Bundle | Booster, terms: Terms) -> tuple[int, int, int, int, str]:
    """The order of consumption: priority, earliest end, oldest; boosters as they were bought."""
    ends_us = life.ends_us
    if ends_us == NEVER_US and terms.until_us is not None and not _carries(life, allowance):
        ends_us = terms.until_us
    pot = life.pot
    return allowance.priority, ends_us, pot.period_start_us, pot.purchase_id or 0, pot.pot


def _carries(life: Life, allowance: Bundle | Booster) -> bool:
    """Does what is left of the row outlast the validity period that now is the last one?"""
    return (
        isinstance(allowance, Bundle)
        and allowance.rollover is not None
        and life.until_us == NEVER_US
    )


def _drawn(
    life: Life,
    allowance: Bundle | Booster,
    reached: Reached,
    lost: dict[tuple[str, int], int],
    from_us: int,
) -> Drawn:
    """A row as a walk may draw on it."""
    pot = life.pot
    timely = from_us < life.until_us
    left = pot.granted - pot.used
    if not timely:
        left -= pot.lost + lost.get((pot.pot, pot.period_start_us), 0)
    draw = Draw(max(left, 0), *reached, life.from_us, life.ends_us)
    return Drawn(pot, draw, allowance, timely, None if life.ends_us == NEVER_US else life.ends_us)


def _counters(plan_name: str, pricing: Pricing, layout: Layout) -> Iterator[Counter]:
    """What is counted of an account under a plan beside its bundles."""
    for index, family in enumerate(layout.families):
        price = family.part.price
        if metered(price):
            name = family_name(family, pricing)
            key = f"{PotKind.TIER}/{price.period}/{plan_name}/{name}"
            yield Counter(key, price.period, TIERS, index)
    fair = pricing.fair_use
    if fair is not None and fair.period is not Period.SESSION:
        key = f"{PotKind.FAIR_USE}/{fair.period}/{plan_name}"
        yield Counter(key, fair.period, FAIR, 0)
    for index, cap in enumerate(pricing.caps):
        if cap.period is not Period.SESSION:
            key = f"{PotKind.CAP}/{cap.period}/{plan_name}"
            yield Counter(key, cap.period, CAP, index)


def family_name(family: Family, pricing: Pricing) -> str:
    """A price's name that lasts while rates are put in another order: by what it is for."""
    rate = pricing.rates[family.rate]
    scope = "/".join("+".join(sorted(names)) for names in (rate.bands, rate.classes))
    return family.part.name if scope == "/" else f"{family.part.name}/{scope}"


def _metered(
    counter: Counter, terms: Terms, known: Mapping[int, Pot], from_us: int, to_us: int
) -> Iterator[Metered]:
    """The rows in which something is counted, for every instant of a rise and beyond its ends."""
    periods = spans(terms, counter.period, from_us, to_us)
    for place, (start_us, until_us) in enumerate(periods):
        pot = known.get(start_us)
        if pot is None:
            end_us = terms.until_us if until_us is None else until_us
            pot = Pot(terms.account_id, counter.key, start_us, 0, until_us=end_us, ends_us=end_us)
        begun_us = start_us if place else ALWAYS_US
        end_us = NEVER_US if until_us is None or place == len(periods) - 1 else until_us
        yield Metered(pot, Meter(counter.measures, counter.number, pot.used, begun_us, end_us))
