"""[speeds]: what is said for everybody, and what for one family of devices."""

from __future__ import annotations

import pytest

from domain.pricing import Speeds
from rating.plan_lines import PlanError, read_document
from rating.plan_speeds import SPEED_KEYS, read_speeds

KEYS = {"": ("speeds",), **SPEED_KEYS}


def speeds(text: str) -> Speeds:
    return read_speeds(read_document(text, KEYS))


def test_without_the_section_nothing_is_said() -> None:
    assert speeds("") == Speeds()


def test_each_family_has_its_own_words() -> None:
    text = '[speeds]\nup = 64000\n[speeds.mikrotik]\nrate = "64k/1M"\n[speeds.cisco]\ndown = "A"\n'
    assert speeds(text) == Speeds(
        up_bps=64_000, policy_down="A", mikrotik_rate="64k/1M", down_bps=None, policy_up=None
    )


@pytest.mark.parametrize(
    "rate",
    ["128k", "64k 256k", "2M/10M 4M/20M 1M/5M 8/8 5", "0/10M", "2M/10M 0/0 0/0 0/0 8 512k/1M"],
)
def test_14_1_a_rate_within_the_grammar_is_kept_as_it_is_written(rate: str) -> None:
    assert speeds(f'[speeds.mikrotik]\nrate = "{rate}"\n').mikrotik_rate == rate


@pytest.mark.parametrize(
    "rate", ["", "10M/2M/1M", "1G", "10M  2M", "0/0", "2M 4M 1M 8 9", 129 * "1"]
)
def test_14_1_a_rate_outside_the_grammar_is_refused_at_its_line(rate: str) -> None:
    with pytest.raises(PlanError, match="line 2: rate: "):
        speeds(f'[speeds.mikrotik]\nrate = "{rate}"\n')
