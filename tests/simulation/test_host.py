"""The simulated machine: the real server boots on it, dies on it, and comes back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from aaa.turn import DeskSettings
from store.database import Database
from tests.simulation import town
from tests.simulation.host import ACCT_PORT, SERVER, Doom, Host
from tests.simulation.network import Network, Weather
from tests.simulation.world import US_PER_S, World, unheard

MINUTE_US = 60 * US_PER_S
# Dead processes leave coroutines in mid-step behind; what they complain of is nobody's finding.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.build(tmp_path_factory.mktemp("town"))


class Stage:
    """A host in a world of its own."""

    def __init__(self, template: Path, room: Path, seed: int = 1) -> None:
        gc.disable()  # as a history does: the dead are collected at the end, in silence
        self.world = World(seed, start_us=town.START_US)
        self.world.timeline = []
        self.network = Network(self.world, Weather())
        town.move_in(template, room)
        self.host = Host(
            self.world,
            self.network,
            room,
            keys=town.keys,
            settings=DeskSettings(),
            limits={"feed_poll_us": 2_000_000, "probe_us": 4_000_000},
        )

    def until_up(self) -> None:
        assert self.world.run(lambda: self.host.up, self.world.now_us + 5 * MINUTE_US)
        assert self.world.failures == []

    def pass_time(self, for_us: int) -> None:
        self.world.run(lambda: False, self.world.now_us + for_us)

    def close(self) -> None:
        self.world.end()
        self.host.disk.close()
        with unheard():
            del self.host, self.world, self.network
            gc.collect()
        gc.enable()


@pytest.fixture
def stage(template: Path, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(template, tmp_path / "room")
    yield made
    made.close()


def test_the_real_server_becomes_ready_in_virtual_time(stage: Stage) -> None:
    stage.host.boot()
    stage.until_up()
    stage.pass_time(10 * MINUTE_US)
    assert stage.host.up
    assert stage.host.points.passed["probe.after"] > 100


def test_a_killed_server_comes_back_on_what_the_page_cache_held(stage: Stage) -> None:
    stage.host.boot()
    stage.until_up()
    stage.host.kill()
    assert not stage.host.up
    stage.until_up()
    assert (stage.host.runs_n, stage.host.boots_n) == (1, 2)


def test_power_cuts_in_a_row_leave_a_database_that_opens(stage: Stage) -> None:
    stage.host.boot()
    for _ in range(5):
        stage.until_up()
        stage.pass_time(MINUTE_US)
        stage.host.cut_power()
    stage.until_up()
    assert stage.world.figures["power cuts"] == 5


def test_a_restart_drains_and_closes_and_boots_again(stage: Stage) -> None:
    stage.host.boot()
    stage.until_up()
    stage.host.restart()
    stage.world.run(lambda: stage.host.boots_n == 2, stage.world.now_us + MINUTE_US)
    stage.until_up()
    assert stage.host.points.passed["close.after"] == 1


def test_a_start_survives_a_crash_at_each_of_its_points_and_steps(
    template: Path, tmp_path: Path
) -> None:
    dooms = [Doom(at_point=n) for n in range(1, 8)]
    dooms += [Doom(at_step=n) for n in (1, 3, 8, 21, 55, 144)]
    dooms += [Doom(in_write=n) for n in (1, 2, 4, 6)]
    for n, doom in enumerate(dooms):
        stage = Stage(template, tmp_path / f"room-{n}", seed=n)
        fates = iter([doom])
        stage.host.next_doom = lambda fates=fates: next(fates, Doom())
        stage.host.boot()
        stage.pass_time(MINUTE_US)
        stage.until_up()
        assert stage.host.boots_n == 2, doom
        stage.close()


def test_office_work_is_done_beside_the_server_and_seen_by_it(stage: Stage) -> None:
    stage.host.boot()
    stage.until_up()
    seen: list[int] = []

    async def count(database: Database) -> int:
        async with database.office() as connection:
            return int((await connection.exec_driver_sql("SELECT count(*) FROM accounts")).scalar())

    async def work() -> None:
        seen.append(await stage.host.office(count))

    stage.host.office_process.spawn(work())
    stage.world.run(lambda: bool(seen), stage.world.now_us + MINUTE_US)
    assert seen == [len(town.residents())]


def test_the_office_dies_with_the_machine(stage: Stage) -> None:
    stage.host.boot()
    stage.until_up()
    stage.host.kill()
    assert not stage.host.office_process.alive


def test_datagrams_of_a_dead_server_never_leave(stage: Stage) -> None:
    stage.host.boot()
    stage.until_up()
    heard: list[bytes] = []
    here = stage.network.bind(stage.world.outside, "10.1.0.1", 0, lambda *a: heard.append(a[0]))
    here.send(b"\x04" + bytes(30), (SERVER, ACCT_PORT), None)
    stage.host.kill()
    stage.pass_time(MINUTE_US)
    assert heard == []
