"""The straight road: load, decide, commit, for one batch after another.

One batch is at the desk at a time, in order of arrival. All reads come first; then every request
is decided on the books, without waiting; then one transaction makes all of it durable, and only
then are there outcomes to send. A commit that finds another's change is decided again; a commit
that fails leaves its whole batch unanswered, which makes the devices try again; a decision that
breaks an assertion costs its own request an answer and nobody else's.

While a batch is being committed, the next may be decided behind it, if all it names is in memory.
That is as if both were one batch with two transactions: the second one begins when the first has
ended well, and if that fails, what was decided behind it never was, and is decided anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from aaa import closing, enforce
from aaa._lane import Lane
from aaa._named import named
from aaa._people import strangers
from aaa._survey import lay_known
from aaa._turnstile import Turnstile
from aaa.behind import Behind, Decided
from aaa.books import Books
from aaa.hearing import Hearing, Reports
from aaa.lane import lay
from aaa.login import decide_login
from aaa.news import News
from aaa.outcome import FAILED, SILENT, Outcome
from aaa.ports import Change, Conflict, Sealer, Store, StoreUnavailable, Want
from aaa.record import ANSWERS, decide_record
from aaa.repeats import Repeats
from aaa.request import Item, Recheck, Request, Settled, Sweep, SweepKind
from aaa.sharing import Company, forget
from aaa.terms import lay as lay_terms
from aaa.turn import DeskSettings, Turn
from aaa.urgency import urgent
from aaa.vigil import Vigil, has_lapsed, looks_due
from aaa.wants import Named, Parsed, parse, wants
from domain.device import Device
from domain.grant import Order
from domain.seams import US_PER_S, Ids, Randomness
from domain.session import HoldState
from domain.share import ALONE, Share
from domain.usage import RecordKind, Usage
from nas.login import LoginHints

INTERIM_ANSWER = ANSWERS[RecordKind.INTERIM]
ATTEMPTS_MAX = 8  # at a batch that others keep changing under us
ROUNDS_MAX = 4  # of loading: a session leads to an account, an order to a session


class Desk:
    """Decides batches. Not to be called again before the last `serve` or `follow` has ended,
    except for `ahead`.

    `lane_open` False sends everything down the long road, which is the reference of the lane.
    """

    lane_open = True

    def __init__(
        self,
        store: Store,
        settings: DeskSettings,
        *,
        ids: Ids,
        randomness: Randomness,
        sealer: Sealer,
        share: Share = ALONE,
    ) -> None:
        self._company = Company(share)
        self._store = store
        self._settings = settings
        self._ids = ids
        self._randomness = randomness
        self._sealer = sealer
        # The key only has to be unknown outside; drawn by chance it would shift what a seed draws.
        self._lane = Lane(hashlib.sha256(b"lane" + sealer.class_key).digest()[:16])
        self._turnstile = Turnstile(lay_terms)
        self._hearing = Hearing()
        self._vigil = Vigil(self._hearing, settings.stale_min_s, self._company.mine)
        self._books = Books(self._lane, self._vigil)
        self._cold = True  # the live sessions are not in memory yet
        self._warmed = False  # they never were
        self._devices: dict[int, Device] = {}
        self._repeats = Repeats()
        self._acked: dict[int, int] = {}
        self._orders: list[Order] = []
        self._news = News()
        self._serving = False
        self._at_store: Decided | None = None  # the batch that is being committed
        self._behind: Behind | None = None  # the one that was decided meanwhile
        self._apart = False  # the items of a batch are served one by one
        self._lost: set[int] = set()  # accounts with live sessions that were dropped
        self.notes: Counter[str] = Counter()  # words for metrics; counts since the start
        self.trouble = ""  # what the store said when it failed last
        self.broke: Callable[[Item, BaseException], None] = lambda item, error: None

    # -- around the batches

    async def warm(self) -> None:
        """Before the first batch: the change number, and every live session into memory.

        Of those who have none as many as are wanted, the first time: to read somebody by his login
        costs several times as much, just when everybody is waiting to log in. Where others write,
        who logs in is read anew anyway.
        """
        self._books.feed_seq = await self._store.feed_seq()
        known_n = self._settings.known_max_n if self._company.share.of == 1 else 0
        want = Want(all_live=True, others_max_n=0 if self._warmed else known_n)
        self._books.take_in(want, await self._store.load(want))
        self._cold, self._warmed = False, True

    def equip(self, devices: Sequence[Device]) -> None:
        """The devices as configured now."""
        known = {device.device_id: device for device in devices}
        if any(known.get(key) is not device for key, device in self._devices.items()):
            self._lane.drop_all()
            self._turnstile.forget()
        self._devices = known

    def absorb(self, changes: Sequence[Change]) -> None:
        """Rows were changed elsewhere: read them anew, and look at the sessions they concern.

        While a batch is being decided its rows stay; its commit finds the change by itself.
        """
        self._news.unheard += changes
        if not self._serving and self._behind is None:
            self._news.hear(self._books)

    @property
    def looked_seq(self) -> int:
        """Changes of the feed up to here are heard, and what they ask for is durable."""
        return self._news.looked_seq

    def catch_up(self) -> None:
        """Do what the last commit has left to be done and the next one need not wait for."""
        self._books.see()

    def take_orders(self) -> list[Order]:
        """Orders that the last batches made durable, to be carried out; each is given once."""
        orders, self._orders = self._orders, []
        return orders

    def pending(self) -> list[Item]:
        """What the desk itself wants in the next batch."""
        return self._news.tasks()

    def due(self, now_us: int) -> list[Item]:
        """Sessions that time has decided about, picked from memory."""
        self._books.see()
        due = self._vigil.due(self._books, now_us, self._devices)
        cut = set()
        wait_us = self._settings.disconnect_wait_s * US_PER_S
        for session_id, acked_us in self._acked.items():
            if now_us - acked_us >= wait_us:
                cut.add(session_id)
        due[SweepKind.LOOK] |= self._company.round(self._books, now_us)
        due[SweepKind.CUT] = cut
        # Memory may lack sessions that a failed batch has touched: any batch reads them again.
        unread = self._cold or self._lost or self._books.strays
        more = self._vigil.more_to_look
        sweeps: list[Item] = [
            Sweep(k, frozenset(due[k]), more and k is SweepKind.LOOK) for k in SweepKind if due[k]
        ]
        return sweeps or ([Sweep(SweepKind.LAPSED, frozenset())] if unread else [])

    def urgent(self, request: Request) -> bool:
        """Does it go before others of its kind, when not all that waits can (5.3)?"""
        return urgent(self._books, request)

    def live_counts(self) -> dict[int, int]:
        """Open and accepted sessions by device."""
        ours = self._company.ours
        return {device_id: len(ours(ids)) for device_id, ids in self._books.live_on.items()}

    def take_reports(self) -> dict[int, Reports]:
        """What the records of each device told of it since the last call."""
        return self._hearing.take_reports()

    def figures(self) -> dict[str, int]:
        """Gauges of what is held in memory; money in micros."""
        self._books.see()
        held_micros = self._books.held_micros
        if self._company.mine is not None:
            ours = self._company.ours(self._books.sessions)
            held_micros = sum(self._books.sessions[key].held_micros for key in ours)
        return {
            "sessions_live": self._vigil.live_n,
            "holds_active": self._vigil.held_n,
            "holds_micros": held_micros,
            "sessions_cached": len(self._books.sessions),
            "accounts_cached": len(self._books.accounts),
            "sessions_suspect": self._vigil.suspects_n(self._books),
        }

    # -- a batch

    async def serve(self, batch: Sequence[Item], now_us: int) -> list[Outcome]:
        """Decide and commit a batch; the outcomes are in its order. Raises nothing."""
        assert self._behind is None, "what was decided ahead follows first"
        return await self._alone(self._serve_whole(batch, now_us))

    @property
    def may_look_ahead(self) -> bool:
        """Is a batch being committed, and may the next be decided behind it?

        Not behind a part of a batch: what the rest of it is decided on has to be durable.
        """
        waiting = self._apart or self._news.unheard or self._lost or self._books.strays
        return self._at_store is not None and self._behind is None and not waiting

    def ahead(self, batch: Sequence[Item], now_us: int) -> bool:
        """Decide a batch while the one before it is being committed, unless it has to wait.

        It has to when rows must be read for it; then nothing has happened. Otherwise `follow` is
        to be called as soon as the other one has ended. Raises nothing.
        """
        before = self._at_store
        if before is None or not self.may_look_ahead or self._company.expected(now_us):
            return False
        items, behind = list(batch), Behind(batch, now_us)
        try:
            named = self._named(items)
            parsed = [one.read for one in named]
            asked = self._strangers(named)
            if named and self._lacking([one.item for one in asked], [one.read for one in asked]):
                self._books.ask_anew()
                return False
            self._company.look(self._books, parsed)
            behind.decided = self._decided(items, named, now_us, before.turn.acked)
            self._store.prepare(behind.decided.changes)
        except Exception as error:  # noqa: BLE001 - looked into when the other one has ended
            behind.broke = error
        self._behind = behind
        return True

    async def follow(self) -> list[Outcome]:
        """Commit what was decided ahead; decide it anew if its ground was lost. As `serve`."""
        behind, self._behind = self._behind, None
        assert behind is not None, "nothing was decided ahead"
        batch, now_us = behind.batch, behind.now_us
        if behind.broke is not None:
            return await self._alone(self._serve_apart(batch, now_us, behind.broke))
        return await self._alone(self._serve_whole(batch, now_us, behind.decided))

    async def _alone(self, served: Awaitable[list[Outcome]]) -> list[Outcome]:
        assert not self._serving, "one batch is at the desk at a time"
        self._serving = True
        try:
            return await served
        finally:
            self._serving = False
            if self._behind is None:
                self._news.hear(self._books)

    async def _serve_whole(
        self, batch: Sequence[Item], now_us: int, decided: Decided | None = None
    ) -> list[Outcome]:
        try:
            return await self._serve(batch, now_us, decided)
        except StoreUnavailable as error:
            self.trouble = str(error)
            self._lost |= self._books.discard()
            self._ground_lost()
            self.notes["store-unavailable"] += 1
            return [FAILED] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever a decision broke, the rest goes on
            return await self._serve_apart(batch, now_us, error)

    async def _serve_apart(
        self, batch: Sequence[Item], now_us: int, error: Exception
    ) -> list[Outcome]:
        """A decision broke an invariant: forget all that is cached, and find the culprit.

        What was half decided may have changed any record in memory, so none is kept.
        """
        self._ground_lost()
        self._books = Books(self._lane, self._vigil)
        self._cold = True
        if len(batch) == 1:
            self.notes["broken"] += 1
            self.broke(batch[0], error)
            return [FAILED]
        outcomes, self._apart = [], True
        try:
            for item in batch:
                outcomes += await self._serve_whole([item], now_us)
        finally:
            self._apart = False
        return outcomes

    async def _serve(
        self, batch: Sequence[Item], now_us: int, decided: Decided | None
    ) -> list[Outcome]:
        items = list(batch)
        if decided is None:
            if self._cold:
                await self.warm()
            if self._company.expected(now_us):
                self._forget(items)
        for _ in range(ATTEMPTS_MAX):
            if decided is None:
                named = self._named(items)
                await self._load(named)
                decided = self._decided(items, named, now_us, self._acked)
            if await self._committed(decided):
                self._news.done(batch)
                return decided.outcomes
            decided = None
        raise StoreUnavailable(f"the batch was changed under us {ATTEMPTS_MAX} times")

    def _decided(
        self, items: list[Item], named: list[Named], now_us: int, acked: dict[int, int]
    ) -> Decided:
        turn = self._turn(now_us, acked)
        outcomes = self._decide_all(turn, items, named)
        body = turn.records.octets() if turn.records else b""
        changes = self._books.take_changes(now_us, turn.journal_id if body else 0, body)
        self._company.guard(self._books, changes)
        return Decided(turn, outcomes, changes)

    async def _committed(self, decided: Decided) -> bool:
        """Make it durable; False: somebody else was there first, it must be decided again."""
        turn, _, changes = decided
        try:
            if changes:
                self._at_store = decided
                await self._store.commit(changes)
        except Conflict:
            self._at_store = None
            if self._behind is not None and self._behind.broke is not None:
                raise StoreUnavailable("memory is not to be trusted at a conflict") from None
            # Heard first: which accounts had live sessions is forgotten with their rows.
            self._news.unheard += await self._store.feed(self._books.feed_seq)
            self._news.hear(self._books)
            self._lost |= self._books.discard()
            self._ground_lost()
            self._company.lost(changes, turn.now_us)
            self.notes["conflict"] += 1
            return False
        finally:
            self._at_store = None
        self._orders += self._books.settle(in_haste=self._behind is not None)
        self._acked = turn.acked
        self._repeats.keep(turn.begun, turn.now_us)
        self.notes.update(turn.notes)
        return True

    def _ground_lost(self) -> None:
        if self._behind is not None:
            self._behind.decided = None

    def _forget(self, items: Sequence[Item]) -> None:
        """Others write as well: drop what is decided upon without being written (`aaa.sharing`)."""
        named = self._named(list(items))
        whose, parsed = [one.item for one in named], [one.read for one in named]
        self._lost |= forget(self._books, whose, parsed, self._sealer.class_key)

    def _named(self, items: list[Item]) -> list[Named]:
        """The items whose rows may have to be loaded: all but those that take the lane."""
        places: Sequence[int] = self._lane.look(items)
        if self.lane_open:
            places = lay_known(self._lane, self._books, self._sealer.class_key, list(places))
        else:
            places = range(len(items))
        return named(items, places)

    def _strangers(self, named: list[Named]) -> list[Named]:
        """Those that may lead to more than is held; whose plans have pots, all may."""
        if self._books.has_pricing:
            return named
        return strangers(named, self._books)

    def _turn(self, now_us: int, acked: dict[int, int]) -> Turn:
        # A device that was removed while its packet waited is still the one that sent it.
        senders = {device.device_id: device for device in self._lane.senders}
        return Turn(
            now_us=now_us,
            books=self._books,
            settings=self._settings,
            ids=self._ids,
            randomness=self._randomness,
            sealer=self._sealer,
            hearing=self._hearing,
            devices={**senders, **self._devices},
            removed=frozenset(senders.keys() - self._devices.keys()),
            journal_id=self._ids.next(),
            acked=dict(acked),
            repeats=self._repeats,
        )

    def _lacking(self, items: list[Item], parsed: list[Parsed]) -> Want:
        """What these name, or a failed batch has left to be read anew, and memory lacks."""
        want = wants(items, parsed, self._books, self._sealer.class_key)
        want.account_ids |= self._lost
        return self._books.missing(want)

    async def _load(self, named: list[Named]) -> None:
        """Read what the batch names and memory lacks, until nothing more is named."""
        if not named and not self._lost and not self._books.strays and not self._company.holding:
            self._company.look(self._books, ())
            return
        asking = self._strangers(named)
        for _ in range(ROUNDS_MAX):
            lacking = self._lacking([one.item for one in asking], [one.read for one in asking])
            lacking.held_for_us = self._company.take_held()
            if not lacking:
                self._lost.clear()
                self._company.look(self._books, [one.read for one in named])
                return
            self._books.take_in(lacking, await self._store.load(lacking))
            # What was found for a login names nothing more.
            asking = [one for one in asking if not isinstance(one.read, LoginHints)]

    def _decide_all(self, turn: Turn, items: list[Item], named: list[Named]) -> list[Outcome]:
        """Each in its order: by the lane where there is a track, else by the long road."""
        outcomes: list[Outcome] = []
        at, end = 0, len(items)
        self._lane.begin(turn)
        self._turnstile.begin(turn)
        try:
            n = 0
            while at < end:
                until = named[n].at if n < len(named) else end
                while (at := self._lane.take_run(at, until, outcomes, INTERIM_ANSWER)) < until:
                    outcomes.append(self._decide_off_lane(turn, at, items[at]))
                    at += 1
                if n < len(named):
                    passed_n = self._turnstile.admit(named, n, outcomes) if self.lane_open else 0
                    if not passed_n:
                        outcomes.append(self._decide_named(turn, named[n]))
                    n, at = n + max(passed_n, 1), len(outcomes)
        finally:
            self._lane.end()
            self._turnstile.end()
        return outcomes

    def _decide_named(self, turn: Turn, one: Named) -> Outcome:
        """An item without a track; an interim may lay one and take the lane at once."""
        if self.lane_open and isinstance(one.item, Request) and isinstance(one.read, Usage):
            if lay(turn, self._lane, one.at, one.item, one.read) and self._lane.take(one.at):
                return INTERIM_ANSWER
        return self._decide(turn, one.item, one.read)

    def _decide_off_lane(self, turn: Turn, at: int, item: Item) -> Outcome:
        """A record that has a track and does not fit: down the long road after all.

        It had a track, so all that it names was in memory. If an item before it has dropped some
        of that, it is not answered, and has no track when it comes again.
        """
        read = parse(item)
        if self._lacking([item], [read]):
            self._lane.leave(at)
            return SILENT
        return self._decide(turn, item, read)

    def _decide(self, turn: Turn, item: Item, read: Parsed) -> Outcome:
        """The one place that branches on what an item is."""
        if isinstance(item, Request):
            if isinstance(read, Usage):
                return decide_record(turn, item, read)
            assert isinstance(read, LoginHints)
            return decide_login(turn, item, read)
        if isinstance(item, Recheck):
            for plan_id in sorted(item.plan_ids):
                self._news.look_at(self._books.live_by_plan(plan_id))
            for account_id in sorted(item.account_ids):
                enforce.recheck(turn, account_id)
        elif isinstance(item, Settled):
            enforce.settled(turn, item)
        else:
            self._sweep(turn, item)
        return SILENT

    def _sweep(self, turn: Turn, sweep: Sweep) -> None:
        for session_id in sorted(sweep.session_ids):
            session = turn.books.sessions.get(session_id)
            if session is None:
                turn.acked.pop(session_id, None)
            elif sweep.kind is SweepKind.LAPSED:
                if has_lapsed(session, turn.now_us, self._devices):
                    closing.lapse(turn, session, HoldState.EXPIRED)
            elif sweep.kind is SweepKind.LOOK:
                if looks_due(session, turn.now_us):
                    enforce.look(turn, session)
            elif sweep.kind is SweepKind.STALE:
                if self._vigil.is_stale(session):
                    enforce.end_stale(turn, session)
            else:
                acked_us = turn.acked.pop(session_id, None)
                if acked_us is not None:
                    enforce.end_without_stop(turn, session, acked_us)
