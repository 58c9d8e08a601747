"""One connection of a subscriber, as the router carries it: what passes, and when it must end.

Usage flows at rates that are constant between changes, never faster than the router polices, so
the true counters at any instant are exact integers. The router looks at the limits it was told at
the ticks of its own check and ends the connection at the first tick at which one is reached, which
is what the bound of an overdraft rests on. Nothing is sent from here: the router tells.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.asking import Question
from tests.simulation.profiles import Profile
from tests.simulation.truth import TrueSession
from tests.simulation.wire import Told
from tests.simulation.world import MINUTE_US, US_PER_S, Handle, World

WRAP = 1 << 32
FAR_US = 1 << 60


@dataclass(slots=True)
class Whims:
    """The bad habits that one connection is going to show, drawn when it begins."""

    no_start: bool
    no_interims: bool
    no_stop: bool
    second_stop: bool
    late_interim: bool
    fall: bool
    reset: bool
    jump: bool
    swap: bool
    zero_stop: bool
    time_falls: bool
    clock_steps: bool
    ignores_time: bool
    ignores_octets: bool
    at_interim: int = 2  # when those that happen once happen


def draw_whims(profile: Profile, dice: random.Random) -> Whims:
    """The whims of one connection at a router of this profile."""
    drawn = [
        share > 0 and dice.randrange(1000) < share
        for share in (
            profile.no_start,
            profile.no_interims,
            profile.no_stop,
            profile.second_stop,
            profile.late_interim,
            profile.fall,
            profile.reset,
            profile.jump,
            profile.swap,
            profile.zero_stop,
            profile.time_falls,
            profile.clock_steps,
            profile.ignores_time,
            profile.ignores_octets,
        )
    ]
    whims = Whims(*drawn)
    whims.at_interim = dice.randint(2, 4)
    return whims


class Meter:
    """Exact octets in both directions, at rates that change; rates are octets per second."""

    def __init__(self, now_us: int) -> None:
        """Nothing has passed, nothing passes."""
        self.since_us = now_us
        self.base = (0, 0)
        self.rate = (0, 0)

    def at(self, now_us: int) -> tuple[int, int]:
        """What has passed by then: (input, output)."""
        passed_us = now_us - self.since_us
        base, rate = self.base, self.rate
        return (
            base[0] + rate[0] * passed_us // US_PER_S,
            base[1] + rate[1] * passed_us // US_PER_S,
        )

    def turn(self, now_us: int, rate: tuple[int, int]) -> None:
        """From now on so much passes."""
        self.base, self.since_us, self.rate = self.at(now_us), now_us, rate

    def reaches_us(self, octets: int, sides: tuple[int, int]) -> int:
        """When the sum of the directions in `sides` (0 or 1 each) comes to so many octets."""
        missing = octets - self.base[0] * sides[0] - self.base[1] * sides[1]
        if missing <= 0:
            return self.since_us
        rate = self.rate[0] * sides[0] + self.rate[1] * sides[1]
        return self.since_us + -(-missing * US_PER_S // rate) if rate else FAR_US


class Connection:
    """A subscriber who is on line at a router."""

    def __init__(
        self,
        world: World,
        profile: Profile,
        truth: TrueSession,
        dice: random.Random,
        on_limit: Callable[[Connection, str], None],
    ) -> None:
        """Begins now; `on_limit` hears "timeout" or "octets" when a limit that is obeyed is
        reached. The speeds it may use are in `truth`."""
        self.world = world
        self.profile = profile
        self.truth = truth
        self.dice = dice
        self.whims = draw_whims(profile, dice)
        self.limits = Told()
        self.meter = Meter(world.now_us)
        self.live = True
        self.interims_n = 0
        self.area = b""  # the attributes of its records that never change
        self.names: dict[int, bytes] = {}  # by which an order may name it
        self.interim_asked: Question | None = None  # its newest interim
        self.on_cut: Callable[[], None] = lambda: None  # it ended against the subscriber's will
        self.number = 0
        self.lane: tuple[str, int] = ("", 0)
        self.clock_step_us = 0
        self._reset: tuple[int, int, int] = (0, 0, 0)
        self._behind_s = 0
        self._on_limit = on_limit
        self._limit_timer: Handle | None = None
        self._rate_timer: Handle | None = None
        truth.began_us = world.now_us
        truth.check_us = profile.check_us
        truth.enforces_octets = profile.octet_limits and not self.whims.ignores_octets
        truth.enforces_time = not self.whims.ignores_time
        truth.timeline.append((world.now_us, 0, 0))

    # ---------------------------------------------------------------- usage

    def begin(self, limits: Told) -> None:
        """Let traffic pass, within these limits."""
        self.limit(limits)
        self._change_rate()

    def now(self) -> tuple[int, int, int]:
        """The true totals: input, output, whole seconds."""
        now_us = self.world.now_us
        return *self.meter.at(now_us), (now_us - self.truth.began_us) // US_PER_S

    def ran(self, for_us: int) -> None:
        """It is not new: it has been on line for so long, and something has passed."""
        self.truth.began_us -= for_us
        self.meter.base = (self.dice.randrange(10**7), self.dice.randrange(10**9))
        self.truth.timeline[:] = [(self.world.now_us, *self.meter.base)]

    def note(self) -> tuple[int, int, int]:
        """The true totals, written into the truth."""
        truth = self.truth
        truth.used_input, truth.used_output, truth.used_s = found = self.now()
        return found

    def turn(self, rate: tuple[int, int]) -> None:
        """From now on the subscriber sends and receives so many octets per second."""
        if rate == self.meter.rate:
            return
        self.meter.turn(self.world.now_us, rate)
        self.truth.timeline.append((self.world.now_us, *self.meter.base))
        self._watch()

    def _change_rate(self) -> None:
        """Idle, browse, or take all there is; for a while."""
        dice = self.dice
        kind = dice.randrange(10)
        up, down = self.truth.speed_bps
        share = 0 if kind < 2 else dice.randrange(1, 200) if kind < 7 else 1000
        if self.profile.full_permille and dice.randrange(1000) < self.profile.full_permille:
            share = 1000
            up = up // dice.choice((1, 3))
        self.turn((up // 8 * share // 1000, down // 8 * share // 1000))
        wait_us = dice.randrange(US_PER_S, 4 * MINUTE_US)
        self._rate_timer = self.world.after(wait_us, self._change_rate)

    def end(self, cause: str) -> None:
        """Nothing passes any more."""
        self.live = False
        self.note()
        self.turn((0, 0))
        for timer in (self._limit_timer, self._rate_timer):
            if timer is not None:
                timer.cancel()
        self.truth.ended_us = self.world.now_us
        self.truth.cause = cause

    # ---------------------------------------------------------------- limits

    def limit(self, limits: Told) -> None:
        """Obey these limits from now on; one that is not named stays."""
        kept = self.limits
        kept.timeout_s = limits.timeout_s or kept.timeout_s
        for name in ("total", "input", "output"):
            if limits.octets and self.profile.octet_limits:
                setattr(kept, name, getattr(limits, name))
        self.truth.limit_s = kept.timeout_s
        self.truth.limit_octets = kept.octets
        if self.truth.limited_us is None and (kept.octets or not self.profile.octet_limits):
            self.truth.limited_us = self.world.now_us
        self._watch()

    def serve(self, told: Told) -> None:
        """A place and a speed that an order changes; what it does not name stays."""
        truth = self.truth
        if told.garden:
            truth.garden = told.garden
        if told.up_bps and told.down_bps and self.profile.polices_as_told:
            truth.speed_bps = (told.up_bps, told.down_bps)
            truth.rate_bps = max(truth.rate_bps, sum(truth.speed_bps))
            up, down = self.meter.rate
            self.turn((min(up, told.up_bps // 8), min(down, told.down_bps // 8)))

    def _watch(self) -> None:
        """Wait for the tick at which a limit will have been reached."""
        if self._limit_timer is not None:
            self._limit_timer.cancel()
            self._limit_timer = None
        if not self.live:
            return
        at_us, cause = self._first_limit()
        if at_us >= FAR_US:
            return
        began_us, check_us = self.truth.began_us, self.profile.check_us
        at_us = max(at_us, self.world.now_us)
        tick_us = began_us + -(-(at_us - began_us) // check_us) * check_us
        self._limit_timer = self.world.after(tick_us - self.world.now_us, self._reached, cause)

    def _first_limit(self) -> tuple[int, str]:
        limits, meter = self.limits, self.meter
        found = (FAR_US, "")
        if limits.timeout_s:
            at_us = self.truth.began_us + limits.timeout_s * US_PER_S
            if not self.whims.ignores_time:
                found = (at_us, "timeout")
        for octets, sides in (
            (limits.total, (1, 1)),
            (limits.input, (1, 0)),
            (limits.output, (0, 1)),
        ):
            if octets and not self.whims.ignores_octets:
                found = min(found, (meter.reaches_us(octets, sides), "octets"))
        return found

    def _reached(self, cause: str) -> None:
        self._limit_timer = None
        if self.live:
            self._on_limit(self, cause)

    def reform(self) -> None:
        """No more whims: limits are kept from now on."""
        self.whims.ignores_time = self.whims.ignores_octets = False
        self.whims.no_stop = self.whims.zero_stop = False
        self.whims.second_stop = self.whims.late_interim = False
        self._watch()

    # ---------------------------------------------------------------- what is reported

    def said(self, kind: str) -> tuple[int, int, int]:
        """The counters as a record of this kind states them, whims and all."""
        whims = self.whims
        true = self.now()
        once = kind == "interim" and self.interims_n == whims.at_interim
        if once and whims.reset:
            self._reset = (true[0], true[1], true[2] if self.dice.random() < 0.5 else 0)
            self.lie("reset")
        if once and whims.time_falls:
            self._behind_s = self.dice.randrange(10, 4_000)
            self.lie("time falls")
        found = [max(now - before, 0) for now, before in zip(true, self._reset, strict=True)]
        found[2] = max(found[2] - self._behind_s, 0)
        if once and whims.fall:
            found[0] //= 2
            found[1] //= 3
            self.lie("fall")
        if once and whims.jump:
            found[self.dice.randrange(2)] += 1 << self.dice.randrange(34, 60)
            self.lie("jump")
        if whims.swap and found[0] != found[1]:
            found[:2] = found[1], found[0]
            self.lie("swap")
        if whims.zero_stop and kind == "stop":
            found = [0, 0, 0]
            self.lie("zero stop")
        return found[0], found[1], found[2]

    def lie(self, why: str) -> None:
        """What it reports cannot be taken at its word any more."""
        truth = self.truth
        truth.honest = False
        if why not in truth.why.split(", "):
            truth.why = f"{truth.why}, {why}" if truth.why else why
