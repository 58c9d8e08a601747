"""Our packages have short names at the root of the import path; nobody else may answer to them.

The price of short imports is that `cli` or `server` could be anyone's. These tests look at what is
installed beside us and fail as soon as some distribution brings a package of the same name, or as
soon as ours would install something that it should not.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, ROOT


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_provides(name: str) -> None:
    providers = importlib.metadata.packages_distributions().get(name, [])
    assert set(providers) <= {"tollhouse"}


@pytest.mark.parametrize("name", PACKAGES)
def test_no_standard_module_is_called(name: str) -> None:
    assert name not in sys.stdlib_module_names


@pytest.mark.parametrize("name", PACKAGES)
def test_the_checkout_is_what_is_imported_as(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).resolve().is_relative_to(ROOT)


@pytest.mark.parametrize("name", ["tests", "conf", "benchmarks", "docs"])
def test_we_do_not_install(name: str) -> None:
    assert "tollhouse" not in importlib.metadata.packages_distributions().get(name, [])


def test_the_command_is_installed_and_called_tollhouse() -> None:
    (command,) = importlib.metadata.distribution("tollhouse").entry_points.select(
        group="console_scripts"
    )
    assert (command.name, command.value) == ("tollhouse", "cli.main:main")
