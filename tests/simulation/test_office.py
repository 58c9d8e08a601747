"""The office on a real machine: every errand is done once, however often it dies in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation import town
from tests.simulation.office import Office
from tests.simulation.swarm import swarm
from tests.simulation.test_host import Stage
from tests.simulation.truth import Truth
from tests.simulation.world import MINUTE_US

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.build(tmp_path_factory.mktemp("town"))


@pytest.fixture
def stage(template: Path, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(template, tmp_path / "room", seed=5)
    yield made
    made.close()


def test_p1_what_the_office_knows_to_be_booked_is_booked_once_through_all_crashes(
    stage: Stage,
) -> None:
    host, world, truth = stage.host, stage.world, Truth()
    truth.plan_of = {one.login: one.plan for one in town.residents()}
    plan = replace(swarm(1), office_n=14, start_us=town.START_US, length_us=4 * MINUTE_US)
    office = Office(world, host, truth, plan)
    host.boot()
    stage.until_up()
    office.begin()
    for n in range(1, 12):
        world.after(n * 20_011_003, host.kill)
    deadline_us = world.now_us + 120 * MINUTE_US
    assert world.run(lambda: office.at_rest, deadline_us)
    assert world.failures == []
    known = {one.key: one for one in truth.payments}
    assert {one.kind for one in known.values()} >= {"top-up"}
    assert all(one.done_us is not None or one.declined for one in known.values())
    assert world.figures["errands"] >= 14
    rows = host.disk.connect(host.path).execute(
        "select key, kind, (select sum(amount_micros) from postings where"
        " postings.entry_id = entries.entry_id and book = 'customer'"
        " and postings.account_id = entries.account_id) from entries where key like 'ref:%'"
    )
    booked = {key: amount for key, _, amount in rows.fetchall()}
    assert booked
    assert booked == {
        key: one.amount_micros for key, one in known.items() if one.done_us is not None
    }
    assert all(change.done_us is not None for change in truth.changes)
