"""Plans beyond one price of volume and one of time, drawn for one history each.

Bands, tiers of all modes, bundles with periods and rollover, boosters, caps, fair use, directions
apart: a few of them in each plan. What time does is drawn so that it is seen: where bands begin,
where days, weeks and months end, and now and then a night on which clocks change, lies within the
history. The house's own reader only says which drafts are no plans; those are drawn anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.vocabulary import our_vocabulary
from rating.plan_file import parse_plan
from rating.plan_lines import PlanError
from tests.simulation.seams import EPOCH_US

MINUTE_US = 60_000_000
PLANS_MOST_N = 3
PERIODS = ("day", "week", "month", "validity")
NIGHTS = (  # on which clocks change, within the years of all histories
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),
)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


@dataclass(slots=True)
class Wholes:
    """The plans of a history beside the town's, and who has them."""

    texts: dict[str, str] = field(default_factory=dict)  # by name
    of: dict[str, str] = field(default_factory=dict)  # plan by login
    anchor_us: int = 0  # UTC; all who have them have it


def draw(dice: random.Random, start_us: int, length_us: int) -> tuple[Wholes, int]:
    """The plans, and when the history begins (world time), for they may want it elsewhere."""
    zone, when = dice.choice(ZONES), dice.choice(("as it is", "midnight", "midnight", "clocks"))
    if when == "clocks":
        zone, change = dice.choice(NIGHTS)
        start_us = _us(change) - EPOCH_US - dice.randrange(length_us)
    here = datetime.fromtimestamp((EPOCH_US + start_us) // 10**6, ZoneInfo(zone))
    midnight = datetime(here.year, here.month, here.day, tzinfo=ZoneInfo(zone))
    if when == "midnight":
        midnight += timedelta(days=1)
        start_us = _us(midnight) - EPOCH_US - dice.randrange(length_us)
    found = Wholes(anchor_us=_us(midnight) + dice.randrange(12 * 60) * MINUTE_US)
    for n in range(dice.randint(1, PLANS_MOST_N)):
        name = f"whole-{n}"
        found.texts[name] = _sound(dice, name, _Sketch(dice, zone, start_us, length_us))
    names = list(found.texts)
    for n in range(100):
        if dice.random() < 0.8:
            found.of[f"sub{n:02d}"] = dice.choice(names)
    return found, start_us


def _us(when: datetime) -> int:
    return int(when.timestamp()) * 10**6


def _sound(dice: random.Random, name: str, sketch: _Sketch) -> str:
    """A text that the house takes for a plan."""
    while True:
        text = f'name = "{name}"\ncurrency = "USD"\n{sketch.text()}'
        try:
            parse_plan(text, vocabulary=our_vocabulary())
        except PlanError:
            continue
        return text


class _Sketch:
    """What all drafts of a plan have in common."""

    def __init__(self, dice: random.Random, zone: str, start_us: int, length_us: int) -> None:
        self.dice = dice
        self.zone = zone
        begins = datetime.fromtimestamp((EPOCH_US + start_us) // 10**6, ZoneInfo(zone))
        self._clock: Callable[[], str] = lambda: (
            begins + timedelta(minutes=dice.randrange(1, max(length_us // MINUTE_US, 2)))
        ).strftime("%H:%M")
        self._today = begins

    def text(self) -> str:
        """A draft: it may be no plan."""
        dice = self.dice
        self.counts = dice.choice(("sum", "sum", "down", "up", "larger", "apart"))
        self.bands = [f"band-{n}" for n in range(dice.choice((0, 1, 1, 2, 3)))]
        self.timed = dice.random() < 0.3
        self.classed = dice.random() < 0.1
        parts = [
            f"sessions = {dice.choice((1, 2, 3))}",
            f"interim_s = {dice.choice((60, 60, 120))}",
            f'timezone = "{self.zone}"',
        ]
        parts += self._holidays()
        parts += [self._band(name) for name in self.bands]
        if self.classed:
            parts.append('[[class]]\nname = "local"\nservices = "IX"')
        if dice.random() < 0.3:
            parts.append(f'[price.session]\nfee = "{dice.choice(("0.01", "0.05", "0.2"))}"')
        parts += self._prices("price", free=False)
        for name in self.bands:
            if dice.random() < 0.7:
                parts += [f'[[rate]]\nbands = ["{name}"]', *self._prices("rate", free=True)]
        if self.classed:
            parts += ['[[rate]]\nclasses = ["local"]', *self._volume("rate", free=True)]
        parts += [
            self._allowance("bundle", f"bundle-{n}") for n in range(dice.choice((0, 1, 2, 3)))
        ]
        parts += [
            self._allowance("booster", f"boost-{n}") for n in range(dice.choice((0, 0, 1, 2)))
        ]
        parts += self._caps()
        parts += self._fair_use()
        parts.append(
            f'[speeds]\ndown = "{dice.choice((4, 8, 20))}M"\nup = "{dice.choice((1, 4))}M"'
        )
        return "\n".join(parts) + "\n"

    def _holidays(self) -> list[str]:
        if self.dice.random() > 0.2:
            return []
        day = self._today + timedelta(days=self.dice.choice((0, 0, 1)))
        return [f'[[holiday]]\nname = "feast"\ndate = "{day:%m-%d}"']

    def _band(self, name: str) -> str:
        days = self.dice.choice(("", "", 'days = "mon-fri"\n', 'days = "sat,sun"\n'))
        kept = self.dice.choice(("", "", "", "also", "only", "never"))
        holidays = f'\nholidays = "{kept}"' if kept else ""
        return (
            f'[[band]]\nname = "{name}"\n{days}from = "{self._clock()}"\n'
            f'until = "{self._clock()}"{holidays}'
        )

    def _prices(self, section: str, *, free: bool) -> list[str]:
        parts = self._volume(section, free=free)
        if self.timed and (not free or self.dice.random() < 0.5):
            parts += self._price(section, "time", free=free)
        return parts

    def _volume(self, section: str, *, free: bool) -> list[str]:
        if self.counts == "apart":
            return [
                *self._price(section, "down", free=free),
                *self._price(section, "up", free=free),
            ]
        return self._price(section, "volume", free=free)

    def _price(self, section: str, name: str, *, free: bool) -> list[str]:
        dice = self.dice
        time = name == "time"
        count = f'count = "{self.counts}"\n' if name == "volume" and self.counts != "sum" else ""
        if free and dice.random() < 0.25:
            return [f'[{section}.{name}]\namount = "0"\n{count}']
        per = "minute" if time else "MB"
        mode = dice.choice(("plain", "plain", "graduated", "volume", "package"))
        lines = [f"[{section}.{name}]"]
        if mode == "package":
            size = dice.choice(("1 minute", "7 minutes")) if time else f"{dice.randint(3, 60)} MB"
            lines += [f'amount = "{self._money(30)}"', f'per = "{size}"', 'mode = "package"']
        else:
            lines += [f'amount = "{self._money()}"', f'per = "{per}"']
        if count:
            lines.append(count.strip())
        if dice.random() < 0.3 and mode != "package":
            lines.append("increment_s = 30" if time else 'increment = "64 KiB"')
        if dice.random() < 0.3:
            lines.append(f'rounding = "{dice.choice(("up", "half-up"))}"')
        if dice.random() < 0.2 and mode in ("plain", "graduated"):
            lines.append('minimum = "2 minutes"' if time else 'minimum = "3 MB"')
        if mode in ("graduated", "volume"):
            lines.append(f'mode = "{mode}"')
        if mode in ("graduated", "volume", "package") and dice.random() < 0.6:
            lines.append(f'period = "{dice.choice(PERIODS)}"')
        if mode in ("graduated", "volume"):
            since = 0
            for _ in range(dice.randint(1, 3)):
                since += dice.randint(1, 20 if time else 120)
                where = f"{since} minutes" if time else f"{since} MB"
                lines += [f"[[{section}.{name}.tier]]", f'from = "{where}"']
                lines.append(f'amount = "{self._money()}"')
        return ["\n".join(lines)]

    def _money(self, times: int = 1) -> str:
        return f"{self.dice.choice((1, 3, 7, 20, 50)) * times * 1_000 / 10**6:.6f}"

    def _scope(self) -> list[str]:
        dice = self.dice
        lines = []
        if self.bands and dice.random() < 0.5:
            names = dice.sample([*self.bands, "other"], dice.randint(1, len(self.bands)))
            lines.append("bands = [" + ", ".join(f'"{name}"' for name in names) + "]")
        return lines

    def _allowance(self, kind: str, name: str) -> str:
        dice = self.dice
        time = self.timed and dice.random() < 0.4
        lines = [f"[[{kind}]]", f'name = "{name}"']
        if time:
            lines.append(f'time = "{dice.randint(1, 30)} minutes"')
        else:
            lines.append(f'volume = "{dice.randint(1, 250)} MB"')
            if self.counts != "larger" and dice.random() < 0.4:
                lines.append(f'count = "{dice.choice(("down", "up", "sum"))}"')
        lines += self._scope()
        if dice.random() < 0.5:
            lines.append(f"priority = {dice.choice((10, 50, 100, 300))}")
        if kind == "booster":
            lines.append(f'price = "{dice.choice(("0", "0.05", "0.5"))}"')
            if dice.random() < 0.5:
                lines.append('validity = "1h"')
            return "\n".join(lines)
        period = dice.choice(PERIODS)
        lines.append(f'period = "{period}"')
        if period != "validity" and dice.random() < 0.5:
            most = f"{dice.randint(1, 20)} minutes" if time else f"{dice.randint(1, 200)} MB"
            lines.append(f'rollover = {{ most = "{most}", periods = {dice.choice((1, 2, 3))} }}')
        return "\n".join(lines)

    def _caps(self) -> list[str]:
        dice = self.dice
        periods = dice.sample(("session", *PERIODS), dice.choice((0, 0, 1, 2)))
        return [
            f'[[cap]]\nperiod = "{period}"\nmost = "{dice.choice(("0.1", "0.8", "3"))}"\n'
            f'then = "{dice.choice(("free", "free", "stop"))}"'
            for period in periods
        ]

    def _fair_use(self) -> list[str]:
        dice = self.dice
        if dice.random() > 0.6:
            return []
        lines = ["[fair_use]", f'period = "{dice.choice(("session", *PERIODS))}"', *self._scope()]
        lines.append(f'cannot = "{dice.choice(("wait", "disconnect"))}"')
        above = 0
        for _ in range(dice.randint(1, 3)):
            above += dice.randint(5, 150)
            bands = self._scope() if dice.random() < 0.3 else []
            lines += ["[[fair_use.step]]", f'above = "{above} MB"', *bands]
            lines += [f'down = "{dice.choice((1, 2))}M"', f'up = "{dice.choice((256, 512))}k"']
        return ["\n".join(lines)]
