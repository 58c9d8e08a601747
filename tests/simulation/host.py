"""The machine that the server runs on: its disk, its processes, and how it dies and comes back.

The server is the one that ships: lifecycle, doors, batcher, desk, store, sender of orders. What
surrounds it are the world's seams, and a store and ports that pass named crash points. A crash
kills every process of the machine in mid-step; the next boot finds what the page cache held (the
process died) or what the disk held (the power failed): `ground` has both. Two machines may stand on
one ground, as nodes or as workers of one server; then each dies and boots by itself.

Office work (top-ups, plans, devices) runs in a process beside the server, as the command line
does, on connections of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aaa.desk import Desk
from aaa.ports import Changes, Conflict, Loaded, Sealer, StoreUnavailable, Want
from aaa.turn import DeskSettings
from domain.grant import Order
from domain.share import ALONE, Share
from server.lifecycle import Server
from server.limits import Limits
from store.database import Database
from store.desk import DeskStore
from store.office_packages import Renewer
from tests.simulation.database import InstantConnection, Pace, connector
from tests.simulation.disk.disk import Disk, Fault, Life
from tests.simulation.ground import FILE, Ground
from tests.simulation.network import Address, Network, Port
from tests.simulation.seams import MachineClock, SeededChance, running_process, seams_of
from tests.simulation.world import Process, World
from tests.untold import Untold

SERVER, SECOND = "10.255.0.1", "10.255.0.2"
AUTH_PORT, ACCT_PORT = 1812, 1813
SOUND_ERRORS = ("the database is away, nobody is answered",)  # what faults may lead to

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Node:
    """Which of the servers of a history it is."""

    address: str = SERVER
    name: str = ""  # before the names of its processes and of its dice
    share: Share = ALONE


@dataclass(slots=True)
class Doom:
    """How one run of the server ends, if it does not live on. At most one field is set."""

    at_step: int = 0  # before its n-th callback: at any await
    at_point: int = 0  # as it passes its n-th crash point, whichever that is
    at_named: tuple[str, int] = ("", 0)  # as it passes this crash point for the n-th time
    in_write: int = 0  # at its n-th write, sync or truncation; torn if n is odd


@dataclass(slots=True)
class Points:
    """The named crash points: how often each was passed, in all and by this run."""

    world: World
    passed: Counter[str] = field(default_factory=Counter)
    crashed: Counter[str] = field(default_factory=Counter)
    run: Counter[str] = field(default_factory=Counter)
    run_n: int = 0
    doom: Doom = field(default_factory=Doom)

    def begin(self, doom: Doom) -> None:
        """A new run of the server, with a fate."""
        self.doom = doom
        self.run.clear()
        self.run_n = 0

    def pass_by(self, name: str) -> None:
        """The server is here; this may be where it dies."""
        process = running_process()
        if not process.alive or process is self.world.outside:
            return
        self.passed[name] += 1
        self.run[name] += 1
        self.run_n += 1
        doom = self.doom
        if doom.at_point == self.run_n or doom.at_named == (name, self.run[name]):
            self.crashed[name] += 1
            self.world.say(f"crash at {name}")
            process.crash()


class WatchedStore(DeskStore):
    """The store that ships, with crash points around what it does.

    `trouble()` is what another database than SQLite may do to a commit: "" nothing, "conflict"
    (serialization failure, deadlock), "before" (the connection is lost before the commit came
    there), "after" (it is lost when the commit was done already: the outcome is unknown).
    """

    points: Points
    committed: Callable[[], None]
    trouble: Callable[[], str]
    _planned: tuple[Changes, str] | None = None  # what comes next, and what will happen to it

    def die(self) -> None:
        """Its process is dead: give back what SQLite would keep a closed connection open for."""
        writer = getattr(self._road, "_writer", None)
        if writer is not None:
            writer.close()

    async def load(self, want: Want) -> Loaded:
        """Read for a batch."""
        loaded = await super().load(want)
        self.points.pass_by("load.after")
        return loaded

    def prepare(self, changes: Changes) -> None:
        """Prepare a batch, whose commit may begin now, unless it will not come there."""
        self._planned = changes, self.trouble()
        if self._planned[1] in ("", "after"):
            super().prepare(changes)

    async def commit(self, changes: Changes) -> None:
        """Commit a batch, and have the books looked at."""
        self.points.pass_by("commit.before")
        planned, self._planned = self._planned, None
        prepared = planned is not None and planned[0] is changes
        trouble = planned[1] if planned is not None and prepared else self.trouble()
        if trouble == "conflict":
            raise Conflict("planned")
        if trouble == "before":
            raise StoreUnavailable("planned: the connection was lost before the commit")
        await super().commit(changes)
        self.committed()
        if trouble == "after":
            raise StoreUnavailable("planned: the connection was lost after the commit")
        self.points.pass_by("commit.after")

    async def feed_seq(self) -> int:
        """Where the feed stands; the first thing a start asks."""
        self.points.pass_by("start.feed")
        return await super().feed_seq()

    async def load_devices(self) -> Any:
        """Devices, at the start and when one was changed."""
        devices = await super().load_devices()
        self.points.pass_by("devices.after")
        return devices

    async def pending_orders(self) -> list[Order]:
        """Orders that the last run left behind."""
        orders = await super().pending_orders()
        self.points.pass_by("orders.loaded")
        return orders

    async def probe(self, at_us: int) -> None:
        """Prove that the store commits."""
        await super().probe(at_us)
        self.points.pass_by("probe.after")

    async def checkpoint(self) -> None:
        """Move the WAL into the database."""
        self.points.pass_by("checkpoint.before")
        await super().checkpoint()
        self.points.pass_by("checkpoint.after")


class SpokenLog:
    """The server's log, as lines of the timeline. An error that no fault explains is a finding."""

    def __init__(self, world: World, process: Process) -> None:
        """The log of one process."""
        self._world = world
        self._process = process

    def info(self, event: str, **facts: Any) -> None:
        """Something an operator may like to know."""
        self._tell("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Something an operator should look at."""
        self._tell("warning", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Something that is broken."""
        self._tell("error", event, facts)
        if self._process.alive and event not in SOUND_ERRORS:
            self._world.violation(f"the server says: {event} {_shown(facts)}")

    def _tell(self, level: str, event: str, facts: dict[str, Any]) -> None:
        if self._process.alive and not self._world.over:
            self._world.say(f"{self._process.name} {level}: {event} {_shown(facts)}")


def _shown(facts: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in facts.items() if name != "exc_info")


class Host:
    """One machine. `boot` starts the server; `kill` and `cut_power` end everything on it."""

    def __init__(
        self,
        world: World,
        network: Network,
        room: Path,
        *,
        keys: Callable[[SeededChance], Sealer],
        settings: DeskSettings,
        limits: dict[str, Any],
        pace_us: int = 300,
        sells: bool = False,
        node: Node = Node(),
        beside: Host | None = None,
    ) -> None:
        """`room/run-0` holds the database that the first boot finds; `sells` packages by itself.

        `beside` another it stands on that one's ground. Every host is to be made before one boots.
        """
        self.world = world
        self.network = network
        self.node = node
        self.ground = Ground(world, room) if beside is None else beside.ground
        self.ground.tenants.append(self)
        self.clock = MachineClock(world)
        self.points = Points(world)
        self.pace = Pace(world.dice(f"{node.name}pace"), pace_us)
        self.boots_n = 0
        self.server: Server | None = None
        self.desk: Desk | None = None
        self.committed: Callable[[], None] = lambda: None
        self.reborn_in_us: Callable[[], int] = lambda: 1_000_000
        self.next_doom: Callable[[], Doom] = Doom
        self.store_trouble: Callable[[], str] = str
        self._sells = sells
        self._keys = keys
        self._settings = settings
        self._limits = limits
        self._closes: list[Callable[[], Awaitable[None]]] = []
        self._store: WatchedStore | None = None
        self._opened: list[InstantConnection] = []
        self._life: Disk | Life = self.disk
        self.process = Process(world, f"{node.name}server-0")
        self.office_process = Process(world, f"{node.name}office-0")
        self._rebirth = world.after(0, lambda: None)
        network.on_bind.append(self._watch_port)

    @property
    def disk(self) -> Disk:
        """The disk of the current run."""
        return self.ground.disk

    @property
    def runs_n(self) -> int:
        """How often everybody on its ground has died."""
        return self.ground.runs_n

    @property
    def path(self) -> Path:
        """The database of the current run."""
        return self.ground.path

    @property
    def url(self) -> str:
        """Its address, as Tollhouse wants it."""
        return f"sqlite:///{self.path}"

    @property
    def alive(self) -> bool:
        """Does the server run, or is it starting?"""
        return self.process.alive and self.boots_n > 0

    @property
    def up(self) -> bool:
        """Is the server alive and ready?"""
        server = self.server
        return (
            self.process.alive
            and server is not None
            and server.readiness.ready(self.clock.monotonic_us())
        )

    # ---------------------------------------------------------------- life

    def boot(self) -> None:
        """Start the server on what lies in the current directory."""
        world = self.world
        self.boots_n += 1
        self.server = None
        self._life = self.ground.life()
        self.process = Process(world, f"{self.node.name}server-{self.boots_n}")
        self.office_process = Process(world, f"{self.node.name}office-{self.boots_n}")
        self.process.on_death.append(self._died)
        doom = self.next_doom()
        self.points.begin(doom)
        self.process.crash_at_step = doom.at_step or None
        if doom.in_write:
            torn = doom.in_write % 2
            self._life.arm(Fault.CRASH_TORN if torn else Fault.CRASH, doom.in_write)
        world.say(f"{self.node.name}boot {self.boots_n} {doom}")
        self.process.spawn(self._serve(self.process), "main")

    async def _serve(self, process: Process) -> None:
        try:
            database = await self.open_database()
            chance = SeededChance(self.world.dice(process.name))
            keys, share = self._keys(chance), self.node.share
            dice = self.world.dice(process.name)
            seams = seams_of(process, self.clock, self.network, dice, share)
            store = await WatchedStore.open(database, keys, share, spawn=seams.spawn)
            assert isinstance(store, WatchedStore)
            self._store = store
            store.points, store.committed = self.points, self.committed
            store.trouble = self.store_trouble
            self.desk = Desk(
                store,
                self._settings,
                ids=seams.ids,
                randomness=seams.randomness,
                sealer=keys,
                share=share,
            )
            log = SpokenLog(self.world, process)
            own: dict[str, Any] = {"auth_port": AUTH_PORT, "acct_port": ACCT_PORT}
            own |= {"listen": (self.node.address,), "ahead_min_n": 1}  # of the smallest batch, too
            limits = Limits(**(own | self._limits))
            sells = self._sells and share.number == 0
            packages = Renewer(database, seams.ids) if sells else None
            server = Server(seams, limits, store=store, desk=self.desk, log=log, packages=packages)
            process.failed = server.broke
            self._closes = [store.checkpoint, store.close, database.close]
            await server.start()
            self.server = server
            self.points.pass_by("start.done")
        except (StoreUnavailable, OSError) as error:
            self.world.say(f"the server cannot start: {error}")
            process.kill()

    async def open_database(self) -> Database:
        """A database for the process that asks, on connections of its own."""
        connect = connector(self.world, self._life, FILE, self.pace, self._opened)
        return await Untold.open(self.url, connect)

    async def office(self, work: Callable[[Database], Awaitable[Result]]) -> Result:
        """Do office work in the office's process; to be awaited there."""
        database = await self.open_database()
        try:
            result = await work(database)
        finally:
            await database.close()
        self.committed()
        return result

    # ---------------------------------------------------------------- death

    def restart(self) -> None:
        """An operator restarts the server: it drains, closes its books and ends (SIGTERM)."""
        if self.up:
            self.world.figures["restarts"] += 1
            self.process.spawn(self._drain(), "drain")

    async def _drain(self) -> None:
        assert self.server is not None
        await self.server.drain()
        self.points.pass_by("drain.after")
        try:
            for close in self._closes:
                await close()
        except StoreUnavailable as error:
            self.world.say(f"the database could not be closed: {error}")
        self.points.pass_by("close.after")
        self.process.kill()

    def kill(self) -> None:
        """Every process of the machine dies now; the page cache lives on."""
        self.process.kill()

    def cut_power(self) -> None:
        """The power fails: what was not synced may be lost, torn or kept."""
        self.world.figures["power cuts"] += 1
        self.ground.end(power=True)

    def _died(self) -> None:
        self.world.figures["crashes"] += 1
        self.ground.leave(self, self._life)

    def perish(self) -> None:
        """Everything on the machine is dead."""
        self.process.on_death.clear()
        self.process.kill()
        self.office_process.kill()
        opened, self._opened = self._opened, []
        if self._life is not self.disk:  # a disk of its own is thrown away with all of them
            if self._store is not None:
                self._store.die()
            for connection in opened:
                connection.drop()
        self._store = None

    def come_back(self) -> None:
        """Boot again, later."""
        # It may die once more while it is down: then it comes back later, and once.
        self._rebirth.cancel()
        self._rebirth = self.world.after(self.reborn_in_us(), self.boot)

    def _watch_port(self, port: Port) -> None:
        """Crash points before and after each datagram that the server sends."""
        if port.host != self.node.address:
            return
        kind = "reply" if port.port in (AUTH_PORT, ACCT_PORT) else "order"

        def before(octets: bytes, address: Address) -> None:
            self.points.pass_by(f"{kind}.before_send")

        def after(octets: bytes, address: Address) -> None:
            self.points.pass_by(f"{kind}.after_send")

        port.before_send, port.after_send = before, after
