"""One answer to: may we be relied on?"""

from __future__ import annotations

from server.readiness import Readiness


def ready() -> Readiness:
    state = Readiness(disk_reserve_octets=1_000)
    state.started = True
    state.store_proved(0)
    return state


def test_ready_needs_a_start_and_a_commit() -> None:
    state = Readiness()
    assert len(state.reasons(0)) == 2
    assert ready().ready(0)


def test_a_commit_proves_the_store_for_five_seconds() -> None:
    assert ready().ready(5_000_000)
    assert not ready().ready(5_000_000 + 1)


def test_a_failure_counts_at_once_and_until_the_next_commit() -> None:
    state = ready()
    state.store_failed()
    assert not state.store_up(0)
    state.store_proved(1)
    assert state.ready(1)


def test_each_reason_is_named() -> None:
    state = ready()
    state.draining = True
    state.disk_free_octets = 999
    state.broke("feed")
    assert state.reasons(0) == [
        "draining",
        "only 999 octets are free on the disk",
        "the task feed has ended",
    ]


def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    readiness, told = Readiness(), list[tuple[bool, str]]()
    readiness.told = lambda up, why: told.append((up, why))
    readiness.store_proved(1)
    for why in ("gone", "still gone"):
        readiness.store_failed(why)
    readiness.store_proved(2)
    readiness.store_proved(3)
    assert told == [(False, "gone"), (True, "")]
