"""Planted bugs on the road of a batch: load, decide, commit, answer, and what hangs on them.

Durability, atomicity, the cache and the feed (`aaa/desk.py`, `store/`). Most show only when a
process dies, the power fails or the disk does at the wrong moment, so they need more seeds.
"""

from __future__ import annotations

from tests.simulation.planting import CRASHES, DISK, OFFICE, Bug, Code, Statement
from tests.simulation.swarm import Swarm

_DURABLE = (
    Code(
        "store.database:_set_up_sqlite",
        'if mode != "wal" or synchronous != 2:',
        'if mode != "wal":',
    ),
)
_UNCHECKED = (
    Code(
        "store.desk_sqlite:SqliteRoad._written",
        "packed_steps(self._writer, steps, feed_seq)",
        "packed_steps(self._writer, steps, None)",
    ),
    Code(
        "store.desk_sqlite:SqliteRoad.pack",
        "packed_steps(self._writer, steps, feed_seq)",
        "packed_steps(self._writer, steps, None)",
    ),
    Code("aaa.desk:Desk.absorb", "self._news.unheard += changes", "pass"),
)
_EXPECTED = (
    "accounts.posted_micros + ?2 = ?6 AND accounts.open_micros + ?3 = ?7 AND "
    "accounts.held_micros + ?4 = ?8 AND accounts.entries_n + ?5 = ?9 AND "
)


def _troubled(plan: Swarm) -> bool:
    """Does the store often fail to commit?"""
    return plan.store_permille >= 200


BUGS = (
    Bug(
        "answers-before-the-commit",
        "the commit is started, and the answers do not wait for it",
        ("A1", "the server says: a task has failed"),
        500,
        (
            Code(
                "aaa.desk:Desk._committed",
                "                await self._store.commit(changes)\n",
                "                __import__('asyncio').ensure_future("
                "self._store.commit(changes))\n",
            ),
        ),
        CRASHES | DISK,
    ),
    Bug(
        "answers-a-failed-commit",
        "a commit that the store could not make is noted, and answered all the same",
        ("A1", "A2", "L3"),
        200,
        (
            Code(
                "aaa.desk:Desk._committed",
                "                await self._store.commit(changes)\n",
                "                try:\n"
                "                    await self._store.commit(changes)\n"
                "                except StoreUnavailable:\n"
                '                    self.notes["store-unavailable"] += 1\n',
            ),
        ),
        DISK,
    ),
    Bug(
        "conflict-ignored",
        "a batch that somebody else has changed meanwhile is answered as if it were committed",
        ("A1", "A2", "L3"),
        500,
        (
            Code(
                "aaa.desk:Desk._committed",
                'self.notes["conflict"] += 1\n            return False\n',
                'self.notes["conflict"] += 1\n            return True\n',
            ),
        ),
        frozenset({"store"}),
        _troubled,
    ),
    Bug(
        "failed-rows-kept",
        "rows of a commit that failed stay in memory as if they were stored",
        ("F5", "F1", "A1", "A2", "L", "liveness", "the server says"),
        1000,
        (
            Code(
                "aaa.desk:Desk._serve_whole",
                "self._lost |= self._books.discard()",
                "self._books._taken and self._books.settle()",
            ),
        ),
        DISK,
    ),
    Bug(
        "synchronous-normal",
        "SQLite does not flush at a commit (synchronous=NORMAL)",
        ("A1", "L"),
        500,
        (
            *_DURABLE,
            Code("store.database:_set_up_sqlite", '"synchronous=FULL"', '"synchronous=NORMAL"'),
        ),
        frozenset({"power"}),
    ),
    Bug(
        "synchronous-off",
        "SQLite never flushes, not even at a checkpoint (synchronous=OFF)",
        ("A1", "L"),
        500,
        (
            *_DURABLE,
            Code("store.database:_set_up_sqlite", '"synchronous=FULL"', '"synchronous=OFF"'),
        ),
        frozenset({"power"}),
    ),
    Bug(
        "disk-lies",
        "the disk says that it has synced, and has not",
        ("A1", "L"),
        500,
        (
            Code(
                "tests.simulation.disk.disk:Disk.__init__",
                "self.behave()",
                "self.behave(lie=Lie.ALWAYS)",
            ),
        ),
        frozenset({"power"}),
    ),
    Bug(
        "commit-in-two-halves",
        "accounts and journal are committed first, the sessions in a transaction after it",
        ("L3", "A1", "A2", "L"),
        1000,
        (
            Code(
                "store.desk_sqlite:write_in",
                "newest, missed, pages_n = writer.run(batch, begun, flushed)\n",
                'first = [step for step in steps if step.write in ("move", "journal")]\n'
                "    if first and not begun:\n"
                "        writer.run(packed_steps(writer, first, batch.feed_seq))\n"
                "        rest = [step for step in steps if step not in first]\n"
                "        batch = packed_steps(writer, rest, batch.feed_seq)\n"
                "    newest, missed, pages_n = writer.run(batch, begun, flushed)\n",
            ),
        ),
        CRASHES | DISK,
    ),
    Bug(
        "journal-row-missing",
        "a batch whose sessions are all known is not journaled",
        ("A1", "A11", "A3"),
        20,
        (
            Code(
                "store.writing:_journal_drafts",
                "if not changes.journal:",
                "if not changes.journal or not changes.sessions_new:",
            ),
        ),
    ),
    Bug(
        "journal-in-its-own-transaction",
        "the journal is written when everything else is committed",
        ("A1", "A11", "A3"),
        1000,
        (
            Code(
                "store.desk_sqlite:write_in",
                "newest, missed, pages_n = writer.run(batch, begun, flushed)\n",
                'later = [step for step in steps if step.write == "journal" and not begun]\n'
                "    if later:\n"
                "        steps = [step for step in steps if step not in later]\n"
                "        batch = packed_steps(writer, steps, batch.feed_seq)\n"
                "    newest, missed, pages_n = writer.run(batch, begun, flushed)\n"
                "    if later and missed < 0 and batch.feed_seq in (-1, newest):\n"
                "        writer.run(packed_steps(writer, later, None))\n",
            ),
        ),
        CRASHES | DISK,
    ),
    Bug(
        "posting-lost",
        "of an entry with two sides only one is written",
        ("L2", "L1", "L3"),
        20,
        (
            Code(
                "store.writing:_entry_steps",
                "enumerate(entry.postings)",
                "enumerate(entry.postings[:1])",
            ),
        ),
    ),
    Bug(
        "entry-changed-in-place",
        "usage after the Stop changes the session's entry instead of making another",
        ("L4", "A2", "L", "the server says", "liveness"),
        1000,
        (
            Code(
                "accounting.ledger:charge_entry",
                'key=f"session:{session.session_id}:{session.part}",',
                'key=f"session:{session.session_id}",',
            ),
            Statement(
                "entries",
                "1 = 1",
                '1 = 1 ON CONFLICT (account_id, "key") DO UPDATE SET reason = excluded.reason',
            ),
        ),
    ),
    Bug(
        "charges-replaced",
        "a charge row takes the newest amount instead of adding it",
        ("A2", "L3"),
        20,
        (
            Statement(
                "charges",
                "amount_micros = (charges.amount_micros + excluded.amount_micros)",
                "amount_micros = excluded.amount_micros",
            ),
        ),
    ),
    Bug(
        "cache-never-told",
        "what the office changes does not reach the cache, and no commit checks it",
        ("F", "L7", "A2", "A11", "the server says"),
        1000,
        (*_UNCHECKED, Statement("move", _EXPECTED, "")),
        OFFICE,
    ),
    Bug(
        "absolute-balance",
        "the balance is written as memory has it, whatever somebody else has booked",
        ("L3", "F1"),
        1000,
        (
            *_UNCHECKED,
            Statement("move", "posted_micros=(accounts.posted_micros + ?2)", "posted_micros=?6"),
            Statement("move", "accounts.posted_micros + ?2 = ?6 AND ", ""),
        ),
        OFFICE,
    ),
    Bug(
        "feed-skips-a-change",
        "the place in the feed moves one too far, so that the next change is not read",
        ("liveness", "F"),
        1000,
        (
            Code(
                "server.feed:Feed._hear",
                "self._seq = changes[-1].seq",
                "self._seq = changes[-1].seq + 1",
            ),
        ),
        OFFICE,
    ),
    Bug(
        "live-sessions-not-warmed",
        "a start reads no live sessions, so that time decides about none of them",
        ("liveness", "A8", "A10", "L6"),
        1000,
        (Code("aaa.desk:Desk.warm", "Want(all_live=True, ", "Want("),),
        CRASHES | frozenset({"restart"}),
    ),
)
