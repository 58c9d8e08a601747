"""A router against a tiny server that only answers.

Each habit is shown once, and that the truth is exact beside it. The server here has no books; what
the real one makes of such routers is what histories are for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from radius import Packet, decode, encode_attributes, sign_reply, sign_request
from radius.vendors import vendor_attribute
from tests.simulation import wire
from tests.simulation.connection import WRAP
from tests.simulation.dials import Dial
from tests.simulation.host import ACCT_PORT, AUTH_PORT, SERVER
from tests.simulation.nas import Nas
from tests.simulation.network import Address, Network, Weather
from tests.simulation.profiles import ALWAYS, CISCO, COOVA, HABITS, MIKROTIK, NAMED, Profile, odd
from tests.simulation.town import SHARED_SECRET, residents, routers
from tests.simulation.truth import TrueSession, Truth
from tests.simulation.world import MINUTE_US, US_PER_S, World

ORDERS_FROM = (SERVER, 45_000)
TIMEOUT = (wire.SESSION_TIMEOUT, wire.number(7_200))
INTERIM = (wire.INTERIM_INTERVAL, wire.number(60))


@dataclass
class FakeServer:
    """Accepts everybody and acknowledges everything that `hears` lets through."""

    world: World
    network: Network
    limits: list[wire.Pair] = field(default_factory=lambda: [TIMEOUT, INTERIM, (25, b"token")])
    hears: Callable[[Packet], bool] = lambda packet: True
    heard: list[tuple[int, Packet, Address]] = field(default_factory=list)
    answers: list[Packet] = field(default_factory=list)
    orders_n: int = 0

    def begin(self) -> FakeServer:
        outside = self.world.outside
        for n, port in enumerate((AUTH_PORT, ACCT_PORT)):

            def received(octets: bytes, peer: Address, local: str, n: int = n) -> None:
                self._take(n, octets, peer)

            self._ports.append(self.network.bind(outside, SERVER, port, received))
        self._ports.append(self.network.bind(outside, *ORDERS_FROM, self._answered))
        return self

    _ports: list[Any] = field(default_factory=list)

    def _take(self, n: int, octets: bytes, peer: Address) -> None:
        packet = decode(octets)
        self.heard.append((self.world.now_us, packet, peer))
        if self.hears(packet):
            area = b"" if n else encode_attributes(self.limits)
            code = 5 if n else 2
            reply = sign_reply(
                code,
                packet.identifier,
                packet.authenticator,
                area,
                SHARED_SECRET,
                with_message_authenticator=not n,
            )
            self._ports[n].send(reply, peer, None)

    def _answered(self, octets: bytes, peer: Address, local: str) -> None:
        self.answers.append(decode(octets))

    def order(self, code: int, pairs: list[wire.Pair], router: Any, n: int = 0) -> None:
        self.orders_n += not n
        octets = sign_request(
            code,
            n or self.orders_n,
            None,
            encode_attributes(pairs),
            SHARED_SECRET,
            with_message_authenticator=True,
        )
        self._ports[2].send(octets, (router.address, router.coa_port), None)

    def records(self, kind: str) -> list[Packet]:
        status = wire.STATUS[kind]
        return [packet for _, packet, _ in self.heard if packet.integer(40) == status]


@dataclass
class Stage:
    """One router, one server, one subscriber who dials once."""

    world: World
    server: FakeServer
    truth: Truth
    nas: Nas

    @property
    def session(self) -> TrueSession:
        (session,) = self.truth.sessions
        return session

    def pass_s(self, seconds: float) -> None:
        until_us = self.world.now_us + round(seconds * US_PER_S)
        self.world.after(until_us - self.world.now_us, lambda: None)
        self.world.run(lambda: self.world.now_us >= until_us, until_us)

    def settle(self) -> None:
        self.nas.calm()
        deadline_us = self.world.now_us + 60 * MINUTE_US
        assert self.world.run(lambda: self.nas.at_rest, deadline_us), self.nas.why()
        assert self.world.failures == []


def stage(
    profile: Profile = MIKROTIK,
    *,
    seed: int = 1,
    for_s: int = 600,
    router_n: int = 0,
    who: int = 5,
    again_n: int = 0,
    hears: Callable[[Packet], bool] = lambda packet: True,
    limits: list[wire.Pair] | None = None,
) -> Stage:
    world = World(seed)
    network = Network(world, Weather(delay_us=500))
    truth = Truth()
    server = FakeServer(world, network, hears=hears)
    if limits is not None:
        server.limits = limits
    server.begin()
    resident = residents()[who]
    truth.plan_of[resident.login] = resident.plan
    dial = Dial(US_PER_S, resident, for_s * US_PER_S, resident.password, again_n=again_n)
    nas = Nas(world, network, truth, routers()[router_n], profile, dials=(dial,))
    nas.begin()
    return Stage(world, server, truth, nas)


def shown(packet: Packet) -> tuple[int, int, int]:
    """Input, output and seconds as a record says them."""
    low = [packet.integer(kind) or 0 for kind in (42, 43, 46)]
    high = [packet.integer(kind) or 0 for kind in (52, 53)]
    return low[0] + (high[0] << 32), low[1] + (high[1] << 32), low[2]


def test_a_session_is_reported_as_it_was_and_the_truth_is_the_sum_of_its_rates() -> None:
    play = stage(for_s=600)
    play.pass_s(700)
    session = play.session
    kinds = [record.kind for record in session.told]
    assert kinds == ["start", *["interim"] * (len(kinds) - 2), "stop"]
    assert len(kinds) >= 11
    assert all(record.acked_us is not None for record in session.told)
    (stop,) = play.server.records("stop")
    true = (session.used_input, session.used_output, session.used_s)
    assert shown(stop) == session.told[-1].as_said == true
    assert stop.all(25) == [b"token"]
    assert session.cause == "user"
    assert sum(true) > 1_000_000
    up, down = session.speed_bps
    for (a_us, a_in, a_out), (b_us, b_in, b_out) in zip(
        session.timeline, session.timeline[1:], strict=False
    ):
        assert 0 <= (b_in - a_in) * 8 * US_PER_S <= up * (b_us - a_us)
        assert 0 <= (b_out - a_out) * 8 * US_PER_S <= down * (b_us - a_us)
    assert session.timeline[-1][1:] == true[:2]
    play.settle()


@pytest.mark.parametrize("profile", list(NAMED.values()), ids=list(NAMED))
def test_every_named_router_repeats_a_record_until_it_is_acknowledged(profile: Profile) -> None:
    deaf = {"until_us": 0}
    play = stage(profile, for_s=30)
    play.server.hears = lambda packet: packet.code == 1 or play.world.now_us > deaf["until_us"]
    deaf["until_us"] = 300 * US_PER_S
    play.pass_s(400)
    assert len(play.server.records("start")) > 15
    assert all(record.acked_us is not None for record in play.session.told)
    identifiers = {packet.identifier for packet in play.server.records("start")}
    delays = {packet.integer(41) for packet in play.server.records("start")}
    if profile.new_packet:
        assert len(identifiers) == len(delays) == len(play.server.records("start"))
    else:
        assert len(identifiers) == 1
    play.settle()


def test_a_router_that_gives_up_says_so_in_the_truth() -> None:
    play = stage(
        replace(MIKROTIK, tries_n=3), for_s=90, hears=lambda packet: packet.integer(40) != 3
    )
    play.pass_s(150)
    (interim,) = [record for record in play.session.told if record.kind == "interim"]
    assert (interim.given_up, interim.sends_n, interim.acked_us) == (True, 3, None)
    play.settle()


def test_new_ports_and_old_interims_that_are_dropped() -> None:
    profile = replace(CISCO, new_port=True, jitter_permille=0)
    play = stage(profile, for_s=200, hears=lambda packet: packet.integer(40) != 3)
    play.pass_s(250)
    interims = [record for record in play.session.told if record.kind == "interim"]
    assert len(interims) == 3
    assert all(record.given_up for record in interims)
    ports = {peer[1] for _, packet, peer in play.server.heard if packet.integer(40) == 3}
    assert len(ports) > 5
    play.settle()


def test_a_session_timeout_ends_a_session_at_its_tick() -> None:
    limits = [(wire.SESSION_TIMEOUT, wire.number(100)), INTERIM]
    play = stage(COOVA, for_s=600, router_n=5, limits=limits)
    play.pass_s(200)
    session = play.session
    assert session.cause == "timeout"
    assert session.ended_us is not None
    assert session.ended_us - session.began_us == 102 * US_PER_S  # it looks every three seconds


def test_an_octet_limit_is_overrun_by_no_more_than_one_tick_of_full_speed() -> None:
    for seed in range(8):
        low = vendor_attribute(14988, 17, wire.number(40_000_000))
        play = stage(for_s=3_000, seed=seed, limits=[TIMEOUT, INTERIM, low])
        play.pass_s(3_100)
        session = play.session
        used = session.used_input + session.used_output
        assert session.cause == "octets"
        assert 40_000_000 <= used <= 40_000_000 + sum(session.speed_bps) // 8
        assert session.enforces_octets


def test_limits_that_are_ignored_are_overrun_and_the_truth_says_so() -> None:
    limits = [(wire.SESSION_TIMEOUT, wire.number(100)), INTERIM]
    play = stage(replace(MIKROTIK, ignores_time=ALWAYS), for_s=400, limits=limits)
    play.pass_s(450)
    assert play.session.cause == "user"
    assert play.session.used_s == 400
    assert not play.session.enforces_time


def test_a_disconnect_is_acknowledged_then_the_stop_comes_and_a_repeat_changes_nothing() -> None:
    play = stage(for_s=600)
    play.pass_s(100)
    keys = [(44, play.session.acct_session_id.encode()), (1, play.session.login.encode())]
    play.server.order(40, keys, play.nas.router)
    play.server.order(40, keys, play.nas.router, n=play.server.orders_n)
    play.pass_s(5)
    assert [packet.code for packet in play.server.answers] == [41, 41]
    assert play.session.cause == "disconnect"
    assert play.truth.disconnects_n == 1
    assert play.session.told_off_us is not None
    play.server.order(40, keys, play.nas.router)
    play.pass_s(1)
    assert (play.server.answers[-1].code, play.server.answers[-1].integer(101)) == (42, 503)
    play.settle()


def test_an_order_for_another_box_is_refused_and_a_forged_one_not_heard() -> None:
    play = stage(for_s=600)
    play.pass_s(100)
    key = (44, play.session.acct_session_id.encode())
    play.server.order(40, [key, (32, b"somebody-else")], play.nas.router)
    play.pass_s(1)
    assert play.server.answers[-1].integer(101) == 403
    forged = bytearray(
        sign_request(40, 9, None, encode_attributes([key]), b"x", with_message_authenticator=True)
    )
    play.server._ports[2].send(bytes(forged), (play.nas.address, play.nas.router.coa_port), None)
    play.pass_s(1)
    assert len(play.server.answers) == 1
    assert play.session.ended_us is None


def test_new_limits_by_coa_are_taken_by_those_who_can_and_refused_by_those_who_cannot() -> None:
    play = stage(for_s=600)
    play.pass_s(100)
    pairs = [
        (44, play.session.acct_session_id.encode()),
        (wire.SESSION_TIMEOUT, wire.number(200)),
        vendor_attribute(14988, 17, wire.number(1 << 31)),
    ]
    play.server.order(43, pairs, play.nas.router)
    play.pass_s(1)
    assert play.server.answers[-1].code == 44
    assert (play.session.limit_s, play.session.limit_octets) == (200, 1 << 31)
    play.pass_s(200)
    assert play.session.cause == "timeout"
    other = stage(CISCO, for_s=600, router_n=3)
    other.pass_s(100)
    other.server.order(43, [(44, other.session.acct_session_id.encode())], other.nas.router)
    other.pass_s(1)
    assert other.server.answers[-1].code == 45


@pytest.mark.parametrize(
    ("habit", "answers", "obeys"),
    [
        ("deaf", 0, False),
        ("naks", 1, False),
        ("goes_on", 1, False),
        ("late", 1, True),
        ("twice", 2, True),
        ("other_port", 1, True),
    ],
)
def test_bad_habits_with_orders(habit: str, answers: int, obeys: bool) -> None:
    profile = replace(MIKROTIK, **{habit: ALWAYS})  # type: ignore[arg-type]
    play = stage(profile, for_s=3_000)
    play.pass_s(100)
    play.server.order(40, [(44, play.session.acct_session_id.encode())], play.nas.router)
    play.pass_s(50)
    assert len(play.server.answers) == answers
    assert play.session.obeys is obeys
    assert (play.session.cause == "disconnect") is obeys


@pytest.mark.parametrize(
    ("habit", "why"),
    [
        ({"reset": ALWAYS}, "reset"),
        ({"fall": ALWAYS}, "fall"),
        ({"jump": ALWAYS}, "jump"),
        ({"swap": ALWAYS}, "swap"),
        ({"zero_stop": ALWAYS}, "zero stop"),
        ({"time_falls": ALWAYS}, "time falls"),
        ({"gigawords": False}, "wraps"),
    ],
)
def test_counters_that_lie_are_marked_and_the_truth_stays_true(
    habit: dict[str, Any], why: str
) -> None:
    profile = replace(MIKROTIK, polices_as_told=False, **habit)
    play = stage(profile, for_s=1_500, who=6 if why == "wraps" else 1)
    play.pass_s(1_600)
    session = play.session
    assert session.used_output > WRAP or why != "wraps"
    assert (session.honest, session.why) == (False, why)
    assert any(
        record.as_said != (record.input_octets, record.output_octets, record.session_s)
        for record in session.told
        if record.kind != "start"
    )
    last = session.told[-1]
    assert (last.input_octets, last.output_octets) == (session.used_input, session.used_output)
    play.settle()


def test_a_wrap_that_the_server_can_know_of_is_no_lie() -> None:
    router_n = next(n for n, one in enumerate(routers()) if not one.gigawords)
    play = stage(NAMED["no-gigawords"], for_s=1_500, who=6, router_n=router_n)
    play.pass_s(1_600)
    assert play.session.used_output > WRAP
    assert play.session.honest
    assert max(play.session.told[-1].as_said) < WRAP


@pytest.mark.parametrize(
    ("habit", "kinds"),
    [
        ({"no_start": ALWAYS}, ["interim", "interim", "stop"]),
        ({"no_interims": ALWAYS}, ["start", "stop"]),
        ({"no_stop": ALWAYS}, ["start", "interim", "interim"]),
        ({"second_stop": ALWAYS}, ["start", "interim", "interim", "stop", "stop"]),
        ({"late_interim": ALWAYS}, ["start", "interim", "interim", "stop", "interim"]),
    ],
)
def test_records_that_are_missing_or_too_many(habit: dict[str, Any], kinds: list[str]) -> None:
    play = stage(replace(MIKROTIK, **habit), for_s=150)
    play.pass_s(300)
    assert [record.kind for record in play.session.told] == kinds
    assert play.session.honest
    play.settle()


@pytest.mark.parametrize(
    ("says", "ons", "offs"),
    [("on", 1, 0), ("off-on", 1, 1), ("nothing", 0, 0), ("late-on", 1, 0), ("storm", 5, 0)],
)
def test_a_reboot_loses_sessions_and_is_announced_as_the_box_does(
    says: str, ons: int, offs: int
) -> None:
    profile = replace(MIKROTIK, reboot_every_us=10 * MINUTE_US, boot_says=says, unique_ids=False)
    play = stage(profile, for_s=10_000, again_n=0, seed=3)
    assert play.world.run(lambda: bool(play.truth.boots), 60 * MINUTE_US)
    play.pass_s(120)
    assert play.session.cause == "reboot"
    assert len(play.server.records("on")) == ons
    assert len(play.server.records("off")) == offs
    ((name, _, acked),) = play.truth.boots
    assert (name, acked) == (play.nas.name, ons > 0)
    play.settle()


def test_what_was_acknowledged_is_sent_again_and_an_old_on_too() -> None:
    profile = replace(MIKROTIK, replay_every_us=20 * US_PER_S, stale_on=ALWAYS)
    profile = replace(profile, reboot_every_us=6 * MINUTE_US)
    play = stage(profile, for_s=60)
    play.pass_s(3_600)
    assert play.world.figures["records replayed"] > 10
    assert play.world.figures["stale Accounting-On"] > 0
    assert len(play.server.records("start")) > 1
    play.settle()


def test_clocks_that_are_wrong_or_missing_show_in_the_stamps() -> None:
    plain, wrong = (
        stage(for_s=60),
        stage(replace(MIKROTIK, clock_wrong_us=-7_200_000_000), for_s=60),
    )
    silent = stage(replace(MIKROTIK, stamps=False), for_s=60)
    for play in (plain, wrong, silent):
        play.pass_s(5)
    stamps = [play.server.records("start")[0].integer(55) for play in (plain, wrong, silent)]
    assert stamps[0] is not None
    assert stamps[1] == stamps[0] - 7_200
    assert stamps[2] is None


def test_a_login_that_nobody_answers_is_given_up_and_tried_again() -> None:
    play = stage(for_s=60, again_n=1, hears=lambda packet: packet.code != 1)
    play.pass_s(200)
    assert [login.verdict for login in play.truth.logins] == ["", ""]
    requests = [packet for _, packet, _ in play.server.heard]
    assert len(requests) == 6
    assert len({packet.authenticator for packet in requests}) == 2
    play.settle()


def test_one_seed_is_one_history_whatever_the_habits() -> None:
    def lived(seed: int) -> list[tuple[int, bytes]]:
        dice = World(seed).dice("odd")
        play = stage(odd(MIKROTIK, dice), seed=seed, for_s=900, again_n=3)
        play.pass_s(1_800)
        play.settle()
        return [(us, packet.authenticator) for us, packet, _ in play.server.heard]

    for seed in range(60):
        assert lived(seed) == lived(seed)
    assert lived(1) != lived(2)


@pytest.mark.parametrize("habit", sorted(HABITS))
def test_every_bad_habit_alone_comes_to_rest(habit: str) -> None:
    dice = World(7).dice(habit)
    profile = replace(MIKROTIK, **HABITS[habit](dice))  # type: ignore[arg-type]
    play = stage(profile, for_s=900, again_n=2)
    play.pass_s(1_200)
    play.settle()
    assert play.truth.sessions
