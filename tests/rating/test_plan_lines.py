"""A document knows the lines of its values, also where TOML makes that hard."""

from __future__ import annotations

import pytest

from rating.plan_lines import MAX_CHARACTERS, MAX_LINES, PlanError, read_document

KEYS = {"": ("a", "b", "t", "list"), "t": ("x", "y"), "list": ("x", "y")}


def fault_line(text: str, *path: str) -> int:
    """The line that a fault of the value at the path is blamed on."""
    table = read_document(text, KEYS)
    for key in path[:-1]:
        found = table.table(key)
        assert found is not None
        table = found
    return table.fault(path[-1], "wrong").line


def test_a_value_is_found_on_its_line() -> None:
    text = "# first\n\na = 1\nb = 2\n\n[t]\n# note\nx = 3\ny = 4\n"
    assert [fault_line(text, "a"), fault_line(text, "b")] == [3, 4]
    assert [fault_line(text, "t", "x"), fault_line(text, "t", "y")] == [8, 9]


def test_a_key_inside_a_text_is_not_taken_for_the_key() -> None:
    text = 'a = """\nb = 1\n"""\nb = 2\n'
    assert fault_line(text, "a") == 3
    assert fault_line(text, "b") == 4


def test_dotted_keys_and_inline_tables_are_found() -> None:
    assert fault_line("a = 1\nt.x = 1\nt.y = 2\n", "t", "y") == 3
    assert fault_line("a = 1\nt = { x = 1, y = 2 }\n", "t", "y") == 2


def test_each_table_of_an_array_has_its_own_lines() -> None:
    table = read_document("[[list]]\nx = 1\n[[list]]\nx = 2\n[[list]]\nx = 3\n", KEYS)
    assert [inner.fault("x", "wrong").line for inner in table.tables("list", 3)] == [2, 4, 6]
    assert [inner.fault(None, "wrong").line for inner in table.tables("list", 3)] == [1, 3, 5]


def test_a_fault_of_a_key_that_is_not_there_stands_where_its_table_does() -> None:
    assert fault_line("a = 1\n[t]\nx = 1\n", "t", "y") == 2
    assert fault_line("a = 1\n", "b") == 1


def test_a_value_in_a_list_over_several_lines_is_found_on_its_own() -> None:
    text = "a = 1\nlist = [\n  { x = 1 },\n  { x = 2, y = 3 },\n]\n"
    found = read_document(text, KEYS).tables("list", 3)
    assert [inner.fault("x", "wrong").line for inner in found] == [3, 4]


def test_a_document_too_long_to_be_a_plan_is_refused() -> None:
    assert read_document("\n" * (MAX_LINES - 1), KEYS).text("a") is None
    with pytest.raises(PlanError, match="at most"):
        read_document("\n" * MAX_LINES, KEYS)
    with pytest.raises(PlanError, match="at most"):
        read_document(f'a = "{"x" * MAX_CHARACTERS}"', KEYS)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 10_000, "a = " + "{b=" * 5_000, "a = " + "9" * 5_000]
)
def test_a_document_made_to_hurt_the_parser_is_one_fault(text: str) -> None:
    with pytest.raises(PlanError, match=r"^line 1: "):
        read_document(text, KEYS)


def test_a_float_is_never_a_text_nor_a_whole_number() -> None:
    table = read_document("a = 1.5\n", KEYS)
    for read in (table.text, table.text_or_whole, table.amount):
        with pytest.raises(PlanError, match="in quotes"):
            read("a")
    with pytest.raises(PlanError, match="whole number"):
        table.whole("a", 0, 9)


def test_a_line_inside_a_text_is_no_comment() -> None:
    assert fault_line('a = """\n#\n\n# end"""\n', "a") == 4


def test_a_float_of_any_length_makes_a_short_complaint() -> None:
    with pytest.raises(PlanError) as caught:
        read_document("a = " + "1" * 3_000 + ".5\n", KEYS).amount("a")
    assert len(str(caught.value)) < 200
