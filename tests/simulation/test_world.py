"""The world itself: its time, its order, its deaths, its repeatability."""

from __future__ import annotations

import asyncio

import pytest

from tests.simulation.network import Network, Weather
from tests.simulation.world import US_PER_S, Process, Stuck, World

HOUR_US = 3_600 * US_PER_S


def test_time_jumps_to_the_next_timer_and_stands_still_meanwhile() -> None:
    world, seen = World(1), []
    world.after(HOUR_US, lambda: seen.append(world.now_us))
    world.after(5, lambda: seen.append(world.now_us))
    world.run(lambda: len(seen) == 2, 2 * HOUR_US)
    assert seen == [5, HOUR_US]


def test_a_deadline_ends_a_run_and_moves_the_clock_to_it() -> None:
    world = World(1)
    world.after(HOUR_US, lambda: None)
    assert not world.run(lambda: False, 10)
    assert world.now_us == 10


def test_a_world_in_which_nothing_can_happen_is_a_deadlock() -> None:
    world = World(1)

    async def wait_for_nobody() -> None:
        await asyncio.Event().wait()

    world.outside.spawn(wait_for_nobody())
    with pytest.raises(Stuck, match="nobody will ever"):
        world.run(lambda: False, HOUR_US)
    world.end()


def test_asyncio_code_runs_as_on_any_loop() -> None:
    world, seen = World(1), []
    lock_us: list[int] = []

    async def work(name: str, lock: asyncio.Lock) -> None:
        async with lock:
            lock_us.append(world.now_us)
            await asyncio.sleep(2)
        seen.append(await asyncio.wait_for(asyncio.sleep(1, name), 5))

    async def both() -> None:
        lock = asyncio.Lock()
        await asyncio.gather(work("a", lock), work("b", lock))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 1)
        seen.append("done")

    world.outside.spawn(both())
    world.run(lambda: "done" in seen, HOUR_US)
    assert seen == ["a", "b", "done"]
    assert lock_us == [0, 2 * US_PER_S]


def test_a_dead_process_does_nothing_more_and_no_finally_helps_it() -> None:
    world, seen = World(1), []
    process = Process(world, "doomed")

    async def work() -> None:
        try:
            await world.sleep(1_000)
            seen.append("woke up")
        finally:
            seen.append("cleaned up")

    process.spawn(work())
    world.after(500, process.kill)
    world.after(2_000, lambda: seen.append("later"))
    world.run(lambda: "later" in seen, HOUR_US)
    assert seen == ["later"]
    world.end()


def test_a_process_can_be_killed_before_any_of_its_callbacks() -> None:
    for step in range(1, 6):
        world, seen = World(1), []
        process = Process(world, "doomed")
        process.crash_at_step = step

        async def work(seen: list[int] = seen, world: World = world) -> None:
            for n in range(10):
                seen.append(n)
                await world.sleep(1)

        process.spawn(work())
        world.after(100, lambda: None)
        world.run(lambda world=world: world.now_us >= 100, HOUR_US)
        assert not process.alive
        assert len(seen) < 5
        world.end()


def test_an_exception_that_nobody_catches_is_a_violation() -> None:
    world = World(1)

    async def fail() -> None:
        raise ValueError("a planted one")

    world.outside.spawn(fail(), "worker")
    world.after(1, lambda: 1 // 0)
    world.run(lambda: len(world.failures) == 2, HOUR_US)
    assert "worker: ValueError" in world.failures[0]
    assert "ZeroDivisionError" in world.failures[1]


def talk(seed: int, weather: Weather, shuffle_permille: int = 0) -> tuple[World, list[bytes]]:
    world = World(seed, shuffle_permille=shuffle_permille)
    network, heard = Network(world, weather), []
    here = network.bind(world.outside, "10.0.0.1", 0, lambda *_: None)
    network.bind(world.outside, "10.0.0.2", 1812, lambda octets, *_: heard.append(octets))
    for n in range(200):
        world.after(n * 1_000, here.send, bytes([n] * 20), ("10.0.0.2", 1812), None)
    world.after(HOUR_US, lambda: None)
    world.run(lambda: world.now_us >= HOUR_US, 2 * HOUR_US)
    return world, heard


def test_a_good_network_delivers_everything_once() -> None:
    world, heard = talk(1, Weather())
    assert sorted(heard) == sorted(bytes([n] * 20) for n in range(200))
    assert world.figures["datagrams lost"] == 0


def test_bad_weather_loses_doubles_reorders_cuts_and_bends() -> None:
    world, heard = talk(7, Weather(loss=100, double=100, late=100, truncate=100, flip=100))
    assert heard != sorted(heard)
    assert {len(octets) == 20 for octets in heard} == {True, False}
    names = ("lost", "doubled", "late", "truncated", "bent")
    assert all(world.figures[f"datagrams {name}"] > 3 for name in names)


def test_a_cut_path_loses_and_a_clogged_one_keeps() -> None:
    world = World(1)
    network, heard = Network(world, Weather()), []
    here = network.bind(world.outside, "10.0.0.1", 0, lambda *_: None)
    network.bind(world.outside, "10.0.0.2", 1812, lambda octets, *_: heard.append(octets))
    network.cut("10.0.0.1", "10.0.0.2", 1_000)
    here.send(b"lost", ("10.0.0.2", 1812), None)
    network.clog("10.0.0.1", "10.0.0.2", US_PER_S)
    here.send(b"kept", ("10.0.0.2", 1812), None)
    world.run(lambda: bool(heard), HOUR_US)
    assert heard == [b"kept"]
    assert world.now_us > US_PER_S


def test_one_seed_has_one_history_and_another_seed_another() -> None:
    weather = {"loss": 50, "double": 50, "late": 200}
    one, two, other = (talk(seed, Weather(**weather), 500)[1] for seed in (3, 3, 4))
    assert one == two != other
