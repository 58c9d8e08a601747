"""The files of the repository, as the house tests walk them.

Only what belongs to the repository is listed: files that git tracks or would track, so build
products, environments and scratch files never count. Paths are relative to the root, with forward
slashes.
"""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path, PurePosixPath

from tests.house.floors import FLOORS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(FLOORS)


@functools.cache
def tracked() -> tuple[PurePosixPath, ...]:
    """Return every file that is tracked by git or would be: not ignored and not deleted."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    paths = sorted({PurePosixPath(name) for name in listed if name})
    return tuple(path for path in paths if (ROOT / path).is_file())


def shipped(*suffixes: str) -> list[PurePosixPath]:
    """Return the files of our packages with one of the suffixes."""
    return [path for path in tracked() if path.parts[0] in PACKAGES and path.suffix in suffixes]


def text_of(path: PurePosixPath) -> str:
    """Return the text of one file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def report(offences: list[tuple[PurePosixPath, int, str]]) -> str:
    """Return offences as lines that an editor can jump to."""
    return "\n".join(f"{path}:{line}: {complaint}" for path, line, complaint in offences)
