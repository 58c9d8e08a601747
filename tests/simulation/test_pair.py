"""Two servers on one ground: each dies alone, and the other goes on, behind real locks."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from aaa.turn import DeskSettings
from domain.share import Share
from tests.simulation import town
from tests.simulation.database import InstantConnection
from tests.simulation.ground import FILE
from tests.simulation.host import SECOND, SERVER, Host, Node
from tests.simulation.network import Network, Weather
from tests.simulation.swarm import KINDS, PAIRED, TWO, swarm
from tests.simulation.uplinks import WAYS, Uplinks, drawn
from tests.simulation.world import MINUTE_US, US_PER_S, World, unheard

NODES = (Node(share=Share(guarded=True)), Node(SECOND, "second-", Share(guarded=True)))
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.build(tmp_path_factory.mktemp("town"))


class Two:
    """Two hosts in a world of their own."""

    def __init__(self, template: Path, room: Path) -> None:
        gc.disable()  # as a history does: the dead are collected at the end, in silence
        self.world = World(1, start_us=town.START_US)
        town.move_in(template, room)
        network = Network(self.world, Weather())
        self.hosts: list[Host] = []
        for node in NODES:
            self.hosts.append(
                Host(
                    self.world,
                    network,
                    room,
                    keys=town.keys,
                    settings=DeskSettings(),
                    limits={"feed_poll_us": 2_000_000, "probe_us": 4_000_000},
                    node=node,
                    beside=self.hosts[0] if self.hosts else None,
                )
            )
        for host in self.hosts:
            host.boot()

    def until_up(self) -> None:
        up = self.world.run(
            lambda: all(host.up for host in self.hosts), self.world.now_us + 5 * MINUTE_US
        )
        assert up and self.world.failures == []

    def pass_time(self, for_us: int) -> None:
        self.world.run(lambda: False, self.world.now_us + for_us)
        assert self.world.failures == []

    def close(self) -> None:
        self.world.end()
        self.hosts[0].disk.close()
        with unheard():
            self.hosts.clear()
            del self.world
            gc.collect()
        gc.enable()


@pytest.fixture
def two(template: Path, tmp_path: Path) -> Iterator[Two]:
    made = Two(template, tmp_path / "room")
    made.until_up()
    yield made
    made.close()


def test_one_dies_in_mid_work_and_the_other_goes_on_beside_it(two: Two) -> None:
    first, second = two.hosts
    first.kill()
    assert not first.up and second.up and first.ground.inhabited
    passed_n = second.points.passed["probe.after"]
    two.pass_time(20 * US_PER_S)
    assert second.points.passed["probe.after"] > passed_n + 2
    two.until_up()
    assert [host.boots_n for host in two.hosts] == [2, 1]
    assert first.runs_n == 0, "the files are the same ones"


def test_a_power_cut_ends_both(two: Two) -> None:
    two.hosts[1].cut_power()
    assert not any(host.alive for host in two.hosts)
    two.until_up()
    assert [host.boots_n for host in two.hosts] == [2, 2]
    assert two.hosts[0].runs_n == 1


def test_who_dies_holding_the_write_lock_holds_it_no_more(two: Two) -> None:
    first, second = two.hosts
    held = InstantConnection(two.world, first._life, FILE, first.pace)
    held._connection = first._life.connect(FILE, isolation_level=None, timeout=0)
    held._conn.execute("BEGIN IMMEDIATE")
    first._opened.append(held)
    two.pass_time(8 * US_PER_S)
    assert two.world.figures["waits for a lock"] > 50
    first.kill()
    waits_n = two.world.figures["waits for a lock"]
    two.pass_time(20 * US_PER_S)
    assert two.world.figures["waits for a lock"] <= waits_n + 1
    assert second.up


def test_who_waits_too_long_for_the_lock_answers_nobody_and_comes_back(two: Two) -> None:
    second, life = two.hosts[1], two.hosts[0].disk.life()
    other = life.connect(two.hosts[0].path, isolation_level=None, timeout=0)
    other.execute("BEGIN IMMEDIATE")
    two.pass_time(40 * US_PER_S)
    assert not second.up
    other.execute("ROLLBACK")
    two.pass_time(20 * US_PER_S)
    assert second.up
    other.close()


def test_a_pair_is_the_same_history_with_a_second_server() -> None:
    for seed in range(40):
        one, pair = swarm(seed), swarm(PAIRED + seed)
        assert TWO in pair.kinds and TWO not in one.kinds
        assert one.kinds < pair.kinds <= set(KINDS)
        assert (one.length_us, one.start_us) == (pair.length_us, pair.start_us)
    pairs = [swarm(PAIRED + seed) for seed in range(40)]
    assert {pair.workers for pair in pairs} == {True, False}
    assert any(pair.locks for pair in pairs)


def asked(uplinks: Uplinks, sends_n: int) -> list[tuple[str, ...]]:
    first = uplinks.first()
    return [uplinks.hosts(first, n) for n in range(1, sends_n + 1)]


def test_a_router_turns_to_the_other_server_when_its_own_is_silent() -> None:
    uplinks = Uplinks((SERVER, SECOND), "own", turns_after_n=2)
    assert asked(uplinks, 5) == [(SERVER,), (SERVER,), (SECOND,), (SECOND,), (SERVER,)]
    uplinks.answered(SECOND)
    assert asked(uplinks, 1) == [(SERVER,)]
    stays = Uplinks((SERVER, SECOND), "stays", turns_after_n=1)
    stays.answered(SECOND)
    assert asked(stays, 2) == [(SECOND,), (SERVER,)]


def test_a_router_may_ask_in_turn_or_both_or_by_lot() -> None:
    assert asked(Uplinks((SERVER, SECOND), "in turn"), 3) == [(SERVER,), (SECOND,), (SERVER,)]
    assert asked(Uplinks((SERVER, SECOND), "both"), 2) == [(SERVER, SECOND)] * 2
    by_lot = Uplinks((SERVER, SECOND), "by lot", dice=random.Random(1))
    assert {asked(by_lot, 1)[0] for _ in range(20)} == {(SERVER,), (SECOND,)}
    assert {drawn((SERVER, SECOND), random.Random(n)).way for n in range(60)} == set(WAYS)
    assert asked(drawn((SERVER,), random.Random(1)), 3) == [(SERVER,)] * 3
