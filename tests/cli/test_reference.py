"""The pages that are written from the program are the ones in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import reference
from cli.settings import CHECKOUT


@pytest.mark.parametrize("page", reference.PAGES)
def test_the_page_in_the_tree_is_the_one_the_program_would_write(page: str) -> None:
    path, write = reference.PAGES[page]
    message = f"{path} is out of date: run `make docs`"
    assert (CHECKOUT / path).read_text(encoding="utf-8") == write(), message


def test_all_pages_are_written_below_a_directory(tmp_path: Path) -> None:
    reference.write(tmp_path)
    for path, page in reference.PAGES.values():
        assert (tmp_path / path).read_text(encoding="utf-8") == page()


def test_every_command_and_every_setting_is_on_its_page() -> None:
    page = reference.cli_page()
    for path, _ in reference.commands():
        assert f" {' '.join(path)}\n" in page
