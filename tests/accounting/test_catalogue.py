"""The failure catalogue is complete: each failure has its test, or a reason why it has none."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TABLE = Path(__file__).parent / "catalogue.txt"
SHORT = {
    "seq": "tests/aaa/test_sequences.py::test_the_books_hold_what_the_sequence_says",
    "read": "tests/nas/test_accounting_record.py::test_records_read_as_the_vectors_say",
}


def rows() -> list[tuple[str, str]]:
    """The table as (F-id, test or reason)."""
    lines = [line for line in TABLE.read_text().splitlines() if line and line[0] != "#"]
    return [(line[:4], line[6:]) for line in lines]


def sequences() -> set[str]:
    """The names of all blocks of event sequences."""
    texts = [path.read_text() for path in (TESTS / "accounting" / "sequences").glob("*.txt")]
    blocks = [block.strip() for text in texts for block in text.split("\n\n")]
    return {block.split()[0] for block in blocks if block and not block.startswith("#")}


def vectors() -> set[str]:
    """The names of all accounting records in the vectors of the devices."""
    return {one["name"] for one in json.loads((TESTS / "nas/vectors/records.json").read_text())}


@pytest.mark.parametrize("number", range(1, 56))
def test_each_failure_has_a_test_or_a_reason_and_not_both(number: int) -> None:
    said = [text for name, text in rows() if name == f"F-{number:02d}"]
    assert said, "it is in no row"
    reasons = [text for text in said if text.startswith("- ")]
    assert len(reasons) in (0, len(said)) and len(reasons) < 2
    assert len(set(said)) == len(said)


def test_nothing_else_is_in_the_table_and_it_is_in_order() -> None:
    names = [name for name, _ in rows()]
    assert names == sorted(names)
    assert set(names) == {f"F-{number:02d}" for number in range(1, 56)}


@pytest.mark.parametrize("text", sorted({text for _, text in rows() if not text.startswith("- ")}))
def test_the_test_that_is_named_exists(text: str) -> None:
    test, _, block = text.partition("[")
    path, _, name = SHORT.get(test, test).partition("::")
    tree = ast.parse((TESTS.parent / path).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if block:
        known = {"seq": sequences, "read": vectors}[test]()
        assert block.removesuffix("]") in known
