"""Time that is sold: once for each key, for its price, from the end of what was paid for.

What the office knows to have sold is there once; what the server sold by itself is one renewal for
each end that was due, of a plan that renews itself. An entry that takes money for a package has
its purchase, and a purchase that cost something its entry. Ends are computed a second time, for
validities in hours; local days are the business of tests of the calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.simulation.books import Books
from tests.simulation.oracle import read
from tests.simulation.truth import Truth
from tests.simulation.world import US_PER_S

HOUR_US = 3_600 * US_PER_S
IN_TIME_US = 60 * US_PER_S  # a renewal that is no later begins where the last one ended
EARLY_US = 61 * US_PER_S  # so long before an end it is bought by itself

_PURCHASES = (
    "SELECT u.account_id, u.key, u.kind, u.price_micros, u.entry_id, u.before_us, u.until_us,"
    " u.created_us, p.source, s.login, s.subscriber_id, u.purchase_id"
    " FROM purchases u JOIN plans p ON p.plan_id = u.plan_id"
    " JOIN subscribers s ON s.subscriber_id = u.subscriber_id"
)


# Sessions that began well within time that was bought, of people whose time was never moved.
_WITHIN = (
    "SELECT s.session_id, s.plan_id, u.plan_id, u.key"
    " FROM sessions s JOIN purchases u ON u.subscriber_id = s.subscriber_id AND u.kind = 'renewal'"
    " JOIN plans had ON had.plan_id = s.plan_id JOIN plans sold ON sold.plan_id = u.plan_id"
    " WHERE had.name = sold.name AND s.plan_id <> u.plan_id AND s.walled = 0"
    " AND s.class_session_id = 0 AND s.adopted = 0"
    " AND s.unrated_input + s.unrated_output + s.unrated_s = 0"
    " AND s.created_us BETWEEN max(coalesce(u.before_us, 0), u.created_us) + ? AND u.until_us - ?"
    " AND NOT EXISTS (SELECT 1 FROM purchases o"
    " WHERE o.subscriber_id = s.subscriber_id AND o.kind IN ('extension', 'change'))"
)
SLOW_US = 20 * US_PER_S  # a login may be decided so long before what it was decided upon is seen


def judge(books: Books, truth: Truth) -> Iterator[str]:
    """P1: what was sold by now, against the truth and the price lists; T6: what it is worth."""
    for session_id, plan_id, bought_id, key in books.ask(_WITHIN, SLOW_US, SLOW_US):
        yield (
            f"T6: session {session_id} began with version {plan_id} of its plan within time that "
            f"was bought as {bought_id} ({key})"
        )
    rows = books.ask(_PURCHASES)
    known = {(one.login, one.key): one for one in truth.sales}
    counted = Counter((row[0], row[1]) for row in rows)
    there = {(row[9], row[1]) for row in rows}
    for (account_id, key), n in counted.items():
        if n > 1:
            yield f"P1: account {account_id} has bought {key} {n} times"
    for one in truth.sales:
        if one.done_us is not None and (one.login, one.key) not in there:
            yield f"A1: {one.kind} {one.key} of {one.login} was written, and is not there"
    entries = {
        (account_id, entry_id): entry
        for (account_id, entry_id), entry in books.entries.items()
        if entry.kind in ("package", "booster")
    }
    for row in rows:
        yield from _one(row, known)
        entry = entries.pop((row[0], row[4]), None)
        paid_micros = -entry.purse_micros(row[0]) if entry is not None else 0
        key = entry.key if entry is not None else row[1]
        if paid_micros != row[3] or key != row[1]:
            yield f"P1: {row[1]} of {row[9]} costs {row[3]} micros, {paid_micros} were taken"
    for account_id, entry_id in entries:
        yield f"P1: entry {entry_id} of account {account_id} is paid for a package nobody bought"


def _one(row: Any, known: dict[tuple[str, str], Any]) -> Iterator[str]:
    _, key, kind, price_micros, _, before_us, until_us, created_us, source, login, *_ = row
    prices = read(source)
    name = f"{kind} {key} of {login}"
    sale = known.get((login, key))
    if key.startswith("auto:"):
        if key != f"auto:{row[10]}:{before_us}" or not prices.auto_renew:
            yield f"P1: {name} was bought by itself, and was not to be"
        elif before_us - created_us > EARLY_US:
            yield f"P1: {name} was bought {(before_us - created_us) // US_PER_S} s before its end"
    elif sale is None:
        yield f"P1: {name} was sold, and nobody asked for it"
    elif sale.declined and sale.kind == kind:
        yield f"P1: {name} was declined, and is there"
    due_micros = prices.package_micros if kind == "renewal" else 0
    if kind == "booster":
        costs = prices.whole.booster_micros if prices.whole is not None else ()
        due_micros = price_micros if price_micros in costs else min(costs, default=-1)
    if price_micros != due_micros:
        yield f"P1: {name} cost {price_micros} micros instead of {due_micros}"
    if kind == "booster":
        return
    if kind == "extension":
        if not 23 * HOUR_US <= until_us - before_us <= 25 * HOUR_US:
            yield f"P1: {name} gave {(until_us - before_us) // US_PER_S} s"
    elif prices.validity is not None and prices.validity[1] == "h":
        late = before_us is None or created_us - before_us > IN_TIME_US
        begins_us = created_us if late else before_us
        if until_us != begins_us + prices.validity[0] * HOUR_US:
            yield (
                f"P1: {name}, bought {created_us}, begins {begins_us} and ends {until_us}, "
                f"it lasts {prices.validity[0]} h"
            )
