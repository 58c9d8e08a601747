"""What a seed means: how big its history is, who takes part, and which faults it has.

A history with every fault at once finds little, for everything is down all the time. So each
seed switches on a few kinds of faults, each with a strength of its own, and the next seed others
(swarm testing). Everything is drawn here, in one fixed order, before the history begins.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.simulation.host import Doom
from tests.simulation.network import Weather
from tests.simulation.profiles import HABITS
from tests.simulation.whole_draw import Wholes, draw
from tests.simulation.world import MINUTE_US, US_PER_S

DAY_US = 24 * 60 * MINUTE_US
SKEW_MOST_US = 400_000  # of two clocks that are kept right
LOCKED_MOST_US = 20 * US_PER_S  # twice what a commit waits
SAMPLED = (
    "loss",
    "double",
    "late",
    "truncate",
    "flip",
    "partition",
    "clog",
    "rush",  # everybody at once, and hardly room to wait
    "crash-step",
    "crash-point",
    "crash-write",
    "power",
    "disk-error",
    "disk-full",
    "slow-disk",
    "clock",
    "shuffle",
    "store",  # conflicts, lost connections, commits of unknown outcome
    "restart",
    "routers",  # hostile routers
    "wraps",  # a router without Gigawords whose lines are full
    "office",
    "buggify",
)
OFTEN = (("routers", 280), ("office", 100))  # permille of all seeds that have them besides
DAY_ONE = (("packages", 200), ("moving in", 120))  # the same, each by dice of its own
TWO = "two nodes"
WHOLE = "whole plans"
KINDS = (*SAMPLED, *(kind for kind, _ in DAY_ONE), TWO, WHOLE)
PAIRED = 1 << 41  # seeds from here on are those of before, with a second server beside the first
RICH = 1 << 42  # and from here on with plans beyond the plain ones, drawn for each history
UNASKED = ("lets anybody in", "stops only")
ALONE_TOO = ("crash-step", "crash-point", "crash-write")


@dataclass(slots=True)
class Swarm:
    """The plan of one history. Times in microseconds of the world."""

    seed: int
    kinds: frozenset[str]
    start_us: int
    length_us: int  # of the phase with faults
    routers_n: int
    subscribers_n: int
    sessions_n: int  # logins that the subscribers try, about
    hostile_n: int  # routers with odd habits
    office_n: int  # operations of the office
    weather: Weather
    shuffle_permille: int
    pace_us: int
    doom_permille: int  # how many runs of the server are doomed
    doom_kinds: tuple[str, ...]
    habits: tuple[str, ...] = ()  # the odd habits that there are in this history
    rushes: list[tuple[int, int]] = field(default_factory=list)  # when, all wait how long
    power_cuts: list[int] = field(default_factory=list)  # instants after the start
    partitions: list[tuple[int, int, bool, bool]] = field(default_factory=list)
    # (when, how long, lost rather than kept, both ways)
    disk_faults: list[tuple[int, int, str]] = field(default_factory=list)  # when, how long, what
    clock_jumps: list[tuple[int, int]] = field(default_factory=list)  # when, by
    restarts: list[int] = field(default_factory=list)
    store_permille: int = 0  # commits that meet trouble
    limits: dict[str, int] = field(default_factory=dict)  # bounds of the rim that are made tiny
    ends_us: dict[str, int] = field(default_factory=dict)  # after the start, when time ends
    start_wait_s: int = 60
    stale_min_s: int = 900
    workers: bool = False  # two workers of one server, rather than two that do not know each other
    skew_us: int = 0  # by how much the second one's clock is wrong all the time
    locks: list[tuple[int, int]] = field(default_factory=list)
    # when somebody else takes the write lock, and for how long
    wholes: Wholes = field(default_factory=Wholes)  # plans beside the town's, and who has them

    def doom(self, dice: random.Random) -> Doom:
        """The fate of the next run of the server."""
        if not self.doom_kinds or dice.randrange(1000) >= self.doom_permille:
            return Doom()
        kind = dice.choice(self.doom_kinds)
        # Early and late deaths alike: the logarithm is even.
        n = int(2 ** dice.uniform(0, 11 if kind == "crash-step" else 8))
        if kind == "crash-step":
            return Doom(at_step=n)
        return Doom(at_point=n) if kind == "crash-point" else Doom(in_write=n)


def swarm(seed: int) -> Swarm:
    """Draw the plan of a seed."""
    if seed >= RICH:
        plan = swarm(seed - RICH)
        dice = random.Random(f"whole/{seed}")
        plan.wholes, plan.start_us = draw(dice, plan.start_us, plan.length_us)
        plan.seed, plan.kinds = seed, plan.kinds | {WHOLE}
        plan.routers_n = max(plan.routers_n, dice.randint(1, 4))
        if dice.random() < 0.5 and any("booster" in text for text in plan.wholes.texts.values()):
            plan.office_n += dice.randint(1, 4)
            plan.limits["feed_poll_us"] = dice.choice((2, 5, 20)) * US_PER_S
        return plan
    if seed < PAIRED:
        return _one(seed)
    plan = _one(seed - PAIRED)
    plan.seed = seed
    _pair(plan, random.Random(f"pair/{seed}"))
    return plan


def _pair(plan: Swarm, dice: random.Random) -> None:
    """Two servers on one database: each dies alone, is cut off alone, and waits for the other."""
    kinds = {TWO}
    plan.workers = dice.random() < 0.4
    plan.skew_us = dice.randrange(-SKEW_MOST_US, SKEW_MOST_US)
    plan.routers_n = max(plan.routers_n, 2)
    # The fewer people, the oftener both servers have to do with one of them.
    plan.subscribers_n = min(plan.subscribers_n, dice.choice((1, 2, 2, 3, 20)))
    plan.sessions_n += dice.randint(1, 6)
    if plan.hostile_n and dice.random() < 0.6:
        plan.habits = UNASKED  # records of whom nobody has asked about, to both
    if not plan.doom_kinds and dice.random() < 0.6:
        plan.doom_kinds = (dice.choice(ALONE_TOO),)
        kinds.update(plan.doom_kinds)
    if dice.random() < 0.4:
        kinds.add("partition")
        plan.partitions += [
            (dice.randrange(plan.length_us), dice.randrange(1, 5 * MINUTE_US), True, True)
            for _ in range(dice.randint(1, 6))
        ]
    if dice.random() < 0.3:
        plan.locks = [
            (dice.randrange(plan.length_us), dice.randrange(1, LOCKED_MOST_US))
            for _ in range(dice.randint(1, 4))
        ]
    plan.pace_us = dice.choice((plan.pace_us, 1_000, 5_000, 20_000))
    plan.kinds |= kinds


def _one(seed: int) -> Swarm:
    dice = random.Random(f"swarm/{seed}")
    size = dice.choices(("small", "middle", "large"), (80, 17, 3))[0]
    kinds = _kinds(seed, dice)
    scale = {"small": 1, "middle": 3, "large": 8}[size]
    length_us = dice.randrange(8, 40) * MINUTE_US * (1 + scale) // 2
    plan = Swarm(
        seed=seed,
        kinds=kinds,
        start_us=3_600 * US_PER_S + dice.randrange(700 * DAY_US),
        length_us=length_us,
        routers_n=dice.randint(1, 1 + scale),
        subscribers_n=dice.randint(1, 2 + 2 * scale),
        sessions_n=dice.randint(3, 4 + 4 * scale),
        hostile_n=0,
        office_n=dice.randint(1, 2 + scale) if "office" in kinds else 0,
        weather=_weather(dice, kinds),
        shuffle_permille=dice.choice((100, 300, 900)) if "shuffle" in kinds else 0,
        pace_us=dice.choice((50, 200, 1_000)),
        doom_permille=dice.choice((300, 600, 900)),
        doom_kinds=tuple(sorted(kind for kind in kinds if kind.startswith("crash"))),
    )
    if "routers" in kinds:
        plan.hostile_n = dice.randint(1, plan.routers_n)
        plan.habits = _habits(seed)
    _draw_events(plan, dice)
    plan.limits = {
        # An idle server polls; a world that does little else would find little.
        "feed_poll_us": dice.choice((2, 20) if "office" in kinds else (60,)) * US_PER_S,
        "sweep_us": dice.choice((5, 20, 20)) * US_PER_S,
        "probe_us": 60 * US_PER_S,
        "proof_us": 65 * US_PER_S,
        "chore_us": 120 * US_PER_S,
    }
    if "buggify" in kinds:
        _buggify(plan, dice)
    if "rush" in kinds:
        _crowd(plan, dice)
    if "wraps" in kinds:
        # At a full line a counter of 32 bits lasts six minutes.
        plan.length_us = max(plan.length_us, 14 * MINUTE_US)
        plan.sessions_n = min(plan.sessions_n, 6)
    if "packages" in kinds:
        _sell(plan, random.Random(f"sold/{seed}"))
    return plan


def _kinds(seed: int, dice: random.Random) -> frozenset[str]:
    """A few kinds of trouble; people and their boxes more often, for they have most variety."""
    drawn = set(dice.sample(SAMPLED, dice.choice((0, 1, 2, 2, 3, 3, 4, 5))))
    more = random.Random(f"kinds/{seed}")
    for kind, permille in OFTEN:
        if more.randrange(1000) < permille:
            drawn.add(kind)
    for kind, permille in DAY_ONE:
        if random.Random(f"{kind}/{seed}").randrange(1000) < permille:
            drawn.add(kind)
    return frozenset(drawn)


def _habits(seed: int) -> tuple[str, ...]:
    """A few odd habits for all odd routers of a history."""
    dice = random.Random(f"habits/{seed}")
    return tuple(dice.sample(list(HABITS), dice.choice((2, 3, 4, 5, 6))))


def _weather(dice: random.Random, kinds: frozenset[str]) -> Weather:
    strengths = {
        "loss": lambda: dice.choice((10, 50, 150, 300)),
        "double": lambda: dice.choice((20, 100, 500)),
        "late": lambda: dice.choice((20, 100, 300)),
        "truncate": lambda: dice.choice((10, 50)),
        "flip": lambda: dice.choice((10, 50)),
    }
    drawn = {name: draw() for name, draw in strengths.items() if name in kinds}
    return Weather(
        **drawn,
        late_us=dice.choice((500_000, 5_000_000, 40_000_000)),
        delay_us=dice.choice((300, 2_000, 30_000)),
    )


def _sell(plan: Swarm, dice: random.Random) -> None:
    """Time that is sold ends while somebody looks, and the office is busy with it."""
    plan.length_us = max(plan.length_us, dice.choice((15, 20, 30, 60)) * MINUTE_US)
    plan.subscribers_n = max(plan.subscribers_n, dice.randint(2, 4))
    plan.office_n = max(plan.office_n, dice.randint(2, 6))
    plan.limits["feed_poll_us"] = dice.choice((5, 20)) * US_PER_S
    plan.limits["renewals_us"] = dice.choice((15, 45)) * US_PER_S  # polling is all it costs
    plan.limits["sweep_us"] = 20 * US_PER_S
    for login in (f"sub{n:02d}" for n in range(100)):
        kind = dice.choices(("soon", "within", "over", "far"), (2, 6, 1, 1))[0]
        plan.ends_us[login] = {
            "soon": dice.randrange(5 * MINUTE_US),
            "within": dice.randrange(plan.length_us + 5 * MINUTE_US),
            "over": -dice.randrange(DAY_US),
            "far": 30 * DAY_US,
        }[kind]


def _draw_events(plan: Swarm, dice: random.Random) -> None:
    """When what is done to the machine and to the paths."""

    def moments(most: int) -> list[int]:
        return sorted(dice.randrange(plan.length_us) for _ in range(dice.randint(1, most)))

    if "restart" in plan.kinds:
        plan.restarts = moments(3)
    if "store" in plan.kinds:
        plan.store_permille = dice.choice((50, 200, 400))
    if "power" in plan.kinds:
        plan.power_cuts = moments(3)
    if "partition" in plan.kinds:
        plan.partitions += [
            (when, dice.randrange(1, 20 * MINUTE_US), True, dice.random() < 0.5)
            for when in moments(3)
        ]
    if "clog" in plan.kinds:
        plan.partitions += [
            (
                when,
                dice.randrange(1, dice.choice((5, 5, 200)) * US_PER_S),
                False,
                dice.random() < 0.5,
            )
            for when in moments(4)
        ]
    if "disk-error" in plan.kinds:
        plan.disk_faults += [
            (when, dice.randrange(1, MINUTE_US), dice.choice(("write", "sync", "read")))
            for when in moments(3)
        ]
    if "disk-full" in plan.kinds:
        plan.disk_faults += [
            (when, dice.randrange(1, 3 * MINUTE_US), "full") for when in moments(2)
        ]
    if "slow-disk" in plan.kinds:
        plan.disk_faults += [
            (when, dice.randrange(1, 2 * MINUTE_US), "slow") for when in moments(3)
        ]
    if "clock" in plan.kinds:
        spans = (2 * US_PER_S, 400 * US_PER_S, 3_600 * US_PER_S, DAY_US, 366 * DAY_US)
        plan.clock_jumps = [
            (when, dice.choice((-1, 1)) * dice.randrange(1, dice.choice(spans)))
            for when in moments(3)
        ]


def _crowd(plan: Swarm, dice: random.Random) -> None:
    """All datagrams wait a while and come at once, to a slow house with a short line."""
    plan.limits["queue_max_n"] = dice.choice((2, 2, 4))
    plan.limits["batch_max_n"] = dice.choice((1, 3, 8))
    plan.pace_us = dice.choice((10_000, 50_000, 200_000))
    plan.length_us = min(plan.length_us, 15 * MINUTE_US)
    plan.routers_n, plan.subscribers_n = max(plan.routers_n, 2), max(plan.subscribers_n, 7)
    plan.rushes = [
        (dice.randrange(MINUTE_US // 4, plan.length_us * 8 // 10), dice.randrange(3, 40) * US_PER_S)
        for _ in range(dice.randint(2, 4))
    ]


def _buggify(plan: Swarm, dice: random.Random) -> None:
    """Bounds so small that the roads which are never taken are taken."""
    choices = {
        "batch_max_n": (1, 2, 5),
        "queue_max_n": (2, 10),
        "reply_keep_us": (5_000_000, 30_000_000),
        "replies_max_n": (2, 20),
        "login_age_max_us": (1_000, 100_000),
        "order_sockets_n": (1,),
    }
    for name in sorted(choices):
        if dice.random() < 0.4:
            plan.limits[name] = dice.choice(choices[name])
    plan.start_wait_s = dice.choice((1, 5, 60))
    plan.stale_min_s = dice.choice((60, 900))
