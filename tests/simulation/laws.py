"""What must hold after every commit, said once more: the books judged by what changed in them.

Each law takes the books as they are now and what is new, and answers with sentences that begin
with the id of the invariant that is broken. Promises may never go beyond the money (L7); facts may,
and then the entry says so (L8). Where a commit of several decisions can be read in more than one
way, the law takes the reading that excuses most: what it reports is wrong in any reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.books import (
    ACCEPTED,
    CLOSED,
    HELD,
    LAPSED,
    NO_CHARGES,
    OPEN,
    Account,
    Books,
    Entry,
    News,
    Session,
)
from tests.simulation.overdraft import takes_what_is_held

BOOKS = frozenset({"customer", "cash", "revenue", "adjustment"})
RESOLVED = frozenset({2, 3, 4})


def judge(books: Books, news: News) -> Iterator[str]:
    """Everything that is wrong after a commit; nothing for sound books."""
    yield from _sums(books)
    for before, account in news.accounts:
        yield from _promises(news, before, account)
    for entry in news.entries:
        yield from _entry(books, entry)
    yield from _numbers(books, news)
    for was, session in news.sessions:
        yield from _watermarks(was, session)
        yield from _hold(was, session)
        yield from _price(books, session)
    yield from _overruns(books, news)
    yield from _included(books, news)
    for session_id in news.gone:
        yield f"A1: session {session_id} is no more"


# ------------------------------------------------------------------------ sums


def _sums(books: Books) -> Iterator[str]:
    """L2, L3: every cached sum is the sum of its rows."""
    opened: dict[int, int] = {}
    unclosed: dict[int, int] = {}
    held: dict[int, int] = {}
    for session in books.sessions.values():
        charged = books.charged.get(session.session_id, NO_CHARGES)
        account_id = session.account_id
        if charged is not NO_CHARGES:
            opened[account_id] = opened.get(account_id, 0) + charged.open_micros
        if charged.micros != session.charged_micros:
            yield (
                f"A2: session {session.session_id} is charged {session.charged_micros} micros, "
                f"its charge rows come to {charged.micros}"
            )
        if charged.open_micros != session.charged_micros - session.closed_micros:
            yield (
                f"L9: session {session.session_id} has {charged.open_micros} micros of open "
                f"charges, {session.charged_micros} charged and {session.closed_micros} closed"
            )
        unclosed[account_id] = (
            unclosed.get(account_id, 0) + session.charged_micros - session.closed_micros
        )
        held[account_id] = held.get(account_id, 0) + session.held_micros
    for session_id in books.charged.keys() - books.sessions.keys():
        yield f"L9: charges of session {session_id}, which does not exist"
    for account_id, account in books.accounts.items():
        for name, kept, real in (
            ("posted", account.posted_micros, books.purse_micros.get(account_id, 0)),
            ("open", account.open_micros, opened.get(account_id, 0)),
            ("open", account.open_micros, unclosed.get(account_id, 0)),
            ("held", account.held_micros, held.get(account_id, 0)),
        ):
            if kept != real:
                yield f"L3: {name} is {kept} micros on account {account_id}, its rows say {real}"
    if books.postings[1] != 0:
        yield f"L2: all postings sum to {books.postings[1]} micros"
    if books.postings != books.written or books.entries_n != len(books.entries):
        yield (
            f"L4: {books.entries_n} entries with postings {books.postings} (count, sum, sizes); "
            f"{len(books.entries)} with {books.written} were written"
        )


# ------------------------------------------------------------------------ entries


def _entry(books: Books, entry: Entry) -> Iterator[str]:
    """L1, L2, L9: an entry by itself, and with what it closes."""
    name = f"entry {entry.entry_id} of account {entry.account_id}"
    sides = {(side.book, side.account_id) for side in entry.postings}
    if len(entry.postings) < 2 or len(sides) != len(entry.postings):
        yield f"L1: {name} has {len(entry.postings)} postings on {len(sides)} sides"
    if any(side.amount_micros == 0 or side.book not in BOOKS for side in entry.postings):
        yield f"L1: {name} has an empty posting, or one in no book"
    if sum(side.amount_micros for side in entry.postings) != 0:
        yield f"L2: {name} does not balance"
    if entry.currency != books.accounts[entry.account_id].currency:
        yield f"L1: {name} is in {entry.currency}"
    if entry.kind == "charge":
        ((closes,),) = books.ask(
            "SELECT coalesce(sum(amount_micros), 0) FROM charges"
            " WHERE account_id = ? AND entry_id = ?",
            entry.account_id,
            entry.entry_id,
        )
        if closes != -entry.purse_micros(entry.account_id):
            yield (
                f"L9: {name} takes {-entry.purse_micros(entry.account_id)} micros "
                f"and closes charges of {closes}"
            )


def _numbers(books: Books, news: News) -> Iterator[str]:
    """L10: entries of an account are numbered 1, 2, 3 ... without a gap, and never renumbered."""
    numbers: dict[int, list[int]] = {}
    for entry in news.entries:
        numbers.setdefault(entry.account_id, []).append(entry.seq)
    for before, account in news.accounts:
        first = before.entries_n if before is not None else 0
        wanted = list(range(first + 1, account.entries_n + 1))
        found = numbers.get(account.account_id, [])
        if found != wanted:
            yield f"L10: account {account.account_id} got entries {found}, it counts {wanted}"


# ------------------------------------------------------------------------ promises and facts


def _promises(news: News, before: Account | None, account: Account) -> Iterator[str]:
    """L7: only facts can take what is available below zero, never a hold or a transfer."""
    if before is None:
        return
    was_micros = before.available_micros - before.credit_limit_micros + account.credit_limit_micros
    unpaid_micros = 0  # usage that no hold had paid in advance
    for was, session in news.sessions:
        if session.account_id == account.account_id:
            known = was is not None and was.account_id == account.account_id
            charged_micros = session.charged_micros - (was.charged_micros if was and known else 0)
            held_micros = was.held_micros if was and known else 0
            unpaid_micros += max(charged_micros - held_micros, 0)
    corrected_micros = -sum(
        min(entry.purse_micros(account.account_id), 0)
        for entry in news.entries
        if takes_what_is_held(entry)
    )
    least_micros = min(was_micros, 0) - unpaid_micros - corrected_micros
    if account.available_micros < least_micros:
        yield (
            f"L7: account {account.account_id} has {account.available_micros} micros available, "
            f"before {was_micros}; usage beyond its holds was {unpaid_micros}"
        )


def _overruns(books: Books, news: News) -> Iterator[str]:
    """L8: an entry that leaves its account below the floor says by how much."""
    for entry in news.entries:
        account = books.accounts[entry.account_id]
        if entry.kind not in ("charge", "correction") or not 0 <= entry.overrun_micros:
            if entry.overrun_micros:
                yield f"L8: entry {entry.entry_id} is no fact and has an overrun"
            continue
        touched = [s for _, s in news.sessions if s.account_id == entry.account_id]
        alone = [e.account_id for e in news.entries].count(entry.account_id) == 1
        if not alone or len(touched) > 1:
            continue  # what the balance was in between cannot be seen
        size_micros = max(-entry.purse_micros(entry.account_id), 0)
        below_micros = min(max(-account.above_floor_micros, 0), size_micros)
        if entry.overrun_micros != below_micros:
            yield (
                f"L8: entry {entry.entry_id} says an overrun of {entry.overrun_micros} micros, "
                f"the account is {below_micros} below its floor by it"
            )


def _watermarks(was: Session | None, session: Session) -> Iterator[str]:
    """A5: counters never fall, and neither does what they cost (T1)."""
    if was is None:
        return
    name = f"session {session.session_id}"
    for what, before, now in zip(
        ("input", "output", "time"), was.usage, session.usage, strict=True
    ):
        if now < before:
            yield f"A5: {name}: {what} fell from {before} to {now}"
    if session.charged_micros < was.charged_micros or session.closed_micros < was.closed_micros:
        yield f"T1: {name} was charged {was.charged_micros} micros, now {session.charged_micros}"
    if session.records_n < was.records_n or session.version <= was.version:
        yield f"L9: {name} went back from version {was.version} to {session.version}"
    # Behind a wall nothing was rated yet: then the newest plan rates it from its fall on.
    replanned = bool(was.walled) and not was.rated.any and not was.charged_micros
    moved = was.plan_id not in (0, session.plan_id) and not replanned
    if was.account_id not in (0, session.account_id) or moved:
        yield f"A7: {name} went from account {was.account_id} to {session.account_id}"


def _hold(was: Session | None, session: Session) -> Iterator[str]:
    """L6: a hold is resolved once, pays no more than it has, and lives as long as its session."""
    name = f"the hold of session {session.session_id}"
    if session.hold_state == HELD:
        if session.state not in (ACCEPTED, OPEN):
            yield f"L6: {name} is held, the session is over"
        if session.used_micros != min(session.granted_micros, session.charged_micros):
            yield f"L6: {name} has paid {session.used_micros} of {session.charged_micros} micros"
    if session.used_micros > session.granted_micros:
        yield f"L6: {name} paid {session.used_micros} of {session.granted_micros} micros"
    if was is None or was.hold_state == session.hold_state:
        return
    if was.hold_state in RESOLVED and not was.walled:
        revived = was.state in (CLOSED, LAPSED) and session.records_n > was.records_n
        if not revived:
            yield f"L6: {name} was resolved ({was.hold_state}) and is {session.hold_state} now"


def _price(books: Books, session: Session) -> Iterator[str]:
    """A2, T2: charged is the price of the stored counters, by the oracle's reading of the plan."""
    name = f"session {session.session_id}"
    if session.account_id == 0:
        if session.charged_micros or books.charged.get(session.session_id):
            yield f"A9: {name} is nobody's and was charged {session.charged_micros} micros"
        return
    prices = books.price_list(session)
    if prices is None:
        yield f"L9: {name} has no plan"
        return
    first = not (session.class_session_id or session.adopted)
    began = session.rated.any or (bool(session.start_seen) and not walled_once(session))
    # One that has used nothing yet may have begun behind a wall, and leaves no trace of it.
    known = session.rated.any or not (walled_once(session) or prices.gardens)
    if known and bool(session.fee_due) != (began and first):
        yield f"A2: {name}: the fee is {'' if session.fee_due else 'not '}due"
    if prices.whole is not None:
        return  # by its records: whole_laws
    owed = prices.price_micros(
        session.rated, session.free_octets, session.free_s, fee=bool(session.fee_due)
    )
    if owed != session.charged_micros:
        yield f"A2: {name} is charged {session.charged_micros} micros, its counters cost {owed}"
    rows = books.charged.get(session.session_id, NO_CHARGES)
    volume = (rows.input_octets, rows.output_octets)
    if prices.volume.per_unit and volume != session.rated[:2]:
        yield f"A2: {name}: charge rows count {volume} octets of {session.rated[:2]}"
    if prices.time.per_unit and rows.session_s != session.rated.session_s:
        yield f"A2: {name}: charge rows count {rows.session_s} s of {session.rated.session_s}"


def walled_once(session: Session) -> bool:
    """Does it stand behind a wall, or is there a trace that it did, or of its adoption?"""
    return bool(session.walled) or session.unrated.any


def _included(books: Books, news: News) -> Iterator[str]:
    """Included usage is taken once, by whoever uses first, and all of it before money."""
    touched = {s.account_id for _, s in news.sessions if s.account_id and _includes(books, s)}
    for account_id in sorted(touched):
        mine = [s for s in books.sessions.values() if s.account_id == account_id]
        periods_n, octets, seconds = books.allowances.get(account_id, (0, 0, 0))
        taken = (sum(s.free_octets for s in mine), sum(s.free_s for s in mine))
        if taken != (octets, seconds):
            counted = (octets, seconds)
            yield f"A2: account {account_id} took {taken} of included usage, counted {counted}"
        lists = {s.plan_id: books.price_lists[s.plan_id] for s in mine}
        if len(lists) != 1 or periods_n != 1:
            continue  # what was included changed on the way
        (prices,) = lists.values()
        due = (
            min(prices.free_octets, sum(prices.counted(s.rated) for s in mine)),
            min(prices.free_s, sum(s.rated.session_s for s in mine)),
        )
        if taken != due:
            yield f"A2: account {account_id} took {taken} of included usage, due were {due}"


def _includes(books: Books, session: Session) -> bool:
    prices = books.price_list(session)
    return prices is not None and bool(prices.free_octets or prices.free_s)
