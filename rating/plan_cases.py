"""Golden cases of a plan: usage and what it has to cost, a table that people can read and check.

    case: a night and the day after it
    begins: 2026-03-01

    from              until             down   | costs  left night
    2026-03-01 20:00  2026-03-02 02:00  6 GB   | 2.40   98 GB

Columns stand at least two spaces apart; a bar between them is for the eye. On the left of a row is
what happened, on the right what must come of it. The file lies beside its plan, as
`NAME.cases.txt`. Only reading is here; what usage costs is worked out by `accounting.trial`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from domain.money import parse_amount
from domain.period import parse_instant
from domain.plan import Plan
from rating import plan_values
from rating.plan_amounts import TIME, VOLUME
from rating.plan_lines import PlanError
from rating.plan_whole import whole_of
from rating.scheme_layout import allowances

ROWS_MAX: Final = 2_000
USED: Final = ("session", "from", "until", "down", "up", "buys")
RESULTS: Final = ("costs", "sum", "speed")
BY_NAME: Final = ("left", "covered")

_BETWEEN = re.compile(r"\s*\|\s*|\s{2,}")


@dataclass(frozen=True, slots=True)
class Row:
    """One report of a session, or one purchase, and what must come of it, by column."""

    line: int
    from_us: int
    until_us: int
    session: str = ""  # of one name: one session; without one it is a session of its own
    down: int = 0
    up: int = 0
    classes: dict[str, tuple[int, int]] = field(default_factory=dict)  # (up, down) by name
    buys: str = ""
    results: dict[str, int | str] = field(default_factory=dict)  # micros, octets, seconds, speeds


@dataclass(frozen=True, slots=True)
class Case:
    """What happened to one account, from the purchase of the plan on."""

    line: int
    title: str
    begins_us: int
    renewed_us: tuple[int, ...]
    rows: tuple[Row, ...]


def read_cases(text: str, plan: Plan) -> tuple[Case, ...]:
    """Return the cases of a plan. Raises PlanError, one line that says what to write."""
    reading = _Reading(plan)
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        reading.line(number, line.strip().strip("|").strip())
    return reading.end()


class _Reading:
    """What has been read so far."""

    def __init__(self, plan: Plan) -> None:
        pricing = whole_of(plan).pricing
        assert pricing is not None
        self._zone = plan.timezone
        self._classes = {one.name for one in pricing.classes}
        self._boosters = {one.name for one in pricing.boosters}
        self._kinds = {one.name: VOLUME if one.octets else TIME for one in allowances(pricing)}
        self._cases: list[Case] = []
        self._rows: list[Row] = []
        self._columns: list[str] = []
        self._title = ""
        self._begun: tuple[int, int] | None = None  # line and instant
        self._renewed: list[int] = []
        self._number = 0
        self._rows_n = 0

    def line(self, number: int, line: str) -> None:
        """Take one line."""
        self._number = number
        if not line:
            self._columns = []
            return
        if line.startswith("#"):
            return
        key, colon, rest = line.partition(":")
        if colon and key in ("case", "begins", "renewed"):
            self._setting(key, rest.strip())
        elif self._begun is None:
            raise self._fault("write case: and begins: above a table")
        elif not self._columns:
            self._columns = self._header(_BETWEEN.split(line))
        else:
            self._rows.append(self._row(_BETWEEN.split(line)))
            self._rows_n += 1
            if self._rows_n > ROWS_MAX:
                raise self._fault(f"there are at most {ROWS_MAX} rows")

    def end(self) -> tuple[Case, ...]:
        """All cases."""
        self._close()
        if not self._cases:
            raise self._fault("there is no case; write such as case: a month of evenings")
        return tuple(self._cases)

    def _setting(self, key: str, rest: str) -> None:
        """`case:`, `begins:` or `renewed:`."""
        if key == "case":
            self._close()
            self._title = rest
        elif key == "begins":
            self._begun = self._number, self._value(parse_instant_in(self._zone), rest)
        else:
            self._renewed += [
                self._value(parse_instant_in(self._zone), one.strip()) for one in rest.split(",")
            ]

    def _close(self) -> None:
        """The case that was read is over."""
        if self._begun is not None:
            if not self._rows:
                raise PlanError(self._begun[0], "this case has no rows")
            line, begins_us = self._begun
            starts = (begins_us, *self._renewed)
            if list(starts) != sorted(set(starts)):
                raise PlanError(line, "begins and renewed must be in the order of time")
            self._cases.append(
                Case(line, self._title, begins_us, tuple(self._renewed), tuple(self._rows))
            )
        self._rows, self._columns, self._begun, self._renewed = [], [], None, []

    def _header(self, names: list[str]) -> list[str]:
        """The names of the columns."""
        for name in names:
            first, _, last = name.rpartition(" ")
            known = name in (*USED, *RESULTS)
            known = known or (last in ("down", "up") and first in self._classes)
            first, _, last = name.partition(" ")
            known = known or (first in BY_NAME and last in self._kinds)
            if not known or names.count(name) > 1:
                listed = ", ".join((*USED, *RESULTS, "left BUNDLE", "covered BUNDLE"))
                raise self._fault(
                    f"{name[:40]!r} is no column, or is there twice; columns are {listed}, "
                    "CLASS down, CLASS up, two spaces apart"
                )
        if "from" not in names:
            raise self._fault("a table has a column from")
        return names

    def _row(self, words: list[str]) -> Row:
        """One row."""
        if len(words) != len(self._columns):
            raise self._fault(
                f"this row has {len(words)} columns and its table {len(self._columns)}: "
                "write - where there is nothing, and two spaces between columns"
            )
        said = {
            name: word
            for name, word in zip(self._columns, words, strict=True)
            if word not in ("-", "")
        }
        instant = parse_instant_in(self._zone)
        if "from" not in said:
            raise self._fault("every row has a from")
        from_us = self._value(instant, said["from"])
        until_us = self._value(instant, said["until"]) if "until" in said else from_us
        if until_us < from_us:
            raise self._fault("until lies before from")
        if said.get("buys", "") not in ("", *self._boosters):
            raise self._fault(f"the plan has no booster {said['buys'][:40]!r}")
        classes = {
            name: (self._octets(said.get(f"{name} up")), self._octets(said.get(f"{name} down")))
            for name in sorted(self._classes)
        }
        up, down = self._octets(said.get("up")), self._octets(said.get("down"))
        for word, total, of_classes in (
            ("up", up, sum(used[0] for used in classes.values())),
            ("down", down, sum(used[1] for used in classes.values())),
        ):
            if of_classes > total:
                raise self._fault(f"the classes come to more than {word}, which is all traffic")
        return Row(
            line=self._number,
            from_us=from_us,
            until_us=until_us,
            session=said.get("session", ""),
            down=down,
            up=up,
            classes={name: used for name, used in classes.items() if any(used)},
            buys=said.get("buys", ""),
            results={
                name: self._result(name, word)
                for name, word in said.items()
                if name in RESULTS or name.partition(" ")[0] in BY_NAME
            },
        )

    def _result(self, name: str, word: str) -> int | str:
        """What must come of a row, in the unit of its column."""
        if name in ("costs", "sum"):
            return self._value(parse_amount, word)
        if name == "speed":
            return word
        if word == "0":
            return 0
        return self._value(self._kinds[name.partition(" ")[2]].read, word)

    def _octets(self, word: str | None) -> int:
        """A volume; nothing is 0."""
        return 0 if word in (None, "0") else self._value(plan_values.octets, str(word))

    def _value(self, read: Callable[[str], int], word: str) -> int:
        """What a reader makes of a word."""
        try:
            return read(word)
        except ValueError as error:
            raise self._fault(str(error)) from None

    def _fault(self, sentence: str) -> PlanError:
        return PlanError(self._number, sentence)


def parse_instant_in(zone: str) -> Callable[[str], int]:
    """Return a reader of instants as the wall shows them in a zone."""
    return lambda text: parse_instant(text, zone)
