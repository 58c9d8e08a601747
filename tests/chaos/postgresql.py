"""What happens to PostgreSQL: stopped, crashed, its backends ended, slow, locked, or cut at COMMIT.

Nothing may be acknowledged while it is away, the server must need no restart when it is back, and
a commit whose answer was lost must be neither lost nor done twice.
"""

from __future__ import annotations

from typing import Any

import psycopg

from tests.chaos.battle import Battle
from tests.chaos.freeze import now_us, report
from tests.chaos.pg_proxy import PgProxy, Strike
from tests.chaos.player import pause
from tests.chaos.watcher import Watcher

ON_THE_WAY_US = 300_000
STRIKE_LIMIT_S = 20.0
SALE_EACH_N = 11  # no multiple of the kinds of strikes
LOCK_S = (0.5, 3.0)
LONG_LOCK_S = 12.0  # longer than the server waits for a lock
LONG_EACH_N = 6
DEADLOCK_S = 1.3  # PostgreSQL looks for one after a second
SLOW_MS = (50, 100, 250, 500, 1_000, 2_000)
SLOW_ROUND_S = 4.0

STRIKES = (
    (Strike.CUT_BEFORE, ""),
    (Strike.CUT_AFTER, ""),
    (Strike.LATE, ""),
    (Strike.SHUTDOWN, ""),
    (Strike.AT_COMMIT, "40001"),
    (Strike.INSIDE, "40001"),
    (Strike.INSIDE, "40P01"),
    (Strike.INSIDE, "57014"),
    (Strike.INSIDE, "53200"),
    (Strike.INSIDE, "55P03"),
)


def stop_fast(battle: Battle) -> None:
    """A fast shutdown: clients are cut, nothing is lost."""
    _stop(battle, at_once=False)


def stop_immediate(battle: Battle) -> None:
    """An immediate shutdown: as if the machine had crashed, recovered from its log."""
    _stop(battle, at_once=True)


def _stop(battle: Battle, *, at_once: bool) -> None:
    assert battle.cluster is not None
    battle.begin()
    for _ in range(battle.rounds_n):
        battle.outcome.rounds += 1
        battle.load(100, 600)
        battle.cluster.stop(at_once=at_once)
        from_us = now_us() + ON_THE_WAY_US
        battle.load(300, 1_500)
        answered_n = battle.acks_between(from_us, now_us())
        if answered_n:
            battle.complain(f"{answered_n} answers without a database")
        battle.cluster.start()
        battle.recovered(now_us())  # from the moment that it takes connections again
        battle.judge()
        battle.top_up()


def terminate(battle: Battle) -> None:
    """`pg_terminate_backend` at random moments, several times in a round."""
    assert battle.cluster is not None
    battle.begin()
    with Watcher(battle.site.books_url) as watcher:
        for _ in range(battle.rounds_n):
            battle.outcome.rounds += 1
            battle.load(20, 300)
            since_us = now_us()
            battle.cluster.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'tollhouse'"
            )
            battle.recovered(since_us)
            battle.judge()
    report(battle, watcher)


def at_commit(battle: Battle) -> None:
    """Every kind of strike of the proxy in turn, exactly at a COMMIT or inside a transaction."""
    assert battle.cluster is not None
    with PgProxy(battle.cluster.port) as proxy:
        _through(battle, proxy)
        battle.begin()
        with Watcher(battle.site.books_url) as watcher:
            for n in range(battle.rounds_n):
                battle.outcome.rounds += 1
                strike, state = STRIKES[n % len(STRIKES)]
                proxy.late_s = battle.chance.choice((0.05, 0.3, 1.5))
                battle.load(20, 300)
                proxy.arm(strike, state)
                if n % SALE_EACH_N == SALE_EACH_N - 1:
                    battle.top_up()  # whose transaction may be the one that is struck
                _await_strike(proxy)
                battle.recovered(now_us())
                battle.judge()
        report(battle, watcher)
        _end_through(battle)
        struck = {strike.value: times_n for strike, times_n in proxy.struck.items()}
        battle.outcome.remarks["struck"] = struck


def _await_strike(proxy: PgProxy) -> None:
    waited_s = 0.0
    while proxy.armed:
        pause(0.005)
        waited_s += 0.005
        assert waited_s < STRIKE_LIMIT_S, "no transaction came by to be struck"


def _through(battle: Battle, proxy: PgProxy) -> None:
    """Let the server reach its database through the proxy."""
    direct = battle.site.database_url
    assert battle.cluster is not None
    battle.site.serve_at(direct.replace(f":{battle.cluster.port}/", f":{proxy.port}/"))


def _end_through(battle: Battle) -> None:
    """Finish while the proxy is still there."""
    battle.finish()
    battle.site.serve_at(battle.site.books_url)


def slow(battle: Battle) -> None:
    """Commits that take 50 ms to 2 s: everything waits, nothing is lost or doubled."""
    assert battle.cluster is not None
    with PgProxy(battle.cluster.port) as proxy:
        _through(battle, proxy)
        battle.begin()
        for n in range(battle.rounds_n):
            battle.outcome.rounds += 1
            proxy.delay_s = SLOW_MS[n % len(SLOW_MS)] / 1000
            pause(SLOW_ROUND_S)
            battle.judge()
        proxy.delay_s = 0.0
        battle.recovered(now_us())
        _end_through(battle)


def locked(battle: Battle) -> None:
    """Somebody locks a table the server needs, at times for longer than it waits for a lock."""
    battle.begin()
    for _ in range(battle.rounds_n):
        battle.outcome.rounds += 1
        battle.load(50, 300)
        table = battle.chance.choice(("accounts", "sessions", "charges", "journal", "orders"))
        long = battle.outcome.rounds % LONG_EACH_N == 0
        with _superuser(battle) as connection:
            connection.execute("BEGIN")
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            pause(LONG_LOCK_S if long else battle.chance.uniform(*LOCK_S))
            connection.execute("ROLLBACK")
        battle.recovered(now_us())
        battle.judge()


def _superuser(battle: Battle) -> psycopg.Connection[Any]:
    assert battle.cluster is not None
    database = battle.site.books_url.rpartition("/")[2]
    return psycopg.connect(battle.cluster.url(database, role="postgres"), autocommit=True)


def rivals(battle: Battle) -> None:
    """A rival takes the same rows in the other order, so that PostgreSQL finds a real deadlock.

    His patience is longer than the server's, so it is the server's transaction that is undone.
    """
    battle.begin()
    with _superuser(battle) as connection:
        connection.execute("SET deadlock_timeout = '20s'")
        for _ in range(battle.rounds_n):
            battle.outcome.rounds += 1
            battle.load(50, 300)
            ids = [row[0] for row in connection.execute("SELECT account_id FROM accounts")]
            first, second = sorted(battle.chance.sample(ids, 2))
            connection.execute("BEGIN")
            connection.execute(_LOCK, (second,))
            pause(0.1)  # a batch of the server now holds the first and waits for the second
            connection.execute(_LOCK, (first,))
            pause(battle.chance.uniform(0, 0.2))
            connection.execute("COMMIT")
            battle.recovered(now_us())
            battle.judge()
    battle.outcome.remarks["deadlocks"] = _deadlocks(battle)


_LOCK = "SELECT 1 FROM accounts WHERE account_id = %s FOR UPDATE"


def _deadlocks(battle: Battle) -> int:
    """How many PostgreSQL has counted in this database."""
    with _superuser(battle) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])
