"""Who had this address, and where was this station: sessions sought by what they were given.

Addresses and stations have indexes of their own, each with the beginning of the session, so that
one among years of sessions is found without reading the others. An index that holds only rows which
have an address is used only when the question says so too, in the words of the index. An IPv6
address may lie in a prefix that was framed or delegated: all prefixes around it are asked for at
once. What is answered is what was recorded; whether it is certain at an instant is `doubt`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, TextClause, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.session import Session, SessionState
from store import live_sessions, schema
from store.office_sessions import ListedSession, listed, listed_of_row

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_US_PER_S = 1_000_000
# A session that we ended, because its device fell silent about it, may have gone on meanwhile: for
# twice the silence after which it is ended, or, where none is known, this long.
_LOST_S = 1_800
_LOST_INTERVALS = 6
_LOST_MAX_S = _LOST_INTERVALS * 86_400 + _LOST_S  # no interval is longer than a day
_MISSES_MAX = 20_000  # sessions that the index lets through and their rows do not
_ROWS_AT_ONCE = 500
_T, _F = schema.sessions.c, schema.session_facts.c  # what is sought by stands in an index
_BEGAN = (int(SessionState.OPEN), int(SessionState.CLOSED))


@dataclass(frozen=True, slots=True)
class Sought:
    """What is known of the sessions that are sought; what is None does not matter.

    `network` is one address (a prefix of full length) or a prefix. `since_us` and `until_us` (UTC
    micros, both of them within) are a span that the session has a part in; a second is a span too.
    """

    network: Network | None = None
    mac: str | None = None
    since_us: int | None = None
    until_us: int | None = None
    account_id: int | None = None
    device_id: int | None = None
    ended: bool | None = None  # True: only ended ones, False: only those that are not


async def sessions(
    connection: AsyncConnection, sought: Sought, *, limit: int
) -> list[ListedSession]:
    """The sessions that fit, the newest beginning first."""
    found: dict[int, ListedSession] = {}
    roads = _roads(sought, connection.dialect.name)
    if not roads:
        query = _narrowed(listed(), sought)
        if sought.account_id is not None and sought.ended is not False:
            query = query.where(live_sessions.ever_of_account(sought.account_id))
        query = query.order_by(_by_age(sought).desc()).limit(limit)
        return [listed_of_row(row) for row in await connection.execute(query)]
    for given in roads:
        for one in await _along(connection, sought, given, limit=limit):
            found[one.session.session_id] = one
    newest = sorted(found.values(), key=_beginning, reverse=True)
    return newest[:limit]


async def _along(
    connection: AsyncConnection, sought: Sought, given: list[ColumnElement[bool]], *, limit: int
) -> list[ListedSession]:
    """The sessions that one index finds.

    A worn address has a hundred thousand of them. So the index alone, which holds beginning and
    end, says first which may fit; only these rows are then read, and looked at in full.
    """
    query = select(_F.session_id).where(*given)
    if sought.until_us is not None:
        query = query.where(_F.start_us <= sought.until_us)
    if sought.since_us is not None:
        may_us = sought.since_us - _LOST_MAX_S * _US_PER_S
        query = query.where(or_(_F.stop_us.is_(None), _F.stop_us > may_us))
    if sought.ended is not None:
        query = query.where(_F.stop_us.is_not(None) if sought.ended else _F.stop_us.is_(None))
    if sought.account_id is not None:
        query = query.where(_F.account_id == sought.account_id)
    query = query.order_by(_F.start_us.desc()).limit(limit + _MISSES_MAX)
    ids = list(await connection.scalars(query))
    found: list[ListedSession] = []
    for at in range(0, len(ids), _ROWS_AT_ONCE):
        some = _T.session_id.in_(ids[at : at + _ROWS_AT_ONCE])
        rows = await connection.execute(_narrowed(listed(), sought).where(some))
        found += sorted((listed_of_row(row) for row in rows), key=_beginning, reverse=True)
        if len(found) >= limit:
            break
    return found


def _by_age(sought: Sought) -> ColumnElement[int]:
    """The order of a list that no address or station leads to.

    The live ones are found by the index of the live ones and sorted: by a sum, so that no index of
    all sessions, ever so many of them ended, is walked for the order.
    """
    return _T.session_id + 0 if sought.ended is False else _T.session_id


def _beginning(one: ListedSession) -> tuple[int, int]:
    return one.session.start_us or one.session.created_us, one.session.session_id


def _roads(sought: Sought, dialect: str) -> list[list[ColumnElement[bool]]]:
    """The conditions that an index answers: one list for each index that has to be asked."""
    if sought.network is None:
        return [] if sought.mac is None else live_sessions.at_station(sought.mac, dialect)
    station = [] if sought.mac is None else _having(_F.mac, [sought.mac])
    network = sought.network
    if isinstance(network, ipaddress.IPv4Network):
        return [[*_having(_F.framed_ip_address, [str(network.network_address)]), *station]]
    around = prefixes_around(network)
    roads = [
        [*_having(_F.framed_ipv6_prefix, around), *station],
        [*_having(_F.delegated_ipv6_prefix, around), *station],
    ]
    if network.prefixlen == network.max_prefixlen:
        address = str(network.network_address)
        roads.insert(0, [*_having(_F.framed_ipv6_address, [address]), *station])
    return roads


def prefixes_around(network: Network) -> list[str]:
    """The network itself and every one that it lies in, as they are written."""
    return [str(network.supernet(new_prefix=length)) for length in range(network.prefixlen + 1)]


def _having(column: Column[Any], wanted: list[str]) -> list[ColumnElement[bool]]:
    """One of these values, said so that the index of rows which have one may be used."""
    return [
        text(f"session_facts.{column.name} <> ''"),  # type: ignore[list-item]
        column == wanted[0] if len(wanted) == 1 else column.in_(wanted),
    ]


def _narrowed(query: Select[Any], sought: Sought) -> Select[Any]:
    """The rest of what is known."""
    if sought.account_id is not None:
        query = query.where(_T.account_id == sought.account_id)
    if sought.device_id is not None:
        query = query.where(_T.device_id == sought.device_id)
    if sought.ended is not None:
        query = query.where(_over(sought))
    if sought.until_us is not None:
        query = query.where(_T.state.in_(_BEGAN), _T.start_us <= sought.until_us)
    if sought.since_us is not None:
        query = query.where(_T.state.in_(_BEGAN), _not_ended_before(sought.since_us))
    return query


def _over(sought: Sought) -> ColumnElement[bool] | TextClause:
    """Ended or live, as it is asked for; the live ones of an account are found by the account."""
    if sought.ended:
        return _T.state == int(SessionState.CLOSED)
    if sought.account_id is not None:
        return live_sessions.of_account(sought.account_id)
    return text("sessions.state < 2")


def _not_ended_before(us: int) -> ColumnElement[bool]:
    """Did it last until this instant, or may it have, as far as we know?"""
    lost_us = (_T.interim_s * _LOST_INTERVALS + _LOST_S) * _US_PER_S
    return or_(
        _T.stop_us.is_(None),
        _T.stop_us > us,
        and_(_T.synthetic, _T.stop_us + lost_us > us),
    )


def doubt(session: Session, at_us: int, *, now_us: int) -> str:
    """Why it is not certain that a session went on at `at_us`; empty when it is certain.

    Records that came later prove it, and so does a Stop. Without a Stop nobody knows what was
    after the last record.
    """
    if not session.start_seen and at_us < session.created_us:
        return "its beginning was reckoned from its time"
    if session.state is SessionState.CLOSED and not session.synthetic:
        return ""
    if at_us <= session.last_event_us:
        return ""
    if session.state is SessionState.CLOSED:
        return "no Stop came, it was ended by us; not heard of any more by then"
    interval_us = max(session.interim_s, 60) * 2 * _US_PER_S
    if min(at_us, now_us) - session.last_event_us <= interval_us:
        return "open; its next report is still to come"
    return "open, but not heard of any more by then"
