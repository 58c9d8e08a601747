"""One attack from its first packet to its verdict: a site, a generator, dice, and the figures.

An attack is a function that disturbs; everything that all attacks share is here: making the site,
waiting for answers, asking the oracle between two disturbances and at the end, and adding up what
is published. At the end the server stops politely, and its own `ledger check` must agree.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.nursery import Nursery
from tests.chaos.oracle import Finding, Truth, Verdict, judge
from tests.chaos.player import Player, pause
from tests.chaos.records import Plan
from tests.chaos.site import NAS_ADDRESS, Site
from tests.chaos.whole import WHOLES, judge_wholes
from tests.peers.ports import free_port
from tests.peers.postgres import PostgresCluster

FINDINGS_SHOWN_N = 20
KINDS = ("rich", "mixed", "poor", *WHOLES)
RATED_AGAIN_N = 200  # sessions of a whole plan at the end, the newest
WHOLE_START_EACH_N = 8


@dataclass
class Outcome:
    """What an attack came to: the row of its table, and the file that is recorded."""

    attack: str
    database: str
    seed: int
    rounds: int = 0
    acked: int = 0
    lost: int = 0
    doubled: int = 0
    other: int = 0  # findings of other kinds
    committed_unacked: int = 0  # summed over the rounds
    recovery_ms: list[float] = field(default_factory=list)
    forked_ms: list[float] = field(default_factory=list)  # recovery without the imports
    latency_ms: dict[str, float] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    remarks: dict[str, Any] = field(default_factory=dict)
    must_fail: bool = False  # a control run: it proves that the harness bites

    @property
    def violations(self) -> int:
        """How much was found."""
        return self.lost + self.doubled + self.other

    @property
    def passed(self) -> bool:
        """Sound books; for a control run the loss that it must show."""
        return self.lost > 0 if self.must_fail else self.violations == 0

    def published(self) -> dict[str, Any]:
        """The figures to record, the times summed up."""
        figures = asdict(self)
        figures["recovery_ms"] = summed_up(self.recovery_ms)
        figures["forked_ms"] = summed_up(self.forked_ms)
        figures["passed"] = self.passed
        return figures


def summed_up(values: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum."""
    if not values:
        return {}
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {
        "p50": round(statistics.median(ordered), 1),
        "p99": round(p99, 1),
        "max": round(ordered[-1], 1),
    }


class Battle:
    """A site under load. `with Battle(...) as battle:`, then an attack, then `finish()`."""

    def __init__(
        self,
        directory: Path,
        *,
        attack: str,
        seed: int,
        rounds_n: int,
        cluster: PostgresCluster | None = None,
    ) -> None:
        """Make the site; nothing runs yet. Without a cluster the books are an SQLite file."""
        disk = directory / "disk"
        disk.mkdir(parents=True, exist_ok=True)
        url = cluster.create_database() if cluster else f"sqlite:///{disk / 'tollhouse.db'}"
        self.directory = directory
        self.cluster = cluster
        self.rounds_n = rounds_n
        self.chance = random.Random(f"{attack}-{seed}")
        self.site = Site(directory, url)
        self.outcome = Outcome(attack, "postgresql" if cluster else "sqlite", seed)
        self.players: list[Player] = []
        self.finished = False
        self._plans_n = 0
        self._starts_n = 0

    def __enter__(self) -> Battle:
        """Return the battle."""
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that still runs."""
        for player in self.players:
            player.close()
        self.site.close()

    @property
    def player(self) -> Player:
        """The first generator."""
        return self.players[0]

    # ---------------------------------------------------------------- before

    def begin(self, *kinds: str, **changes: Any) -> None:
        """Sell, start the server, and let the generator play until something is acknowledged.

        `kinds` of subscribers take part (all, if none is named); `changes` are to the generator's
        plan.
        """
        coa_port = self.settle()
        self.site.start()
        self.play(*kinds, coa_port=coa_port, **changes)
        self.player.await_ack(0)

    def settle(self, *, nas_address: str = NAS_ADDRESS) -> int:
        """Make the database and sell; the port where the NAS will listen for orders."""
        coa_port = free_port()
        self.site.settle(coa_port=coa_port, nas_address=nas_address)
        return coa_port

    def play(self, *kinds: str, **changes: Any) -> Player:
        """Start one more generator on the site."""
        plan = Plan(
            seed=self.outcome.seed * 100 + self._plans_n,
            auth_port=self.site.auth_port,
            acct_port=self.site.acct_port,
            logins=self.site.market.logins(*(kinds or KINDS)),
            source=NAS_ADDRESS,
        )
        for name, value in changes.items():
            assert hasattr(plan, name), name
            setattr(plan, name, value)
        player = Player(plan, self.directory / f"generator-{self._plans_n}")
        self._plans_n += 1
        self.players.append(player)
        return player

    # ---------------------------------------------------------------- between

    def load(self, least_ms: int, most_ms: int) -> None:
        """Let it run for a random while."""
        pause(self.chance.uniform(least_ms, most_ms) / 1000)

    def top_up(self) -> None:
        """The operator tops up one of those who run out of money, and then sells a booster."""
        market = self.site.market
        self.site.top_up(self.chance.choice(market.logins("poor")))
        for login in market.logins("banded")[:1]:
            self.site.boost(login)

    def recovered(self, since_us: int, *, limit_s: float = 60.0) -> None:
        """Wait for the first answer after an instant, and note how long it took."""
        at_us = self.player.await_ack(since_us, limit_s=limit_s, ended=self.site.ended)
        self.outcome.recovery_ms.append((at_us - since_us) / 1000)

    def restart(self) -> None:
        """Start the dead server and wait for an answer: mostly forked, now and then for real.

        Only a start with all its imports counts as a recovery.
        """
        if self.site.nursery is None:
            self.site.nursery = Nursery()
        self._starts_n += 1
        if self._starts_n % WHOLE_START_EACH_N == 0:
            self.recovered(self.site.spawn())
        else:
            since_us = self.site.spawn(forked=True)
            at_us = self.player.await_ack(since_us, ended=self.site.ended)
            self.outcome.forked_ms.append((at_us - since_us) / 1000)

    def complain(self, words: str) -> None:
        """Note a violation that is not in the books."""
        self.outcome.other += 1
        if len(self.outcome.findings) < FINDINGS_SHOWN_N:
            self.outcome.findings.append(f"round {self.outcome.rounds}: {words}")

    def acks_between(self, from_us: int, until_us: int) -> int:
        """How many answers came in a span; those that were read so far."""
        self.player.look()
        return sum(from_us <= at_us < until_us for at_us in self.player.acked_at_us)

    def judge(self, *, check: bool = False) -> Verdict:
        """Ask the oracle now; the server may be alive, dead or frozen."""
        for player in self.players:
            player.look()
        books = self.site.books(check=check)
        for player in self.players:
            player.look_at_sent()
        verdict = judge(
            Truth.together([player.truth for player in self.players]),
            books,
            self.site.market.tariffs,
            paid_micros=self.site.market.paid_micros,
            bound_micros=self._bounds(),
        )
        judge_wholes(verdict, books, self.site.market.wholes, self.site.market.boosts)
        self._note(verdict)
        return verdict

    def _bounds(self) -> dict[str, int]:
        """Routers that stop at their limits never take anybody below zero."""
        if not all(player.plan.obey for player in self.players):
            return {}
        # A plan with a price for time may pass the hold once (docs/ARCHITECTURE.md).
        return dict.fromkeys(self.site.market.logins("rich", "poor"), 0)

    def _note(self, verdict: Verdict) -> None:
        outcome = self.outcome
        outcome.lost += verdict.lost_n
        outcome.doubled += verdict.doubled_n
        outcome.other += len(verdict.findings) - verdict.lost_n - verdict.doubled_n
        outcome.committed_unacked += verdict.committed_unacked_n
        worst = max(outcome.remarks.get("overdraft_max_micros", 0), verdict.overdraft_max_micros)
        outcome.remarks["overdraft_max_micros"] = worst
        room = FINDINGS_SHOWN_N - len(outcome.findings)
        outcome.findings += [str_of(finding, outcome.rounds) for finding in verdict.findings[:room]]

    # ---------------------------------------------------------------- after

    def finish(self) -> Outcome:
        """Let every session stop, stop the server, ask the oracle and the server's own check."""
        self.finished = True
        for player in self.players:
            player.tell("drain")
        for player in self.players:
            player.await_end()
        self.site.stop()
        self.judge(check=True)
        self._ask_the_server()
        self.add_up()
        return self.outcome

    def add_up(self) -> None:
        """The figures of the generators."""
        outcome = self.outcome
        outcome.acked = sum(player.truth.acked_n for player in self.players)
        waited_ms = [us / 1000 for player in self.players for us in player.truth.waited_us]
        outcome.latency_ms = summed_up(waited_ms)
        outcome.remarks["orders heard"] = sum(player.orders_n for player in self.players)
        outcome.remarks["sessions"] = sum(len(p.truth.sent) for p in self.players)

    def _ask_the_server(self) -> None:
        """Its own check of the books, and whether a replay of whole plans comes to the same."""
        again = ("--sessions", str(RATED_AGAIN_N), "--records", "1", "--rerate")
        asked: list[tuple[str, ...]] = [("ledger", "check")]
        asked += [("explain", "charge", login, *again) for login in self.site.market.wholes]
        for words in asked:
            said = self.site.run(*words)
            if said.code != 0:
                self.outcome.other += 1
                self.outcome.findings.append(f"{' '.join(words)}: {said.out}{said.err}"[:2_000])


def str_of(finding: Finding, round_n: int) -> str:
    """A finding as a line."""
    return f"round {round_n}: {finding.kind}: {finding.text}"
