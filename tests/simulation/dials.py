"""Who wants to be on line, when, where and for how long: the cast of a history.

Drawn before it begins. Most logins are by people who know their password, at times spread over
the history; some come twice at the same instant from two routers, some with a wrong password,
some from nobody the books know. How the routers are is drawn here too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.simulation import town
from tests.simulation.profiles import Profile, odd, usual
from tests.simulation.swarm import Swarm
from tests.simulation.town import Resident, Router
from tests.simulation.truth import Truth
from tests.simulation.world import MINUTE_US, US_PER_S

RACE_PERMILLE = 150
RAN_US = ((2 * MINUTE_US, 10 * MINUTE_US), (10 * MINUTE_US, 50 * MINUTE_US))
WRONG_PERMILLE = 40
NOBODY_PERMILLE = 20
# Plans without a speed, and the balance with which a line can be filled for a while.
FAST = {"open-house": 0, "fee-only": 1_000_000, "unpoliced": 12_000_000}
NOBODY = Resident("nobody", "nothing", "", 0, 0)


@dataclass(frozen=True, slots=True)
class Dial:
    """A subscriber's wish to be on line. `password` may be a wrong one."""

    after_us: int  # since the beginning
    resident: Resident
    for_us: int
    password: str
    ran_us: int = 0  # it is on line for so long when its router is switched over
    again_n: int = 1  # how often more, if it is refused, not answered or cut


def cast(
    dice: random.Random, truth: Truth, plan: Swarm
) -> list[tuple[Router, Profile, tuple[Dial, ...]]]:
    """Each router of a history with its profile and its dials; notes who is who in the truth."""
    everybody = town.residents()
    for one in everybody:
        truth.opening_micros[one.login] = one.balance_micros
        truth.credit_limit_micros[one.login] = one.credit_limit_micros
        truth.plan_of[one.login] = plan.wholes.of.get(one.login, one.plan)
    truth.texts = town.EVERY_PLAN | plan.wholes.texts
    wraps = "wraps" in plan.kinds
    routers = dice.sample(town.routers(), min(plan.routers_n, len(town.routers())))
    if wraps:
        routers[-1] = next(one for one in town.routers() if not one.gigawords)
        routers = list(dict.fromkeys(routers))
    residents = _invited(dice, everybody[: town.SUBSCRIBERS_N], plan.subscribers_n, wraps)
    if "packages" in plan.kinds:
        buyers = dice.sample(everybody[town.SUBSCRIBERS_N :], plan.subscribers_n)
        residents = [*buyers, *residents[: plan.subscribers_n // 3]]
    residents = [replace(one, plan=plan.wholes.of.get(one.login, one.plan)) for one in residents]
    truth.routers = [router.name for router in routers]
    truth.cast = {one.login: one.plan for one in residents}
    dials: dict[str, list[Dial]] = {router.name: [] for router in routers}
    for _ in range(plan.sessions_n):
        dial = _draw(dice, residents, plan.length_us)
        router = routers[-1] if wraps else dice.choice(routers)
        dials[router.name].append(dial)
        if dice.randrange(1000) < RACE_PERMILLE:
            after_us = dial.after_us + dice.choice((0, dice.randrange(US_PER_S)))
            racing = Dial(after_us, dial.resident, dial.for_us, dial.password)
            dials[dice.choice(routers).name].append(racing)
    if "moving in" in plan.kinds:
        for resident in residents:
            # Who is on line already when the routers are switched over to this house.
            for_us, ran_us = dice.randrange(MINUTE_US, plan.length_us), dice.choice(RAN_US)
            dial = Dial(0, resident, for_us, resident.password, dice.randrange(*ran_us))
            dials[dice.choice(routers).name].append(dial)
    for when_us, wait_us in plan.rushes[:2]:
        # Most people dial while nobody gets through, and arrive together.
        for resident in residents[:7]:
            after_us = when_us + dice.randrange(min(wait_us, 4 * US_PER_S))
            dial = Dial(
                after_us, resident, dice.randrange(MINUTE_US, 5 * MINUTE_US), resident.password
            )
            dials[dice.choice(routers).name].append(dial)
    found = []
    for n, router in enumerate(routers):
        profile = usual(router.dialect, router.gigawords, dice)
        if n < plan.hostile_n:
            profile = odd(profile, dice, plan.habits)
        if wraps:
            profile = replace(profile, full_permille=900)
        if profile.lets_anybody:
            dials[router.name] += _strangers(dice, plan.length_us)
        found.append((router, profile, tuple(dials[router.name])))
    return found


def _strangers(dice: random.Random, length_us: int) -> list[Dial]:
    """People whom the house does not know, at a router that lets them in all the same."""
    return [
        Dial(dice.randrange(length_us // 2), NOBODY, dice.randrange(US_PER_S, length_us // 2), "")
        for _ in range(dice.randint(1, 3))
    ]


def _invited(
    dice: random.Random, everybody: list[Resident], wanted_n: int, wraps: bool
) -> list[Resident]:
    """Some of the town, mostly such as have money: the others are refused and that is it.

    Where counters are to wrap, those whom nothing slows down and who can pay for it.
    """

    def luck(resident: Resident) -> float:
        floor_micros = resident.balance_micros + resident.credit_limit_micros
        weight = 8 if floor_micros >= 300_000 else 3 if floor_micros else 1
        if wraps and one_fast(resident):
            weight = 200
        return float(dice.random() ** (1 / weight))

    drawn = sorted(((luck(one), n) for n, one in enumerate(everybody)), reverse=True)
    return [everybody[n] for _, n in drawn[:wanted_n]]


def one_fast(resident: Resident) -> bool:
    """Could this resident fill a line for long?"""
    return resident.plan in FAST and resident.balance_micros >= FAST[resident.plan]


def _draw(dice: random.Random, residents: list[Resident], length_us: int) -> Dial:
    resident = dice.choice(residents)
    password = resident.password
    if dice.randrange(1000) < WRONG_PERMILLE:
        password = "wrong"
    elif dice.randrange(1000) < NOBODY_PERMILLE:
        resident, password = NOBODY, NOBODY.password
    longest_us = max(min(length_us, 60 * MINUTE_US), 2 * MINUTE_US)
    for_us = dice.randrange(US_PER_S, dice.choice((MINUTE_US, longest_us, longest_us)))
    return Dial(dice.randrange(length_us * 8 // 10), resident, for_us, password)
