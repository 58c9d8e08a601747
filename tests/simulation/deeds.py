"""The audit as evidence: an unbroken chain, and everything that was sold is told in it (S40).

The digests are made a second time here, from the rows as they lie there. A chain that was broken
by a crash, and a change that went without its deed, are both found at the next death or at the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from tests.simulation.books import Books

_ROWS = (
    'SELECT seq, at_us, who, action, kind, row_id, subject, "before", "after", reason, digest'
    " FROM audit ORDER BY seq"
)
TOLD_AS = {"renewal": "subscriber renew", "extension": "subscriber extend"}
TOLD_AS["booster"] = "subscriber boost"


def judge(books: Books) -> Iterator[str]:
    """S40: what is wrong with the chain, and what is not told in it."""
    last, expected = bytes(32), 1
    told = set()
    for *row, digest in books.ask(_ROWS):
        if row[0] != expected:
            yield f"S40: deed {expected} is followed by {row[0]}"
        expected = row[0] + 1
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        last = hashlib.sha256(last + text.encode()).digest()
        if last != bytes(digest):
            yield f"S40: deed {row[0]} does not fit the one before it"
            last = bytes(digest)
        told.add((row[3], row[5], row[1], json.loads(row[8]).get("price_micros")))
    for subscriber_id, kind, at_us, price_micros in books.ask(
        "SELECT subscriber_id, kind, created_us, price_micros FROM purchases"
    ):
        if (TOLD_AS[kind], subscriber_id, at_us, price_micros) not in told:
            yield f"S40: the {kind} of subscriber {subscriber_id} at {at_us} is told nowhere"
