"""Many subscribers at once, as a file names them: read by login, changed in a few statements.

Inside a transaction of `Database.office()`. Addresses that change are taken away from all before
any is given again, so that two subscribers can swap theirs: unique indexes look at every row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.account import Account, Subscriber
from domain.address import addresses_of
from store import name_words, schema
from store.feed import record_changes
from store.office_money import values
from store.office_subscribers import Customer
from store.rows import ACCOUNTS, SUBSCRIBERS

_ROWS_AT_ONCE = 1_000
_ADDRESSES = ("framed_ip_address", "framed_ipv6", "delegated_ipv6_prefix")


async def called(connection: AsyncConnection, logins: Sequence[str]) -> dict[str, Customer]:
    """Those of these logins that exist, with their accounts."""
    people, purses = schema.subscribers, schema.accounts
    joined = select(*SUBSCRIBERS.columns, *ACCOUNTS.columns).join_from(
        people, purses, purses.c.account_id == people.c.account_id
    )
    cut = len(SUBSCRIBERS.names)
    found: dict[str, Customer] = {}
    for at in range(0, len(logins), _ROWS_AT_ONCE):
        some = logins[at : at + _ROWS_AT_ONCE]
        for row in await connection.execute(joined.where(people.c.login.in_(some))):
            subscriber: Subscriber = SUBSCRIBERS.of_row(row[:cut])
            account: Account = ACCOUNTS.of_row(row[cut:])
            found[subscriber.login] = Customer(subscriber, account)
    return found


async def change(
    connection: AsyncConnection, records: Sequence[tuple[Subscriber, Subscriber]]
) -> None:
    """Write subscribers that changed, each with what it was before."""
    table = schema.subscribers
    key = table.c.subscriber_id == bindparam("of_subscriber")
    moved = [
        {"of_subscriber": before.subscriber_id}
        for before, after in records
        if addresses_of(before) and addresses_of(before) != addresses_of(after)
    ]
    if moved:
        nothing = update(table).where(key).values(dict.fromkeys(_ADDRESSES))
        await connection.execute(nothing, moved)
    names = [name for name in SUBSCRIBERS.names if name != "subscriber_id"]
    written = update(table).where(key).values({name: bindparam(name) for name in names})
    for at in range(0, len(records), _ROWS_AT_ONCE):
        some = [after for _, after in records[at : at + _ROWS_AT_ONCE]]
        rows = [{"of_subscriber": one.subscriber_id, **values(SUBSCRIBERS, one)} for one in some]
        for row in rows:
            del row["subscriber_id"]
        await connection.execute(written, rows)
        await name_words.write(connection, some)
    ids = [after.subscriber_id for _, after in records]
    await record_changes(connection, "subscriber", ids)


async def set_credit_limits(connection: AsyncConnection, limits: Mapping[int, int]) -> None:
    """How far below zero accounts may spend: account id to micros."""
    if not limits:
        return
    table = schema.accounts
    statement = (
        update(table)
        .where(table.c.account_id == bindparam("of_account"))
        .values(credit_limit_micros=bindparam("limit_micros"))
    )
    rows = [{"of_account": key, "limit_micros": most} for key, most in sorted(limits.items())]
    await connection.execute(statement, rows)
    await record_changes(connection, "account", [row["of_account"] for row in rows])
