"""The made-up month that `plan try` is measured with, a few thousand reports of it, adds up."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest

from accounting.comparison import Comparison
from accounting.journal import decode
from benchmarks.bench_try import DAY_S, DAYS, FROM_US, fill, made_up
from cli.plan_try import replay
from domain.seams import US_PER_S
from rating.plan_file import parse_plan
from store import recorded
from store.database import Database
from store.upgrade import upgrade

RECORDS_N, SUBSCRIBERS_N = 3_000, 12
DRAFT = parse_plan('name = "p"\ncurrency = "USD"\n[price.volume]\namount = "1"\nper = "GB"\n')
SPAN = FROM_US, FROM_US + DAYS * DAY_S * US_PER_S


def test_thousands_of_reports_come_to_what_their_sessions_used(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "_OCTETS_WANTED", 20_000)
    wanted: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for _id, _us, body in made_up(RECORDS_N, SUBSCRIBERS_N):
        for one in decode(body):
            octets = one.input_octets + one.output_octets
            wanted[one.account_id][one.session_id] = octets * 10**6 // 10**9

    async def story() -> Comparison:
        await upgrade(sqlite_url)
        database = await Database.open(sqlite_url)
        try:
            await fill(database, RECORDS_N, SUBSCRIBERS_N, "USD")
            comparison = Comparison(DRAFT, DRAFT, SPAN, await recorded.people(database))
            await replay(database, comparison, *SPAN)
        finally:
            await database.close()
        return comparison

    found = asyncio.run(story())
    assert (found.records_n, len(found.costs)) == (RECORDS_N, SUBSCRIBERS_N)
    assert found.sessions_n == sum(map(len, wanted.values())) > SUBSCRIBERS_N * 25
    for account_id, cost in found.costs.items():
        draft, other = cost.tried
        assert draft.usage_micros == other.usage_micros == sum(wanted[account_id].values())
