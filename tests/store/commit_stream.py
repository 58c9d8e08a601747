"""A program that commits interims until it is killed, and says which ones were acknowledged.

`python -m tests.store.commit_stream URL`: continues from what the database holds, writes one line
for each acknowledged interim. The test beside it kills it without warning.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from aaa.ports import AccountMove, Changes, Want
from store.database import Database
from store.desk import DeskStore
from tests.store.house import NOW_US, advanced, charge

ACCOUNTS = (1, 2, 3)
PRICE_MICROS = 7


async def stream(url: str) -> None:
    """Commit batches of one interim of each account's session, for ever."""
    database = await Database.open(url)
    store = await DeskStore.open(database)
    while True:
        loaded = await store.load(Want(account_ids=set(ACCOUNTS)))
        sessions = {one.account_id: one for one in loaded.sessions}
        changes = Changes(NOW_US, await store.feed_seq())
        for owner in loaded.accounts:
            before = sessions[owner.account_id]
            after = replace(owner, open_micros=owner.open_micros + PRICE_MICROS)
            changes.accounts.append(AccountMove(after, open_micros=PRICE_MICROS))
            changes.sessions.append(
                advanced(before, charged_micros=before.charged_micros + PRICE_MICROS)
            )
            changes.charges.append(charge(before, PRICE_MICROS))
        version = changes.sessions[0].version
        changes.journal_id, changes.journal = version, b"batch %d" % version
        await store.commit(changes)
        print(version, flush=True)


if __name__ == "__main__":
    asyncio.run(stream(sys.argv[1]))
