"""What a load reads: the queries, and the order in which their answers lead to one another.

`load_steps` asks (yields `Ask`) and is told rows, so the same page serves a thread with SQLite and
a coroutine with PostgreSQL; it does no I/O. Every query is by key and uses an index, or is bounded
by what is live.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select

from aaa.ports import Loaded, Want
from accounting.in_force import PERIOD_MAX_US
from domain.account import Account, Allowance, Subscriber
from domain.period import DAY_US
from domain.session import Session
from store import live_sessions, rows, schema
from store.columns import INT64
from store.plans import PLAN_COLUMNS, plan_of, version_of
from store.rows import Shape
from store.statements import Parameters, Query, types_of

_S = schema.sessions.c
_LIVE = _S.state < literal_column("2")  # word for word schema.LIVE, or no partial index serves it
_PENDING = schema.orders.c.state == literal_column("'pending'")
_ZERO: ColumnElement[int] = literal_column("0")
_OPEN = schema.suspense.c.state == literal_column("'open'")
_SESSIONS_OF_A_KEY: ColumnElement[int] = literal_column(
    "4"
)  # the newest few with one Acct-Session-Id (A7)

# So long after their end pots are still of use: events may be late; what a validity period left
# may be carried over some more of them, which do not say when they end.
POTS_ENDED_US, POTS_CARRIED_US = 62 * DAY_US, 2 * 366 * DAY_US


class Ask(NamedTuple):
    """One query, for each of these keys.

    Answered with plain rows, or with records of this kind, which are made as rows are read: a
    million rows and a million records are never held at once.
    """

    query: str
    keys: list[tuple[Any, ...]]
    record: type[Any] | None = None


Steps = Generator[Ask, list[Any], Loaded]


def _by(shape: Shape, name: str) -> Query:
    """Rows where this one column has the key."""
    column = shape.table.c[name]
    return Query(types_of(column), lambda p: select(*shape.columns).where(column == p[name]))


def _sessions_of_key(p: Parameters) -> Select[Any]:
    return (
        select(*rows.SESSIONS.columns)
        .where(_S.device_id == p["device_id"], _S.acct_session_id == p["acct_session_id"])
        .order_by(_S.session_id.desc())
        .limit(_SESSIONS_OF_A_KEY)
        .offset(_ZERO)
    )


def _audit_head(_: Parameters) -> Select[Any]:
    """Number and digest of the newest deed; numbers begin at 1, and asking for that is an index."""
    table = schema.audit.c
    one: ColumnElement[int] = literal_column("1")
    newest = select(table.seq, table.digest).where(table.seq >= one).order_by(table.seq.desc())
    return newest.limit(one).offset(_ZERO)


def _allowances_since(p: Parameters) -> Select[Any]:
    """The allowances of an account for a period and later ones."""
    table = schema.allowances.c
    return select(*rows.ALLOWANCES.columns).where(
        table.account_id == p["account_id"], table.period_start_us >= p["period_start_us"]
    )


def _pots_of(p: Parameters) -> Select[Any]:
    """The pots of an account that usage may still take from, or that periods follow from.

    The newest of them tells how late it is; what ended long before that is of the past.
    """
    table, other = schema.pots.c, schema.pots.alias("other")
    newest = select(func.max(other.c.period_start_us)).where(other.c.account_id == table.account_id)
    newest_us = newest.correlate(schema.pots).scalar_subquery()
    return select(*rows.POTS.columns).where(
        table.account_id == p["account_id"],
        or_(
            table.ends_us > newest_us - literal_column(str(POTS_ENDED_US)),
            and_(
                table.ends_us.is_(None),
                or_(
                    table.until_us.is_(None),
                    table.until_us > newest_us - literal_column(str(POTS_CARRIED_US)),
                ),
            ),
        ),
    )


def _people_of_login(p: Parameters) -> Select[Any]:
    """Every subscriber of the account that has this login."""
    named = schema.subscribers.alias("named")
    same = named.c.account_id == schema.subscribers.c.account_id
    return (
        select(*rows.SUBSCRIBERS.columns)
        .select_from(named.join(schema.subscribers, same))
        .where(named.c.login == p["login"])
    )


def _versions(p: Parameters) -> Select[Any]:
    """Of a plan, newest first, the versions that `accounting.in_force` asks for."""
    table, other, newer = schema.plans.c, schema.plans.alias("other"), schema.plans.alias("newer")

    def most(column: ColumnElement[int], *where: ColumnElement[bool]) -> ColumnElement[int]:
        named = column.table.c.name == p["name"]
        return select(func.max(column)).where(named, *where).correlate(None).scalar_subquery()

    before_us = most(newer.c.created_us) - literal_column(str(PERIOD_MAX_US))
    least = func.coalesce(most(other.c.version, other.c.created_us <= before_us), _ZERO)
    return (
        select(*PLAN_COLUMNS, table.created_us, table.at_once)
        .where(
            table.name == p["name"],
            or_(table.version >= least, table.version == most(other.c.version, other.c.at_once)),
        )
        .order_by(table.version.desc())
        .limit(literal_column("1000"))
        .offset(_ZERO)
    )


def _of_live(shape: Shape) -> Query:
    """Rows of every account that has a live session, for the start of a server."""
    live = live_sessions.has_some(shape.table.c.account_id)
    return Query({}, lambda p: select(*shape.columns).where(live))


def _others_of(shape: Shape) -> Select[Any]:
    """Rows of accounts that have no live session."""
    return select(*shape.columns).where(live_sessions.has_none(shape.table.c.account_id))


def _other_accounts(p: Parameters) -> Select[Any]:
    query = _others_of(rows.ACCOUNTS).order_by(schema.accounts.c.account_id)
    # Where SQLite prepares a statement anew it takes a bare limit for what was bound to it then.
    return query.limit(select(p["most_n"]).scalar_subquery()).offset(_ZERO)


def _others_upto(shape: Shape) -> Query:
    """Rows of such accounts up to one."""
    column = shape.table.c.account_id
    return Query(types_of(column), lambda p: _others_of(shape).where(column <= p["account_id"]))


def _keys_shared(p: Parameters) -> Select[Any]:
    """What live sessions are called that other sessions of their device were called as well."""
    other = schema.sessions.alias("other")
    again = (
        select(literal_column("1"))
        .where(
            other.c.device_id == _S.device_id,
            other.c.acct_session_id == _S.acct_session_id,
            other.c.session_id != _S.session_id,
        )
        .correlate(schema.sessions)
        .exists()
    )
    return select(_S.device_id, _S.acct_session_id).where(_LIVE, again)


QUERIES: dict[str, Query] = {
    "people_of_login": Query(types_of(schema.subscribers.c.login), _people_of_login),
    "subscribers_of": _by(rows.SUBSCRIBERS, "account_id"),
    "account": _by(rows.ACCOUNTS, "account_id"),
    "allowances_of": Query(
        types_of(schema.allowances.c.account_id, schema.allowances.c.period_start_us),
        _allowances_since,
    ),
    "pots_of": Query(types_of(schema.pots.c.account_id), _pots_of),
    "session": _by(rows.SESSIONS, "session_id"),
    "sessions_of_key": Query(types_of(_S.device_id, _S.acct_session_id), _sessions_of_key),
    "live_of_account": Query(
        types_of(_S.account_id),
        lambda p: select(*rows.SESSIONS.columns).where(live_sessions.of_account(p["account_id"])),
    ),
    "live_of_device": Query(
        types_of(_S.device_id),
        lambda p: select(*rows.SESSIONS.columns).where(_S.device_id == p["device_id"], _LIVE),
    ),
    "plan": Query(
        types_of(schema.plans.c.plan_id),
        lambda p: select(*PLAN_COLUMNS).where(schema.plans.c.plan_id == p["plan_id"]),
    ),
    "versions": Query(types_of(schema.plans.c.name), _versions),
    "marks_of": _by(rows.MARKS, "device_id"),
    "order": _by(rows.ORDERS, "order_id"),
    "suspense_of": Query(
        types_of(schema.suspense.c.session_id),
        lambda p: select(*rows.SUSPENSE.columns).where(
            schema.suspense.c.session_id == p["session_id"], _OPEN
        ),
    ),
    # at start
    "live": Query({}, lambda p: select(*rows.SESSIONS.columns).where(_LIVE)),
    "live_accounts": _of_live(rows.ACCOUNTS),
    "live_subscribers": _of_live(rows.SUBSCRIBERS),
    "live_allowances": _of_live(rows.ALLOWANCES),
    "live_keys_shared": Query({}, _keys_shared),
    "other_accounts": Query({"most_n": INT64}, _other_accounts),
    "other_subscribers": _others_upto(rows.SUBSCRIBERS),
    "other_allowances": _others_upto(rows.ALLOWANCES),
    "pending_orders": Query(
        {},
        lambda p: select(*rows.ORDERS.columns).where(_PENDING).order_by(schema.orders.c.order_id),
    ),
    # the feed
    "audit_head": Query({}, _audit_head),
    "feed_seq": Query({}, lambda p: select(func.coalesce(func.max(schema.changes.c.seq), _ZERO))),
    "meta": Query(
        types_of(schema.meta.c.key),
        lambda p: select(schema.meta.c.value).where(schema.meta.c.key == p["key"]),
    ),
    "feed_oldest": Query(
        {}, lambda p: select(func.coalesce(func.min(schema.changes.c.seq), _ZERO))
    ),
    "feed": Query(
        {"since_seq": INT64},
        lambda p: (
            select(schema.changes.c.seq, schema.changes.c.kind, schema.changes.c.row_id)
            .where(schema.changes.c.seq > p["since_seq"])
            .order_by(schema.changes.c.seq)
        ),
    ),
    # the device table
    "devices": Query(
        {}, lambda p: select(*rows.DEVICES.columns).order_by(schema.devices.c.device_id)
    ),
    "device_addresses": Query(
        {},
        lambda p: select(
            schema.device_addresses.c.device_id, schema.device_addresses.c.prefix
        ).order_by(schema.device_addresses.c.prefix),
    ),
    "device_latches": Query(
        {},
        lambda p: select(
            schema.device_latches.c.device_id,
            schema.device_latches.c.source_address,
            schema.device_latches.c.latch,
        ),
    ),
}


def load_steps(want: Want) -> Steps:
    """Everything that `Loaded` promises for `want`."""
    loaded = Loaded()
    if want.all_live:
        yield from _whole_house(loaded)
        if want.others_max_n:
            yield from _others(loaded, want.others_max_n)
    people: list[Subscriber] = []
    if want.logins:
        people = yield Ask("people_of_login", _keys(want.logins), Subscriber)
    sessions: dict[int, Session] = {}
    for query, keys in (
        ("session", _keys(want.session_ids)),
        ("sessions_of_key", sorted(want.session_keys)),
        ("live_of_device", _keys(want.live_of_devices)),
    ):
        if keys:
            _collect(sessions, (yield Ask(query, keys, Session)))
    account_ids = {session.account_id for session in sessions.values()} | want.account_ids
    account_ids.update([one.account_id for one in people])
    account_ids.discard(0)  # nobody: its sessions wait in suspense
    if account_ids and want.all_live:  # they may be among those that were read
        account_ids.difference_update([one.account_id for one in loaded.accounts])
    if account_ids:
        yield from _accounts(loaded, sessions, account_ids, people)
    if sessions and want.all_live:
        for one in loaded.sessions:
            sessions.pop(one.session_id, None)
    loaded.sessions += sessions.values()
    yield from _plans(loaded, want)
    yield from _pots(loaded, want)
    yield from _rest(loaded, want)
    return loaded


def _keys(values: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Single keys, in order: all writers and readers meet rows in the same order (L11)."""
    return [(value,) for value in sorted(values)]


def _collect(sessions: dict[int, Session], found: list[Session]) -> None:
    sessions.update((session.session_id, session) for session in found)


def _whole_house(loaded: Loaded) -> Generator[Ask, list[Any], None]:
    """Every live session and its account, in statements that need no list of keys."""
    loaded.sessions = yield Ask("live", [()], Session)
    if not loaded.sessions:
        return
    loaded.accounts = yield Ask("live_accounts", [()], Account)
    loaded.subscribers = yield Ask("live_subscribers", [()], Subscriber)
    loaded.allowances = yield Ask("live_allowances", [()], Allowance)
    shared = yield Ask("live_keys_shared", [()])
    loaded.keys_shared.update((device_id, name) for device_id, name in shared)


def _others(loaded: Loaded, most_n: int) -> Generator[Ask, list[Any], None]:
    """Whole accounts that have no live session, so many of them."""
    accounts = yield Ask("other_accounts", [(most_n,)], Account)
    if accounts:
        upto = [(accounts[-1].account_id,)]
        loaded.accounts += accounts
        loaded.subscribers += yield Ask("other_subscribers", upto, Subscriber)
        loaded.allowances += yield Ask("other_allowances", upto, Allowance)


def _accounts(
    loaded: Loaded, sessions: dict[int, Session], account_ids: set[int], people: list[Subscriber]
) -> Generator[Ask, list[Any], None]:
    """Whole accounts: purse, logins, live sessions, included usage.

    `people` are of some of these accounts, of which they are all; they may come more than once.
    """
    keys = _keys(account_ids)
    loaded.accounts += yield Ask("account", keys, Account)
    unread = account_ids.difference(one.account_id for one in people)
    if unread:
        people = people + (yield Ask("subscribers_of", _keys(unread), Subscriber))
    people = list({one.subscriber_id: one for one in people}.values())
    loaded.subscribers += people
    _collect(sessions, (yield Ask("live_of_account", keys, Session)))
    since: dict[int, int] = {}  # of the periods that the account's subscribers may be in
    for one in people:
        oldest_us = min((one.period_start_us, *one.periods_ahead_us))
        since[one.account_id] = min(oldest_us, since.get(one.account_id, oldest_us))
    if since:
        loaded.allowances += yield Ask("allowances_of", sorted(since.items()), Allowance)


def _plans(loaded: Loaded, want: Want) -> Generator[Ask, list[Any], None]:
    """Of each plan that is named what may hold, and each version that somebody or a session has."""
    names = want.plan_names | {one.plan_name for one in loaded.subscribers}
    plans = {}
    if names:
        for version in map(version_of, (yield Ask("versions", _keys(names)))):
            plan = version.plan
            plans[plan.plan_id] = plan
            loaded.newest_plans.setdefault(plan.name, plan.plan_id)
            loaded.versions.setdefault(plan.name, []).append(version)
    loaded.versions = {name: all_ for name, all_ in loaded.versions.items() if len(all_) > 1}
    ids = want.plan_ids | {session.plan_id for session in loaded.sessions}
    for one in loaded.subscribers:
        ids.add(one.plan_id)
        ids.update(one.plan_ids_ahead)
    ids -= {0, *plans}
    if ids:
        for plan in map(plan_of, (yield Ask("plan", _keys(ids)))):
            plans[plan.plan_id] = plan
    loaded.plans = list(plans.values())


def _pots(loaded: Loaded, want: Want) -> Generator[Ask, list[Any], None]:
    """What the periods of accounts have come to whose plans count by them; of others, nothing."""
    ids = {plan.plan_id for plan in loaded.plans if plan.pricing is not None}
    names = {plan.name for plan in loaded.plans if plan.plan_id in ids}
    whose = set(want.pots_of)
    if ids:
        whose |= {one.account_id for one in loaded.sessions if one.plan_id in ids}
        whose |= {one.account_id for one in loaded.subscribers if one.plan_name in names}
        whose.discard(0)
    if not whose:
        return
    found = yield Ask("pots_of", _keys(whose))
    loaded.pots = {account_id: [] for account_id in sorted(whose)}
    for pot in map(rows.POTS.of_row, found):
        loaded.pots[pot.account_id].append(pot)


def _rest(loaded: Loaded, want: Want) -> Generator[Ask, list[Any], None]:
    """Marks, orders and suspense."""
    if want.mark_devices:
        found = yield Ask("marks_of", _keys(want.mark_devices))
        loaded.marks = [rows.MARKS.of_row(row) for row in found]
    if want.order_ids:
        found = yield Ask("order", _keys(want.order_ids))
        loaded.orders = [rows.order_of(row) for row in found]
    if want.suspense_of:
        found = yield Ask("suspense_of", _keys(want.suspense_of))
        loaded.suspense = [rows.SUSPENSE.of_row(row) for row in found]
