"""One seed, one history: a stormy part, then calm, then the reckoning.

In the first part faults happen as the seed's swarm plan says; whatever happens, nothing that was
acknowledged may be lost or charged twice, and the books balance after every commit (safety). Then
every fault ends, and within bounded time everything must come to rest: every record delivered,
every hold resolved, every exhausted session cut (liveness). At last the truth that the routers
wrote down is priced by the oracle and compared with the books.
"""

from __future__ import annotations

import gc
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from aaa.turn import DeskSettings
from tests.simulation import office, town
from tests.simulation.checkers import Checker
from tests.simulation.disk.disk import Fault, seed_randomness
from tests.simulation.host import SERVER, Doom, Host
from tests.simulation.nas import Nas, muster
from tests.simulation.network import Network
from tests.simulation.seams import EPOCH_US
from tests.simulation.swarm import Swarm, swarm
from tests.simulation.truth import Truth
from tests.simulation.world import MINUTE_US, US_PER_S, Stuck, World, unheard

CALM_US = 6 * 60 * MINUTE_US  # within which all must come to rest
REST_LOOK_US = 20 * US_PER_S
PEACEFUL = frozenset({"packages", "office", "routers", "moving in", "shuffle", "restart"})
COLLECT_EVERY = 8  # histories; collecting after each one takes a tenth of the time
TROUBLES = {
    "write": Fault.EIO_WRITE,
    "sync": Fault.EIO_SYNC,
    "read": Fault.EIO_READ,
    "full": Fault.FULL,
}


@dataclass(slots=True)
class Verdict:
    """How a history went."""

    seed: int
    failures: list[str]
    trace: int
    virtual_us: int
    steps_n: int
    figures: Counter[str]
    points_passed: Counter[str]
    points_crashed: Counter[str]
    overdrafts: dict[str, tuple[int, int]]  # by router profile: worst (micros, bound micros)
    timeline: list[str] = field(default_factory=list)


class History:
    """Everybody who takes part in one seed, and what happens to them."""

    def __init__(self, plan: Swarm, template: Path, room: Path, *, timeline: bool = False) -> None:
        """Set the stage in `room`, which must not exist yet."""
        gc.disable()  # a collector that comes at random would end tasks at random
        seed_randomness(plan.seed)
        self.plan = plan
        self.world = World(
            plan.seed, start_us=plan.start_us, shuffle_permille=plan.shuffle_permille
        )
        if timeline:
            self.world.timeline = []
        self.stormy = True
        self.network = Network(self.world, plan.weather)
        moved_us = EPOCH_US + plan.start_us if "moving in" in plan.kinds else None
        town.move_in(template, room, town.ends_us(plan), since_us=moved_us)
        self.host = Host(
            self.world,
            self.network,
            room,
            keys=town.keys,
            settings=DeskSettings(start_wait_s=plan.start_wait_s, stale_min_s=plan.stale_min_s),
            limits=plan.limits,
            pace_us=plan.pace_us,
            sells="packages" in plan.kinds,
        )
        self._dice = self.world.dice("history")
        self.host.next_doom = self._next_doom
        self.host.store_trouble = self._store_trouble
        self.host.reborn_in_us = lambda: self._dice.randrange(100_000, 30 * US_PER_S)
        self.truth = Truth()
        self.routers: list[Nas] = muster(self.world, self.network, self.truth, plan)
        self.office = office.Office(self.world, self.host, self.truth, plan)
        self.checker = Checker(self.world, self.host, self.truth, plan)
        self.host.committed = self.checker.after_commit
        self.host.on_boot = self.checker.after_death

    def _next_doom(self) -> Doom:
        return self.plan.doom(self._dice) if self.stormy else Doom()

    def _store_trouble(self) -> str:
        plan, dice = self.plan, self._dice
        if not self.stormy or dice.randrange(1000) >= plan.store_permille:
            return ""
        what = dice.choice(("conflict", "before", "after"))
        self.world.figures[f"store trouble: {what}"] += 1
        return what

    # ---------------------------------------------------------------- the two parts

    def run(self) -> None:
        """Live through it. Violations are with the world."""
        world = self.world
        try:
            self._storm()
            self._calm()
        except Stuck as error:
            world.violation(f"liveness: {error}")
        world.over = True

    def _storm(self) -> None:
        self._plan_mischief()
        self.host.boot()
        for router in self.routers:
            router.begin()
        self.office.begin()
        if self.plan.kinds <= PEACEFUL:
            self.world.after(REST_LOOK_US, self._watch_places)
        self.world.run(lambda: bool(self.world.failures), self.plan.start_us + self.plan.length_us)

    def _watch_places(self) -> None:
        """Where nothing but people and routers is in the way, all are soon where they belong."""
        if self.stormy and not self.world.failures:
            self.checker.when_calm()
            self.world.after(REST_LOOK_US, self._watch_places)

    def _calm(self) -> None:
        world = self.world
        if world.failures:
            return
        world.say("from here on all is calm")
        self.stormy = False
        self.checker.healed()
        self.network.calm()
        self.host.disk.heal()
        self.host.points.begin(Doom())
        self.host.process.crash_at_step = None
        self.host.pace.mean_us = min(self.plan.pace_us, 1_000)
        for router in self.routers:
            router.calm()
        deadline_us = world.now_us + CALM_US
        while world.now_us < deadline_us and not world.failures:
            if self._at_rest() and not self.checker.unfinished():
                self.checker.at_end()
                return
            world.run(lambda: bool(world.failures), world.now_us + REST_LOOK_US)
            self.checker.when_calm()
        if not world.failures:
            for reason in self._restless():
                world.violation(f"liveness: {reason}")

    def _at_rest(self) -> bool:
        return self.host.up and self.office.at_rest and all(r.at_rest for r in self.routers)

    def _restless(self) -> list[str]:
        reasons = [
            f"router {r.name} is not at rest: {r.why()}" for r in self.routers if not r.at_rest
        ]
        if not self.office.at_rest:
            reasons.append("the office is not done")
        if not self.host.up:
            reasons.append("the server is not up")
        return [*reasons, *self.checker.unfinished()] or ["nobody knows why"]

    # ---------------------------------------------------------------- mischief

    def _plan_mischief(self) -> None:
        world, plan = self.world, self.plan
        for when_us in plan.power_cuts:
            world.after(when_us, self._while_stormy, self.host.cut_power)
        for when_us in plan.restarts:
            world.after(when_us, self._while_stormy, self.host.restart)
        for when_us, by_us in plan.clock_jumps:
            world.after(when_us, self._turn_clock, by_us)
        for when_us, for_us in plan.rushes:
            world.after(when_us, self._rush, for_us)
        for when_us, for_us, lost, both in plan.partitions:
            world.after(when_us, self._part, for_us, lost, both)
        for when_us, for_us, what in plan.disk_faults:
            world.after(when_us, self._trouble_disk, for_us, what)

    def _while_stormy(self, call: object) -> None:
        if self.stormy and callable(call):
            call()

    def _turn_clock(self, by_us: int) -> None:
        if self.stormy:
            self.world.figures["clock jumps"] += 1
            self.truth.clock_jumped = True
            self.host.clock.offset_us += by_us
            self.world.say(f"the server's clock jumps by {by_us / US_PER_S:+.1f} s")

    def _part(self, for_us: int, lost: bool, both: bool) -> None:
        if not self.stormy:
            return
        address = self._dice.choice(self.routers).address
        self.world.figures["partitions" if lost else "clogs"] += 1
        close = self.network.cut if lost else self.network.clog
        ways = [(address, SERVER), (SERVER, address)]
        for source, target in ways if both else [self._dice.choice(ways)]:
            self.world.say(f"no way from {source} to {target} for {for_us / US_PER_S:.1f} s")
            close(source, target, for_us)

    def _rush(self, for_us: int) -> None:
        if self.stormy:
            self.world.figures["rushes"] += 1
            self.world.say(f"all wait for {for_us / US_PER_S:.1f} s")
            for router in self.routers:
                self.network.clog(router.address, SERVER, for_us)

    def _trouble_disk(self, for_us: int, what: str) -> None:
        if not self.stormy:
            return
        self.world.figures[f"disk trouble: {what}"] += 1
        self.world.say(f"disk trouble for {for_us / US_PER_S:.1f} s: {what}")
        if what == "slow":
            self.host.pace.mean_us = self._dice.choice((20_000, 200_000, 2_000_000))
        else:
            fault = TROUBLES[what]
            self.host.disk.arm(fault, self._dice.randrange(20), self._dice.choice((1, 1, 5, 1_000)))
        self.world.after(for_us, self._relieve_disk, what)

    def _relieve_disk(self, what: str) -> None:
        if what == "slow":
            self.host.pace.mean_us = self.plan.pace_us
        else:
            self.host.disk.heal()


def live(seed: int, template: Path, room: Path, *, timeline: bool = False) -> Verdict:
    """Run the history of a seed in a new directory, and clean up after it."""
    return finish(History(swarm(seed), template, room, timeline=timeline), room)


def finish(history: History, room: Path) -> Verdict:
    """Live through a history and throw its world away."""
    try:
        history.run()
        return _verdict(history)
    finally:
        history.world.end()
        history.checker.close()
        history.host.disk.close()
        with unheard():
            seed = history.plan.seed
            del history
            if seed % COLLECT_EVERY == 0:
                gc.collect()
        shutil.rmtree(room)


def _verdict(history: History) -> Verdict:
    world, points = history.world, history.host.points
    return Verdict(
        seed=history.plan.seed,
        failures=list(world.failures),
        trace=world.trace,
        virtual_us=world.now_us - world.start_us,
        steps_n=world.steps_n,
        figures=world.figures,
        points_passed=points.passed,
        points_crashed=points.crashed,
        overdrafts=dict(history.checker.overdrafts),
        timeline=world.timeline or [],
    )
