"""Ten times what slowed-down commits sustain, for a minute: who is turned away, and who is not.

Each sync takes a fifth of a second and a batch is small, so the commits are the limit and not the
sockets. First a calm NAS shows what is sustained; then a second one offers ten times as much, with
the repeats of routers that hear nothing. Nothing that was answered may be lost, memory must stay
where it was, and the work done must not sink below what was sustained.
"""

from __future__ import annotations

import re

from tests.chaos.battle import Battle
from tests.chaos.disk import _on_fault_disk
from tests.chaos.freeze import now_us
from tests.chaos.player import Player, pause

SYNC_US = 200_000
BATCH_N = 64
QUEUE_N = 1_024
CALM_LINES_N = 150
CALM_S = 12
TIMES_N = 10
STORM_S = 60
LOOK_EACH_S = 3
USEFUL_MIN = 0.7  # of what the server decides in the storm, the share that routers still want
GOODPUT_MIN = 0.25  # of what was sustained; busy machines slow the storm down, collapse is less
GROWTH_MAX_OCTETS = 48 << 20  # from the first third of the storm to its end

_SHED = re.compile(r'^aaa_radius_shed_total\{class="(\w+)"\} ([\d.e+]+)', re.MULTILINE)
_DECIDED = re.compile(r"^aaa_acct_commit_batch_size_sum ([\d.e+]+)", re.MULTILINE)
_COALESCED = re.compile(r"^aaa_radius_coalesced_total(?:\{\})? ([\d.e+]+)", re.MULTILINE)


def overload(battle: Battle) -> None:
    """One storm; `rounds` are thirds of a minute of it, three by default."""
    site = battle.site
    site.configure("radius", f"batch_max = {BATCH_N}\nqueue_max = {QUEUE_N}")
    _on_fault_disk(battle, FAULTDISK_SYNC_DELAY_US=str(SYNC_US))
    battle.begin(
        sessions_n=CALM_LINES_N, timeout_ms=2_000, timeout_max_ms=2_000, step_octets=50_000
    )
    pause(3)
    (battle.directory / "metrics-calm.txt").write_text(site.page("metrics"))
    sustained = _rate([battle.player], CALM_S)
    lines_n = int(sustained * TIMES_N)
    storm = battle.play(
        sessions_n=lines_n, timeout_ms=1_000, timeout_max_ms=1_000, step_octets=50_000,
        anew=0.1, give_up=0.5, abandon=0.0,
    )  # fmt: skip
    pause(2)
    decided, answered_n = _decided(site.page("metrics")), _answered_n(battle.players)
    resident: list[int] = []
    goodput: list[float] = []
    for _ in range(battle.rounds_n * STORM_S // 3 // LOOK_EACH_S):
        goodput.append(_rate(battle.players, LOOK_EACH_S))
        resident.append(site.resident_octets())
    battle.outcome.rounds = battle.rounds_n
    page = site.page("metrics")
    (battle.directory / "metrics.txt").write_text(page)
    remarks = battle.outcome.remarks
    useful = (_answered_n(battle.players) - answered_n) / max(_decided(page) - decided, 1)
    remarks["useful share"] = round(useful, 2)
    if useful < USEFUL_MIN:
        battle.complain(f"only {useful:.0%} of what was decided was still wanted")
    _judge_storm(battle, sustained, goodput, resident)
    remarks["shed"] = {name: int(float(value)) for name, value in _SHED.findall(page)}
    remarks["coalesced"] = sum(int(float(value)) for value in _COALESCED.findall(page))
    remarks["offered per s"] = round(_offered(storm), 1)
    shed = remarks["shed"]
    for rank in ("stop", "start", "near"):
        if shed.get(rank, 0):
            battle.complain(f"{shed[rank]} of the rank {rank} were shed while worse ones waited")
    battle.judge()


def _decided(page: str) -> float:
    """Requests and tasks that the server has decided so far."""
    found = _DECIDED.search(page)
    assert found is not None
    return float(found[1])


def _answered_n(players: list[Player]) -> int:
    for player in players:
        player.look()
    return sum(player.truth.acked_n for player in players)


def _rate(players: list[Player], length_s: int) -> float:
    """Answers in a second, over a while."""
    from_us = now_us()
    pause(length_s)
    until_us = now_us()
    for player in players:
        player.look()
    acks_n = sum(from_us <= us < until_us for player in players for us in player.acked_at_us)
    return acks_n / ((until_us - from_us) / 1e6)


def _offered(storm: Player) -> float:
    """Datagrams that the second NAS sends in a second: each line repeats after one."""
    return storm.plan.sessions_n * 1000 / storm.plan.timeout_ms


def _judge_storm(
    battle: Battle, sustained: float, goodput: list[float], resident: list[int]
) -> None:
    later = goodput[len(goodput) // 3 :]
    mean = sum(later) / len(later)
    battle.outcome.remarks |= {
        "sustained per s": round(sustained, 1),
        "goodput per s": round(mean, 1),
        "resident MiB": [
            octets >> 20 for octets in (resident[0], *resident[:: len(resident) // 4])
        ],
    }
    if mean < GOODPUT_MIN * sustained:
        battle.complain(f"{mean:.0f} answers in a second under load, {sustained:.0f} without")
    growth = resident[-1] - resident[len(resident) // 3]
    if growth > GROWTH_MAX_OCTETS:
        battle.complain(f"the server grew by {growth >> 20} MiB during the storm")
