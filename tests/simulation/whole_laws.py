"""Sessions of whole plans, reckoned again record by record: charged, cells and the account's rows.

Each record that is new in the journal is walked by the judge's own rules (`whole_walk`) through the
judge's own rows, in the order in which it was committed. What is taken from the house is what other
laws prove: a record's totals, and when it says it happened. After each commit the session must cost
what it costs here and its cells be what they are here (A2), and the account's pots must count what
they count here (T6): no bundle is given twice, none is taken from beyond what it grants, and two
sessions share one cap. When all is calm, who is at a router that takes orders has the speed that
fair use gives (S1).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from accounting.journal import Record, decode
from tests.simulation.books import OPEN, Books, News, Session
from tests.simulation.oracle import Usage, read
from tests.simulation.reckoning import NOTHING, pairs
from tests.simulation.truth import TrueSession, Truth
from tests.simulation.whole_rows import Row, Rows, Times, draws, period_of
from tests.simulation.whole_text import OTHER, Allowance, Whole, read_whole
from tests.simulation.whole_walk import Rise, Used, walk
from tests.simulation.world import US_PER_S

START = 1
STATUS, TIME = 40, 46
SETTLES_US = 130 * US_PER_S  # a look, a CoA that fails, a Disconnect and its way
STILL = frozenset({"stale", "reset-candidate", "absurd"})  # records that move no clock
_PEOPLE = (
    "SELECT s.subscriber_id, s.period_start_us, s.periods_ahead_us, s.anchor_us, s.created_us,"
    " s.valid_until_us, s.timezone FROM subscribers s WHERE s.subscriber_id = ?"
)
_POTS = (
    "SELECT pot, period_start_us, granted, used, lost, until_us, ends_us, purchase_id FROM pots"
    " WHERE account_id = ?"
)


class Pot(NamedTuple):
    """A row as the books have it."""

    pot: str
    start_us: int
    granted: int
    used: int
    lost: int
    until_us: int | None
    ends_us: int | None
    purchase_id: int | None


@dataclass(slots=True)
class Seen:
    """A session as it was reckoned so far."""

    used: Used = field(default_factory=Used)
    rated: Usage = NOTHING
    last_us: int = 0
    started: bool = False
    fee: bool = False
    plan_id: int = 0


class Reckoner:
    """What is remembered between looks."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._rows: defaultdict[int, Rows] = defaultdict(Rows)
        self._seen: defaultdict[int, Seen] = defaultdict(Seen)
        self._read: set[int] = set()
        self._unclear: set[int] = set()  # accounts of which the order of things is not known
        self._told: set[Any] = set()
        self.slowed: set[int] = set()  # sessions that fair use was seen to slow down
        self._wrong_us: dict[int, int] = {}  # by session: since when its speed is amiss

    def judge(self, books: Books, news: News, figures: Counter[str]) -> Iterator[str]:
        """What a commit owes sessions of whole plans."""
        records = self._new_records(books, figures)
        if all(prices.whole is None for prices in books.price_lists.values()):
            return
        touched: dict[int, list[Record]] = {}
        for record in records:
            session = books.sessions.get(record.session_id)
            if session is None or not record.account_id or _whole(books, session) is None:
                continue
            touched.setdefault(session.session_id, []).append(record)
            self._walk(books, session, record)
            figures["records reckoned by bands"] += 1
        for session_id, mine in touched.items():
            seen, session = self._seen[session_id], books.sessions[session_id]
            if seen.last_us != session.last_event_us and len(mine) > 1:
                self._unclear.add(session.account_id)
            seen.last_us = session.last_event_us
        accounts = {session.account_id for _, session in news.sessions if session.account_id}
        for account_id in sorted(accounts):
            yield from self._pots(books, account_id, figures)
        for session_id in touched:
            yield from self._session(books, books.sessions[session_id])

    def _new_records(self, books: Books, figures: Counter[str]) -> list[Record]:
        # A clock that was set back makes numbers that are lower than those before.
        new = {row[0] for row in books.ask("SELECT journal_id FROM journal")} - self._read
        self._read |= new
        if len(new) > 1:
            figures["looks at several journal rows"] += 1
        found: list[Record] = []
        for journal_id in sorted(new):
            ((body,),) = books.ask("SELECT body FROM journal WHERE journal_id = ?", journal_id)
            found += decode(body)
        return found

    # ---------------------------------------------------------------- when all is calm

    def when_calm(self, books: Books, truth: Truth, now_us: int, server_us: int) -> Iterator[str]:
        """S1: who is slowed down is so by fair use, and nobody else, soon."""
        wrong: dict[int, str] = {}
        for pair in pairs(books, truth).values():
            if len(pair.true) == len(pair.stored) == 1:
                text = self._slowed(books, pair.true[0], pair.stored[0], server_us)
                if text:
                    wrong[pair.stored[0].session_id] = text
        self._wrong_us = {key: self._wrong_us.get(key, now_us) for key in wrong}
        for key, text in wrong.items():
            if now_us - self._wrong_us[key] > SETTLES_US:
                yield f"{text}, for {(now_us - self._wrong_us[key]) // US_PER_S} s"

    def _slowed(self, books: Books, true: TrueSession, session: Session, now_us: int) -> str:
        """What a session's router lets through, if it is not what fair use gives."""
        away = true.ended_us is not None or not true.obeys or "strict clock" in true.profile
        if away or not true.profile.startswith("mikrotik") or not true.tokens:
            return ""  # it sets up speeds as it is told, and was told when it began
        if session.state != OPEN or session.walled or session.cut_order_id or session.replaced_by:
            return ""
        rows = books.ask(
            "SELECT p.source, s.plan_name FROM subscribers s JOIN plans p ON p.name = s.plan_name"
            " WHERE s.subscriber_id = ? ORDER BY p.version DESC LIMIT 1",
            session.subscriber_id,
        )
        plan = read_whole(rows[0][0]) if rows else None
        mine = _whole(books, session)
        if plan is None or mine is None or not plan.steps or mine.name != plan.name:
            return ""
        wanted = self._speeds(books, session, plan, now_us)
        if wanted is not None and wanted != plan.speeds:
            self.slowed.add(session.session_id)
        if wanted is None or wanted == true.speed_bps:
            return ""
        return (
            f"S1: session {session.session_id} of {true.login} on {true.nas} runs at "
            f"{true.speed_bps}, fair use gives {wanted} (up, down, bits a second)"
        )

    def _speeds(
        self, books: Books, session: Session, plan: Whole, now_us: int
    ) -> tuple[int, int] | None:
        """What fair use gives a session now."""
        times, pots = _times(books, session, plan), _pots_of(books, session.account_id)
        fair = plan.fair
        assert fair is not None
        if plan.fair_period == "session":
            if read_whole(books.plan_texts[session.plan_id]) is not plan:
                return None
            cells = self._seen[session.session_id].used.cells
            bands = (OTHER, *(one.name for one in plan.bands))
            used = sum(
                cells[band, flow]
                for band in bands
                for flow in ("up", "down")
                if fair.covers(band, flow)
            )
            if plan.larger:
                used = sum(
                    max(cells[band, "up"], cells[band, "down"])
                    for band in bands
                    if fair.covers(band, "larger")
                )
        else:
            start_us = period_of(times, plan.fair_period, now_us, now_us, now_us)
            key = (f"fair-use/{plan.fair_period}/{plan.name}", start_us)
            used = sum(one.used for one in pots if (one.pot, one.start_us) == key)
        rows = Rows()
        _take_in(pots, rows, used=True)
        boosted = any(
            one.left > 0 and one.ends_us > now_us and _lifts(one.allowance, fair)
            for one in draws(plan, rows, times, now_us, now_us)
            if one.allowance.booster and one.row.granted > one.row.used
        )
        band, found = plan.band_at(now_us), plan.speeds
        for step in plan.steps:
            if (not step.above or (not boosted and used >= step.above)) and (
                not step.bands or band in step.bands
            ):
                found = step.speeds
        return found

    # ---------------------------------------------------------------- reckoning

    def _walk(self, books: Books, session: Session, record: Record) -> None:
        seen = self._seen[session.session_id]
        plan = _whole(books, session)
        assert plan is not None
        kind, said_s = _said(record)
        rated = Usage(
            record.input_octets - record.unrated_input,
            record.output_octets - record.unrated_output,
            record.session_s - record.unrated_s,
        )
        from_us = seen.last_us or record.event_us - said_s * US_PER_S
        if record.effect not in STILL:
            seen.last_us = max(seen.last_us, record.event_us)
        seen.started |= kind == START
        owes = not session.class_session_id and not session.adopted
        fee = seen.fee or (owes and (rated.any or (seen.started and not record.walled)))
        more = [now - before for now, before in zip(rated, seen.rated, strict=True)]
        if (any(more) or fee != seen.fee) and record.effect != "absurd":
            rise = Rise(more[0], more[1], more[2], from_us, seen.last_us)
            times = _times(books, session, plan)
            rows = self._rows[session.account_id]
            _take_in(_pots_of(books, session.account_id), rows)
            walk(plan, seen.used, rise, rows, times, fees=(seen.fee, fee))
            seen.rated, seen.fee = rated, fee
        seen.plan_id = session.plan_id

    # ---------------------------------------------------------------- comparing

    def _session(self, books: Books, session: Session) -> Iterator[str]:
        """A2: what it costs, and where it was used."""
        plan, seen = _whole(books, session), self._seen[session.session_id]
        if plan is None or session.session_id in self._told:
            return
        name = f"session {session.session_id}"
        found = []
        numbers = unpacked(session.uses)
        bands_n = len(plan.bands) + 1
        cells_n = bands_n * plan.classes_n
        numbers += [0] * (2 * cells_n + bands_n - len(numbers))
        totals = sum(numbers[: 2 * cells_n : 2]), sum(numbers[1 : 2 * cells_n : 2])
        seconds = sum(numbers[2 * cells_n : 2 * cells_n + bands_n])
        if (*totals, seconds) != tuple(session.rated):
            found.append(f"A2: the cells of {name} come to {(*totals, seconds)} of {session.rated}")
        if session.account_id not in self._unclear:
            for n, band in enumerate((OTHER, *(one.name for one in plan.bands))):
                at = 2 * n * plan.classes_n
                kept = (numbers[at], numbers[at + 1], numbers[2 * cells_n + n])
                here = tuple(seen.used.cells[band, flow] for flow in ("up", "down", "time"))
                if kept != here:
                    found.append(f"A2: {name} used {kept} in {band}, by its records {here}")
            owed = seen.used.cost(plan, fee=seen.fee)
            if owed != session.charged_micros:
                found.append(
                    f"A2: {name} of {plan.name} is charged {session.charged_micros} micros, "
                    f"by its records it costs {owed}"
                )
        if found:
            self._told.add(session.session_id)
        yield from found

    def _pots(self, books: Books, account_id: int, figures: Counter[str]) -> Iterator[str]:
        """T6: what the account's pots count, row by row."""
        pots = _pots_of(books, account_id)
        if not pots or account_id in self._told:
            return
        found = list(_sound(pots, books))
        rows = self._rows[account_id]
        if account_id not in self._unclear:
            kept = {
                (one.pot, one.start_us): (one.used, one.lost)
                for one in pots
                if _stock(one.pot) and (one.used or one.lost)
            }
            here = {
                key: (row.used, row.lost) for key, row in rows.stock.items() if row.used or row.lost
            }
            for key in sorted(kept.keys() | here.keys()):
                if kept.get(key) != here.get(key):
                    found.append(
                        f"T6: {key[0]} of account {account_id} since {key[1]} has "
                        f"{kept.get(key)} used and lost, by the records {here.get(key)}"
                    )
            counts = Counter(
                (_counted(one.pot), one.start_us, one.used)
                for one in pots
                if one.used and not _stock(one.pot)
            )
            ours = Counter((_counted(k), at, n) for (k, at), n in rows.counts.items() if n)
            if counts != ours:
                found.append(
                    f"T6: account {account_id} counts {sorted(counts - ours)}, by the records "
                    f"{sorted(ours - counts)}"
                )
            figures["pots compared"] += len(pots)
        else:
            figures["accounts whose order is not known"] += 1
        if found:
            self._told.add(account_id)
        yield from found


def _whole(books: Books, session: Session) -> Whole | None:
    text = books.plan_texts.get(session.plan_id)
    return read_whole(text) if text is not None else None


def _times(books: Books, session: Session, plan: Whole) -> Times:
    ((_, start_us, ahead, anchor_us, created_us, until_us, zone),) = books.ask(
        _PEOPLE, session.subscriber_id
    )
    starts = {start_us, *(int(one) for one in re.findall(r"\d+", str(ahead or "")))}
    packaged = read(books.plan_texts[session.plan_id]).validity is not None
    return Times(
        zone=zone or plan.zone,
        anchor_us=created_us if anchor_us is None else anchor_us,
        starts_us=tuple(sorted(starts)),
        until_us=until_us if packaged else None,
    )


def _pots_of(books: Books, account_id: int) -> list[Pot]:
    return [Pot._make(row) for row in books.ask(_POTS, account_id)]


def _take_in(pots: list[Pot], rows: Rows, *, used: bool = False) -> None:
    """What was bought is taken from the books, and if so asked what was used of it."""
    for one in pots:
        key = (one.pot, one.start_us)
        if one.pot.startswith("booster/") and key not in rows.stock:
            rows.stock[key] = Row(
                one.granted,
                one.until_us,
                one.ends_us,
                one.purchase_id or 0,
                one.used if used else 0,
            )


def _lifts(booster: Allowance, fair: Allowance) -> bool:
    """Does it count traffic that fair use counts?"""
    bands = not booster.bands or not fair.bands or bool(booster.bands & fair.bands)
    return bands and bool(set(booster.flows) & set(fair.flows))


def _sound(pots: list[Pot], books: Books) -> Iterator[str]:
    """No row gives more than it has, and no cap lets more pass than it says."""
    for one in pots:
        if _stock(one.pot) and one.used + one.lost > one.granted:
            yield f"T6: {one.pot} grants {one.granted}, {one.used} are used and {one.lost} lost"
        if min(one.used, one.lost, one.granted) < 0:
            yield f"T6: {one.pot} is below nothing: {one}"
        kind, period, *rest = one.pot.split("/")
        if kind == "cap":
            most = [
                cap.most
                for prices in books.price_lists.values()
                if prices.whole is not None and prices.name == rest[0]
                for cap in prices.whole.caps
                if cap.period == period
            ]
            if most and one.used > max(most):
                yield f"T6: {one.pot} is {max(most)} micros, {one.used} were charged under it"


def _stock(pot: str) -> bool:
    return pot.startswith(("bundle/", "booster/"))


def _counted(pot: str) -> str:
    """Kind, period and plan: how prices are told apart within a plan is the books' own."""
    return "/".join(pot.split("/")[:3])


def _said(record: Record) -> tuple[int, int]:
    """Kind and session time as the packet says them, octet by octet."""
    octets, at = record.attributes, 0
    found: dict[int, int] = {}
    while at + 2 <= len(octets) and octets[at + 1] >= 2:
        end = at + octets[at + 1]
        found.setdefault(octets[at], int.from_bytes(octets[at + 2 : end][:8], "big"))
        at = end
    return found.get(STATUS, 0), found.get(TIME, 0)


def unpacked(octets: bytes) -> list[int]:
    """The numbers of `uses`: septets, the lowest first; zeros at the end are left out."""
    found, number, shift = [], 0, 0
    for octet in octets:
        number |= (octet & 127) << shift
        shift += 7
        if octet < 128:
            found.append(number)
            number = shift = 0
    return found
