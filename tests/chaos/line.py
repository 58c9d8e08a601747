"""One line of the NAS: its subscriber's sessions, one after another, and the record under way.

Pure state and dice: when the clock says so it hands out a request to send, and it is told of the
answer. Its counters are the truth and only rise. A session obeys the limits it was told, as a
RouterOS does by itself: usage never goes beyond the octets that the server has granted.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from tests.chaos import wire
from tests.chaos.records import INTERIM, LOGIN, START, STOP, Plan, Record

if TYPE_CHECKING:
    from tests.chaos.generator import Identifiers

STATUS = {START: 1, STOP: 2, INTERIM: 3}
REFUSED_US = 500_000  # before the subscriber tries again
USER_REQUEST, SESSION_TIMEOUT_CAUSE, ADMIN_RESET = 1, 5, 6


class Request:
    """A record on its way: it may be signed several times, and is answered once."""

    def __init__(self, line: Line, record: Record, attributes: wire.Attributes) -> None:
        """Not signed yet."""
        self.line = line
        self.record = record
        self.attributes = attributes
        self.octets: bytes | None = None
        self.tries_n = 0
        self.over = False
        self.is_copy = False
        self.event_s = int(time.time())

    @property
    def is_login(self) -> bool:
        """Does it go to the port of logins?"""
        return self.record.kind == LOGIN

    @property
    def repeatable(self) -> bool:
        """May it come again much later? A login would be a new login then."""
        return not self.is_login and not self.is_copy

    def waits_under(self, identifier: int) -> bool:
        """Does its session wait for an answer under this identifier?"""
        octets = self.octets
        return self.line.current is self and octets is not None and octets[1] == identifier

    def copy(self) -> Request:
        """The same record, to be signed anew."""
        copied = Request(self.line, self.record, self.attributes)
        copied.is_copy, copied.event_s = True, self.event_s
        return copied

    def sign(self, identifier: int, secret: bytes, at_us: int) -> bytes:
        """The octets under an identifier; Acct-Delay-Time says how old the record is by now."""
        if self.is_login:
            plan = self.line.plan
            salt = self.line.chance.randbytes(16)
            self.octets = wire.access_request(
                self.attributes, plan.password, secret, identifier, salt
            )
        else:
            delay_s = (at_us - self.record.at_us) // 1_000_000
            timely = [
                (wire.EVENT_TIMESTAMP, wire.number(self.event_s)),
                (wire.ACCT_DELAY_TIME, wire.number(delay_s)),
            ]
            self.octets = wire.accounting_request([*self.attributes, *timely], secret, identifier)
        return self.octets


class Line:
    """A port of the NAS and the subscriber behind it."""

    def __init__(self, plan: Plan, number: int, port: Identifiers) -> None:
        """No session yet; the first call of `next` logs in."""
        self.plan = plan
        self.port = port
        self.number = number
        self.login = plan.logins[number % len(plan.logins)]
        self.chance = random.Random(f"{plan.seed}-{number}")
        self.due_us = 0
        self._made_n = 0
        self._draining = False
        self.current: Request | None = None
        self._forget()

    def _forget(self) -> None:
        """Between two sessions."""
        self.session = ""
        self._kind = LOGIN
        self._classes: list[bytes] = []
        self._up = self._down = self._seconds = self._began_us = 0
        self._limit_octets: int | None = None
        self._limit_s: int | None = None
        self._cause = USER_REQUEST
        self._left_n = 0
        self._patience_n = 0

    @property
    def idle(self) -> bool:
        """Is no session on, and none to come?"""
        return self._draining and not self.session

    def drain(self) -> None:
        """End what is on with the next record, and begin nothing more."""
        self._draining = True
        if self._kind == LOGIN:
            self._end()

    def _end(self) -> None:
        if self.current is not None:
            self.current.over = True
            self.current = None
        self._forget()

    # ---------------------------------------------------------------- what is sent

    def next(self, at_us: int) -> Request | None:
        """The request to send now, or None if nothing is due; `due_us` is when to ask again."""
        if at_us < self.due_us:
            return None
        if self.current is not None and self._gives_up():
            self.current = None
        if self.current is None:
            if self._draining and not self.session:
                return None
            self.current = self._make(at_us)
        request = self.current
        request.tries_n += 1
        if request.tries_n > 1 and self.chance.random() < self.plan.anew:
            request.octets = None
        wait_ms = min(self.plan.timeout_ms << min(request.tries_n - 1, 8), self.plan.timeout_max_ms)
        self.due_us = at_us + int(wait_ms * 1000 * self.chance.uniform(0.9, 1.1))
        return request

    def _gives_up(self) -> bool:
        """Some routers send a newer interim instead of the same one for ever; never for a Stop."""
        request = self.current
        assert request is not None
        patient = not self._patience_n or request.tries_n < self._patience_n
        return not patient and request.record.kind == INTERIM

    def _make(self, at_us: int) -> Request:
        if not self.session:
            self._made_n += 1
            self.session = f"{self.plan.prefix}{self.plan.seed}-{self.number}-{self._made_n}"
            self._left_n = self.chance.randrange(1, self.plan.interims_max_n + 1)
            if self.chance.random() < self.plan.give_up:
                self._patience_n = self.chance.randrange(2, 5)
            if self._is_known_to_pay() and self.chance.random() < self.plan.unannounced:
                self._kind = START  # its login was at another server, or was lost
        if self._kind == START:
            self._began_us = at_us
        if self._kind == INTERIM:
            self._use(at_us)
            self._left_n -= 1
            if self._left_n <= 0 or self._draining or self._at_limit():
                self._kind = STOP
        usage = (self._up, self._down, self._seconds)
        record = Record(at_us, self.session, self.login, self._kind, *usage)
        return Request(self, record, self._attributes(record))

    def _is_known_to_pay(self) -> bool:
        """Without a login nobody is told a limit, so only those may who never reach one."""
        return not self.login.startswith("poor")

    def _use(self, at_us: int) -> None:
        """Some traffic, as far as the limits allow, and the time that it took."""
        up = self.chance.randrange(self.plan.step_octets // 10 + 1)
        down = self.chance.randrange(self.plan.step_octets - up + 1)
        if self.plan.obey and self._limit_octets is not None:
            room = max(self._limit_octets - self._up - self._down, 0)
            up = min(up, room)
            down = min(down, room - up)
        self._up, self._down = self._up + up, self._down + down
        self._seconds = (at_us - self._began_us) // 1_000_000
        if self.plan.obey and self._limit_s is not None:
            self._seconds = min(self._seconds, self._limit_s)

    def _at_limit(self) -> bool:
        if not self.plan.obey:
            return False
        used = self._up + self._down
        if self._limit_octets is not None and used >= self._limit_octets:
            self._cause = SESSION_TIMEOUT_CAUSE
            return True
        if self._limit_s is not None and self._seconds >= self._limit_s:
            self._cause = SESSION_TIMEOUT_CAUSE
            return True
        return False

    def _attributes(self, record: Record) -> wire.Attributes:
        address = self.plan.nas_address or self.plan.source
        station = f"02:00:{self.plan.seed % 256:02x}:{self.number >> 16:02x}"
        station += f":{self.number >> 8 & 255:02x}:{self.number & 255:02x}"
        found: wire.Attributes = [
            (wire.USER_NAME, self.login.encode()),
            (wire.NAS_IP_ADDRESS, bytes(int(part) for part in address.split("."))),
            (wire.NAS_PORT, wire.number(self.number)),
            (wire.CALLING_STATION_ID, station.encode()),
        ]
        if record.kind != LOGIN or self.plan.say_session_at_login:
            found.append((wire.ACCT_SESSION_ID, record.session.encode()))
        if record.kind == LOGIN:
            return found
        found.append((wire.ACCT_STATUS_TYPE, wire.number(STATUS[record.kind])))
        found += [(wire.CLASS, value) for value in self._classes]
        if record.kind != START:
            found += _counters(record)
        if record.kind == STOP:
            found.append((wire.ACCT_TERMINATE_CAUSE, wire.number(self._cause)))
        return found

    # ---------------------------------------------------------------- what is heard

    def answered(self, request: Request, octets: bytes, at_us: int) -> bool:
        """An answer came. True: the line goes on at `due_us`."""
        if request is not self.current:
            return False  # an older record, or a late copy: nothing waits for it
        self.current = None
        if request.is_login:
            self._let_in(octets, at_us)
        elif request.record.kind == STOP:
            self._end()
            self._pause(at_us)
        else:
            self._kind = INTERIM
            if self.chance.random() < self.plan.abandon and not self._draining:
                self._end()
            self._pause(at_us)
        return True

    def _let_in(self, octets: bytes, at_us: int) -> None:
        if octets[0] != wire.ACCESS_ACCEPT:
            self._end()
            self.due_us = at_us + REFUSED_US
            return
        attributes = wire.read(octets)
        self._classes = [value for kind, value in attributes if kind == wire.CLASS]
        self._limit_octets = wire.octet_limit(attributes)
        timeout = wire.first(attributes, wire.SESSION_TIMEOUT)
        self._limit_s = int.from_bytes(timeout, "big") if timeout else None
        self._kind = START
        self._pause(at_us)

    def _pause(self, at_us: int) -> None:
        pace_us = self.plan.pace_ms * 1000
        self.due_us = at_us + (self.chance.randrange(2 * pace_us) if pace_us else 0)

    def ordered(self, code: int, attributes: wire.Attributes) -> bool:
        """Obey a Disconnect or new limits; False: there is no such session any more."""
        if self._kind == LOGIN or not self.session:
            return False
        if code == wire.COA_REQUEST:
            limit = wire.octet_limit(attributes)
            if limit is not None:
                self._limit_octets = limit
            timeout = wire.first(attributes, wire.SESSION_TIMEOUT)
            if timeout:
                self._limit_s = int.from_bytes(timeout, "big")
            return True
        if self.current is None or self.current.record.kind != STOP:
            if self.current is not None:
                self.current = None
            self._kind, self._cause, self.due_us = STOP, ADMIN_RESET, 0
            self._began_us = self._began_us or time.monotonic_ns() // 1000
        return True


def _counters(record: Record) -> wire.Attributes:
    low, high = wire.number, 1 << 32
    return [
        (wire.ACCT_INPUT_OCTETS, low(record.input_octets % high)),
        (wire.ACCT_INPUT_GIGAWORDS, low(record.input_octets // high)),
        (wire.ACCT_OUTPUT_OCTETS, low(record.output_octets % high)),
        (wire.ACCT_OUTPUT_GIGAWORDS, low(record.output_octets // high)),
        (wire.ACCT_SESSION_TIME, low(record.session_s)),
    ]
