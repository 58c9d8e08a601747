"""A pot's row: its key says what it is, and what is lost cannot be taken."""

from __future__ import annotations

import pytest

from domain.pot import Pot, PotKind


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("bundle/month/home-50/night", PotKind.BUNDLE),
        ("booster/5 GB/77", PotKind.BOOSTER),
        ("tier/day/home-50/volume", PotKind.TIER),
        ("cap/month/home-50", PotKind.CAP),
        ("fair-use/week/home-50", PotKind.FAIR_USE),
    ],
)
def test_the_first_word_of_a_key_is_its_kind(key: str, kind: PotKind) -> None:
    assert Pot(1, key, 0, 0).kind is kind


def test_a_key_of_no_kind_is_not_a_pot() -> None:
    with pytest.raises(ValueError, match="purse"):
        _ = Pot(1, "purse/month", 0, 0).kind


def test_what_is_left_is_what_was_neither_used_nor_lost() -> None:
    assert Pot(1, "bundle/month/a/b", 0, granted=100, used=30, lost=50).left == 20
