"""The passphrase of a backup: out of a file, or typed where nobody sees it.

A file may hold words or random octets; a line's end after its content is not part of it. There is
no option that takes the passphrase itself, because others on the machine can read command lines.
It never enters a message.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.errors import HouseError

LEAST_OCTETS = 8
MOST_OCTETS = 64 * 1024

Function = TypeVar("Function", bound=Callable[..., Any])


def passphrase_option(function: Function) -> Function:
    """`--passphrase-file FILE`, on what seals or opens a backup."""
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Holds the passphrase of the backup; without it you are asked.",
    )(function)


def read_passphrase(file: Path | None, *, confirm: bool) -> bytes:
    """The passphrase; typed twice if it is a new one (`confirm`). HouseError for one of no use."""
    if file is not None:
        try:
            with open(file, "rb") as opened:
                found = opened.read(MOST_OCTETS + 1).removesuffix(b"\n").removesuffix(b"\r")
        except OSError as error:
            raise HouseError(f"cannot read the passphrase file {file}: {error.strerror}") from None
        if not LEAST_OCTETS <= len(found) <= MOST_OCTETS:
            raise HouseError(
                f"{file}: a passphrase has {LEAST_OCTETS} to {MOST_OCTETS} octets, better 20"
            )
        return found
    if not sys.stdin.isatty():
        raise HouseError("there is nobody to ask for a passphrase: name a --passphrase-file")
    typed = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    words = str(typed).encode("utf-8", "surrogateescape")
    if len(words) < LEAST_OCTETS:
        raise HouseError(f"a passphrase has at least {LEAST_OCTETS} octets, better 20")
    return words
