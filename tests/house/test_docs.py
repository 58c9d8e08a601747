"""Pages that name files and link to one another must name what is there.

Commands, settings, metrics and plan keys have their own tests beside what they describe; here are
the paths in backticks and the links of every page.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
ROOMS = (
    "aaa|accounting|benchmarks|billing|cli|conf|docs|domain|nas|radius|rating|server|store|tests"
)
PATH = re.compile(rf"`((?:{ROOMS})/[A-Za-z0-9_./-]*)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


def broken(page: Path, text: str) -> list[str]:
    named = [ROOT / path for path in PATH.findall(text)]
    linked = [page.parent / path for path in LINK.findall(text)]
    return [str(path) for path in (*named, *linked) if not path.exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_and_link_leads_somewhere(page: Path) -> None:
    assert broken(page, page.read_text()) == []


def test_a_path_that_leads_nowhere_is_found() -> None:
    page = ROOT / "docs" / "ARCHITECTURE.md"
    assert broken(page, "see `aaa/nowhere.py`, [this](nowhere.md) and `aaa/desk.py`") == [
        str(ROOT / "aaa/nowhere.py"),
        str(ROOT / "docs/nowhere.md"),
    ]
