"""A plan file from the disk, for every command that takes one.

Whatever is wrong with it is one line that names the file, and the line of the file where that is
known. Nothing here looks at the database: a draft can be read anywhere.
"""

from __future__ import annotations

from pathlib import Path

from cli.errors import HouseError
from cli.vocabulary import our_vocabulary
from domain.plan import Plan
from rating.plan_file import PlanError, parse_plan

FILE_MAX_OCTETS = 1_000_000


def read_plan(path: Path) -> Plan:
    """The plan in a file. HouseError names the file, the line and the fault."""
    text = read_text(path)
    try:
        return parse_plan(text, vocabulary=our_vocabulary())
    except PlanError as error:
        raise HouseError(f"{path}: {error}") from None


def read_text(path: Path) -> str:
    """A file's text, which is no longer than a plan can be. HouseError names what is wrong."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_OCTETS + 1)
    except OSError as error:
        raise HouseError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > FILE_MAX_OCTETS:
        raise HouseError(f"{path} has more than {FILE_MAX_OCTETS} octets: that is no plan file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise HouseError(f"{path} is not UTF-8 text") from None
