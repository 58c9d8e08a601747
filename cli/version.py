"""`tollhouse version`: what is running, for a report of a fault.

The parts that matter to how packets are served and money is stored, with the versions that are
really imported: SQLite is the bundled one.
"""

from __future__ import annotations

import platform
import tomllib
from importlib import metadata

import click

from cli.options import output_option
from cli.output import Column, render_one
from cli.settings import CHECKOUT

_PARTS = ("sqlalchemy", "aiosqlite", "asyncpg", "twisted", "uvloop", "cryptography", "click")


def tollhouse_version() -> str:
    """The version that is installed; in a checkout that is not, the one it would have."""
    try:
        return metadata.version("tollhouse")
    except metadata.PackageNotFoundError:
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])


@click.command("version")
@output_option
def version(output: str) -> None:
    """Print the versions of Tollhouse and its parts.

    \b
    Example:
      tollhouse version --output json
    """
    from store.sqlite_driver import install

    row = {
        "tollhouse": tollhouse_version(),
        "python": platform.python_version(),
        "sqlite": install().sqlite_version,
        **{part: metadata.version(part) for part in _PARTS},
    }
    render_one(row, [Column(name, name) for name in row], output)
