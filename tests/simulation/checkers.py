"""The judge of a history: looks at the books after every commit, every death, and at the end.

`Checker` owns what is remembered between looks and asks those who know a kind of wrong: `laws`
what holds after any commit, `promises` what the server may say to a router, `overdraft` how far
below its floor an account may fall, `reckoning` and `journaled` what the truth demands. Whatever
they find is a violation of the world, its invariant's id first. The books are read on a connection
of the judge's own; after a death on a copy, so that looking changes nothing for the next boot.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pysqlite3 import dbapi2 as sqlite3

from store.books_check import Finding, check_books
from store.database import Database
from tests.simulation import claims, deeds, laws, promises, reckoning, sales
from tests.simulation.books import Books
from tests.simulation.disk.disk import Disk, Life
from tests.simulation.duties import Duties
from tests.simulation.ground import Ground
from tests.simulation.journaled import Journal
from tests.simulation.overdraft import Watch
from tests.simulation.seams import MachineClock
from tests.simulation.standing import Standing
from tests.simulation.swarm import TWO, WHOLE, Swarm
from tests.simulation.truth import Truth
from tests.simulation.whole_laws import Reckoner
from tests.simulation.world import World

LAPSES_SOON_US = 3_600_000_000
VIOLATIONS_MAX = 20  # of one look; more of them say nothing new
OWN_CHECK_SHARE = 8  # one of so many histories also asks the house's own check, which is slow


class Machine(Protocol):
    """What a judge needs of `host.Host`."""

    clock: MachineClock

    @property
    def ground(self) -> Ground:
        """What it stands on."""

    @property
    def disk(self) -> Disk:
        """The disk of the current run."""

    @property
    def path(self) -> Path:
        """The database of the current run."""


class Checker:
    """Judges one history. `after_commit` and `after_death` are to be hung into its host."""

    def __init__(
        self,
        world: World,
        host: Machine,
        truth: Truth,
        plan: Swarm | None = None,
        *,
        clock_skew_s: int = 300,
    ) -> None:
        """Looks at nothing yet. `clock_skew_s` is the server's setting."""
        self.overdrafts: dict[str, tuple[int, int]] = {}  # by profile: worst micros, its bound
        self._plan = plan
        self._clock_skew_s = clock_skew_s
        self._world = world
        self._host = host
        self._truth = truth
        self._watch = Watch()
        self._standing = Standing()
        self._duties = Duties()
        self._reckoner = Reckoner()
        if plan is not None:
            self._duties = Duties(plan.start_wait_s, plan.stale_min_s)
            self._duties.hears_all = TWO not in plan.kinds
            self._watch.start_wait_s = plan.start_wait_s
        self._calm_us: int | None = None
        self._books: Books | None = None
        self._connected = False
        self._life: Life | None = None
        self._journal: Journal | None = None

    @property
    def books(self) -> Books:
        """The books as they are now; connects if need be."""
        if not self._connected:
            # Its own life ends before it closes: the last one to go would tidy up the log.
            self._life = self._host.disk.life()
            connection = self._life.connect(
                self._host.path, isolation_level=None, timeout=0, check_same_thread=False
            )
            if self._books is None:
                self._books = Books(connection)
                self._journal = Journal(self._books)
            else:
                self._books.see_through(connection)
            self._connected = True
        assert self._books is not None
        return self._books

    def close(self) -> None:
        """Give the connection back."""
        if self._connected and self._books is not None:
            assert self._life is not None
            self._life.die()
            self._books.close()
            self._connected = False

    def _report(self, found: Iterable[str]) -> None:
        for n, text in enumerate(found):
            if n >= VIOLATIONS_MAX:
                break
            self._world.violation(text)

    # ---------------------------------------------------------------- looks

    def after_commit(self) -> None:
        """The server or the office has committed: L1-L10, A2, A5, and what was promised."""
        self._world.figures["looks at the books"] += 1
        try:
            books = self.books
            self._report(self._judged(books))
        except sqlite3.Error as error:
            # The disk is in trouble, or died under the look: the next one sees what there is.
            self._world.figures["looks that failed"] += 1
            self._world.say(f"the judge could not look: {error}")

    def _judged(self, books: Books) -> Iterable[str]:
        news = books.look()
        self._watch.note(books, news, self._world.now_us)
        now_us = self._host.clock.now_us()
        return [
            *laws.judge(books, news),
            *promises.judge(books, news, now_us),
            *self._reckoner.judge(books, news, self._world.figures),
            *claims.ended(books, news, self._truth, self._world.figures),
            *claims.ordered(books, news),
            *self._standing.judge(books, news, now_us),
            *self._duties.judge(books, news, self._truth, self._world.figures, self._world.now_us),
        ]

    def after_death(self) -> None:
        """The machine died, and this is what survived: L4, A1, and all that holds after a commit.

        To be called before the next boot.
        """
        self.close()
        self._duties.died_us = self._world.now_us
        self._world.figures["looks at what survived"] += 1
        try:
            if self._host.ground.inhabited:
                # What the dead one wrote in vain lies behind what the other one knows of: a copy
                # that is recovered from its log may have it, and the other may write over it.
                self._look_at_living()
                return
            with self._copied() as path:
                self._look_at_copy(path)
        except sqlite3.DatabaseError as error:
            self._world.violation(f"A1: the database is damaged: {error}")

    @contextmanager
    def _copied(self) -> Iterator[Path]:
        """A copy of the database and its log, to be looked at in peace."""
        database = self._host.path
        room = database.parent.with_name("looked-at")
        room.mkdir()
        try:
            for suffix in ("", "-wal"):
                part = database.with_name(database.name + suffix)
                if part.exists():
                    shutil.copyfile(part, room / part.name)
            yield room / database.name
        finally:
            shutil.rmtree(room)

    def _look_at_copy(self, path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            if found != ["ok"]:
                self._report(f"A1: the database is damaged: {text}" for text in found)
                return
            if self._books is None:
                return  # nothing was ever committed
            self._books.see_through(connection)
            self._look_at(self._books)
        finally:
            connection.close()

    def _look_at_living(self) -> None:
        """The books as the server sees them that lives on; a disk in trouble shows nothing."""
        try:
            self._look_at(self.books)
        except sqlite3.Error as error:
            self._world.figures["looks that failed"] += 1
            self._world.say(f"the judge could not look: {error}")

    def _look_at(self, books: Books) -> None:
        self._report(f"L4: {text}" for text in books.reread())
        self._report(self._judged(books))
        self._report(self._reckoned(books))

    def _reckoned(self, books: Books) -> Iterable[str]:
        assert self._journal is not None
        return [
            *reckoning.covered(books, self._truth, self._journal),
            *reckoning.paid(books, self._truth),
            *sales.judge(books, self._truth),
            *deeds.judge(books),
        ]

    # ---------------------------------------------------------------- the end

    def healed(self) -> None:
        """All faults have ended: from now on orders must be heard soon."""
        self._calm_us = self._world.now_us

    def when_calm(self) -> None:
        """A look at who stands where, now that nothing is in the way."""
        if self._plan is None or not {"packages", WHOLE} & self._plan.kinds:
            return
        instants = (self._world.now_us, self._host.clock.now_us())
        try:
            found = []
            if "packages" in self._plan.kinds:
                found += self._standing.when_calm(self.books, self._truth, *instants)
            if WHOLE in self._plan.kinds:
                found += self._reckoner.when_calm(self.books, self._truth, *instants)
        except sqlite3.Error as error:
            self._world.say(f"the judge could not look: {error}")
            return
        self._report(found)

    def unfinished(self) -> list[str]:
        """What the server has still to do before the end can be judged."""
        ((pending_n,),) = self.books.ask("SELECT count(*) FROM orders WHERE state = 'pending'")
        found = [f"{pending_n} orders are pending"] if pending_n else []
        # Holds of logins that never began are waited for, if they lapse soon.
        now_us, calm_us = self._host.clock.now_us(), self._calm_us or self._world.now_us
        until_us = now_us - self._world.now_us + calm_us + LAPSES_SOON_US
        if lapsing_n := claims.lapsing(self.books, now_us, until_us):
            found.append(f"{lapsing_n} holds are about to lapse")
        return found

    def at_end(self) -> None:
        """All is calm and at rest: the truth and the books must be one."""
        self.after_commit()
        books, figures = self.books, self._world.figures
        self._report(f"L4: {text}" for text in books.reread())
        self._report(self._reckoned(books))
        self._report(reckoning.exact(books, self._truth, figures))
        self._report(reckoning.at_rest(books, self._truth, self._host.clock.now_us(), figures))
        self._report(claims.at_end(books, self._truth, figures))
        self._report(
            self._duties.at_end(
                books, self._truth, figures, now_us=self._world.now_us, calm_us=self._calm_us
            )
        )
        self._report(self._rerated(books))
        self._report(self._overdrawn(books))
        if self._plan is None or self._plan.seed % OWN_CHECK_SHARE == 0:
            self._report(self._own_findings())

    def _own_findings(self) -> Iterable[str]:
        """What the house's own check says (`tollhouse ledger check`): it must agree."""
        self._world.figures["books checked by the house itself"] += 1

        async def check(path: Path) -> list[Finding]:
            database = await Database.open(f"sqlite:///{path}")
            try:
                return await check_books(database)
            finally:
                await database.close()

        with self._copied() as path:
            found = asyncio.run(check(path))
        return [f"{one.invariant}: the house's own check: {one.text}" for one in found]

    def _overdrawn(self, books: Books) -> Iterable[str]:
        """L8: no account fell further below its floor than the bound of its routers."""
        figures = self._world.figures
        for profile, text, worst, bound in self._watch.judge(
            books, self._truth, figures, self._calm_us
        ):
            if text:
                yield text
            known = self.overdrafts.get(profile)
            if profile and (known is None or worst * max(known[1], 1) > known[0] * max(bound, 1)):
                self.overdrafts[profile] = (worst, bound)

    def _rerated(self, books: Books) -> Iterable[str]:
        """A11, A3: every session comes to the same from the journal."""
        assert self._journal is not None
        for session in books.sessions.values():
            if session.records_n and session.account_id:
                yield from self._journal.rerate(session, self._clock_skew_s)
