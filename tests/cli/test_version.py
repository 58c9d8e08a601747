"""The versions are those of what is really running."""

from __future__ import annotations

from store.sqlite_driver import FIRST_SOUND
from tests.cli.house import House


def test_the_bundled_sqlite_is_the_one_that_is_shown(bare: House) -> None:
    shown = bare.json("version")
    assert tuple(map(int, shown["sqlite"].split("."))) >= FIRST_SOUND
    assert shown["tollhouse"].count(".") == 2
