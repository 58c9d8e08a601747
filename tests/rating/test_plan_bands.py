"""Bands, holidays and classes: what holds, what never would, and what nobody names."""

from __future__ import annotations

import pytest

from domain.pricing import Band
from rating.plan_bands import (
    BAND_KEYS,
    BANDS_MAX,
    CLASSES_MAX,
    Names,
    read_bands,
    read_classes,
)
from rating.plan_lines import PlanError, Table, read_document

KEYS = {"": ("name", "holiday", "band", "class", "bands", "classes"), **BAND_KEYS}


def document(text: str) -> Table:
    return read_document(text, KEYS)


def bands(text: str) -> tuple[Band, ...]:
    return read_bands(document(text))[1]


def band(name: str, *lines: str) -> str:
    return "\n".join(["[[band]]", f'name = "{name}"', *lines, ""])


HOLIDAY = '[[holiday]]\nname = "x"\ndate = "{}"\n'
NIGHT = band("night", 'from = "22:00"', 'until = "06:00"')
DAY = band("day", 'from = "06:00"', 'until = "22:00"')


def test_bands_may_overlap_as_long_as_each_holds_something() -> None:
    assert len(bands(NIGHT + band("weekend", 'days = "sat,sun"'))) == 2
    assert len(bands(band("weekend", 'days = "sat,sun"') + NIGHT)) == 2
    assert len(bands(NIGHT + DAY)) == 2


@pytest.mark.parametrize(
    "text",
    [
        NIGHT + DAY + band("noon", 'days = "tue"', 'from = "12:00"', 'until = "14:00"'),
        NIGHT + band("late", 'days = "sun"', 'from = "23:00"', 'until = "01:00"'),
        band("sun", 'days = "sun"') + band("night", 'days = "sun"', 'until = "06:00"'),
        HOLIDAY.format("12-25") + NIGHT + DAY + band("feast", 'holidays = "only"'),
        HOLIDAY.format("12-25")
        + band("feast", 'days = "sun"', 'holidays = "also"')
        + band("more", 'days = "sun"', 'holidays = "never"'),
        # 25 December 2026 is a Friday.
        HOLIDAY.format("2026-12-25") + band("feast", 'days = "sat"', 'holidays = "only"'),
    ],
)
def test_a_band_that_earlier_ones_cover_never_holds(text: str) -> None:
    with pytest.raises(PlanError, match="never holds"):
        bands(text)


@pytest.mark.parametrize(
    "text",
    [
        HOLIDAY.format("2026-12-25") + band("feast", 'days = "fri"', 'holidays = "only"'),
        HOLIDAY.format("12-25")
        + band("feast", 'holidays = "only"')
        + band("sun", 'days = "sun"', 'holidays = "never"'),
        HOLIDAY.format("12-25")
        + band("work", 'days = "mon-sun"', 'holidays = "never"')
        + band("feast", 'holidays = "only"'),
    ],
)
def test_holidays_make_room_for_bands(text: str) -> None:
    assert bands(text)


def test_more_bands_or_classes_than_a_scheme_holds_are_refused() -> None:
    many = [
        band(f"b{n}", f'from = "{n:02}:00"', f'until = "{n + 1:02}:00"')
        for n in range(BANDS_MAX + 1)
    ]
    assert len(bands("".join(many[:-1]))) == BANDS_MAX
    with pytest.raises(PlanError, match="at most 8 sections"):
        bands("".join(many))
    some = [f'[[class]]\nname = "c{n}"\nservices = "S{n}"\n' for n in range(CLASSES_MAX)]
    assert len(read_classes(document("".join(some[:6])), 8)[0]) == 6
    with pytest.raises(PlanError, match="8 bands and 7 classes are too many together"):
        read_classes(document("".join(some[:7])), 8)


def test_what_nothing_names_is_found() -> None:
    table = document('name = "p"\nbands = "night"\nclasses = "local"\n' + NIGHT)
    names = Names({"night": table}, {"local": table})
    with pytest.raises(PlanError, match="nothing names 'night'"):
        names.refuse_idle()
    assert names.read_bands(table) == {"night"}
    with pytest.raises(PlanError, match="nothing names 'local'"):
        names.refuse_idle()
    assert names.read_classes(table) == {"local"}
    names.refuse_idle()


def test_who_names_the_rest_has_named_what_it_is_the_rest_of() -> None:
    rest = document('bands = "other"\n')
    names = Names({"night": rest}, {})
    assert names.read_bands(rest) == {"other"}
    names.refuse_idle()
