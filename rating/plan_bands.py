"""[[holiday]], [[band]] and [[class]]: the parts of the week and of the traffic that have names.

Of several bands that hold an instant the first of the plan counts, so a band that lies wholly
within earlier ones would never hold, and is a fault. What has a name is there to be named: a band
or class that nothing names, and holidays that no band minds, are oversights and faults too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from domain.plan import Hours
from domain.pricing import OTHER, Band, Holiday, OnHolidays, TrafficClass
from rating import plan_values
from rating.plan_hours import DAY_S, HOURS_KEYS, HOURS_MAX, read_window
from rating.plan_lines import Table

BANDS_MAX: Final = 8
CLASSES_MAX: Final = 8
CELLS_MAX: Final = 64
HOLIDAYS_MAX: Final = 60
DATES_MAX: Final = 30
SERVICES_MAX: Final = 16

BAND_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "holiday": ("name", "date"),
    "band": ("name", *HOURS_KEYS, "hours", "holidays"),
    "band.hours": HOURS_KEYS,
    "class": ("name", "services"),
}

_SERVICE = re.compile(r"[!#-\[\]-~]{1,64}")  # printable ASCII without space, quote and backslash

Day = tuple[int, bool]  # ISO weekday, and is it a holiday?
Window = tuple[int, int]  # seconds of the local day


@dataclass(slots=True)
class Names:
    """The bands and classes that there are; it remembers which of them were named."""

    bands: dict[str, Table]
    classes: dict[str, Table]
    named: set[str] = field(default_factory=set)

    def read_bands(self, table: Table) -> frozenset[str]:
        """`bands`, one name or several; none are all. Raises PlanError."""
        return self._read(table, "bands", self.bands, "[[band]]")

    def read_classes(self, table: Table) -> frozenset[str]:
        """`classes`, likewise. Raises PlanError."""
        return self._read(table, "classes", self.classes, "[[class]]")

    def refuse_idle(self) -> None:
        """Is every band and class named, if only as what is not the rest? Raises PlanError."""
        for key, tables in (("bands", self.bands), ("classes", self.classes)):
            if f"{key} {OTHER}" in self.named:
                continue
            for name, table in tables.items():
                if f"{key} {name}" not in self.named:
                    raise table.fault(
                        "name", f"nothing names {name!r}: write it into `{key}`, or leave it out"
                    )

    def _read(
        self, table: Table, key: str, known: dict[str, Table], section: str
    ) -> frozenset[str]:
        """Names that exist, each once."""
        found = table.texts(key, CELLS_MAX)
        if found is None:
            return frozenset()
        if not found:
            raise table.fault(key, f"{key} names none; leave it out if it means all")
        for index, name in enumerate(found):
            if name not in known and name != OTHER:
                words = ", ".join(f'"{word}"' for word in (*known, OTHER))
                advice = f"write one of {words}" if known else f"write a {section} of that name"
                raise table.fault_in(
                    key, index, f"{key}: there is no {section} {name[:40]!r}; {advice}"
                )
            if name in found[:index]:
                raise table.fault_in(key, index, f"{key} names {name[:40]!r} twice")
            self.named.add(f"{key} {name}")
        return frozenset(found)


def read_name(table: Table, taken: dict[str, Table], example: str) -> str:
    """`name` of a section, which no other of its kind has. Raises PlanError."""
    found = table.read("name", plan_values.name)
    name = table.required("name", found, f'name = "{example}"')
    if name == OTHER:
        raise table.fault("name", '"other" means all the rest; write another name')
    if name in taken:
        raise table.fault("name", f"{name!r} is there already; write another name")
    return name


def read_bands(top: Table) -> tuple[tuple[Holiday, ...], tuple[Band, ...], dict[str, Table]]:
    """[[holiday]] and [[band]], and where each band stands. Raises PlanError."""
    holidays = _holidays(top)
    places: dict[str, Table] = {}
    bands: list[Band] = []
    held: dict[Day, list[Window]] = {}
    days = _days(holidays)
    for table in top.tables("band", BANDS_MAX):
        name = read_name(table, places, "night")
        band = _band(table, name, any_holidays=bool(holidays))
        if not _holds(band, days, held):
            raise table.fault(
                "name", f"{name!r} never holds: the bands before it hold all its hours"
            )
        places[name] = table
        bands.append(band)
    minded = any(band.on_holidays is not OnHolidays.AS_WEEKDAY for band in bands)
    if holidays and not minded:
        raise top.fault(
            "holiday", 'no band minds the holidays: write such as holidays = "also" into a [[band]]'
        )
    return holidays, tuple(bands), places


def read_classes(top: Table, bands: int) -> tuple[tuple[TrafficClass, ...], dict[str, Table]]:
    """[[class]], and where each stands. Raises PlanError."""
    places: dict[str, Table] = {}
    found: list[TrafficClass] = []
    services: dict[str, str] = {}
    for table in top.tables("class", CLASSES_MAX):
        name = read_name(table, places, "local")
        listed = table.texts("services", SERVICES_MAX)
        listed = table.required("services", listed or None, 'services = ["LOCAL"]')
        for index, one in enumerate(listed):
            if _SERVICE.fullmatch(one) is None:
                raise table.fault_in(
                    "services", index, "a service is at most 64 printable characters, no spaces"
                )
            if one in services:
                raise table.fault_in(
                    "services", index, f"{one!r} is in {services[one]!r} already; write it once"
                )
            services[one] = name
        places[name] = table
        found.append(TrafficClass(name, tuple(listed)))
        if (bands + 1) * (len(found) + 1) > CELLS_MAX:
            raise table.fault(
                "name",
                f"{bands} bands and {len(found)} classes are too many together: "
                f"with the rest of both at most {CELLS_MAX} pairs",
            )
    return tuple(found), places


def _holidays(top: Table) -> tuple[Holiday, ...]:
    """[[holiday]]; one with several dates becomes several."""
    found: list[Holiday] = []
    for table in top.tables("holiday", HOLIDAYS_MAX):
        read = table.read("name", plan_values.name)
        name = table.required("name", read, 'name = "new-year"')
        dates = table.texts("date", DATES_MAX)
        dates = table.required("date", dates or None, 'date = "01-01"')
        for index, text in enumerate(dates):
            try:
                year, month, day = plan_values.day_of_year(text)
            except ValueError as error:
                raise table.fault_in("date", index, f"date: {error}") from None
            for other in found:
                if (other.year, other.month, other.day) == (year, month, day):
                    raise table.fault_in(
                        "date", index, f"{text} is {other.name!r} already; write it once"
                    )
            found.append(Holiday(name, month, day, year))
    return tuple(found)


def _band(table: Table, name: str, *, any_holidays: bool) -> Band:
    """One [[band]]."""
    minding = table.read("holidays", plan_values.one_of(OnHolidays)) or OnHolidays.AS_WEEKDAY
    if minding is not OnHolidays.AS_WEEKDAY and not any_holidays:
        raise table.fault("holidays", "there are no holidays; write a [[holiday]] for each")
    if not table.has("hours"):
        if minding is not OnHolidays.ONLY and not any(table.has(key) for key in HOURS_KEYS):
            raise table.fault(
                None, f'{name!r} would hold at all times; write days = "sat,sun" or from and until'
            )
        return Band(name, read_window(table), minding)
    for key in HOURS_KEYS:
        if table.has(key):
            raise table.fault(key, f"{key} stands beside hours; write it into hours")
    hours: tuple[Hours, ...] = ()
    for inner in table.tables("hours", HOURS_MAX):
        hours += read_window(inner)
    if not hours:
        raise table.fault("hours", "hours are none; write days, from and until")
    return Band(name, hours, minding)


def _days(holidays: tuple[Holiday, ...]) -> tuple[Day, ...]:
    """The kinds of days that a calendar with these holidays can have."""
    days: list[Day] = [(weekday, False) for weekday in range(1, 8)]
    for holiday in holidays:
        if holiday.year is None:
            days += [(weekday, True) for weekday in range(1, 8)]
        else:
            days.append((date(holiday.year, holiday.month, holiday.day).isoweekday(), True))
    return tuple(dict.fromkeys(days))


def _holds(band: Band, days: tuple[Day, ...], held: dict[Day, list[Window]]) -> bool:
    """Does a band hold any time that earlier ones leave? It is added to what is `held`."""
    new = False
    for day in days:
        windows = _windows_on(band, day)
        before = held.setdefault(day, [])
        new = new or any(not _covered(window, before) for window in windows)
        before += windows
    return new


def _windows_on(band: Band, day: Day) -> list[Window]:
    """When a band holds on such a day, whatever others do."""
    weekday, holiday = day
    match band.on_holidays:
        case OnHolidays.ALSO if holiday:
            return [(0, DAY_S)]
        case OnHolidays.ONLY if not holiday:
            return []
        case OnHolidays.NEVER if holiday:
            return []
    return [(one.from_s, one.until_s) for one in band.hours if weekday in one.days]


def _covered(window: Window, others: list[Window]) -> bool:
    """Does the union of other windows hold all of this one?"""
    reached = window[0]
    for from_s, until_s in sorted(others):
        if from_s <= reached < until_s:
            reached = until_s
    return reached >= window[1]
