"""[speeds] of a plan file: two numbers that every device understands, and the words of some.

RouterOS takes more than two numbers in one string, whose grammar is checked here, because releases
differ in what they do with a wrong one; IOS knows names of policies. What a plan does not say for a
family of devices is made of the two numbers where that is possible, and else is the device's own.
"""

from __future__ import annotations

import re
from typing import Final

from domain.pricing import Speeds
from domain.rate import parse_mikrotik_rate
from rating import plan_values
from rating.plan_lines import Table

BPS: Final = (1_000, 10**12)

TOLD_KEYS: Final = ("down", "up", "mikrotik", "cisco")
_INNER: Final = {"mikrotik": ("rate",), "cisco": ("down", "up")}
SPEED_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "speeds": TOLD_KEYS,
    **{f"speeds.{name}": keys for name, keys in _INNER.items()},
}
STEP_SPEED_KEYS: Final[dict[str, tuple[str, ...]]] = {
    f"fair_use.step.{name}": keys for name, keys in _INNER.items()
}

_POLICY = re.compile(r"[!#-\[\]-~]{1,64}")  # printable ASCII without space, quote and backslash


def read_speeds(top: Table) -> Speeds:
    """[speeds]; nothing without it. Raises PlanError."""
    table = top.table("speeds")
    return Speeds() if table is None else read_told(table)


def read_told(table: Table) -> Speeds:
    """The speeds that one section tells. Raises PlanError."""
    cisco, mikrotik = table.table("cisco"), table.table("mikrotik")
    return Speeds(
        down_bps=_bits_per_second(table, "down"),
        up_bps=_bits_per_second(table, "up"),
        policy_down=cisco.read("down", _policy) if cisco else None,
        policy_up=cisco.read("up", _policy) if cisco else None,
        mikrotik_rate=mikrotik.read("rate", _rate) if mikrotik else None,
    )


def _bits_per_second(table: Table, key: str) -> int | None:
    written = table.text_or_whole(key)
    if isinstance(written, str):
        written = table.read(key, plan_values.bits_per_second)
    if written is None:
        return None
    if not BPS[0] <= int(written) <= BPS[1]:
        raise table.fault(key, f"{key} must be a speed of 1k to 1000G bits in a second")
    return int(written)


def _rate(text: str) -> str:
    """A RouterOS rate string, upload first."""
    if len(text) > 128:
        raise ValueError("a rate has at most 128 characters")
    rate = parse_mikrotik_rate(text)
    if not any(rate.rate_bps):
        raise ValueError("a rate of 0 both ways limits nothing; leave [speeds.mikrotik] out")
    return text


def _policy(text: str) -> str:
    """The name of a policy on a device."""
    if _POLICY.fullmatch(text) is None:
        raise ValueError("the name of a policy is at most 64 printable ASCII characters, no spaces")
    return text
