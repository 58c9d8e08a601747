"""SIGSTOP: a process that does not die and does not answer, and then goes on as if nothing was.

The server freezes for longer than routers wait and than replies are kept; what it then sends must
not be doubled and must not be late in a way that counts. A frozen backend of PostgreSQL is worse
than a dead one, for its connection stays open: meanwhile nothing may be acknowledged.
"""

from __future__ import annotations

import os
import signal
import time

from tests.chaos.battle import Battle
from tests.chaos.player import pause
from tests.chaos.watcher import Watcher

SHORT_S, LONG_S = (0.3, 3.0), (8.0, 12.0)  # beyond the 10 s for which replies are kept
LONG_EACH_N = 7
ON_THE_WAY_S = 0.5  # answers that were sent before the freeze may still be read


def now_us() -> int:
    """Monotonic microseconds, as in the generator's lists."""
    return time.monotonic_ns() // 1000


def length_s(battle: Battle) -> float:
    """How long this round's freeze is."""
    span = LONG_S if battle.outcome.rounds % LONG_EACH_N == 0 else SHORT_S
    return battle.chance.uniform(*span)


def freeze_server(battle: Battle) -> None:
    """The server's process, in every round."""
    battle.begin()
    with Watcher(battle.site.books_url) as watcher:
        for _ in range(battle.rounds_n):
            battle.outcome.rounds += 1
            battle.load(100, 600)
            battle.site.signal(signal.SIGSTOP)
            pause(length_s(battle))
            battle.judge()
            since_us = now_us()
            battle.site.signal(signal.SIGCONT)
            battle.recovered(since_us)
            battle.top_up()
    report(battle, watcher)


def freeze_backend(battle: Battle) -> None:
    """The server's backends of PostgreSQL, in every round."""
    assert battle.cluster is not None
    battle.begin()
    with Watcher(battle.site.books_url) as watcher:
        for _ in range(battle.rounds_n):
            battle.outcome.rounds += 1
            battle.load(100, 600)
            backends = backends_of(battle)
            for pid in backends:
                os.kill(pid, signal.SIGSTOP)
            from_us = now_us() + int(ON_THE_WAY_S * 1e6)
            pause(length_s(battle) + ON_THE_WAY_S)
            since_us = now_us()
            answered_n = battle.acks_between(from_us, since_us)
            if answered_n:
                battle.complain(f"{answered_n} answers while the database was frozen")
            for pid in backends:
                os.kill(pid, signal.SIGCONT)
            battle.recovered(since_us)
            battle.judge()
            battle.top_up()
    report(battle, watcher)


def backends_of(battle: Battle) -> list[int]:
    """The processes of PostgreSQL that serve our server."""
    assert battle.cluster is not None
    said = battle.cluster.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'tollhouse'"
    )
    return [int(line) for line in said.splitlines()]


def report(battle: Battle, watcher: Watcher) -> None:
    """Take over what a watcher saw."""
    battle.outcome.remarks["snapshots"] = watcher.looks_n
    for words in watcher.findings:
        battle.complain(words)
