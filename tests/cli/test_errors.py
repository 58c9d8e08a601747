"""Whatever a message is made of, it is one printable line."""

from __future__ import annotations

import click
from hypothesis import given
from hypothesis import strategies as st

from cli.errors import HouseError, escape_controls, explain_usage, one_line


@given(st.text())
def test_a_message_is_always_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()


def test_escaping_keeps_what_can_be_printed() -> None:
    assert escape_controls("Grüße 世界") == "Grüße 世界"
    assert escape_controls("a\x1b[31m") == "a\\x1b[31m"


def test_a_refusal_has_exit_code_two() -> None:
    assert HouseError("x").exit_code == 2


def test_a_usage_fault_says_where_the_help_is() -> None:
    with click.Context(click.Command("add"), info_name="tollhouse nas add") as ctx:
        said = explain_usage(click.UsageError("Missing option.", ctx))
    assert said == "Missing option (see `tollhouse nas add --help`)"
