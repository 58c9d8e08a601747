"""The people in the office: they take money, move it, change plans and subscribers.

Each errand is done in the office's process by the functions that the command line uses. That
process may die at any await; then nobody knows whether the errand was done, and the person does
it once more after the next boot, with the same key. What is known is in the truth. Some errands
are run by two people at once, under one key: the books must take one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aaa.ports import StoreUnavailable
from domain.seams import Clock
from server.seams import MonotoneIds
from store.database import Database, UnsafeDatabase
from store.office_money import Raced
from tests.simulation import town
from tests.simulation.errands import Changes, Desk, Purse, Shop
from tests.simulation.host import Host
from tests.simulation.seams import SeededChance
from tests.simulation.swarm import WHOLE, Swarm
from tests.simulation.truth import Truth
from tests.simulation.world import MINUTE_US, US_PER_S, World

USUAL = (
    ("top-up", "correction", "transfer", "plan-text", "plan", "suspend", "device", "cut"),
    (36, 8, 12, 14, 8, 8, 8, 10),
)
SELLING = (
    ("renew", "extend", "top-up", "suspend", "transfer", "plan-text", "plan", "device", "cut"),
    (36, 6, 24, 12, 5, 4, 8, 2, 3),
)
BOOSTS = 0.4  # of all errands, where plans have boosters
TWICE = ("top-up", "correction", "transfer", "renew", "extend", "boost")  # by two people at once
PATIENCE_US = 20 * US_PER_S  # until somebody tries again

Work = Callable[[Desk], Awaitable[None]]


@dataclass(slots=True)
class Errand:
    """One thing to do, and to do again until it is known to be done."""

    name: str
    work: Work
    after_us: int
    people_n: int = 1


class Office:
    """All office work of a history."""

    def __init__(self, world: World, host: Host, truth: Truth, plan: Swarm) -> None:
        """Plans the errands; nothing happens before `begin`."""
        self._world = world
        self._host = host
        self._truth = truth
        self._plan = plan
        self._dice = world.dice("office")
        self._running_n = 0
        self._tries_n = 0
        self._calming = False

    def begin(self) -> None:
        """From now on errands come in."""
        for n in range(self._plan.office_n):
            errand = self._draw(n)
            self._world.after(errand.after_us, self._set_out, errand)
        if "packages" in self._plan.kinds:
            self._load_versions()

    def _load_versions(self) -> None:
        """What is sold gets new prices, while there is time that was bought at the old ones."""
        dice = self._world.dice("versions")
        for n, name in enumerate(sorted(town.PACKAGED)):
            work = Changes(self._world, self._truth).plan_text(dice, name)
            after_us = dice.randrange(self._plan.length_us)
            self._world.after(after_us, self._set_out, Errand(f"version {n}", work, after_us))

    def calm(self) -> None:
        """No new errands; those begun are brought to an end."""
        self._calming = True

    @property
    def at_rest(self) -> bool:
        """Is nobody at work, and none to come?"""
        over = self._world.now_us > self._world.start_us + self._plan.length_us
        return not self._running_n and (over or self._calming or not self._plan.office_n)

    # ---------------------------------------------------------------- what there is to do

    def _draw(self, n: int) -> Errand:
        dice, truth = self._dice, self._truth
        after_us = dice.randrange(self._plan.length_us)
        logins = self._plan_logins()
        purse, changes = Purse(self._world, truth, n), Changes(self._world, truth)
        login, other = dice.choice(logins), dice.choice(list(truth.plan_of))
        kinds, weights = SELLING if "packages" in self._plan.kinds else USUAL
        kind = dice.choices(kinds, weights)[0]
        if WHOLE in self._plan.kinds and dice.random() < BOOSTS:
            kind = "boost"
        work: Work
        if kind == "top-up":
            amount = dice.choice((10_000, 500_000, 2_000_000, dice.randrange(1, 5_000_000)))
            work = purse.top_up(login, amount)
        elif kind == "correction":
            work = purse.correct(login, dice.choice((-1, 1)) * dice.randrange(1, 400_000))
        elif kind == "transfer":
            work = purse.transfer(login, other, dice.randrange(1, 1_500_000))
        elif kind in ("renew", "extend", "boost"):
            shop = Shop(self._world, truth, f"{kind}-{dice.choice((n, n, n - 1))}")
            if kind == "boost":
                work = shop.boost(login, dice)
            else:
                work = shop.renew(login) if kind == "renew" else shop.extend(login)
        elif kind == "plan-text":
            work = changes.plan_text(dice)
        elif kind == "plan":
            work = changes.plan(login, dice)
        elif kind == "suspend":
            work = changes.status(login, "suspended")
            resumed_us = after_us + dice.randrange(US_PER_S, 5 * MINUTE_US)
            back = Errand(f"resume {login}", changes.status(login, "active"), resumed_us)
            self._world.after(resumed_us, self._set_out, back)
        elif kind == "device":
            work = changes.device(dice)
        else:
            work = changes.disconnect(login)
        people_n = 2 if kind in TWICE and dice.random() < 0.3 else 1
        return Errand(f"{kind} {login}", work, after_us, people_n)

    def _plan_logins(self) -> list[str]:
        """Those who may be on line, for they are the ones with whom something can go wrong."""
        return sorted(self._truth.cast) or sorted(self._truth.plan_of)

    # ---------------------------------------------------------------- doing it

    def _set_out(self, errand: Errand) -> None:
        if self._calming and not errand.name.startswith("resume"):
            return
        self._world.figures["errands"] += 1
        for _ in range(errand.people_n):
            self._running_n += 1
            self._world.outside.spawn(self._run(errand), f"errand {errand.name}")

    async def _run(self, errand: Errand) -> None:
        """Try until it is known to be done."""
        while not await self._attempt(errand):
            self._world.figures["errands tried again"] += 1
            await self._world.sleep(self._dice.randrange(1, PATIENCE_US))
        self._running_n -= 1

    async def _attempt(self, errand: Errand) -> bool:
        """One try in the office's process; False: it failed, or died half-way."""
        process = self._host.office_process
        if not process.alive or not self._host.boots_n:
            return False
        self._tries_n += 1
        chance = SeededChance(self._world.dice(f"office/{self._tries_n}"))
        clock: Clock = self._host.clock
        desk = Desk(MonotoneIds(clock, chance), clock)
        told = self._world.outside.create_future()

        def died() -> None:
            if not told.done():
                told.set_result(False)

        process.on_death.append(died)
        process.spawn(self._work(errand, desk, told.set_result), f"office {errand.name}")
        done: bool = await told
        if died in process.on_death:
            process.on_death.remove(died)
        return done

    async def _work(self, errand: Errand, desk: Desk, tell: Callable[[bool], None]) -> None:
        async def work(database: Database) -> None:
            desk.database = database
            await errand.work(desk)

        try:
            await self._host.office(work)
            tell(True)
        except (StoreUnavailable, UnsafeDatabase, Raced, OSError) as error:
            self._world.say(f"office: {errand.name} failed: {error!r}")
            tell(False)
