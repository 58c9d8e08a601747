"""Whole plans as the judge reads and reckons them: the worked month, clocks, and doctored books."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.aaa.gate import T0_US, Gate, class_of
from tests.simulation.ground import FILE
from tests.simulation.stage import Stage, stage
from tests.simulation.swarm import RICH, WHOLE, swarm
from tests.simulation.truth import Truth
from tests.simulation.whole_rows import Rows, Times
from tests.simulation.whole_text import Whole, read_whole
from tests.simulation.whole_walk import Rise, Used, walk

GB = 10**9
MONTH = """
name = "worked-month"
currency = "EUR"
package = { validity = "1mo", price = "10" }
[[band]]
name = "night"
from = "00:00"
until = "06:00"
[price.volume]
amount = "1.00"
per = "GB"
period = "month"
[[price.volume.tier]]
from = "10 GB"
amount = "0.50"
[[bundle]]
name = "night"
volume = "30 GB"
bands = ["night"]
priority = 50
[[bundle]]
name = "any-time"
volume = "20 GB"
[[cap]]
period = "month"
most = "15"
"""
NIGHTLY = """
name = "nightly"
currency = "USD"
timezone = "Europe/Berlin"
[[band]]
name = "late"
from = "02:30"
until = "03:00"
[price.volume]
amount = "1"
per = "MB"
"""


def whole(text: str) -> Whole:
    found = read_whole(text)
    assert found is not None
    return found


def us(day: int, hour: int) -> int:
    return int(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp()) * 10**6


def test_the_worked_month_of_the_manual_costs_what_it_says() -> None:
    plan, rows = whole(MONTH), Rows()
    times = Times("UTC", us(1, 0), (us(1, 0),), None)
    spent = []
    for begin, end, used_gb in (
        ((2, 20), (2, 23), 12),
        ((5, 23), (6, 1), 6),
        ((9, 2), (9, 5), 29),
        ((14, 10), (14, 12), 9),
        ((20, 10), (20, 12), 10),
        ((27, 10), (27, 12), 8),
    ):
        used = Used()
        rise = Rise(0, used_gb * GB, 3_600, us(*begin), us(*end))
        walk(plan, used, rise, rows, times, fees=(False, False))
        spent.append(used.cost(plan, fee=False))
    assert spent == [0, 0, 0, 6_000_000, 7_000_000, 2_000_000]


def test_bands_follow_the_wall_where_clocks_change() -> None:
    plan, zone = whole(NIGHTLY), ZoneInfo("Europe/Berlin")

    def at(*wall: int, fold: int = 0) -> str:
        local = datetime(*wall, tzinfo=zone, fold=fold)  # type: ignore[arg-type,misc]
        return plan.band_at(int(local.timestamp()) * 10**6)

    assert at(2026, 10, 25, 2, 29) == "other"
    assert at(2026, 10, 25, 2, 30) == "late"
    # It is shown twice: what was reached stays reached.
    assert at(2026, 10, 25, 2, 10, fold=1) == at(2026, 10, 25, 2, 59, fold=1) == "late"
    assert at(2026, 10, 25, 3, 0) == "other"
    assert at(2027, 3, 28, 1, 59) == at(2027, 3, 28, 3, 0) == "other"  # the hour is not there


def test_a_month_from_the_31st_begins_on_last_days() -> None:
    times = Times("UTC", int(datetime(2026, 1, 31, 9, tzinfo=UTC).timestamp()) * 10**6, (0,), None)
    assert times.bounds("month", us(15, 0)) == (
        int(datetime(2026, 2, 28, tzinfo=UTC).timestamp()) * 10**6,
        us(31, 0),
    )


CARRYING = """
name = "carrying"
currency = "USD"
[price.volume]
amount = "1"
per = "MB"
[[bundle]]
name = "daily"
volume = "10 MB"
period = "day"
rollover = { most = "10 MB", periods = 2 }
"""


def test_t6_what_was_carried_over_and_ended_months_ago_is_nobodys_however_old_a_rise_is() -> None:
    plan, rows, used = whole(CARRYING), Rows(), Used()
    times = Times("UTC", us(1, 0), (us(1, 0),), None)
    walk(plan, used, Rise(0, 10**6, 1, us(1, 0), us(1, 1)), rows, times, fees=(False, False))
    first = rows.stock["bundle/day/carrying/daily", us(1, 0)]
    assert first.used == 10**6
    year_us = us(1, 1) + 300 * 86_400 * 10**6
    walk(plan, used, Rise(0, 30 * 10**6, 1, us(1, 1), year_us), rows, times, fees=(False, False))
    assert first.used == 10**6
    walk(plan, used, Rise(0, 4 * 10**6, 1, us(1, 1), us(3, 1)), rows, times, fees=(False, False))
    assert first.used > 10**6


def test_plain_plans_are_not_whole_ones_and_drawn_ones_are_plans() -> None:
    assert read_whole('name = "x"\n[price.volume]\namount = "1"\nper = "MB"\n') is None
    plan = swarm(RICH + 5)
    assert WHOLE in plan.kinds and set(plan.wholes.of.values()) <= set(plan.wholes.texts)
    assert swarm(RICH + 5) == plan


# -------------------------------------------------------------------- doctored books

SHARED = """
name = "shared-day"
currency = "USD"
sessions = 2
[[band]]
name = "noon"
from = "09:00"
until = "12:00"
[price.volume]
amount = "0.10"
per = "MB"
[[rate]]
bands = ["noon"]
volume = { amount = "0.20", per = "MB" }
[[bundle]]
name = "daily"
volume = "5 MB"
period = "day"
[[cap]]
period = "month"
most = "1.00"
"""


@pytest.fixture
def house(tmp_path: Path) -> Stage:
    """A session across the beginning of a band, beyond a bundle and into a cap."""
    gate = Gate(f"sqlite:///{tmp_path / FILE}")
    gate.add_plan(SHARED)
    gate.at(0).add_subscriber("alice", plan="shared-day")
    token = class_of(gate.accept(id="A"))
    gate.record("start", token=token, id="A")
    for t, octets in ((300, 4 * 10**6), (900, 30 * 10**6)):
        gate.at(t).record("interim", token=token, id="A", st=t, o=octets)
    assert gate.sessions()[0].charged_micros == 1_000_000 and T0_US // 10**6 % 86_400 == 32_000
    gate.close()
    return stage(tmp_path / FILE, Truth(), tmp_path / "room")


def found(house: Stage, *statements: str) -> set[str]:
    """Which rules a look finds broken in books that were doctored."""
    house.doctor(*statements, "UPDATE session_totals SET version = version + 1")
    house.checker.after_commit()
    house.close()
    return {text.partition(":")[0] for text in house.world.failures}


def test_sound_books_are_sound(house: Stage) -> None:
    assert found(house) == set()
    assert house.world.figures["records reckoned by bands"] == 3
    assert house.world.figures["pots compared"] == 2


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ("T6", "UPDATE pots SET used = used - 1 WHERE pot LIKE 'bundle/%'"),
        ("T6", "UPDATE pots SET used = used + 1 WHERE pot LIKE 'cap/%'"),
        ("T6", "DELETE FROM pots WHERE pot LIKE 'cap/%'"),
        ("T6", "UPDATE pots SET lost = 1 WHERE pot LIKE 'bundle/%'"),
        ("A2", "UPDATE session_totals SET uses = CAST(x'01' || substr(uses, 2) AS BLOB)"),
    ],
)
def test_what_pots_and_cells_say_otherwise_is_reported(
    house: Stage, rule: str, statement: str
) -> None:
    assert rule in found(house, statement)
