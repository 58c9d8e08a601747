"""What a router reports: accounting records, as they are made, repeated, and sent once too often.

Each record is written into the truth with what had really passed at that instant, beside what the
packet says; the two differ only by a whim that is named there. A record counts as acknowledged
when a genuine reply to one of its sendings arrived, and as given up when nobody repeats it any
more. Nothing here decides when a record is due.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from radius import encode_attributes
from tests.simulation import wire
from tests.simulation.asking import Question
from tests.simulation.connection import WRAP, Connection
from tests.simulation.host import ACCT_PORT
from tests.simulation.seams import EPOCH_US
from tests.simulation.town import SHARED_SECRET
from tests.simulation.truth import Told
from tests.simulation.world import MINUTE_US, US_PER_S

if TYPE_CHECKING:
    from tests.simulation.nas import Nas

CAUSES = {"user": 1, "timeout": 5, "octets": 10, "disconnect": 6, "reboot": 11}
PAST_N = 60  # records of the past that a router may send again


class Reports:
    """The accounting of one router."""

    def __init__(self, nas: Nas) -> None:
        """Nothing was reported yet."""
        self._nas = nas
        self._world = nas.world
        self._past: deque[tuple[bytes, Connection]] = deque(maxlen=PAST_N)

    def tell(self, connection: Connection, kind: str, cause: int = 0) -> None:
        """Report a session."""
        session = connection.truth
        true = connection.note()
        said = (0, 0, 0) if kind == "start" else connection.said(kind)
        if not self._nas.profile.gigawords:
            self._judge_wraps(connection, said)
            said = (said[0] % WRAP, said[1] % WRAP, said[2])
        record = Told(kind, self._world.now_us, *true, as_said=said, sends_n=1)
        session.told.append(record)
        pairs = [(wire.STATUS_TYPE, wire.number(wire.STATUS[kind]))]
        if kind != "start":
            pairs += _counters(said)
        if cause:
            pairs.append((wire.TERMINATE_CAUSE, wire.number(cause)))
        area = connection.area + encode_attributes(pairs + self.stamp(connection))
        before = connection.interim_asked
        if before is not None and self._nas.profile.drops_old_interims and not before.over:
            self._nas.asker.give_up(before)
            before.silent()
        question = self.report(
            area,
            f"{kind} {session.acct_session_id}",
            lambda question: self._acked(connection, record, question),
            lambda question: self._given_up(record, question),
        )
        if kind == "interim":
            connection.interim_asked = question

    def _judge_wraps(self, connection: Connection, said: tuple[int, int, int]) -> None:
        """Without Gigawords: could the server know how often the counters have wrapped?

        It could, if it knows that they do, and if less than half a turn may have passed since
        what it has acknowledged.
        """
        if max(said[:2]) < WRAP:
            return
        acked = [record for record in connection.truth.told if record.acked_us is not None]
        known = [
            max((getattr(record, name) for record in acked), default=0)
            for name in ("input_octets", "output_octets")
        ]
        gap = max(now - before for now, before in zip(said, known, strict=False))
        if self._nas.router.gigawords or gap >= WRAP // 2:
            connection.lie("wraps")

    def report(
        self,
        area: bytes,
        name: str,
        acked: Callable[[Question], None],
        given_up: Callable[[Question], None],
    ) -> Question:
        """Send an Accounting-Request until it is acknowledged."""
        profile = self._nas.profile

        def make(identifier: int, waited_us: int) -> bytes:
            whole = area
            if profile.new_packet:
                delay_s = waited_us // US_PER_S
                whole += encode_attributes([(wire.DELAY_TIME, wire.number(delay_s))])
            return wire.accounting_request(
                identifier, whole, SHARED_SECRET, signed=profile.signs_accounting
            )

        question = Question(
            make,
            ACCT_PORT,
            profile.first_wait_us,
            profile.most_wait_us,
            profile.tries_n,
            lambda packet: acked(question),
            lambda: given_up(question),
            new_packet=profile.new_packet,
            new_port=profile.new_port,
            name=name,
        )
        self._nas.asker.ask(question)
        return question

    def stamp(self, connection: Connection | None = None) -> list[wire.Pair]:
        if not self._nas.profile.stamps:
            return []
        wrong_us = self._nas.profile.clock_wrong_us
        if connection is not None and connection.whims.clock_steps:
            if (
                connection.interims_n >= connection.whims.at_interim
                and not connection.clock_step_us
            ):
                connection.clock_step_us = connection.dice.choice((-1, 1)) * 40 * MINUTE_US
            wrong_us += connection.clock_step_us
        seconds = (EPOCH_US + self._world.now_us + wrong_us) // US_PER_S
        return [(wire.EVENT_TIMESTAMP, wire.number(seconds))]

    def _acked(self, connection: Connection, record: Told, question: Question) -> None:
        record.acked_us = self._world.now_us
        record.sends_n = question.sends_n
        self._past.append((question.octets, connection))
        self._world.figures["records acknowledged"] += 1
        if record.kind != "stop" or self._nas.calming:
            return
        whims, dice = connection.whims, connection.dice
        for wanted, kind in ((whims.late_interim, "interim"), (whims.second_stop, "stop")):
            if wanted:
                self._nas.later(dice.randrange(MINUTE_US), self._tell_late, connection, kind)
        whims.late_interim = whims.second_stop = False

    def _tell_late(self, connection: Connection, kind: str) -> None:
        if self._nas.up:
            self.tell(connection, kind, CAUSES["user"] if kind == "stop" else 0)

    def _given_up(self, record: Told, question: Question) -> None:
        record.given_up = True
        record.sends_n = question.sends_n
        self._world.figures["records given up"] += 1

    def replay(self) -> None:
        """Some record of the past comes once more."""
        nas = self._nas
        if nas.calming:
            return
        told = [(octets, c) for octets, c in self._past if self._tells_its_age(c)]
        if nas.up and told:
            first = nas.dice.randrange(len(told))
            row = [octets for octets, c in told[first:] if c is told[first][1]]
            for n, octets in enumerate(row[: nas.profile.replays_n]):
                self._world.figures["records replayed"] += 1
                self._world.after(n * 100_000, nas.asker.throw, octets, ACCT_PORT)
        self._world.after(nas.about(nas.profile.replay_every_us), self.replay)

    def _tells_its_age(self, connection: Connection) -> bool:
        """Could anybody tell an old record of this session from a new one?

        After the end of the session only by Event-Timestamp, and not if that lies in the future:
        a device that begins the same session id anew under the same Class says the same octets.
        """
        profile = self._nas.profile
        ahead_us = profile.clock_wrong_us + connection.clock_step_us
        if connection.live and abs(ahead_us) > MINUTE_US:
            return False
        if not profile.echoes_class and self._world.figures["clock jumps"]:
            return False  # the stamp is not believed, and nothing else tells
        return profile.stamps and ahead_us < MINUTE_US


def _counters(said: tuple[int, int, int]) -> list[wire.Pair]:
    """Session time and octets, with Gigawords where they are needed."""
    pairs = [(wire.SESSION_TIME, wire.number(said[2]))]
    for octets, low, high in (
        (said[0], wire.INPUT_OCTETS, wire.INPUT_GIGAWORDS),
        (said[1], wire.OUTPUT_OCTETS, wire.OUTPUT_GIGAWORDS),
    ):
        pairs.append((low, wire.number(octets % WRAP)))
        if octets >= WRAP:
            pairs.append((high, wire.number(octets // WRAP)))
    return pairs
