"""A plan tried on usage that nobody had: what each report of it costs, as it would be charged.

The pots, the timetable and the walk are those of real charging, and so are the rules of what is
used up first; only the account is made up, and forgotten afterwards. Nothing here knows a session
of the books or writes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from accounting.pot_terms import Terms
from accounting.pots import Pots, View, booster_pot
from domain.period import validity_end_us
from domain.plan import Plan
from domain.pot import Pot, PotKind
from domain.pricing import OTHER, Booster, Pricing, Speeds
from domain.seams import US_PER_S
from rating.fair_use import speeds_now
from rating.plan_cases import Case, Row
from rating.plan_whole import whole_of
from rating.scheme import Rise, Uses, compile_scheme, walk
from rating.scheme_layout import allowances, fits
from rating.timetable import Timetable


class Used(NamedTuple):
    """One report: so many octets of a session between two instants; `classes` are (up, down)."""

    session: str
    from_us: int
    until_us: int
    down: int = 0
    up: int = 0
    classes: Mapping[str, tuple[int, int]] = {}


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a report: what it cost, what covered it, what is left, how fast it goes on."""

    micros: int
    covered: dict[str, int]  # octets or seconds, by the bundle's or booster's name
    left: dict[str, int]
    speeds: Speeds

    @property
    def speed(self) -> str:
        """Down and up as a plan writes them: `20M/5M`."""
        return f"{_bits(self.speeds.down_bps)}/{_bits(self.speeds.up_bps)}"


class Trial:
    """One made-up account under one plan."""

    def __init__(self, plan: Plan, begins_us: int, renewed_us: tuple[int, ...] = ()) -> None:
        """The plan is bought at `begins_us`, and again at each of `renewed_us`."""
        self._plan = whole_of(plan)
        assert self._plan.pricing is not None
        self._pricing: Pricing = self._plan.pricing
        scheme = compile_scheme(self._plan)
        assert scheme is not None
        self._scheme = scheme
        self._pots = Pots(self._plan)
        self._timetable = Timetable.of(self._plan)
        starts_us = (begins_us, *renewed_us)
        until_us = None
        if plan.package is not None:
            until_us = validity_end_us(starts_us[-1], plan.package.validity, plan.timezone)
        self._terms = Terms(1, plan.timezone, begins_us, starts_us, until_us)
        self._rows: list[Pot] = []
        self._sessions: dict[str, Uses] = {}
        self._bought = 0

    def buy(self, name: str, now_us: int) -> int:
        """Buy a booster of the plan; its price in micros."""
        booster: Booster = next(one for one in self._pricing.boosters if one.name == name)
        self._bought += 1
        self._rows.append(
            booster_pot(booster, self._terms, purchase_id=self._bought, now_us=now_us)
        )
        return booster.price_micros

    def use(self, used: Used) -> Came:
        """Charge one report."""
        begun = used.session in self._sessions
        uses = self._sessions.setdefault(used.session, Uses(self._scheme))
        view = self._pots.view(self._terms, self._rows, used.from_us, used.until_us)
        rise = Rise(
            used.up,
            used.down,
            (used.until_us - used.from_us) // US_PER_S,
            used.from_us,
            used.until_us,
            [used.classes.get(one.name, (0, 0)) for one in self._pricing.classes],
        )
        pieces = self._timetable.pieces(used.from_us, used.until_us)
        before, after = walk(self._scheme, uses, rise, pieces, view.draws, view.meters, begun, True)
        self._keep(view)
        covered: dict[str, int] = {}
        for drawn in view.drawn:
            name = drawn.allowance.name
            covered[name] = covered.get(name, 0) + drawn.draw.took
        return Came(after - before, covered, self.left(used.until_us), self.speeds(used.until_us))

    def left(self, now_us: int) -> dict[str, int]:
        """What is left of each bundle and booster, by name."""
        found = {one.name: 0 for one in allowances(self._pricing)}
        for drawn in self._pots.view(self._terms, self._rows, now_us, now_us).drawn:
            found[drawn.allowance.name] += drawn.draw.left
        return found

    def speeds(self, now_us: int) -> Speeds:
        """The speeds at an instant: those of fair use, or the plan's."""
        fair, plan = self._pricing.fair_use, self._plan
        told = None
        if fair is not None:
            view = self._pots.view(self._terms, self._rows, now_us, now_us)
            band = (OTHER, *(one.name for one in self._pricing.bands))[
                self._timetable.band_at(now_us)
            ]
            told = speeds_now(
                fair,
                used_octets=sum(
                    pot.used for pot, _ in view.metered if pot.kind is PotKind.FAIR_USE
                ),
                band=band,
                boosted=any(
                    isinstance(drawn.allowance, Booster)
                    and drawn.draw.left
                    and fits(drawn.allowance.scope, band, OTHER)
                    for drawn in view.drawn
                ),
            )
        own = Speeds(
            plan.down_bps, plan.up_bps, plan.policy_down, plan.policy_up, plan.mikrotik_rate
        )
        return told or own

    def _keep(self, view: View) -> None:
        """The rows that a report opened, and what it moved of them."""
        self._rows += view.opened
        for move in view.moves():
            move.pot.used += move.used
            move.pot.lost += move.lost


class Difference(NamedTuple):
    """What came of a row otherwise than its case says: micros, octets, seconds or speeds."""

    line: int
    column: str
    came: int | str
    wanted: int | str


def tried(plan: Plan, case: Case) -> list[tuple[Row, Came]]:
    """Try a plan on a case: what came of each row."""
    trial = Trial(plan, case.begins_us, case.renewed_us)
    return [(row, _tried(trial, row)) for row in case.rows]


def differences(came_of: Iterable[tuple[Row, Came]]) -> list[Difference]:
    """Return what came out otherwise than a case says, by rows and columns."""
    total_micros = 0
    found: list[Difference] = []
    for row, came in came_of:
        total_micros += came.micros
        for column, wanted in row.results.items():
            got = _result(column, came, total_micros)
            if got != wanted:
                found.append(Difference(row.line, column, got, wanted))
    return found


def _tried(trial: Trial, row: Row) -> Came:
    """What comes of one row: a purchase, a report, or only time."""
    price_micros = trial.buy(row.buys, row.from_us) if row.buys else 0
    if row.until_us > row.from_us or row.down or row.up:
        session = row.session or f"line {row.line}"
        came = trial.use(Used(session, row.from_us, row.until_us, row.down, row.up, row.classes))
        return replace(came, micros=came.micros + price_micros)
    now_us = row.until_us
    return Came(price_micros, {}, trial.left(now_us), trial.speeds(now_us))


def _result(column: str, came: Came, total_micros: int) -> int | str:
    """What came of a row, in the unit of its column."""
    kind, _, name = column.partition(" ")
    match kind:
        case "costs":
            return came.micros
        case "sum":
            return total_micros
        case "left":
            return came.left.get(name, 0)
        case "covered":
            return came.covered.get(name, 0)
    return came.speed


def _bits(bps: int | None) -> str:
    """A speed as a plan writes it, or - for the device's own."""
    if bps is None:
        return "-"
    for letter, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if bps % size == 0:
            return f"{bps // size}{letter}"
    return str(bps)
