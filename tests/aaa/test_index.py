"""Tables by number and sets of numbers, against what Python has for the same."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aaa._index import ById, Few, Ids, Numbers

# Few numbers meet often; near ones and far ones fall into the same places of a small table.
NUMBERS = some.one_of(
    some.integers(-8, 24),
    some.integers(0, 40).map(lambda n: n << 32),
    some.integers(-(2**63) + 1, 2**63 - 1),
)
STEPS = some.lists(
    some.tuples(some.sampled_from(("put", "put", "take", "ask", "default")), NUMBERS), max_size=200
)


@given(steps=STEPS)
def test_a_table_by_number_does_what_a_dictionary_does(steps: list[tuple[str, int]]) -> None:
    table: ById[object] = ById()
    known: dict[int, object] = {}
    for step, number in steps:
        value = object()
        if step == "put":
            table[number] = known[number] = value
        elif step == "take":
            assert table.pop(number) is known.pop(number, None)
        elif step == "default":
            assert table.setdefault(number, value) is known.setdefault(number, value)
        assert table.get(number) is known.get(number)
        assert (number in table) is (number in known)
        assert len(table) == len(known)
    assert dict(table.items()) == known
    assert sorted(table) == sorted(known) == sorted(table.keys())
    assert len(table.values()) == len(known)
    for number in known:
        assert table[number] is known[number]
        del table[number]
    assert len(table) == 0 and table.keys() == []


def test_a_copy_of_a_large_set_does_not_crowd_at_the_beginning_of_a_small_one() -> None:
    # The numbers come in the order of their places. Where each walked past the others, a copy of
    # these would take half a minute, and one of a million some minutes.
    numbers = Ids(range(400_000))
    assert list(Ids(numbers)) == list(numbers)


@given(steps=STEPS)
def test_a_table_of_numbers_by_number_does_what_a_dictionary_does(
    steps: list[tuple[str, int]],
) -> None:
    table, known = Numbers(), dict[int, int]()
    for value, (step, number) in enumerate(steps):
        if step == "put":
            table[number] = known[number] = value - 7
        elif step == "take" and number in known:
            del table[number], known[number]
        elif step == "take":
            with pytest.raises(KeyError):
                del table[number]
            with pytest.raises(KeyError):
                table[number]
        else:
            table.rise([number, 3, number])
            for one in (number, 3, number):
                if one in known:
                    known[one] = (known[one] + 1) & ((1 << 63) - 1)
        assert (number in table) is (number in known) and len(table) == len(known)
        assert table.get(number) == known.get(number)
        assert all(table[one] == known[one] for one in known)
    assert table.get(1 << 40, "nothing") == known.get(1 << 40, "nothing")


def test_a_number_rises_to_0_from_the_most_that_63_bits_hold() -> None:
    table = Numbers()
    table[1] = (1 << 63) - 1
    table.rise([1])
    assert table[1] == 0


@given(steps=STEPS)
def test_a_set_of_numbers_does_what_a_set_does(steps: list[tuple[str, int]]) -> None:
    numbers, known = Ids(), set[int]()
    for step, number in steps:
        if step == "put":
            numbers.add(number)
            known.add(number)
        else:
            numbers.discard(number)
            known.discard(number)
        assert (number in numbers) is (number in known)
        assert len(numbers) == len(known)
    assert sorted(numbers) == sorted(known)
    assert sorted(Ids(known)) == sorted(known)
    numbers.clear()
    assert len(numbers) == 0 and 1 not in numbers


@given(some.sets(some.integers(-(2**40), 2**40), max_size=60), some.integers(1, 9))
def test_a_walk_in_steps_goes_round_and_round(numbers: set[int], step: int) -> None:
    table: ById[int] = ById()
    assert table.walk(5, step) == ([], 0)
    for number in numbers:
        table[number] = number
    at, met = 0, list[int]()
    while len(met) < 2 * len(numbers):
        keys, at = table.walk(at, step)
        met += keys
    assert met[: 2 * len(numbers)] == table.keys() * 2
    assert table.walk(10**6, 10**6)[0] == table.keys(), "once round at most; begun anew if smaller"


def test_a_number_that_leads_nowhere_is_an_error_only_where_it_is_in_brackets() -> None:
    table: ById[str] = ById()
    assert table.get(1) is None and table.get(1, "other") == "other"
    assert table.pop(1) is None and table.pop(1, "other") == "other"
    with pytest.raises(KeyError):
        table[1]
    with pytest.raises(KeyError):
        del table[1]


def test_the_one_number_that_marks_free_places_is_refused() -> None:
    table: ById[str] = ById()
    with pytest.raises(OverflowError):
        table[-(2**63)] = "x"
    with pytest.raises(OverflowError):
        Ids().add(-(2**63))
    table[1] = "x"
    assert -(2**63) not in table


def test_what_a_table_holds_is_let_go_with_it() -> None:
    value = object()
    before = sys.getrefcount(value)
    table: ById[object] = ById()
    for number in range(100):
        table[number] = value
        table[number] = value
    assert sys.getrefcount(value) == before + 100
    for number in range(50):
        assert table.pop(number) is value
    assert sys.getrefcount(value) == before + 50
    table.clear()
    assert sys.getrefcount(value) == before
    table[1] = value
    del table
    assert sys.getrefcount(value) == before


@given(
    steps=some.lists(
        some.tuples(some.sampled_from(("add", "add", "remove", "pop")), *[some.integers(0, 4)] * 2)
    )
)
def test_few_rows_of_a_number_are_kept_once(steps: list[tuple[str, int, int]]) -> None:
    rows = [[n] for n in range(5)]
    few: Few[list[int]] = Few()
    known: dict[int, list[list[int]]] = {}
    for step, number, which in steps:
        mine, row = known.setdefault(number, []), rows[which]
        if step == "add":
            few.add(number, row)
            mine += [] if row in mine else [row]
        elif step == "remove":
            few.remove(number, row)
            mine[:] = [one for one in mine if one is not row]
        else:
            assert few.pop(number) == tuple(mine)
            mine.clear()
        assert few.of(number) == tuple(mine)
        assert (number in few) is bool(mine)
        assert len(few) == sum(map(bool, known.values()))
