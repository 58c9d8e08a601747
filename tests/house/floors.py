"""The floors as rules over source text: who may import whom, and what the lower floors may touch.

import-linter checks the same floors on the import graph, detours included, but it reads `.py`
files and a list of forbidden names. These rules read `.pyx` and `.pxd` as well, and turn the list
round: below floor 4 only what is named here may be imported. Every rule takes a path inside the
repository and the text of that file and returns offences as `(line, sentence)`; nothing here opens
a file.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

FLOORS = {
    "cli": 5,
    "server": 4,
    "store": 4,
    "aaa": 3,
    "billing": 3,
    "accounting": 2,
    "rating": 1,
    "nas": 1,
    "domain": 0,
    "radius": 0,
}
# The first floor that may do input and output.
OUTSIDE = 4

# Standard modules that reach outside the process, read a clock or dice, or wait.
REACHING = frozenset(
    """
    asyncio concurrent ctypes curses dbm fcntl fileinput ftplib getpass glob http
    imaplib importlib linecache logging mmap multiprocessing netrc nntplib os pathlib pickle
    poplib posix pty queue random runpy sched secrets select selectors shelve shutil signal smtplib
    socket socketserver sqlite3 ssl subprocess syslog telnetlib tempfile termios threading time
    tkinter tty urllib uuid webbrowser wsgiref xmlrpc
    """.split()
)
# What a protocol or a seal needs and nobody should write twice.
PRIMITIVES = frozenset({"bcrypt", "cryptography"})
# What Cython brings that is plain computing.
COMPUTING = re.compile(
    r"^(cython|cpython(\.\w+)?|libc\.(stdint|string|stdlib|limits|stddef|math))(\.|$)"
)
# Libraries that live in one room, so that the room can be understood (and replaced) alone.
HOMES = {
    "aiosqlite": {"store"},
    "alembic": {"store"},
    "asyncpg": {"store"},
    "pysqlite3": {"store"},
    "sqlalchemy": {"store"},
    "sqlite3": {"store"},
    "click": {"cli"},
    "pyrad": {"cli"},
    "rich": {"cli"},
    "prometheus_client": {"server", "cli"},
    "twisted": {"server", "cli"},
}
# Rooms beside the packages, which nothing that ships may import.
NOT_SHIPPED = frozenset({"tests", "benchmarks", "conf", "setup"})

CYTHON_IMPORT = re.compile(
    r"^\s*(?:from\s+(?P<origin>[\w.]+)\s+c?import\b|c?import\s+(?P<names>[\w., ]+))"
)
CYTHON_INCLUDE = re.compile(r"^\s*include\s+[\"']")

Offence = tuple[int, str]


def python_imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of every module imported anywhere in Python source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            yield node.lineno, node.module


def cython_imports(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of every module that Cython source imports or cimports."""
    for number, line in enumerate(source.splitlines(), start=1):
        found = CYTHON_IMPORT.match(line)
        if found is None:
            continue
        if found["origin"]:
            yield number, found["origin"]
            continue
        for name in found["names"].split(","):
            yield number, name.split(" as ")[0].strip()


def wrong_way(room: str, module: str) -> str | None:
    """Say what the floors have against ``room`` importing ``module``; None if nothing."""
    root = module.partition(".")[0]
    if root in NOT_SHIPPED:
        return f"imports {module}, which does not ship"
    if root not in FLOORS or root == room:
        return None
    if FLOORS[root] == FLOORS[room]:
        return f"imports its sibling {root}"
    if FLOORS[root] > FLOORS[room]:
        return f"imports upwards: {root} is on floor {FLOORS[root]}, {room} on {FLOORS[room]}"
    return None


def reaching_out(room: str, module: str) -> str | None:
    """Say what is wrong with ``room``, if below floor 4, importing ``module``; None if nothing."""
    root = module.partition(".")[0]
    if FLOORS[room] >= OUTSIDE or root in FLOORS or root in PRIMITIVES:
        return None
    if COMPUTING.match(module):
        return None
    private = root.startswith("_") and root != "__future__"
    if root in sys.stdlib_module_names and root not in REACHING and not private:
        return None
    return f"imports {module}, which is not for floors 0-3"


def away_from_home(path: PurePosixPath, module: str) -> str | None:
    """Say which room owns ``module``, if the file at ``path`` is not in it; None if it may."""
    room, root = path.parts[0], module.partition(".")[0]
    if room not in HOMES.get(root, {room}):
        return f"imports {module}, which lives in {' and '.join(sorted(HOMES[root]))}"
    return None


def import_offences(path: PurePosixPath, source: str) -> list[Offence]:
    """Return everything wrong with the imports of one `.py`, `.pyx` or `.pxd` file of a package."""
    room = path.parts[0]
    found = python_imports(source) if path.suffix == ".py" else cython_imports(source)
    offences = [
        (line, complaint)
        for line, module in found
        for complaint in (
            wrong_way(room, module),
            reaching_out(room, module),
            away_from_home(path, module),
        )
        if complaint is not None
    ]
    if path.suffix != ".py":
        offences += [
            (number, "includes a file: share through a .pxd")
            for number, line in enumerate(source.splitlines(), start=1)
            if CYTHON_INCLUDE.match(line)
        ]
    return sorted(set(offences))
