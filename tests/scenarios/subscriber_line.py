"""A subscriber's line in the stories of whole plans: it uses so much at such a time.

The time is the story's, not the machine's: each report moves the clock of the installation on to
its instant and is stamped with it, so that what a night or a month costs is exact to the micro.
"""

from __future__ import annotations

from typing import Any

from domain.period import parse_instant
from tests.peers.freeradius import CoaListener, Received
from tests.scenarios.installation import Installation, eventually
from tests.scenarios.router import START, Router

ZONE = "Europe/Berlin"
PASSWORD = "pass"
S_US = 1_000_000


def local_us(text: str) -> int:
    """An instant, as it is written in Berlin."""
    return parse_instant(text, ZONE)


class Story:
    """An installation with a clock that moves, one router, and the ear that hears its orders."""

    def __init__(self, site: Installation, router: Router, listener: CoaListener) -> None:
        assert site.clock is not None
        self.site, self.router, self.listener = site, router, listener
        self.clock = site.clock
        self.kind = site.database_url.partition(":")[0]

    def load(self, text: str, *words: str) -> str:
        """Load a plan; what was printed."""
        path = self.site.directory / "plan.toml"
        path.write_text(text)
        return self.site.tollhouse("plan", "load", str(path), *words)

    def at(self, text: str) -> None:
        """It is so late now; never earlier than before."""
        at_us = local_us(text)
        assert at_us > self.clock.now_us(), f"it is past {text} already"
        self.clock.move(at_us)

    def line(self, name: str, plan: str, *traits: str) -> Line:
        """A new subscriber; each database has its own names, since they share the listener."""
        login = f"{name}-{self.kind}"
        words = ("--plan", plan, "--password", PASSWORD, *traits)
        self.site.tollhouse("subscriber", "add", login, *words)
        return Line(self, login)

    def prove(self, *logins: str) -> None:
        """The books are sound, and each of these subscribers' sessions rates to the same again."""
        said = self.site.run("ledger", "check")
        assert said.code == 0, said.out + said.err
        for login in logins:
            words = ("explain", "charge", login, "--sessions", "20", "--rerate")
            rated = self.site.run(*words)
            assert rated.code == 0, rated.out + rated.err


class Line:
    """A subscriber with one session at a time, or with several under other names."""

    def __init__(self, story: Story, login: str) -> None:
        self.story, self.login = story, login
        self.tokens: dict[str, Any] = {}
        self.begun_us: dict[str, int] = {}

    def begin(self, session: str = "") -> Any:
        """Log in and start, now; the Accept."""
        key = session or self.login
        accept = self.story.router.login(self.login, PASSWORD, Acct_Session_Id=key)
        self.tokens[key] = accept["Class"]
        self.begun_us[key] = self.story.clock.now_us() // S_US * S_US
        self.report(START, session=key)
        return accept

    def refused(self) -> bool:
        """Is a login refused, now?"""
        return self.story.router.refused(self.login, PASSWORD)

    def record(self, status: int, *, session: str = "", **used: int) -> Any:
        """A record of now, with totals since the session began."""
        key = session or self.login
        now_s = self.story.clock.now_us() // S_US
        seconds = now_s - self.begun_us[key] // S_US
        words: dict[str, Any] = {"Class": self.tokens[key], "Event_Timestamp": now_s}
        return self.story.router.record(
            status, key, login=self.login, seconds=seconds, **words, **used
        )

    def report(self, status: int, *, session: str = "", **used: int) -> None:
        """Send a record of now, and see it acknowledged."""
        answer = self.story.router.ask(self.record(status, session=session, **used))
        assert answer.code == 5

    def costs(self, session: str = "") -> int:
        """What a session was charged by now, in micros."""
        key = session or self.login
        (shown,) = [
            one
            for one in self.story.site.shown("session", "list", "--login", self.login, "--all")
            if one["acct_session_id"] == key
        ]
        return int(shown["charged_micros"])

    def posted(self) -> int:
        """The balance in micros, with the charges of open sessions taken off."""
        return self.story.site.posted(self.login)

    def set(self, *words: str) -> str:
        """Change the subscriber; what was printed."""
        return self.story.site.tollhouse("subscriber", "set", self.login, *words)

    def orders(self, session: str = "") -> list[Received]:
        """All that the router was told of a session so far."""
        named = f'"{session or self.login}"'
        every = self.story.listener.received
        return [one for one in every if one.attributes.get("Acct-Session-Id") == named]

    def told(self, word: str, value: str, session: str = "") -> None:
        """Wait until the newest order of a session says so; of kind `word` if there is no value."""

        def newest() -> bool:
            orders = self.orders(session)[-1:]
            return any(
                one.attributes.get(word, "").strip('"') == value if value else one.kind == word
                for one in orders
            )

        eventually(newest, f"{word} {value} for {session or self.login}", limit_s=20)
