"""What an account has of bundles and boosters and has counted, by period: the judge's own rows.

A row is named like the books' (`pots`), so that the two can be laid side by side. Days are local;
weeks and months begin on the weekday and the day of the month of the subscriber's own day, at
midnight; a bundle that carries over keeps what was left in the row that brought it. Which row is
taken from first: lowest priority, earliest end, oldest, first bought.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.simulation.whole_text import Allowance, Way, Whole

NEVER_US = 1 << 62
BACK_US = 62 * 86_400 * 10**6  # what a record says of longer ago lies in the first period since


@dataclass(frozen=True, slots=True)
class Times:
    """What a subscriber's periods are reckoned from, UTC micros."""

    zone: str
    anchor_us: int
    starts_us: tuple[int, ...]  # of validity periods, oldest first
    until_us: int | None

    def bounds(self, period: str, us: int) -> tuple[int, int]:
        """The day, week or month that holds an instant."""
        day = self._day(us)
        anchor = self._day(self.anchor_us)
        if period == "day":
            return self._us(day), self._us(day + timedelta(days=1))
        if period == "week":
            first = day - timedelta(days=(day.weekday() - anchor.weekday()) % 7)
            return self._us(first), self._us(first + timedelta(days=7))
        first = _on(day.year, day.month, anchor.day)
        if day < first:
            first = _month_from(first, -1, anchor.day)
        return self._us(first), self._us(_month_from(first, 1, anchor.day))

    def starts(self, period: str, from_us: int, to_us: int) -> Iterator[int]:
        """Where periods begin between two instants, those of 62 days at most."""
        if period == "validity":
            yield from (us for us in self.starts_us if from_us < us < to_us)
            return
        at_us = self.bounds(period, max(from_us, to_us - BACK_US))[1]
        while at_us < to_us:
            yield at_us
            at_us = self.bounds(period, at_us)[1]

    def _day(self, us: int) -> date:
        return datetime.fromtimestamp(us // 10**6, ZoneInfo(self.zone)).date()

    def _us(self, day: date) -> int:
        at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return int(at.timestamp()) * 10**6


def _on(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _month_from(first: date, months: int, day: int) -> date:
    month = first.year * 12 + first.month - 1 + months
    return _on(month // 12, month % 12 + 1, day)


@dataclass(slots=True)
class Row:
    """One period of a bundle, or one booster."""

    granted: int
    until_us: int | None
    ends_us: int | None
    purchase_id: int = 0
    used: int = 0
    lost: int = 0


@dataclass(slots=True)
class Rows:
    """All of an account."""

    stock: dict[tuple[str, int], Row] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def counted(self, key: str, start_us: int) -> int:
        """What a tier, a cap or fair use has come to."""
        return self.counts.get((key, start_us), 0)

    def count(self, key: str, start_us: int, more: int) -> None:
        """Go on."""
        self.counts[key, start_us] = self.counted(key, start_us) + more

    def of(self, key: str) -> dict[int, Row]:
        """The rows of a bundle by the beginning of their periods."""
        return {start_us: row for (name, start_us), row in self.stock.items() if name == key}


@dataclass(slots=True)
class Draw:
    """A row that a rise may take from, in [from_us, ends_us)."""

    allowance: Allowance
    row: Row
    left: int
    timely: bool
    from_us: int
    ends_us: int
    order: tuple[int, int, int, int, str]
    took: int = 0

    def take(self, wanted: int) -> int:
        """As much as there is."""
        taken = min(wanted, self.left - self.took)
        self.took += taken
        return taken

    def settle(self) -> None:
        """Write it down; who uses a row in its own period has back what was lost of it."""
        self.row.used += self.took
        if self.timely:
            self.row.lost -= min(self.took, self.row.lost)


def bundle_key(plan: Whole, bundle: Allowance) -> str:
    """How the books name it."""
    return f"bundle/{bundle.period}/{plan.name}/{bundle.name}"


def count_key(kind: str, period: str, plan: Whole, way: Way | None = None) -> str:
    """How the books name what counts; of tiers without what tells prices apart."""
    key = f"{kind}/{period}/{plan.name}"
    return key if way is None else f"{key}/{plan.name_of(way)}"


def period_of(times: Times, period: str, from_us: int, to_us: int, at_us: int) -> int:
    """Where the period begins that something at an instant of a rise is counted in."""
    if period == "validity":
        return max((us for us in times.starts_us if us <= at_us), default=times.starts_us[0])
    if from_us < to_us:
        at_us = max(at_us, to_us - BACK_US)
    return times.bounds(period, at_us)[0]


def rows_opened(plan: Whole, rows: Rows, times: Times, from_us: int, to_us: int) -> None:
    """Let there be a row for each bundle and period of a rise, and what they carry over."""
    for bundle in plan.allowances:
        if not bundle.booster:
            for start_us, until_us in _spans(times, bundle.period, from_us, to_us):
                _open(plan, rows, times, bundle, start_us, until_us)


def _spans(times: Times, period: str, from_us: int, to_us: int) -> list[tuple[int, int | None]]:
    """The periods of a rise, oldest first."""
    last_us = to_us if from_us >= to_us else to_us - 1
    from_us = min(from_us, last_us)
    if period == "validity":
        starts_us = times.starts_us
        ends_us = (*starts_us[1:], None)
        first_us = max((us for us in starts_us if us <= from_us), default=starts_us[0])
        return [
            (start_us, end_us)
            for start_us, end_us in zip(starts_us, ends_us, strict=True)
            if first_us <= start_us <= max(last_us, starts_us[0])
        ]
    found: list[tuple[int, int | None]] = []
    at_us = max(from_us, to_us - BACK_US)
    while not found or at_us <= last_us:
        start_us, at_us = times.bounds(period, at_us)
        found.append((start_us, at_us))
    return found


def _open(
    plan: Whole,
    rows: Rows,
    times: Times,
    bundle: Allowance,
    start_us: int,
    until_us: int | None,
) -> None:
    key = bundle_key(plan, bundle)
    if (key, start_us) in rows.stock:
        return
    wanted = [(start_us, until_us)]
    if bundle.most >= 0 and bundle.period != "validity":
        at_us = start_us
        for _ in range(bundle.periods):
            if at_us <= times.starts_us[0]:
                break
            before = times.bounds(bundle.period, at_us - 1)
            if (key, before[0]) in rows.stock:
                break
            wanted.insert(0, before)
            at_us = before[0]
    for begin_us, end_us in wanted:
        mine = rows.of(key)
        late = max(mine, default=begin_us) > begin_us
        ends_us = end_us
        if bundle.most >= 0 and end_us is not None and not late:
            for _ in range(bundle.periods):
                ends_us = times.bounds(bundle.period, ends_us or 0)[1]
        _lose(bundle, mine, begin_us)
        until = times.until_us if end_us is None else end_us
        rows.stock[key, begin_us] = Row(bundle.size, until, ends_us)


def _lose(bundle: Allowance, mine: dict[int, Row], start_us: int) -> None:
    """No more than the plan says is carried into a period that begins; the oldest is lost first."""
    if bundle.most < 0:
        return
    carried = [
        row
        for _, row in sorted(mine.items())
        if row.until_us is not None and row.until_us <= start_us < (row.ends_us or NEVER_US)
    ]
    excess = sum(row.granted - row.used - row.lost for row in carried) - bundle.most
    for row in carried:
        less = min(max(excess, 0), row.granted - row.used - row.lost)
        row.lost += less
        excess -= less


def draws(plan: Whole, rows: Rows, times: Times, from_us: int, to_us: int) -> list[Draw]:
    """What a rise may take from, in the order of consumption."""
    from_us = min(from_us, to_us)
    found: list[Draw] = []
    for bundle in plan.allowances:
        if bundle.booster:
            found += _boosters(rows, times, bundle)
            continue
        key = bundle_key(plan, bundle)
        spans = dict(_spans(times, bundle.period, from_us, to_us))
        for start_us, row in sorted(rows.of(key).items()):
            if start_us in spans:
                first = bundle.period == "validity" and start_us == times.starts_us[0]
                until_us = spans[start_us] or NEVER_US
                ends_us = until_us if row.ends_us is None else row.ends_us
                begins_us = -NEVER_US if first else start_us
            elif _carries(bundle, row, spans):
                assert row.until_us is not None
                begins_us, until_us = row.until_us, row.until_us
                ends_us = row.ends_us or NEVER_US
            else:
                continue
            found.append(
                _draw(bundle, row, (key, start_us), (begins_us, until_us, ends_us), from_us, times)
            )
    found = [one for one in found if one.ends_us > from_us and one.from_us <= to_us]
    return sorted(found, key=lambda one: one.order)


def _carries(bundle: Allowance, row: Row, spans: dict[int, int | None]) -> bool:
    """May a rise have what is left of an earlier period? Not if that ended before the first that
    the rise is looked for in, which is 62 days back at most, however old the rise says it is."""
    if bundle.most < 0 or row.until_us is None or row.until_us > max(spans):
        return False
    return (row.ends_us or NEVER_US) > min(spans)


def _boosters(rows: Rows, times: Times, booster: Allowance) -> Iterator[Draw]:
    for (key, start_us), row in rows.stock.items():
        kind, _, rest = key.partition("/")
        if kind != "booster" or rest.rpartition("/")[0] != booster.name:
            continue
        ends_us = row.until_us
        if ends_us is None:
            ends_us = next((us for us in times.starts_us if us > start_us), NEVER_US)
        yield _draw(booster, row, (key, start_us), (start_us, ends_us, ends_us), start_us, times)


def _draw(
    allowance: Allowance,
    row: Row,
    name: tuple[str, int],
    life: tuple[int, int, int],
    from_us: int,
    times: Times,
) -> Draw:
    begins_us, until_us, ends_us = life
    timely = from_us < until_us
    left = row.granted - row.used - (0 if timely else row.lost)
    by_us = ends_us
    if ends_us == NEVER_US and times.until_us is not None and allowance.most < 0:
        by_us = times.until_us
    order = (allowance.priority, by_us, name[1], row.purchase_id, name[0])
    return Draw(allowance, row, max(left, 0), timely, begins_us, ends_us, order)
