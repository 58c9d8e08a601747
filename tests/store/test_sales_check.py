"""What was sold is proved: prices by entries, boosters by their pots, neither without the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aaa.gate import Gate
from tests.store.test_office_boosters import FAIR, sell
from tests.store.test_uses_check import spoil


@pytest.fixture
def sold(sqlite_url: str) -> Iterator[Gate]:
    """A house that has sold one booster."""
    gate = Gate(sqlite_url)
    gate.add_plan(FAIR)
    gate.add_subscriber(plan="fair")
    sell(gate)
    assert gate.check() == []
    yield gate
    gate.close()


@pytest.mark.parametrize(
    ("statement", "rule", "said"),
    [
        ("UPDATE purchases SET price_micros = 7", "L9", "cost 7 micros, its entry moved -1500000"),
        ("UPDATE purchases SET entry_id = NULL, price_micros = 0", "P1", "a booster that nobody"),
        ("DELETE FROM pots", "T6", "has brought 0 pots instead of 1"),
        ("UPDATE pots SET purchase_id = 7", "T6", "nobody bought what pot booster/more/"),
        ("UPDATE pots SET pot = 'bundle/day/fair/x'", "T6", "nobody bought what pot bundle/day"),
        ("UPDATE pots SET period_start_us = 7", "T6", "has brought 0 pots"),
        ("UPDATE pots SET used = granted, lost = 1", "T6", "5000000000 are used and 1 lost"),
    ],
)
def test_what_was_sold_and_is_not_there_is_found(
    sold: Gate, statement: str, rule: str, said: str
) -> None:
    spoil(sold, statement)
    found = [one for one in sold.check() if one.invariant == rule]
    assert any(said in one.text for one in found), found
    assert {one.account_id for one in found} == {sold.account().account_id}


@pytest.mark.parametrize("kind", ["refund", "activation"])
def test_p1_a_refund_or_fee_of_nothing_is_found(sold: Gate, kind: str) -> None:
    spoil(sold, "DROP TRIGGER entries_no_update")
    spoil(sold, f"UPDATE entries SET kind = '{kind}' WHERE kind = 'booster'")
    found = [one.text for one in sold.check()]
    assert any(f"is a {kind} of nothing that was bought or given up" in text for text in found)


def test_both_databases_are_asked_alike(postgresql_url: str) -> None:
    gate = Gate(postgresql_url)
    gate.add_plan(FAIR)
    gate.add_subscriber(plan="fair")
    sell(gate)
    spoil(gate, "DELETE FROM pots")
    (found,) = gate.check()
    assert "has brought 0 pots" in found.text
    gate.close()
