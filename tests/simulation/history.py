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

from pysqlite3 import dbapi2 as sqlite3

from aaa.turn import DeskSettings
from domain.share import Share
from tests.simulation import office, town
from tests.simulation.checkers import Checker
from tests.simulation.disk.disk import Fault, seed_randomness
from tests.simulation.host import AUTH_PORT, SECOND, Doom, Host, Node
from tests.simulation.nas import Nas, muster
from tests.simulation.network import Address, Network
from tests.simulation.seams import EPOCH_US
from tests.simulation.swarm import TWO, WHOLE, Swarm, swarm
from tests.simulation.truth import Truth
from tests.simulation.world import MINUTE_US, US_PER_S, Stuck, World, unheard

CALM_US = 6 * 60 * MINUTE_US  # within which all must come to rest
REST_LOOK_US = 20 * US_PER_S
PEACEFUL = frozenset(
    {"packages", "office", "routers", "moving in", "shuffle", "restart", TWO, WHOLE}
)
ALONE = (Node(),)
SERVERS = (Node(share=Share(guarded=True)), Node(SECOND, "second-", Share(guarded=True)))
WORKERS = (Node(share=Share(0, 2, True)), Node(SECOND, "second-", Share(1, 2, True)))
COLLECT_EVERY = 8  # histories; collecting after each one takes a tenth of the time
KNOWN_MAX_N = (0, 3, 200_000)  # accounts that a start reads though they are not on line, by seed
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
        town.move_in(template, room, town.ends_us(plan), since_us=moved_us, wholes=plan.wholes)
        self.nodes = ALONE if TWO not in plan.kinds else WORKERS if plan.workers else SERVERS
        self.hosts: list[Host] = []
        for node in self.nodes:
            self.hosts.append(self._made(node, room))
        self.host = self.hosts[0]
        self.hosts[-1].clock.offset_us = plan.skew_us
        self._dice = self.world.dice("history")
        self._pair_dice = self.world.dice("pair")
        self.truth = Truth()
        self.routers: list[Nas] = muster(
            self.world, self.network, self.truth, plan, tuple(node.address for node in self.nodes)
        )
        if TWO in plan.kinds:
            self.network.outlived = self._outlived
        self.office = office.Office(self.world, self.host, self.truth, plan)
        self.checker = Checker(self.world, self.host, self.truth, plan)
        for host in self.hosts:
            host.committed = self.checker.after_commit
        self.host.ground.on_boot = self.checker.after_death

    def _made(self, node: Node, room: Path) -> Host:
        """A machine of this history, on the ground of the first one."""
        plan = self.plan
        host = Host(
            self.world,
            self.network,
            room,
            keys=town.keys,
            settings=DeskSettings(
                start_wait_s=plan.start_wait_s,
                stale_min_s=plan.stale_min_s,
                known_max_n=KNOWN_MAX_N[plan.seed % len(KNOWN_MAX_N)],
            ),
            limits=plan.limits,
            pace_us=plan.pace_us,
            sells="packages" in plan.kinds,
            node=node,
            beside=self.hosts[0] if self.hosts else None,
        )
        host.next_doom = self._next_doom
        host.store_trouble = self._store_trouble
        host.reborn_in_us = lambda: self._dice.randrange(100_000, 30 * US_PER_S)
        return host

    def _outlived(self, source: Address, target: Address, octets: bytes) -> bool:
        """Is it a login that its router has no question about any more?

        Which session a login has begun is remembered by the server that let it in, and not by the
        other one: to that a copy, which comes once the session runs, is a redial. With one server
        such copies do come.
        """
        if target[1] != AUTH_PORT:
            return False
        (router,) = (one for one in self.routers if one.address == source[0])
        return all(octets != question.octets for question in router.asker.open.values())

    def _one_of(self, hosts: list[Host]) -> Host:
        """Whom it strikes, where there are two."""
        return hosts[0] if len(hosts) == 1 else self._pair_dice.choice(hosts)

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
        for host in self.hosts:
            host.boot()
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
        for host in self.hosts:
            host.points.begin(Doom())
            host.process.crash_at_step = None
            host.pace.mean_us = min(self.plan.pace_us, 1_000)
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
        up = all(host.up for host in self.hosts)
        return up and self.office.at_rest and all(r.at_rest for r in self.routers)

    def _restless(self) -> list[str]:
        reasons = [
            f"router {r.name} is not at rest: {r.why()}" for r in self.routers if not r.at_rest
        ]
        if not self.office.at_rest:
            reasons.append("the office is not done")
        if not all(host.up for host in self.hosts):
            reasons.append("the server is not up")
        return [*reasons, *self.checker.unfinished()] or ["nobody knows why"]

    # ---------------------------------------------------------------- mischief

    def _plan_mischief(self) -> None:
        world, plan = self.world, self.plan
        for when_us in plan.power_cuts:
            world.after(when_us, self._while_stormy, self.host.cut_power)
        for when_us in plan.restarts:
            world.after(when_us, self._while_stormy, self._one_of(self.hosts).restart)
        for when_us, by_us in plan.clock_jumps:
            world.after(when_us, self._turn_clock, by_us)
        for when_us, for_us in plan.rushes:
            world.after(when_us, self._rush, for_us)
        for when_us, for_us, lost, both in plan.partitions:
            world.after(when_us, self._part, for_us, lost, both)
        for when_us, for_us in plan.locks:
            world.after(when_us, self._lock, for_us)
        for when_us, for_us, what in plan.disk_faults:
            world.after(when_us, self._trouble_disk, for_us, what)

    def _while_stormy(self, call: object) -> None:
        if self.stormy and callable(call):
            call()

    def _turn_clock(self, by_us: int) -> None:
        if self.stormy:
            self.world.figures["clock jumps"] += 1
            self.truth.clock_jumped = True
            for host in self.hosts:
                host.clock.offset_us += by_us
            self.world.say(f"the server's clock jumps by {by_us / US_PER_S:+.1f} s")

    def _part(self, for_us: int, lost: bool, both: bool) -> None:
        if not self.stormy:
            return
        address = self._dice.choice(self.routers).address
        self.world.figures["partitions" if lost else "clogs"] += 1
        close = self.network.cut if lost else self.network.clog
        server = self._one_of(self.hosts).node.address
        ways = [(address, server), (server, address)]
        for source, target in ways if both else [self._dice.choice(ways)]:
            self.world.say(f"no way from {source} to {target} for {for_us / US_PER_S:.1f} s")
            close(source, target, for_us)

    def _rush(self, for_us: int) -> None:
        if self.stormy:
            self.world.figures["rushes"] += 1
            self.world.say(f"all wait for {for_us / US_PER_S:.1f} s")
            for router in self.routers:
                for node in self.nodes:
                    self.network.clog(router.address, node.address, for_us)

    def _lock(self, for_us: int) -> None:
        """Somebody else holds the write lock for a while: who commits waits, or gives up."""
        if not self.stormy or self.host.disk.dead:
            return
        life = self.host.disk.life()
        try:
            connection = life.connect(self.host.path, isolation_level=None, timeout=0)
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            return

        def let_go() -> None:
            life.die()  # it has written nothing, and tidies up nothing
            connection.close()

        self.world.figures["write locks held by others"] += 1
        self.world.say(f"the write lock is taken for {for_us / US_PER_S:.1f} s")
        self.world.after(for_us, let_go)

    def _trouble_disk(self, for_us: int, what: str) -> None:
        if not self.stormy:
            return
        self.world.figures[f"disk trouble: {what}"] += 1
        self.world.say(f"disk trouble for {for_us / US_PER_S:.1f} s: {what}")
        if what == "slow":
            mean_us = self._dice.choice((20_000, 200_000, 2_000_000))
            for host in self.hosts:
                host.pace.mean_us = mean_us
        else:
            fault = TROUBLES[what]
            self.host.disk.arm(fault, self._dice.randrange(20), self._dice.choice((1, 1, 5, 1_000)))
        self.world.after(for_us, self._relieve_disk, what)

    def _relieve_disk(self, what: str) -> None:
        if what == "slow":
            for host in self.hosts:
                host.pace.mean_us = self.plan.pace_us
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
    world, points = history.world, [host.points for host in history.hosts]
    return Verdict(
        seed=history.plan.seed,
        failures=list(world.failures),
        trace=world.trace,
        virtual_us=world.now_us - world.start_us,
        steps_n=world.steps_n,
        figures=world.figures,
        points_passed=sum((one.passed for one in points), Counter()),
        points_crashed=sum((one.crashed for one in points), Counter()),
        overdrafts=dict(history.checker.overdrafts),
        timeline=world.timeline or [],
    )
