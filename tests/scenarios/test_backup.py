"""A backup under load, a server that dies, and another that goes on from the backup elsewhere.

What routers reported after the backup is gone with the machine; what they report to the new one is
charged whole, because totals are charged and not differences. So every session that speaks again
must cost what its counters cost, including what was lost in between, and nobody pays twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.battle import Battle
from tests.chaos.books import read_postgresql, read_sqlite
from tests.chaos.oracle import Truth, judge
from tests.chaos.player import pause
from tests.chaos.records import SENT_FILE, read_records
from tests.chaos.site import Site
from tests.peers.postgres import PostgresCluster

SEED = 3
PASSPHRASE = "correct horse battery"


@pytest.fixture(params=["sqlite", "postgresql"])
def battle(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_cluster: PostgresCluster
) -> Iterator[Battle]:
    """A server under load, on either database."""
    cluster = postgres_cluster if request.param == "postgresql" else None
    with Battle(tmp_path / "old", attack="backup", seed=SEED, rounds_n=1, cluster=cluster) as made:
        yield made


def test_a_server_goes_on_elsewhere_from_a_backup_that_was_made_under_load(
    battle: Battle, tmp_path: Path
) -> None:
    battle.begin("rich", "poor", pace_ms=20, abandon=0.0, late=0.0)
    battle.load(800, 800)
    passphrase, file = tmp_path / "passphrase", tmp_path / "backup"
    passphrase.write_text(PASSPHRASE)
    acked_before_n = len(battle.player.acked_at_us)
    shown = backed_up(battle.site, file, passphrase)
    battle.player.look()
    assert len(battle.player.acked_at_us) > acked_before_n, "nobody was served meanwhile"
    assert shown["entries_n"] > len(battle.site.market.tariffs), "no session had been closed"
    battle.load(300, 300)
    battle.site.kill()
    with restored(battle, tmp_path / "new", file, ("--passphrase-file", str(passphrase))) as site:
        assert site.shown("ledger", "hash")["ledger_hash"] == shown["ledger_hash"]
        since_us = time.monotonic_ns() // 1000
        site.start()
        battle.player.await_ack(since_us)
        pause(0.5)
        battle.player.drain()
        site.stop()
        site.tollhouse("ledger", "check")
        compare(battle, site, since_us)


def backed_up(site: Site, file: Path, passphrase: Path) -> dict[str, Any]:
    """Make a backup with a process of its own; what it printed."""
    words = ("backup", str(file), "--passphrase-file", str(passphrase), "--output", "json")
    said = site.run_program(*words)
    assert said.code == 0, said.err
    shown: dict[str, Any] = json.loads(said.out)
    return shown


@contextmanager
def restored(battle: Battle, directory: Path, file: Path, words: tuple[str, ...]) -> Iterator[Site]:
    """A site at the ports of the old one, on a new database out of the backup; not started."""
    directory.mkdir()
    url = f"sqlite:///{directory / 'tollhouse.db'}"
    if battle.cluster is not None:
        url = battle.cluster.create_database()
    old, site = battle.site, Site(directory, url)
    text = old.settings_file.read_text().replace(old.database_url, site.database_url)
    site.settings_file.write_text(text)
    site.market = old.market
    shown = site.shown("restore", str(file), *words)
    assert shown["findings_n"] == 0
    try:
        yield site
    finally:
        site.close()


def compare(battle: Battle, site: Site, since_us: int) -> None:
    """The new books against what the router was told by the new server."""
    sent = read_records(battle.directory / "generator-0" / SENT_FILE)
    acked = read_records(battle.directory / "generator-0" / "acked.jsonl")
    truth = Truth.of(sent, [record for record in acked if record.at_us > since_us])
    assert len(truth.stopped) >= battle.player.plan.sessions_n // 2
    begun_before = {record.session for record in acked if record.at_us < since_us}
    assert truth.stopped & begun_before, "no session went on"
    books = read_sqlite(site.file) if site.on_sqlite else read_postgresql(site.books_url)
    verdict = judge(truth, books, site.market.tariffs, paid_micros=site.market.paid_micros)
    assert verdict.findings == []
