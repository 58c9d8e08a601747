"""The page about metrics says what the code does."""

from __future__ import annotations

from pathlib import Path

from server.metrics_reference import reference


def test_the_page_is_what_the_code_writes() -> None:
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert page.read_text() == reference(), "run python -m server.metrics_reference"
