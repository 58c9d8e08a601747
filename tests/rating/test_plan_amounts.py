"""Amounts and quantities of sections: exact, within limits, and never a float."""

from __future__ import annotations

import pytest

from rating.plan_amounts import TIME, VOLUME, read_micros, read_quantity
from rating.plan_lines import PlanError, Table, read_document


def table(text: str) -> Table:
    return read_document(text, {"": ("amount", "per")})


def test_nothing_is_an_amount_only_where_it_may_be() -> None:
    free = table('amount = "0"\n')
    assert read_micros(free, "amount", None) == 0
    with pytest.raises(PlanError, match="line 1: amount must be more than 0; leave it out"):
        read_micros(free, "amount", "leave it out")
    with pytest.raises(PlanError, match='amount must be at least 0; write amount = "0"'):
        read_micros(table("amount = -1\n"), "amount", None)
    with pytest.raises(PlanError, match="the limit is 1000000000"):
        read_micros(table('amount = "1000000000.000001"\n'), "amount", None)
    assert read_micros(table("amount = 1000000000\n"), "amount", None) == 10**15


def test_a_quantity_is_read_in_the_words_of_its_kind() -> None:
    assert read_quantity(table('per = "2 GB"\n'), "per", VOLUME) == 2 * 10**9
    assert read_quantity(table('per = "2 hours"\n'), "per", TIME) == 7_200
    assert read_quantity(table(""), "per", TIME) is None
    with pytest.raises(PlanError, match="is not a duration"):
        read_quantity(table('per = "2 GB"\n'), "per", TIME)
    with pytest.raises(PlanError, match="per comes to 0; it must be 1 to 5"):
        read_quantity(table('per = "0 s"\n'), "per", TIME, 5)
    with pytest.raises(PlanError, match="per comes to 6; it must be 1 to 5"):
        read_quantity(table('per = "6 s"\n'), "per", TIME, 5)
