"""A small house to test a store with: records that fit together, and a way to tell a story."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, insert, select

from aaa.ports import AccountMove, Changes, Decision
from domain.account import Account, Allowance, CredentialKind, MacMode, Status, Subscriber
from domain.deed import Deed
from domain.device import Device, Latch
from domain.grant import Order, OrderKind
from domain.ledger import Book, Entry, EntryKind, Posting
from domain.plan import Plan, VolumePrice
from domain.session import Charge, DeviceMark, HoldState, Session, SessionState, Suspense
from store import rows, schema
from store.books_check import Finding, check_books
from store.database import Database
from store.desk import DeskStore
from store.plans import plan_row
from tests.untold import Untold

NOW_US = 1_700_000_000_000_000
PERIOD_US = 1_690_000_000_000_000


class PlainSealer:
    """A lock that only marks what it has sealed, so that a test sees what went where."""

    class_key = b"k" * 32

    def __init__(self) -> None:
        self.decrypts: dict[bytes, Callable[[bytes, bytes, bytes], bytes]] = {}

    def seal(self, purpose: str, row: str, clear: bytes) -> bytes:
        """Sealed octets that name their place."""
        return f"{purpose}/{row}:".encode() + clear

    def open(self, purpose: str, row: str, sealed: bytes) -> bytes:
        """The clear octets, from the place they were sealed for only."""
        mark = f"{purpose}/{row}:".encode()
        if not sealed.startswith(mark):
            raise ValueError("sealed for another place")
        return sealed[len(mark) :]


@dataclass
class House:
    """An open database and a store on it."""

    database: Database
    store: DeskStore

    async def add(self, shape: rows.Shape, *records: Any) -> None:
        """Insert records as the office does, without telling the feed."""
        async with self.database.office() as connection:
            for table, made in rows_by_table(shape, records):
                if made:
                    await connection.execute(insert(table), made)

    async def settle(
        self, *, accounts_n: int = 1, posted_micros: int = 0, credit_limit_micros: int = 0
    ) -> None:
        """Accounts 1..n with one subscriber each on one plan, money paid in at the counter."""
        async with self.database.office() as connection:
            await connection.execute(insert(schema.plans).values(plan_row(plan(), created_us=1)))
        for n in range(1, accounts_n + 1):
            paid = 1 if posted_micros else 0
            made = account(n, posted_micros=posted_micros, entries_n=paid)
            await self.add(rows.ACCOUNTS, replace(made, credit_limit_micros=credit_limit_micros))
            await self.add(rows.SUBSCRIBERS, subscriber(n))
            if paid:
                await self.book(top_up(made, posted_micros, seq=1))

    async def book(self, entry: Entry) -> None:
        """Write an entry and its postings; the sums of its account stay."""
        await self.add(rows.ENTRIES, entry)
        async with self.database.office() as connection:
            for n, posting in enumerate(entry.postings):
                await connection.execute(
                    insert(schema.postings).values(
                        entry_account_id=entry.account_id,
                        entry_id=entry.entry_id,
                        n=n,
                        book=posting.book.value,
                        account_id=posting.account_id,
                        amount_micros=posting.amount_micros,
                    )
                )

    async def table(self, name: str) -> list[tuple[Any, ...]]:
        """All rows of a table, or of the sessions, in the order of its key."""
        table = schema.sessions if name == "sessions" else schema.METADATA.tables[name]
        async with self.database.reading() as connection:
            found = await connection.execute(select(table).order_by(*table.primary_key))
            return [tuple(row) for row in found]

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """The whole database."""
        return {name: await self.table(name) for name in schema.METADATA.tables}

    async def findings(self) -> list[Finding]:
        """What the books' own check says."""
        return await check_books(self.database)


def rows_by_table(
    shape: rows.Shape, records: Sequence[Any]
) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Records as they are written: a session has two rows, and is read from a view of both."""
    tables = [shape.table]
    if shape is rows.SESSIONS:
        tables = [schema.session_facts, schema.session_totals]
    for table in tables:
        names = [name for name in shape.names if name in table.c]
        yield table, [{name: getattr(one, name) for name in names} for one in records]


def tell(url: str, story: Callable[[House], Awaitable[None]]) -> None:
    """Run a story in an open house."""

    async def told() -> None:
        database = await Untold.open(url)
        try:
            store = await DeskStore.open(database, PlainSealer())
            try:
                await story(House(database, store))
            finally:
                await store.close()
        finally:
            await database.close()

    asyncio.run(told())


def account(n: int, **changed: Any) -> Account:
    """An empty purse."""
    return replace(Account(n, "USD", 0, 0, 0, 0, 0), **changed)


def subscriber(n: int, **changed: Any) -> Subscriber:
    """The one login of account n."""
    made = Subscriber(
        subscriber_id=1000 + n,
        account_id=n,
        login=f"user{n}",
        status=Status.ACTIVE,
        plan_name="metered",
        credential_kind=CredentialKind.CLEAR,
        credential=b"\x00sealed\xff",
        mac=None,
        mac_mode=MacMode.ANY,
        device_ids=(),
        period_start_us=PERIOD_US,
        valid_until_us=None,
        sample=False,
        created_us=NOW_US,
    )
    return replace(made, **changed)


def plan(plan_id: int = 7, version: int = 1, **changed: Any) -> Plan:
    """A cent for a megabyte."""
    made = Plan(
        plan_id=plan_id,
        name="metered",
        version=version,
        currency="USD",
        volume=VolumePrice(amount_micros=10_000, unit_octets=1_000_000),
        source='name = "metered"\n',
    )
    return replace(made, **changed)


def device(n: int = 5, **changed: Any) -> Device:
    """A router, its secret as it is kept in memory."""
    made = Device(
        device_id=n,
        name=f"tower-{n}",
        secret=b"testing123",
        prefixes=(f"10.0.{n}.0/24",),
        dialect="mikrotik",
        coa_port=3799,
        created_us=NOW_US,
    )
    return replace(made, **changed)


def session(n: int, account_id: int = 1, **changed: Any) -> Session:
    """An open session of an account."""
    made = Session(
        session_id=n,
        account_id=account_id,
        subscriber_id=1000 + account_id,
        device_id=5,
        plan_id=7,
        state=SessionState.OPEN,
        version=1,
        acct_session_id=f"8000{n:04x}",
        user_name=f"user{account_id}",
        calling_station_id="4C:5E:0C:00:00:01",
        nas_port_id="ether2",
        source_address="10.0.5.1",
        created_us=NOW_US,
        start_us=NOW_US,
        records_n=1,
    )
    return replace(made, **changed)


def advanced(before: Session, **changed: Any) -> Session:
    """The next version of a session."""
    return replace(before, version=before.version + 1, records_n=before.records_n + 1, **changed)


def charge(of: Session, amount_micros: int, octets: int = 0, **changed: Any) -> Charge:
    """An addition to the open charge row of a session's first day."""
    made = Charge(
        account_id=of.account_id,
        session_id=of.session_id,
        part=of.part,
        step=1,
        day=19_675,
        plan_id=of.plan_id,
        output_octets=octets,
        amount_micros=amount_micros,
    )
    return replace(made, **changed)


def top_up(of: Account, amount_micros: int, *, seq: int, **changed: Any) -> Entry:
    """Money received from a subscriber."""
    made = Entry(
        entry_id=of.account_id * 100 + seq,
        account_id=of.account_id,
        seq=seq,
        kind=EntryKind.TOP_UP,
        key=f"top-up {seq}",
        currency=of.currency,
        created_us=NOW_US,
        postings=(
            Posting(Book.CUSTOMER, of.account_id, amount_micros),
            Posting(Book.CASH, of.account_id, -amount_micros),
        ),
    )
    return replace(made, **changed)


def closing(of: Account, closed: Session, amount_micros: int, *, seq: int) -> Entry:
    """The entry that closes a session's charges."""
    return Entry(
        entry_id=of.account_id * 100 + seq,
        account_id=of.account_id,
        seq=seq,
        kind=EntryKind.CHARGE,
        key=f"session:{closed.session_id}:{closed.part}",
        currency=of.currency,
        created_us=NOW_US,
        postings=(
            Posting(Book.CUSTOMER, of.account_id, -amount_micros),
            Posting(Book.REVENUE, of.account_id, amount_micros),
        ),
        session_id=closed.session_id,
    )


def order(n: int, of: Session, **changed: Any) -> Order:
    """A Disconnect for a session."""
    made = Order(
        order_id=n,
        account_id=of.account_id,
        session_id=of.session_id,
        device_id=of.device_id,
        kind=OrderKind.DISCONNECT,
        reason="exhausted",
        attributes=b"\x2c\x06\x00\xffab",
        address="10.0.5.1",
        port=3799,
        created_us=NOW_US,
    )
    return replace(made, **changed)


def decision(login: str, n: int, **changed: Any) -> Decision:
    """A refusal."""
    made = Decision(
        login=login,
        n=n,
        decided_us=NOW_US + n,
        device_id=5,
        user_name=login or "ghost",
        mac="4c:5e:0c:00:00:01",
        code="wrong-credential",
        session_id=0,
        request={"method": "PAP", "User-Name": "zo\u00eb"},
        reply={},
    )
    return replace(made, **changed)


def suspended_usage(n: int, **changed: Any) -> Suspense:
    """Usage of nobody."""
    made = Suspense(
        suspense_id=n,
        session_id=90,
        device_id=5,
        reason="unknown-subscriber",
        user_name="ghost",
        input_octets=1,
        output_octets=2**40,
        session_s=3,
        created_us=NOW_US,
        updated_us=NOW_US,
    )
    return replace(made, **changed)


def login_changes(of: Account, accepted: Session, held_micros: int) -> Changes:
    """An Accept with its hold (a promise)."""
    after = replace(of, held_micros=of.held_micros + held_micros)
    held = replace(accepted, hold_state=HoldState.HELD, granted_micros=held_micros)
    return Changes(
        now_us=NOW_US,
        feed_seq=0,
        accounts=[AccountMove(after, held_micros=held_micros, promise=True)],
        sessions_new=[held],
    )


def interim_changes(of: Account, before: Session, amount_micros: int, octets: int) -> Changes:
    """An interim that charges an open session without a hold."""
    after = advanced(
        before,
        output_octets=before.output_octets + octets,
        charged_micros=before.charged_micros + amount_micros,
    )
    return Changes(
        now_us=NOW_US,
        feed_seq=0,
        accounts=[
            AccountMove(
                replace(of, open_micros=of.open_micros + amount_micros), open_micros=amount_micros
            )
        ],
        sessions=[after],
        charges=[charge(before, amount_micros, octets)],
        journal_id=before.session_id * 1000 + after.version,
        journal=b"an interim of " + str(before.session_id).encode(),
    )


def stop_changes(of: Account, before: Session, days: list[int]) -> Changes:
    """A Stop that adds 10 to the charge row of each day, and one entry for all there is."""
    came_micros = 10 * len(days)
    all_micros = before.open_micros + came_micros
    after = advanced(
        before,
        state=SessionState.CLOSED,
        stop_us=NOW_US,
        charged_micros=before.charged_micros + came_micros,
        closed_micros=before.charged_micros + came_micros,
        part=before.part + 1,
    )
    entry = closing(of, before, all_micros, seq=of.entries_n + 1)
    purse = replace(
        of,
        posted_micros=of.posted_micros - all_micros,
        open_micros=of.open_micros - before.open_micros,
        entries_n=of.entries_n + 1,
    )
    return Changes(
        now_us=NOW_US,
        feed_seq=0,
        accounts=[AccountMove(purse, -all_micros, -before.open_micros, 0, 1)],
        sessions=[after],
        charges=[charge(before, 10, day=day) for day in days],
        closings=[(of.account_id, before.session_id, before.part, entry.entry_id)],
        entries=[entry],
    )


def deed(seq: int) -> Deed:
    """Something that somebody did."""
    row = ("subscriber", 1001, "user1", "{}", '{"plan": "home"}', "asked for it")
    return Deed(seq, NOW_US, "ada", "subscriber set", *row, b"d" * 32)


def full_batch() -> Changes:
    """A batch with something in every one of its lists, on accounts 1 and 2 of a house of two."""
    first, second = account(1, posted_micros=5_000_000, entries_n=1), account(2)
    ended = session(10, stop_us=NOW_US, state=SessionState.CLOSED, charged_micros=300)
    running = session(11, 2, hold_state=HoldState.HELD, granted_micros=0)
    return Changes(
        now_us=NOW_US,
        feed_seq=0,
        accounts=[
            AccountMove(
                replace(first, posted_micros=4_999_700, entries_n=2),
                posted_micros=-300,
                entries_n=1,
            ),
            AccountMove(replace(second, open_micros=70), open_micros=70),
        ],
        sessions_new=[
            replace(ended, closed_micros=300),
            replace(running, charged_micros=70, free_octets=500, free_s=60),
        ],
        charges=[charge(ended, 300, 30_000), charge(running, 50, 5_000), charge(running, 20, 2)],
        closings=[(1, 10, 0, 102)],
        entries=[closing(first, ended, 300, seq=2)],
        allowances=[(Allowance(2, PERIOD_US, 500, 60), 500, 60)],
        orders_new=[order(50, running)],
        decisions=[decision("user1", 1), decision("", 2)],
        suspense=[suspended_usage(60)],
        macs=[(1002, "4c:5e:0c:00:00:02")],
        latches=[(5, "10.0.5.1", Latch.MESSAGE_AUTHENTICATOR)],
        marks=[DeviceMark(5, "tower", NOW_US)],
        journal_id=70,
        journal=b"\x00a batch\xff",
    )


async def settle_two(house: House) -> None:
    """The house that `full_batch` fits."""
    await house.settle(accounts_n=1, posted_micros=5_000_000)
    await house.add(rows.ACCOUNTS, account(2))
    await house.add(rows.SUBSCRIBERS, subscriber(2, mac_mode=MacMode.LEARN))
    await house.add(rows.DEEDS, deed(1))
    await add_device(house)


async def add_device(house: House, device_id: int = 5) -> None:
    """A device row, secret sealed as the office seals it."""
    made = device(device_id)
    sealed = PlainSealer().seal("device-secret", str(device_id), made.secret)
    await house.add(rows.DEVICES, replace(made, secret=sealed))
    async with house.database.office() as connection:
        await connection.execute(
            schema.device_addresses.insert().values(prefix=made.prefixes[0], device_id=device_id)
        )
