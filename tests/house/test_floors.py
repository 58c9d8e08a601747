"""Imports only go down, the lower floors touch nothing, and each rule catches a planted offender.

Two readers look at the same floors: import-linter at the graph of modules (a detour through a third
module counts), and the rules of tests/house/floors.py at the text, compiled modules included.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from tests.house.floors import FLOORS, import_offences
from tests.house.tree import PACKAGES, ROOT, report, shipped, text_of


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the pyproject.toml of a folder on the packages of that folder."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    return subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {program}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def plant(folder: Path, files: dict[str, str]) -> Path:
    """Lay out empty packages under our own contracts, with some files planted in them."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_import_linter_finds_the_floors_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_import_linter_is_content_with_empty_packages(tmp_path: Path) -> None:
    done = lint_imports(plant(tmp_path, {}))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"rating/a.py": "import accounting"}, id="upwards"),
        pytest.param({"server/a.py": "import store"}, id="a sibling"),
        pytest.param({"aaa/a.py": "import twisted.internet.defer"}, id="a reactor below floor 4"),
        pytest.param(
            {"domain/a.py": "import time", "accounting/b.py": "from domain import a"},
            id="a clock by a detour",
        ),
    ],
)
def test_import_linter_catches(tmp_path: Path, files: dict[str, str]) -> None:
    done = lint_imports(plant(tmp_path, files))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_pyproject_and_house_tests_mean_the_same_floors() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    drawn = [layer.split(" | ") for layer in reversed(settings["contracts"][0]["layers"])]
    meant: list[list[str]] = [[] for _ in range(max(FLOORS.values()) + 1)]
    for room, floor in FLOORS.items():
        meant[floor].append(room)
    assert [sorted(layer) for layer in drawn] == [sorted(layer) for layer in meant]
    assert sorted(settings["root_packages"]) == sorted(FLOORS)


def test_every_import_obeys_the_floors_in_compiled_modules_too() -> None:
    offences = [
        (path, line, complaint)
        for path in shipped(".py", ".pyx", ".pxd")
        for line, complaint in import_offences(path, text_of(path))
    ]
    assert not offences, report(offences)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("rating/a.py", "import accounting"),
        ("rating/a.py", "def f():\n    from aaa.desk import Desk"),
        ("rating/_a.pyx", "cimport accounting._b"),
        ("rating/_a.pxd", "from nas._b cimport Device"),
        ("radius/_a.pyx", "import domain.session as s"),
        ("radius/_a.pyx", "from libc.stdio cimport fopen"),
        ("radius/_a.pyx", "from posix.time cimport clock_gettime"),
        ("radius/_a.pyx", "cimport cython, socket"),
        ("radius/_a.pyx", "include 'shared.pxi'"),
        ("domain/a.py", "import cli.main"),
        ("domain/a.py", "import time"),
        ("domain/a.py", "from os import urandom"),
        ("accounting/a.py", "import logging"),
        ("aaa/a.py", "import sqlalchemy"),
        ("aaa/a.py", "import msgspec"),
        ("server/a.py", "from store.engine import open_database"),
        ("server/a.py", "import sqlalchemy"),
        ("store/a.py", "import click"),
        ("cli/a.py", "from tests.peers import postgres"),
    ],
)
def test_a_planted_import_is_caught(name: str, source: str) -> None:
    assert import_offences(PurePosixPath(name), source)


RIGHTFUL = [
    ("rating/_a.pyx", "from libc.stdint cimport int64_t"),
    ("rating/_a.pyx", "from cpython.bytes cimport PyBytes_Check\ncimport cython"),
    ("rating/_a.pyx", "from domain.plan import Plan\nimport hashlib"),
    ("aaa/a.py", "from cryptography.hazmat.primitives.ciphers.aead import AESGCM"),
    ("aaa/a.py", "from accounting.session import advance\nimport rating, nas.devices"),
    ("domain/a.py", "import dataclasses, datetime, zoneinfo"),
    ("server/a.py", "import asyncio, structlog\nfrom aaa.desk import Desk"),
    ("cli/a.py", "import os, server, store, click, rich"),
]


@pytest.mark.parametrize(("name", "source"), RIGHTFUL)
def test_a_rightful_import_is_let_in(name: str, source: str) -> None:
    assert import_offences(PurePosixPath(name), source) == []
