"""How long something lasts that is bought."""

from __future__ import annotations

import pytest

from domain.plan import Package, Span, Validity
from rating.plan_lines import PlanError, Table, read_document
from rating.plan_validity import PACKAGE_KEYS, read_package, read_span


def document(text: str) -> Table:
    return read_document(text, {"": ("package", "validity"), "package": PACKAGE_KEYS})


def test_a_package_is_read_with_all_it_says() -> None:
    text = '[package]\nprice = "12"\nvalidity = "1mo"\nexpires = "day"\n'
    text += 'grace = "12h"\nauto_renew = true\n'
    assert read_package(document(text)) == Package(
        Validity(1, Span.MONTHS, to_day_end=True), 12_000_000, 43_200, auto_renew=True
    )
    assert read_package(document("")) is None


def test_what_is_paid_after_its_time_has_a_price() -> None:
    text = '[package]\nvalidity = "1mo"\npay = "after"\n'
    found = read_package(document(text + 'price = "18"\n'))
    assert found is not None and found.pay_after
    ahead = read_package(document(text.replace("after", "ahead")))
    assert ahead is not None and not ahead.pay_after
    for wrong in (text, text.replace("after", "later")):
        with pytest.raises(PlanError, match="line 3"):
            read_package(document(wrong))


@pytest.mark.parametrize(
    ("text", "found"), [("12h", (12, Span.HOURS)), ("36600d", (36_600, Span.DAYS))]
)
def test_a_span_is_so_many_of_something(text: str, found: tuple[int, Span]) -> None:
    assert read_span(document(f'validity = "{text}"\n')) == found


def test_a_span_beyond_what_the_books_hold_is_refused() -> None:
    with pytest.raises(PlanError, match="at most 36600 days"):
        read_span(document('validity = "36601d"\n'))
    assert read_span(document("")) is None
