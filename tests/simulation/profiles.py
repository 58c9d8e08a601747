"""What routers are like: a table of habits, good and bad, each with its strength.

The named profiles behave as boxes of that kind are known to; `odd` adds a few bad habits to one
of them. A bad habit is drawn anew for each session or order, with the chance that stands here in
permille, so that one router is now honest and now not. What a habit makes of the truth (counters
that cannot be taken at their word, limits that are not kept) is written into the truth by whoever
acts it out, never assumed from the profile.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.simulation.world import MINUTE_US, US_PER_S

ALWAYS = 1000
NO_SHOW_PERMILLE = 20  # of accepted logins, at any router: nobody is there any more
HOUR_US = 60 * MINUTE_US


@dataclass(frozen=True, slots=True)
class Profile:
    """The habits of a router. Shares in permille, times in microseconds unless named otherwise."""

    name: str

    # What it understands of what it is told, and how soon it acts.
    check_us: int = US_PER_S  # how often it compares usage with the limits
    octet_limits: bool = False
    coa_limits: bool = True
    full_permille: int = 0  # how often its lines are full, beyond the usual
    polices_as_told: bool = False  # by the Accept; otherwise as the plan says, set up by hand

    # How it speaks.
    method: str = "pap"
    signs: bool = True  # Message-Authenticator in Access-Requests
    signs_accounting: bool = False
    id_in_login: bool = True
    names_itself: bool = True  # NAS-Identifier
    framed_address: bool = True
    echoes_class: bool = True
    unique_ids: bool = True  # Acct-Session-Id goes on after a reboot
    gigawords: bool = True
    stamps: bool = True  # Event-Timestamp
    clock_wrong_us: int = 0
    strict_clock: bool = False  # drops orders whose stamp is 300 s away from its own clock

    # How it repeats.
    login_wait_us: int = 3 * US_PER_S
    login_tries_n: int = 3
    first_wait_us: int = 2 * US_PER_S
    most_wait_us: int = 16 * US_PER_S  # the same as the first: no doubling
    tries_n: int = 0  # 0: it never gives up on a record
    new_packet: bool = False  # each repetition has another identifier and Acct-Delay-Time
    new_port: bool = False
    drops_old_interims: bool = False  # an interim that waits is given up when the next is due
    own_interim_s: int = 0  # set on the box; goes before what the server asks for
    jitter_permille: int = 0  # of the interim interval

    # Bad habits of a box.
    reboot_every_us: int = 0  # on average; 0: never
    boot_says: str = "on"  # "on", "off-on", "nothing", "late-on", "slow-on", "storm"
    stale_on: int = 0  # after a boot: an earlier On is sent once more, much later
    keeps_queue: bool = False  # records that wait survive a reboot
    replay_every_us: int = 0  # on average: some record of the past is sent again
    replays_n: int = 1  # so many at once, in the order in which they were made
    lets_anybody: bool = False  # whom the server refuses for not knowing him is let in here
    no_show: int = 0  # permille of logins that are accepted and never begin

    # Bad habits within a session.
    no_start: int = 0
    no_interims: int = 0
    no_stop: int = 0
    second_stop: int = 0
    late_interim: int = 0  # after the Stop
    fall: int = 0  # one interim reports less than the one before
    reset: int = 0  # the counters begin anew
    jump: int = 0  # one interim reports absurdly much
    swap: int = 0  # the directions are exchanged
    zero_stop: int = 0
    time_falls: int = 0  # the session time goes back once and goes on from there
    clock_steps: int = 0  # the clock behind Event-Timestamp jumps during the session
    ignores_time: int = 0
    ignores_octets: int = 0

    # Bad habits with an order.
    deaf: int = 0
    naks: int = 0
    goes_on: int = 0  # ACKs a Disconnect and does nothing
    late: int = 0
    twice: int = 0
    other_port: int = 0


STANDARD = Profile("standard", id_in_login=False)
MIKROTIK = Profile(
    "mikrotik",
    octet_limits=True,
    polices_as_told=True,
    first_wait_us=3 * US_PER_S,
    most_wait_us=3 * US_PER_S,
)
CISCO = Profile(
    "cisco",
    coa_limits=False,
    login_wait_us=5 * US_PER_S,
    login_tries_n=4,
    first_wait_us=5 * US_PER_S,
    most_wait_us=5 * US_PER_S,
    new_packet=True,
    drops_old_interims=True,
    jitter_permille=100,
)
COOVA = Profile(
    "coova",
    check_us=3 * US_PER_S,
    method="chap",
    new_packet=True,
    drops_old_interims=True,
)
NO_GIGAWORDS = replace(STANDARD, name="no-gigawords", gigawords=False)
NAMED = {one.name: one for one in (STANDARD, MIKROTIK, CISCO, COOVA, NO_GIGAWORDS)}

ERROR_CAUSES = (503, 401, 403, 404, 501, 506)
CLOCKS_WRONG_US = (-20 * 365 * 24 * HOUR_US, -2 * HOUR_US, -MINUTE_US, MINUTE_US, 5 * HOUR_US)

Habit = Callable[[random.Random], dict[str, object]]


def _some(name: str, *shares: int) -> Habit:
    return lambda dice: {name: dice.choice(shares)}


def _reboots(dice: random.Random) -> dict[str, object]:
    return {
        "reboot_every_us": dice.randrange(3, 20) * MINUTE_US,
        "boot_says": dice.choice(("on", "on", "off-on", "nothing", "late-on", "storm")),
        "stale_on": dice.choice((0, 0, 500, ALWAYS)),
        "keeps_queue": dice.random() < 0.3,
        "unique_ids": dice.random() < 0.5,
    }


# Each is one bad habit; a few of them make a router odd.
HABITS: dict[str, Habit] = {
    "reboots": _reboots,
    "stale boots": lambda dice: {
        "reboot_every_us": dice.randrange(3, 8) * MINUTE_US,
        "stale_on": ALWAYS,
    },
    "boots late": lambda dice: {
        "reboot_every_us": dice.randrange(3, 8) * MINUTE_US,
        "boot_says": dice.choice(("slow-on", "late-on", "slow-on")),
        "unique_ids": True,
    },
    "forgets ids": lambda dice: {
        "reboot_every_us": dice.randrange(3, 8) * MINUTE_US,
        "boot_says": dice.choice(("nothing", "on")),
        "echoes_class": False,
        "unique_ids": False,
        "id_in_login": False,
    },
    "replays": lambda dice: {
        "replay_every_us": dice.randrange(20, 200) * US_PER_S,
        "replays_n": dice.choice((1, 3)),
    },
    "lets anybody in": lambda dice: {
        "lets_anybody": True,
        "echoes_class": dice.random() < 0.5,
    },
    "no show": _some("no_show", 300, 600),
    "stops only": lambda dice: {
        "no_start": ALWAYS,
        "no_interims": ALWAYS,
        "id_in_login": False,
    },
    "no class": lambda dice: {"echoes_class": False},
    "no class, old ids": lambda dice: {"echoes_class": False, "unique_ids": False},
    "no start": _some("no_start", 300, ALWAYS),
    "no interims": _some("no_interims", 300, ALWAYS),
    "no stop": _some("no_stop", 200, 500),
    "cut dead": lambda dice: {"no_stop": ALWAYS, "octet_limits": False},
    "second stop": _some("second_stop", 500),
    "late interim": _some("late_interim", 500),
    "fall": _some("fall", 300),
    "reset": _some("reset", 300, 800),
    "jump": _some("jump", 300),
    "swap": _some("swap", 300, ALWAYS),
    "zero stop": _some("zero_stop", 300),
    "time falls": _some("time_falls", 300),
    "no gigawords": lambda dice: {"gigawords": False},
    "wrong clock": lambda dice: {"clock_wrong_us": dice.choice(CLOCKS_WRONG_US)},
    "no clock": lambda dice: {"stamps": False},
    "clock steps": _some("clock_steps", 500),
    "ignores time": _some("ignores_time", 300, ALWAYS),
    "ignores octets": _some("ignores_octets", 300, ALWAYS),
    "own interims": lambda dice: {"own_interim_s": dice.choice((20, 300, 600))},
    "deaf": _some("deaf", 200, ALWAYS),
    "naks": _some("naks", 300, ALWAYS),
    "goes on": _some("goes_on", 300, ALWAYS),
    "late": _some("late", 300, ALWAYS),
    "twice": _some("twice", 500),
    "other port": _some("other_port", 300, ALWAYS),
    "strict clock": lambda dice: {"strict_clock": True},
    "gives up": lambda dice: {"tries_n": dice.choice((1, 3, 10))},
    "new packets": lambda dice: {"new_packet": True},
    "new ports": lambda dice: {"new_port": True},
    "drops interims": lambda dice: {"drops_old_interims": True},
    "unsigned": lambda dice: {"signs": False},
    "nameless": lambda dice: {"names_itself": False, "framed_address": False},
    "no id": lambda dice: {"id_in_login": False},
}


def odd(profile: Profile, dice: random.Random, habits: tuple[str, ...] = ()) -> Profile:
    """The profile with some of these bad habits (none given: of all), named in its name."""
    known = habits or tuple(HABITS)
    names = dice.sample(known, min(len(known), dice.choice((1, 2, 2, 3, 3, 4))))
    found: dict[str, object] = {}
    for name in names:
        found.update(HABITS[name](dice))
    return replace(profile, name=f"{profile.name} ({', '.join(names)})", **found)  # type: ignore[arg-type]


def usual(dialect: str, gigawords: bool, dice: random.Random) -> Profile:
    """An honest profile for a device of this dialect, with ways that do no harm."""
    if dialect == "mikrotik":
        found = replace(MIKROTIK, method=dice.choice(("pap", "pap", "chap", "mschap2")))
    elif dialect == "cisco":
        found = CISCO
    elif not gigawords:
        found = NO_GIGAWORDS
    else:
        found = dice.choice((STANDARD, COOVA))
    return replace(found, signs_accounting=dice.random() < 0.2, no_show=NO_SHOW_PERMILLE)
