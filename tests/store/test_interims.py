"""The rows of an interim are the same whether C packs them or Python makes tuples."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aaa.ports import AccountMove
from domain.session import Charge
from store._interims import pack_advances, pack_charges, pack_moves, pack_sums
from store._packed import Rows
from store.rows import CHARGES
from store.writing import TUPLES
from tests.store.house import account, advanced, charge, session

NUMBERS = some.tuples(*[some.integers(-(2**62), 2**62)] * 5, some.booleans())


@given(some.lists(NUMBERS, unique_by=lambda drawn: drawn[0]))
def test_packed_interims_are_the_rows_that_tuples_would_be(
    drawn: list[tuple[int, int, int, int, int, bool]],
) -> None:
    moves, sessions, charges = [], [], []
    for n, (a, b, c, d, e, promise) in enumerate(drawn):
        after = account(a, posted_micros=b, open_micros=c, held_micros=d, entries_n=n)
        moves.append(AccountMove(after, e, d, c, n + 1, promise))
        counters = {"last_event_us": a, "last_seen_us": b, "input_octets": c, "output_octets": d}
        cost = {"free_octets": e, "free_s": a, "charged_micros": b, "granted_micros": c}
        rest = {"session_s": d, "used_micros": e, "hold_until_us": a, "journal_last": b}
        uses = b"" if promise else bytes([n % 256, 0])
        moved = advanced(session(n + 1, account_id=a), **counters, **cost, **rest, uses=uses)
        sessions.append(moved)
        entry = {"entry_id": e if promise else None, "input_octets": c, "session_s": d}
        charges.append(charge(sessions[-1], b, octets=e, part=n, day=-n, **entry))
    shapes: tuple[tuple[Any, Any, str], ...] = (
        (moves, pack_moves, "move"),
        (sessions, pack_advances, "advance"),
        (charges, pack_charges, "charges"),
    )
    for records, form, name in shapes:
        packed: Rows = form(records)
        rows = [tuple(map(plain, row)) for row in TUPLES[name](records)]
        assert packed.unpacked() == rows, name


def plain(value: Any) -> int | bytes | None:
    """Flags and members of enumerations as the numbers that they are."""
    return value if value is None or isinstance(value, bytes) else int(value)


KEYS = some.tuples(*[some.integers(1, 2)] * 5)
SUMS = some.tuples(*[some.integers(0, 2**60)] * 4)


@given(some.lists(some.tuples(KEYS, SUMS, some.integers(1, 9)), max_size=7))
def test_additions_to_one_charge_row_are_one_where_a_row_is_met_once(
    drawn: list[tuple[tuple[int, ...], tuple[int, ...], int]],
) -> None:
    """The key and the plan are those of the first of them."""
    charges = [Charge(*key, plan_id, *sums, plan_id) for key, sums, plan_id in drawn]
    assert pack_sums(charges).unpacked() == TUPLES["charges"](charges)


def test_a_sum_of_more_than_64_bits_is_refused() -> None:
    one = charge(session(10), 2**62)
    with pytest.raises(OverflowError):
        pack_sums([one, one])


def test_two_additions_to_one_charge_row_both_count() -> None:
    one = charge(session(10), 5)
    assert len(pack_charges([one, one])) == 2
    assert pack_charges([one]).unpacked() == [CHARGES.to_row(one)]


@pytest.mark.parametrize("form", [pack_moves, pack_advances, pack_charges])
def test_a_record_of_another_kind_is_no_row_of_an_interim(form: Any) -> None:
    with pytest.raises((TypeError, AttributeError)):
        form([Charge(1, 2, 3, 4, 5, 6) if form is not pack_charges else session(1)])
