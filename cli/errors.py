"""One line for the operator: what is wrong and what to do, on standard error, exit code 2.

Whatever a person can do wrong, and every outside thing that can be away, ends here. A traceback
means that the program is at fault, never the person. Secrets never enter a message: it names the
option or the line of the file that is wrong, not the value that was given for a secret.
"""

from __future__ import annotations

import sys
from typing import Any

import click

EXIT_DONE = 0
EXIT_FOUND = 1  # the command worked, and what it checked is not in order
EXIT_REFUSED = 2  # wrong input, or something needed is away; nothing was changed


class HouseError(click.ClickException):
    """A mistake or an outage that the operator can mend; `message` is the one line shown."""

    exit_code = EXIT_REFUSED

    def show(self, file: Any = None) -> None:
        """Print the line."""
        click.echo(f"tollhouse: {one_line(self.message)}", file=file or sys.stderr)


def one_line(text: str) -> str:
    """Text as a single printable line, whatever it was made of (S30)."""
    return escape_controls(" ".join(text.split()))


def escape_controls(text: str) -> str:
    """Text in which nothing can move a cursor, change a colour or turn the writing round."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def explain_usage(error: click.UsageError) -> str:
    """Click's complaint about the command line as one line that says where the help is."""
    message = error.format_message().rstrip(".")
    if error.ctx is None:
        return message
    return f"{message} (see `{error.ctx.command_path} --help`)"
