"""The build is complete: packages listed, compiled modules whole, versions locked by hash.

A forgotten package installs nowhere but here, a stub without its module deceives the type checker,
and a lock that names an address works only where that address answers.
"""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import PurePosixPath

import pytest

from tests.house.tree import PACKAGES, ROOT, shipped, text_of, tracked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMPILED = shipped(".pyx")
LOCKS = ("requirements.lock", "requirements-dev.lock")
BUILD_ONLY = {"cython", "setuptools", "wheel"}


def plain_name(requirement: str) -> str:
    """Return the normalised name of a requirement, without extras and versions."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def wanted(name: str) -> set[str]:
    """Return the names that an .in file asks for."""
    lines = (line.strip() for line in text_of(PurePosixPath(name)).splitlines())
    return {plain_name(line) for line in lines if line and not line.startswith(("#", "-"))}


def locked(name: str) -> dict[str, str]:
    """Return the names and exact versions in a lock file."""
    pins = re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", text_of(PurePosixPath(name)), re.MULTILINE)
    return dict(pins)


def test_every_package_with_modules_is_listed_to_install() -> None:
    found = {".".join(path.parts[:-1]) for path in shipped(".py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_mypy_checks_every_package() -> None:
    assert set(PROJECT["tool"]["mypy"]["packages"]) == set(PACKAGES)


@pytest.mark.parametrize("path", COMPILED, ids=str)
def test_compiled_module_has_data_sheet_and_stub(path: PurePosixPath) -> None:
    assert {path.with_suffix(".pxd"), path.with_suffix(".pyi")} <= set(tracked())


@pytest.mark.parametrize("path", COMPILED, ids=str)
def test_compiled_module_is_what_is_imported(path: PurePosixPath) -> None:
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    assert module.__file__ is not None and module.__file__.endswith(".so")


def test_every_stub_belongs_to_a_compiled_module() -> None:
    assert {path.with_suffix("") for path in shipped(".pyi")} == {
        path.with_suffix("") for path in COMPILED
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_is_exact_and_hashed(name: str) -> None:
    text = re.sub(r"\\\n\s*", "", text_of(PurePosixPath(name)))
    pins = [line for line in text.splitlines() if line and line[0].isalnum()]
    assert pins
    for pin in pins:
        assert re.match(r"[a-z0-9][\w.-]*==\S+ .*--hash=sha256:[0-9a-f]{64}", pin), pin


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address_to_download_from(name: str) -> None:
    assert not re.search(r"://|index-url|find-links|trusted-host|@", text_of(PurePosixPath(name)))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_answers_its_list_of_wishes(name: str) -> None:
    assert wanted(name.replace(".lock", ".in")) <= set(locked(name))


def test_both_locks_agree_on_what_they_share() -> None:
    runtime, dev = (locked(name) for name in LOCKS)
    assert {name: runtime[name] for name in runtime if name in dev} == {
        name: dev[name] for name in dev if name in runtime
    }


def test_the_distribution_depends_on_what_the_lock_was_made_from() -> None:
    declared = {plain_name(entry) for entry in PROJECT["project"]["dependencies"]}
    assert declared == wanted("requirements.in") - BUILD_ONLY
