"""Whole plans under attack: bands, bundles, tiers, a cap, fair use and boosters, judged by sums.

Two accounts have several lines each, which draw on the same pots at once. What is asked of the
books needs no walk through time: every octet was either taken from a pot, once, or paid for, once.
Prices are whole micros an octet, so that sums are exact to the octet whatever order the records
came in and wherever a band began; in the dear band an octet costs so much more that the remainder
of what was charged tells how many were charged for. A pot never gives more than it has, a counter
has counted what was used, and a cap that lets go takes exactly what it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.chaos.oracle import ACCEPTED, CLOSED, LAPSED, Books, PotRow, SessionRow, Verdict

MB = 1_000_000
LINES_N = 3  # of one account, at the same time
PAID_USD = 100_000_000
BOOSTER, BOOSTER_USD = "more", 1
DAY_MINUTES_N, WINDOWS_N = 1_440, 50

_BANDED = """
name = "banded"
currency = "USD"
sessions = 1000
[price.volume]
amount = "1"
per = "MB"
[[band]]
name = "dear"
hours = [{windows}]
[[rate]]
bands = ["dear"]
[rate.volume]
amount = "998"
per = "MB"
[[bundle]]
name = "gift"
volume = "20 MB"
bands = ["dear"]
period = "month"
priority = 50
[[bundle]]
name = "any"
volume = "40 MB"
period = "day"
[[booster]]
name = "more"
volume = "25 MB"
price = "1"
priority = 10
[fair_use]
period = "month"
[[fair_use.step]]
above = "30 MB"
down = "20M"
up = "5M"
[[fair_use.step]]
above = "120 MB"
down = "2M"
up = "1M"
"""
_TIERED = """
name = "tiered"
currency = "USD"
sessions = 1000
[price.volume]
amount = "2"
per = "MB"
period = "month"
[[price.volume.tier]]
from = "60 MB"
amount = "1"
[[bundle]]
name = "gift"
volume = "30 MB"
period = "month"
[[cap]]
period = "month"
most = "250"
"""


class Step(NamedTuple):
    """A price: so many micros an octet, from so many octets of the account on."""

    from_octets: int
    micros: int


@dataclass(frozen=True)
class Whole:
    """What a whole plan says, as far as sums can tell."""

    steps: tuple[Step, ...]
    dearer_micros: int = 0  # what an octet costs more in the dear band; 0: there is none
    granted: Mapping[str, int] | None = None  # octets of each period, by kind and name
    cap_micros: int | None = None  # of a month; beyond it all is free
    fair: bool = False  # is anything counted for fair use?

    def price_micros(self, octets: int) -> int:
        """What octets of an account cost outside of the dear band."""
        ends = (*(step.from_octets for step in self.steps[1:]), max(octets, 0))
        return sum(
            step.micros * max(min(end, octets) - step.from_octets, 0)
            for step, end in zip(self.steps, ends, strict=True)
        )


WHOLES = {
    "banded": Whole(
        (Step(0, 1),),
        dearer_micros=997,  # prime, and so no divisor of what pots hold
        granted={"bundle gift": 20 * MB, "bundle any": 40 * MB, f"booster {BOOSTER}": 25 * MB},
        fair=True,
    ),
    "tiered": Whole(
        (Step(0, 2), Step(60 * MB, 1)), granted={"bundle gift": 30 * MB}, cap_micros=250 * MB
    ),
}


def plans(now_s: float) -> dict[str, str]:
    """The plan files by name; every other minute from now on lies in the dear band."""
    minute = int(now_s) // 60
    windows = (_window(minute + n) for n in range(1, 2 * WINDOWS_N, 2))
    return {"banded": _BANDED.replace("{windows}", ", ".join(windows)), "tiered": _TIERED}


def _window(minute: int) -> str:
    """One minute of the day in UTC."""
    from_n = minute % DAY_MINUTES_N
    words = (f'"{n // 60:02d}:{n % 60:02d}"' for n in (from_n, from_n + 1))
    return "{{ from = {}, until = {} }}".format(*words)


# -------------------------------------------------------------------- the law


@dataclass
class Drawn:
    """An account's pots, added up."""

    taken: int = 0  # from bundles and boosters
    boosted: int = 0  # of it from boosters
    fair: int = 0
    capped_micros: int = 0
    caps_n: int = 0
    boosters_n: int = 0


def judge_wholes(
    verdict: Verdict,
    books: Books,
    wholes: Mapping[str, Whole],
    boosts: Mapping[str, tuple[int, int]],
) -> None:
    """Add what is wrong with the accounts of whole plans.

    `boosts` is by login how many boosters were sold for sure, and how many at most.
    """
    rows: dict[str, list[SessionRow]] = defaultdict(list)
    for row in books.sessions:
        if row.state not in (ACCEPTED, LAPSED):
            rows[row.login].append(row)
    pots: dict[str, list[PotRow]] = defaultdict(list)
    for pot in books.pots:
        pots[pot.login].append(pot)
    for login, whole in wholes.items():
        drawn = _add_up(verdict, whole, pots[login])
        _judge_sums(verdict, login, whole, rows[login], drawn)
        least, most = boosts.get(login, (0, 0))
        if not least <= drawn.boosters_n <= most:
            told = f"{login}: {drawn.boosters_n} boosters, {least} to {most} were sold"
            verdict.add("doubled" if drawn.boosters_n > most else "lost", told)


def _add_up(verdict: Verdict, whole: Whole, pots: Sequence[PotRow]) -> Drawn:
    """What the pots say, each for itself judged."""
    drawn = Drawn()
    granted = whole.granted or {}
    for pot in pots:
        kind, *words = pot.pot.split("/")
        if kind == "fair-use":
            drawn.fair += pot.used
        elif kind == "cap":
            drawn.capped_micros += pot.used
            drawn.caps_n += 1
        elif kind in ("bundle", "booster"):
            name = words[0] if kind == "booster" else words[-1]
            if pot.granted != granted.get(f"{kind} {name}"):
                verdict.add("pots", f"{pot.login}: {pot.pot} grants {pot.granted}")
            drawn.taken += pot.used
            drawn.boosted += pot.used if kind == "booster" else 0
            drawn.boosters_n += kind == "booster"
        if kind in ("bundle", "booster") and pot.used + pot.lost > pot.granted:
            verdict.add("pots", f"{pot.login}: {pot} gave more than it had")
    return drawn


def _judge_sums(
    verdict: Verdict, login: str, whole: Whole, rows: Sequence[SessionRow], drawn: Drawn
) -> None:
    """Every octet was taken from a pot or charged for, once."""
    octets = sum(row.octets for row in rows)
    micros = sum(row.charged_micros or 0 for row in rows)
    for row in rows:
        if row.state == CLOSED and row.closed_micros != row.charged_micros:
            verdict.add("balance", f"{row.session} is closed, {row.closed_micros} in entries")
    paid = octets - drawn.taken
    if paid < 0:
        verdict.add("pots", f"{login}: {drawn.taken} octets of pots for {octets} used")
    if whole.fair and drawn.fair != octets - drawn.boosted:
        told = f"{login}: fair use counts {drawn.fair} of {octets} less {drawn.boosted} boosted"
        verdict.add("pots", told)
    price = whole.price_micros(paid)
    wrong = f"{login}: {micros} micros for {octets} octets, {drawn.taken} of them from pots"
    if whole.cap_micros is not None:
        if drawn.capped_micros != micros or micros > whole.cap_micros * drawn.caps_n:
            verdict.add("priced", f"{wrong}; its caps count {drawn.capped_micros}")
        # In one period the sum is exact; a new one has its tiers and its cap to itself.
        if drawn.caps_n == 1 and micros != min(price, whole.cap_micros):
            verdict.add("priced", f"{wrong}; it costs {price}, at most {whole.cap_micros}")
    elif not whole.dearer_micros:
        if micros != price:
            verdict.add("priced", f"{wrong}; it costs {price}")
    else:
        dear, rest = divmod(micros - price, whole.dearer_micros)
        if rest or not 0 <= dear <= paid:
            verdict.add("priced", f"{wrong}; {dear} dear ones leave {rest} micros")
