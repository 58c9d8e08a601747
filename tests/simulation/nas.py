"""A router: it dials subscribers in, carries and reports their sessions, and takes orders.

Whatever it does is written into the truth as it happens: what passed, what was reported in which
record, which record was acknowledged. It lives outside of every process that can die, for the
machines of others do not crash with the server; its own reboots lose what a router's memory would.
After `calm` it does no mischief any more: sessions end in bounded time with a true Stop, and what
is not acknowledged is repeated until it is, unless this router gives up for good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from radius import Packet, encode_attributes
from tests.simulation import wire
from tests.simulation.asking import Asker, Question
from tests.simulation.connection import Connection
from tests.simulation.dials import NOBODY, Dial, cast
from tests.simulation.host import AUTH_PORT, SERVER
from tests.simulation.network import Network
from tests.simulation.orders import Orders
from tests.simulation.plans import speeds_bps
from tests.simulation.profiles import Profile
from tests.simulation.reboots import Reboots
from tests.simulation.reports import CAUSES, Reports
from tests.simulation.swarm import Swarm
from tests.simulation.town import EVERY_PLAN, SHARED_SECRET, Router
from tests.simulation.truth import Login, TrueSession, Truth
from tests.simulation.uplinks import drawn
from tests.simulation.world import MINUTE_US, US_PER_S, World

INTERIM_S = 300  # where nobody says how often
STUBBORN_PERMILLE = 250  # of those who are refused: they try again
FORGOTTEN = ("lost", "reboot")  # why a session may have ended without a Stop
LINGERS_N, LINGER_US = 12, 240 * US_PER_S  # longer than silence is borne with


class Nas:
    """One router of the town and all who are on line there."""

    def __init__(
        self,
        world: World,
        network: Network,
        truth: Truth,
        router: Router,
        profile: Profile,
        *,
        dials: tuple[Dial, ...] = (),
        servers: tuple[str, ...] = (SERVER,),
    ) -> None:
        """Does nothing before `begin`."""
        self.world = world
        self.truth = truth
        self.router = router
        self.profile = profile
        self.name = router.name
        self.address = router.address
        self.dice = world.dice(f"nas/{router.name}")
        self.calming = False
        self.up = True
        self.connections: dict[int, Connection] = {}
        self.uplinks = drawn(servers, world.dice(f"uplinks/{router.name}"))
        self.asker = Asker(
            world,
            network,
            router.address,
            SHARED_SECRET,
            dice=self.dice,
            uplinks=self.uplinks,
        )
        self._network = network
        self._dials = dials
        self.lanes: dict[tuple[str, int], bool] = {}
        self._logins_n = 0  # under way
        self._chores_n = 0  # things that will be done later and must not be forgotten
        self.numbers = 0
        self.boots_n = 0
        self.reports = Reports(self)
        self.reboots = Reboots(self)

    def begin(self) -> None:
        """From now on it serves."""
        Orders(self, self._network)
        for dial in self._dials:
            if dial.ran_us:
                self._come_along(dial)
            else:
                self.world.after(dial.after_us, self._dial, dial)
        if self.profile.reboot_every_us:
            self.world.after(self.about(self.profile.reboot_every_us), self.reboots.reboot)
        if self.profile.replay_every_us:
            self.world.after(self.about(self.profile.replay_every_us), self.reports.replay)

    def calm(self) -> None:
        """No new mischief and no new sessions; those that live end soon, and truly."""
        self.calming = True
        for connection in list(self.connections.values()):
            connection.reform()
            self._end_later(connection, self.dice.randrange(US_PER_S, 10 * MINUTE_US))
        if any(one.nas == self.name and one.cause in FORGOTTEN for one in self.truth.sessions):
            for n in range(LINGERS_N):
                self.later(n * LINGER_US + US_PER_S, self._linger)

    def _linger(self) -> None:
        """Talk on, so that the server notices who is silent: somebody asks, and is refused."""
        attempt = Login(NOBODY.login, self.name, "", self.world.now_us, False)
        self.truth.logins.append(attempt)
        self.numbers += 1

        def answered(packet: Packet) -> None:
            attempt.verdict, attempt.answered_us = "reject", self.world.now_us

        dial, session_id = Dial(0, NOBODY, 0, ""), self._session_id(self.numbers)
        wait_us = self.profile.login_wait_us
        self.asker.ask(
            Question(
                self._login_octets(dial, self.numbers, session_id, 0),
                AUTH_PORT,
                wait_us,
                wait_us,
                self.profile.login_tries_n,
                answered,
                lambda: None,
                name="login of nobody",
            )
        )

    @property
    def at_rest(self) -> bool:
        """Is nobody on line, and nothing unanswered?"""
        waits = self.connections or self.asker.open or self._chores_n
        return self.calming and not waits

    def why(self) -> str:
        """What it still waits for."""
        names = [question.name for question in self.asker.open.values()]
        lives = [connection.truth.acct_session_id for connection in self.connections.values()]
        return f"sessions {lives}, unanswered {names[:10]}, chores {self._chores_n}"

    def later(self, delay_us: int, call: Callable[..., None], *args: Any) -> None:
        """Do something that counts as unrest until it is done."""
        self._chores_n += 1

        def do() -> None:
            self._chores_n -= 1
            call(*args)

        self.world.after(delay_us, do)

    def about(self, mean_us: int) -> int:
        return self.dice.randrange(mean_us // 2, mean_us * 3 // 2)

    # ---------------------------------------------------------------- logins

    def _dial(self, dial: Dial) -> None:
        """Ask the server whether a subscriber may in."""
        if self.calming or not self.up:
            return
        login, truth, profile = dial.resident.login, self.truth, self.profile
        lane_n = next(n for n in range(250) if (login, n) not in self.lanes)
        lane = (login, lane_n)
        self.lanes[lane] = True
        self.numbers += 1
        number = self.numbers
        known = truth.plan_of.get(login, "")
        attempt = Login(
            login,
            self.name,
            known,
            self.world.now_us,
            dial.password == dial.resident.password,
            signed=profile.signs,
        )
        truth.logins.append(attempt)
        self.world.figures["logins tried"] += 1
        session_id = self._session_id(number)
        boots_n = self.boots_n
        self.asker.ask(
            Question(
                self._login_octets(dial, number, session_id, lane_n),
                AUTH_PORT,
                profile.login_wait_us,
                profile.login_wait_us,
                profile.login_tries_n,
                lambda packet: self._verdict(packet, dial, attempt, (lane, number, session_id)),
                lambda: self._unheard(dial, lane, boots_n),
                name=f"login {login}",
            )
        )

    def _login_octets(
        self, dial: Dial, number: int, session_id: str, lane_n: int
    ) -> Callable[[int, int], bytes]:
        profile, dice = self.profile, self.dice
        authenticator = dice.randbytes(16)
        pairs = [
            (wire.USER_NAME, dial.resident.login.encode()),
            *wire.credential(
                profile.method,
                dial.resident.login,
                dial.password,
                SHARED_SECRET,
                authenticator=authenticator,
                dice=dice,
            ),
            *self.names(),
            (wire.NAS_PORT, wire.number(number)),
            (wire.NAS_PORT_TYPE, wire.number(15)),
            (wire.CALLING_STATION_ID, self._station(dial.resident.login, lane_n)),
        ]
        if profile.id_in_login:
            pairs.append((wire.ACCT_SESSION_ID, session_id.encode()))

        def make(identifier: int, waited_us: int) -> bytes:
            return wire.access_request(
                identifier, authenticator, pairs, SHARED_SECRET, signed=profile.signs
            )

        return make

    def names(self) -> list[wire.Pair]:
        found = [(wire.NAS_IP_ADDRESS, wire.address(self.address))]
        if self.profile.names_itself:
            found.append((wire.NAS_IDENTIFIER, self.name.encode()))
        return found

    def _station(self, login: str, lane_n: int) -> bytes:
        which = int(login[3:] or "0") if login[3:].isdigit() else 255
        router = int(self.address.split(".")[1])
        return f"02:00:00:{router:02X}:{which:02X}:{lane_n:02X}".encode()

    def _session_id(self, number: int) -> str:
        if self.profile.unique_ids:
            return f"{self.boots_n:02x}{number:06x}"
        return f"{number:08x}"

    def _unheard(self, dial: Dial, lane: tuple[str, int], boots_n: int) -> None:
        self.world.figures["logins unanswered"] += 1
        if boots_n == self.boots_n:
            self.lanes.pop(lane, None)
        self._dial_again(dial)

    def _dial_again(self, dial: Dial) -> None:
        if dial.again_n and not self.calming:
            again = Dial(
                0, dial.resident, dial.for_us, dial.resident.password, again_n=dial.again_n - 1
            )
            self.world.after(self.dice.randrange(US_PER_S, MINUTE_US), self._dial, again)

    def _verdict(
        self,
        packet: Packet,
        dial: Dial,
        attempt: Login,
        names: tuple[tuple[str, int], int, str],
    ) -> None:
        """The server has answered a login."""
        attempt.answered_us = self.world.now_us
        lane, _, _ = names
        if packet.code != wire.ACCESS_ACCEPT:
            attempt.verdict = "reject"
            self.world.figures["logins rejected"] += 1
            self.lanes.pop(lane, None)
            if self.profile.lets_anybody and dial.resident is NOBODY:
                self._admit(dial, attempt, names, wire.Told())
            elif self.dice.randrange(1000) < STUBBORN_PERMILLE:
                self._dial_again(dial)
            return
        attempt.verdict = "accept"
        self.world.figures["logins accepted"] += 1
        if self.dice.randrange(1000) < self.profile.no_show and not self.calming:
            self.world.figures["logins that never began"] += 1
            self.lanes.pop(lane, None)
            return
        self._admit(dial, attempt, names, wire.told(packet))

    def _admit(
        self,
        dial: Dial,
        attempt: Login,
        names: tuple[tuple[str, int], int, str],
        told: wire.Told,
    ) -> None:
        """Let a subscriber in, within what was told; nothing is, if the router decides alone."""
        lane, number, session_id = names
        plan = self.truth.plan_of.get(dial.resident.login, attempt.plan)
        speeds = self._speeds(plan)
        if self.profile.polices_as_told:
            line = self.router.line_rate_bps
            speeds = (min(told.up_bps or line, line), min(told.down_bps or line, line))
        session = TrueSession(
            nas=self.name,
            acct_session_id=session_id,
            login=dial.resident.login,
            plan=plan,
            tokens=told.tokens,
            accepted_us=self.world.now_us if told.tokens else None,
            tried_us=attempt.sent_us,
            profile=self.profile.name,
            speed_bps=speeds,
            rate_bps=sum(speeds),
            interim_s=self.profile.own_interim_s or told.interim_s or INTERIM_S,
            garden=told.garden,
        )
        setup_us = self.dice.choice((0, 0, 20_000, self.dice.randrange(2 * US_PER_S)))
        self.later(setup_us, self._start, dial, session, (lane, number, self.boots_n), told)

    def _speeds(self, plan: str) -> tuple[int, int]:
        """What a technician sets up for a plan."""
        text = self.truth.texts.get(plan) or EVERY_PLAN.get(plan, "")
        return speeds_bps(text, self.router.line_rate_bps)

    # ---------------------------------------------------------------- sessions

    def _come_along(self, dial: Dial) -> None:
        """A subscriber who is on line already when this router is switched over to the server."""
        login = dial.resident.login
        self.numbers += 1
        lane = (login, next(n for n in range(250) if (login, n) not in self.lanes))
        self.lanes[lane] = True
        speeds = self._speeds(dial.resident.plan)
        session = TrueSession(
            nas=self.name,
            acct_session_id=self._session_id(self.numbers),
            login=login,
            plan=dial.resident.plan,
            ran_before=True,
            tried_us=self.world.now_us,
            profile=self.profile.name,
            speed_bps=speeds,
            rate_bps=sum(speeds),
            interim_s=self.profile.own_interim_s or INTERIM_S,
        )
        self.world.figures["sessions that came along"] += 1
        self._start(dial, session, (lane, self.numbers, self.boots_n), wire.Told())

    def _start(
        self,
        dial: Dial,
        session: TrueSession,
        names: tuple[tuple[str, int], int, int],
        told: wire.Told,
    ) -> None:
        """The subscriber is on line."""
        lane, number, boots_n = names
        if boots_n != self.boots_n or not self.up:
            return  # it rebooted in between
        self.truth.sessions.append(session)
        dice = self.world.dice(f"{self.name}/{session.login}/{len(self.truth.sessions)}")
        connection = Connection(self.world, self.profile, session, dice, self.hang_up)
        connection.number, connection.lane = number, lane
        lasting = self._lasting(session, connection)
        connection.area = encode_attributes(lasting)
        connection.names = dict(lasting)
        self.connections[number] = connection
        if self.calming:
            connection.reform()
        if session.ran_before:
            connection.ran(dial.ran_us)
        elif not connection.whims.no_start:
            self.reports.tell(connection, "start")
        connection.begin(told)
        self._interim_later(connection)
        limit_us = 5 * MINUTE_US if self.calming else dial.for_us
        self._end_later(connection, min(dial.for_us, limit_us), dial)

    def _lasting(self, session: TrueSession, connection: Connection) -> list[wire.Pair]:
        """The attributes that all records of a session have."""
        number = connection.number
        host = bytes([100, 64 + int(self.address.split(".")[1]), number >> 8 & 255, number & 255])
        found = [
            (wire.USER_NAME, session.login.encode()),
            (wire.ACCT_SESSION_ID, session.acct_session_id.encode()),
            *self.names(),
            (wire.NAS_PORT, wire.number(number)),
            (wire.NAS_PORT_TYPE, wire.number(15)),
            (wire.CALLING_STATION_ID, self._station(*connection.lane)),
        ]
        if self.profile.framed_address:
            found.append((wire.FRAMED_IP_ADDRESS, host))
        if self.profile.echoes_class:
            found += [(wire.CLASS, token) for token in session.tokens]
        return found

    def _interim_later(self, connection: Connection) -> None:
        if connection.whims.no_interims:
            return
        wait_us = connection.truth.interim_s * US_PER_S
        if self.profile.jitter_permille:
            most = self.profile.jitter_permille
            wait_us += wait_us * connection.dice.randint(-most, most) // 1000
        self.world.after(wait_us, self._interim, connection)

    def _interim(self, connection: Connection) -> None:
        if connection.live:
            connection.interims_n += 1
            self.reports.tell(connection, "interim")
            self._interim_later(connection)

    def _end_later(self, connection: Connection, delay_us: int, dial: Dial | None = None) -> None:
        self.world.after(delay_us, self._leave, connection)
        if dial is not None:
            connection.on_cut = lambda: self._dial_again(dial)

    def _leave(self, connection: Connection) -> None:
        if connection.live:
            self.hang_up(connection, "user")

    def hang_up(self, connection: Connection, cause: str) -> None:
        """A session ends here, and the server is told, unless this router forgets to."""
        no_stop = connection.whims.no_stop
        self.drop(connection, "lost" if no_stop else cause)
        if not no_stop:
            self.reports.tell(connection, "stop", CAUSES[cause])
        if cause != "user":
            connection.on_cut()

    def drop(self, connection: Connection, cause: str) -> None:
        connection.end(cause)
        self.connections.pop(connection.number, None)
        self.lanes.pop(connection.lane, None)


def muster(
    world: World, network: Network, truth: Truth, plan: Swarm, servers: tuple[str, ...] = (SERVER,)
) -> list[Nas]:
    """The routers of a history, their profiles and their subscribers, as its plan says."""
    return [
        Nas(world, network, truth, router, profile, dials=dials, servers=servers)
        for router, profile, dials in cast(world.dice("muster"), truth, plan)
    ]
