"""One session of a simulated router, from the login to the Stop.

Time in the session runs `speed` times as fast as the clock, and interims carry the counters of
exact instants of it, so two runs with the same numbers bill the same. Between them the router
listens: a Disconnect ends the session where it stands. The books are only read, to show what each
record cost; nothing that is shown is computed here.
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, field
from typing import Any

from pyrad.client import Timeout

from aaa.ports import StoreUnavailable
from cli.errors import HouseError
from cli.output import octets_in_words, seconds_in_words
from cli.simulate_router import Ear, Router, Status, Uplink
from cli.simulate_view import Line, Purse, View
from domain.seams import US_PER_S, Clock
from store import office_subscribers
from store.database import Database

USER_REQUEST, SESSION_TIMEOUT, ADMIN_RESET, NAS_REQUEST = 1, 5, 6, 10  # Acct-Terminate-Cause
UP_SHARE = 10  # one octet in so many goes up


@dataclass(frozen=True, slots=True)
class Script:
    """What is to be played."""

    uplink: Uplink
    login: str
    password: bytes = field(repr=False)
    method: str
    rate_bps: int
    interval_s: int  # of the session, between two interims
    speed: int  # seconds of the session in one second of ours
    count: int  # interims at most; 0: until it is ended
    obey_limits: bool


@dataclass(slots=True)
class Ending:
    """How it ended, and what came before."""

    ended: str = ""
    message: str = ""
    interims_n: int = 0
    unanswered_n: int = 0
    orders: list[dict[str, Any]] = field(default_factory=list)


class Play:
    """One performance: the router, its ear, what is shown, and the end."""

    def __init__(self, script: Script, books: Database | None, *, clock: Clock, tag: str) -> None:
        self.script = script
        self.ending = Ending()
        self.opening: Purse | None = None
        self.closing: Purse | None = None
        self._books = books
        self._clock = clock
        self._speed: str | None = None  # the last that was shown
        self._over = asyncio.Event()
        self._notes: asyncio.Queue[str] = asyncio.Queue()
        names = {
            "User-Name": script.login,
            "Calling-Station-Id": "02:00:00:00:00:01",
            "NAS-Identifier": "simulate",
            "Framed-IP-Address": "10.64.0.2",
        }
        self.router = Router(script.uplink, names, session_id=f"sim-{tag}", clock=clock)

    async def perform(self, *, silent: bool) -> None:
        """Play it to its end. HouseError when there is no server or no port to listen on."""
        loop = asyncio.get_running_loop()
        uplink = self.script.uplink
        self.opening = self.closing = await self._purse()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: Ear(self.router, uplink.secret, self._clock, self._heard),
                local_addr=(uplink.local_address, uplink.coa_port),
            )
        except OSError as error:
            raise HouseError(
                f"cannot listen for orders on port {uplink.coa_port}: {error.strerror}; "
                "--coa-port names another one"
            ) from None
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupted)
        try:
            with View(silent=silent, money=self.opening is not None) as view:
                await self._session(view)
        finally:
            transport.close()

    async def _session(self, view: View) -> None:
        script, router = self.script, self.router
        try:
            let_in, self.ending.message = await asyncio.to_thread(
                router.login, script.password, script.method
            )
        except (Timeout, OSError):
            raise HouseError(
                f"no answer to the login from {script.uplink.server} port "
                f"{script.uplink.auth_port}: is `tollhouse serve` running there, does it know "
                "this NAS, and is the secret right?"
            ) from None
        if not let_in:
            self.ending.ended = "refused"
            return
        await self._show(view, f"login accepted{self._told()}")
        await self._report(view, Status.START, "Start")
        await self._stream(view)
        causes = {"count": USER_REQUEST, "timeout": SESSION_TIMEOUT, "limit": NAS_REQUEST}
        cause = causes.get(self.ending.ended, ADMIN_RESET)
        await self._report(view, Status.STOP, "Stop", cause)

    async def _stream(self, view: View) -> None:
        """Interims, each at its time, until something ends the session."""
        script, ending = self.script, self.ending
        began_us = self._clock.monotonic_us()
        while True:
            due_s = (ending.interims_n + 1) * script.interval_s
            due_us = began_us + due_s * US_PER_S // script.speed
            await self._until(view, due_us)
            if self._over.is_set():
                # What passed since the last interim counts as well.
                passed_us = (self._clock.monotonic_us() - began_us) * script.speed
                self._advance(min(passed_us, due_s * US_PER_S))
                return
            reached = self._advance(due_s * US_PER_S)
            if reached:
                ending.ended = reached
                return
            ending.interims_n += 1
            await self._report(view, Status.INTERIM, f"interim {ending.interims_n}")
            if script.count and ending.interims_n >= script.count and not self._over.is_set():
                ending.ended = "count"
                return

    async def _until(self, view: View, due_us: int) -> None:
        """Wait for the instant or the end, showing what is heard meanwhile."""
        while not self._over.is_set():
            left_us = due_us - self._clock.monotonic_us()
            if left_us <= 0:
                break
            try:
                note = await asyncio.wait_for(self._notes.get(), left_us / US_PER_S)
            except TimeoutError:
                break
            await self._show(view, note)
        while not self._notes.empty():
            await self._show(view, self._notes.get_nowait())

    def _advance(self, session_us: int) -> str:
        """Bring the counters to an instant of the session; what limit that reaches, if any."""
        script, limits, counters = self.script, self.router.limits, self.router.counters
        reached = ""
        if script.obey_limits and limits.session_timeout_s is not None:
            if session_us >= limits.session_timeout_s * US_PER_S:
                session_us, reached = limits.session_timeout_s * US_PER_S, "timeout"
        octets = script.rate_bps * session_us // (8 * US_PER_S)
        if script.obey_limits and limits.total_octets is not None:
            if octets >= limits.total_octets:
                octets, reached = limits.total_octets, "limit"
        up = octets // UP_SHARE
        counters.session_s = max(counters.session_s, session_us // US_PER_S)
        counters.input_octets = max(counters.input_octets, up)
        counters.output_octets = max(counters.output_octets, octets - up)
        return reached

    async def _report(self, view: View, status: Status, name: str, cause: int = 0) -> None:
        answered = await asyncio.to_thread(self.router.report, status, terminate_cause=cause)
        if not answered:
            self.ending.unanswered_n += 1
        await self._show(view, name if answered else f"{name}: no answer")

    async def _show(self, view: View, what: str) -> None:
        self.closing = await self._purse()
        counters = self.router.counters
        paid_micros = 0
        if self.opening is not None and self.closing is not None:
            paid_micros = self.opening.balance_micros - self.closing.balance_micros
        view.show(
            Line(
                session_s=counters.session_s,
                output_octets=counters.output_octets,
                input_octets=counters.input_octets,
                what=what,
                purse=self.closing,
                paid_micros=paid_micros,
            )
        )

    async def _purse(self) -> Purse | None:
        """What the books say, if they are at hand and know the login."""
        if self._books is None:
            return None
        try:
            async with self._books.reading() as connection:
                customer = await office_subscribers.find(connection, self.script.login)
        except StoreUnavailable:
            return self.closing
        if customer is None:
            return None
        account = customer.account
        return Purse(account.currency, account.balance_micros, account.held_micros)

    def _told(self) -> str:
        """The limits that the server has told, in words to follow a name; a speed if it is new."""
        limits = self.router.limits
        octets, seconds = limits.total_octets, limits.session_timeout_s
        text = f", {octets_in_words(octets)}" if octets is not None else ""
        text += f" within {seconds_in_words(seconds)}" if seconds is not None else ""
        if limits.speed != self._speed:
            self._speed = limits.speed
            text += f", speed {limits.speed}"
        return text

    def _heard(self, request: str, answer: str) -> None:
        limits = self.router.limits
        order: dict[str, Any] = {"request": request, "answer": answer}
        told = ", for another session" if answer.endswith("NAK") else ""
        if answer == "CoA-ACK":
            told = self._told()
            order |= {
                "speed": limits.speed,
                "total_octets": limits.total_octets,
                "session_timeout_s": limits.session_timeout_s,
            }
        self.ending.orders.append(order)
        self._notes.put_nowait(f"{request}{told}; answered {answer}")
        if answer == "Disconnect-ACK" and not self.ending.ended:
            self.ending.ended = "disconnect"
            self._over.set()

    def _interrupted(self) -> None:
        if not self.ending.ended:
            self.ending.ended = "interrupted"
        self._over.set()
        self._notes.put_nowait("interrupted")
