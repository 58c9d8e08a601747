"""Two workers on one port, on PostgreSQL: one account at both, money exact, kill -9 of one of them.

A router's packets all reach one worker, chosen by its address; so routers at several addresses
reach both, and the sessions of one account are moved by both. What was acknowledged is the measure,
as in `test_crash`.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pyrad import packet

from tests.peers.postgres import PostgresCluster
from tests.scenarios.installation import SECRET, Installation, eventually
from tests.scenarios.router import INTERIM, START, STOP, Router, total_limit
from tests.scenarios.stream import Fleet
from tests.scenarios.test_crash import compare, prepare

# By the rule of `server.seams.steer` these are for the first and the second worker in turn.
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
KILLS_N = 2
LOGINS_N = 6
STEPS_N = 10
PAID_OCTETS = 100_000_000  # for a dollar, at a cent each million
ONE_SLOT = """
name = "one-slot"
currency = "USD"
sessions = 1
[price.volume]
amount = "0.01"
per = "MB"
"""


def worker_of(address: str) -> int:
    """Which of two workers hears this router."""
    last = int.from_bytes(bytes(map(int, address.split("."))), "big")
    return (last * 0x9E3779B1 % 2**32 >> 16) % 2


@pytest.fixture
def site(
    postgres_cluster: PostgresCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation with two workers, and a router at each address."""
    directory = tmp_path_factory.mktemp("workers")
    with postgres_cluster.database() as url:
        site = Installation(directory, url)
        text = site.settings_file.read_text()
        site.settings_file.write_text(text.replace("[metrics]", "workers = 2\n[metrics]"))
        prepare(site)
        for address in ADDRESSES:
            words = ("--address", address, "--secret", SECRET, "--dialect", "mikrotik")
            site.tollhouse("nas", "add", f"at-{address}", *words)
        yield site
        site.close()


def routers_at_both(site: Installation) -> list[Router]:
    """A router at each address; both workers have some."""
    assert {worker_of(address) for address in ADDRESSES} == {0, 1}
    return [Router(site, source=address) for address in ADDRESSES]


def workers_of(site: Installation) -> list[int]:
    """The process ids of the workers."""
    assert site._child is not None
    parent = str(site._child.process.pid)
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", parent], capture_output=True, text=True, check=False
    )
    return sorted(int(word) for word in listed.stdout.split())


def figure(site: Installation, name: str) -> float:
    """The sum of a counter over its labels."""
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", site.page("metrics"), re.MULTILINE)
    return sum(map(float, found))


def test_one_account_at_two_workers_is_charged_exactly_across_kills(site: Installation) -> None:
    site.start()
    assert len(workers_of(site)) == 2
    chance = random.Random(5)
    counted = 0.0
    routers = routers_at_both(site)
    fleets = [
        Fleet(router, "bob", "pass", seed=n, first_n=100 * n) for n, router in enumerate(routers)
    ]
    for fleet in fleets:
        fleet.begin(3)
    for _ in range(KILLS_N):
        with ThreadPoolExecutor(len(routers)) as lines:
            running = [lines.submit(fleet.run, chance.randrange(20, 100)) for fleet in fleets]
            os.kill(chance.choice(workers_of(site)), signal.SIGKILL)
            for one in running:
                one.result()
        eventually(lambda: len(workers_of(site)) == 2, "a new worker was started")
        eventually(site.ready, "both workers are back")
        for fleet in fleets:
            fleet.hear_the_rest()
            fleet.abandon(1)
            fleet.begin(1)
        assert figure(site, "aaa_radius_requests_total") >= counted, "a counter has fallen"
        counted = figure(site, "aaa_radius_requests_total")
    for fleet in fleets:
        fleet.stop_all()
    with ThreadPoolExecutor(len(routers)) as lines:
        list(lines.map(lambda fleet: fleet.run(None), fleets))
    whole = fleets[0]
    for fleet in fleets[1:]:
        whole.every += fleet.every
    compare(site, whole)
    for router in routers:
        router.socket.close()
    site.stop()


def test_one_slot_is_given_once_to_two_workers(site: Installation) -> None:
    """Two logins in one breath at two workers: one is let in."""
    plan_file = site.directory / "one-slot.toml"
    plan_file.write_text(ONE_SLOT)
    site.tollhouse("plan", "load", str(plan_file))
    for n in range(LOGINS_N):
        words = ("--plan", "one-slot", "--password", "pass", "--balance", "1")
        site.tollhouse("subscriber", "add", f"eve{n}", *words)
    site.start()
    routers = one_at_each(site)
    for n in range(LOGINS_N):
        answers = [answer.code for answer in at_once(routers, f"eve{n}", n)]
        assert sorted(answers) == [packet.AccessAccept, packet.AccessReject], f"eve{n}: {answers}"
    for router in routers:
        router.socket.close()
    site.tollhouse("ledger", "check")
    site.stop()


def test_one_purse_is_never_promised_twice_to_two_workers(site: Installation) -> None:
    """Two sessions of one account at two workers use what each was allowed; nothing is owed."""
    site.start()
    routers = one_at_each(site)
    for n in range(LOGINS_N):
        login = f"dan{n}"
        words = ("--plan", "many", "--password", "pass", "--balance", "1")
        site.tollhouse("subscriber", "add", login, *words)
        accepts = at_once(routers, login, n)
        allowed = [total_limit(one) if one.code == packet.AccessAccept else 0 for one in accepts]
        assert 0 < sum(allowed) <= PAID_OCTETS, allowed
        with ThreadPoolExecutor(2) as lines:
            works = [
                lines.submit(use, router, login, f"{login}-{at}", accepts[at], allowed[at])
                for at, router in enumerate(routers)
                if allowed[at]
            ]
            for work in works:
                work.result()
        assert site.posted(login) == 1_000_000 - sum(allowed) // 100
    for router in routers:
        router.socket.close()
    site.tollhouse("ledger", "check")
    site.stop()


def one_at_each(site: Installation) -> list[Router]:
    """A router for each of the two workers."""
    chosen = [next(one for one in ADDRESSES if worker_of(one) == number) for number in (0, 1)]
    return [Router(site, source=address) for address in chosen]


def at_once(routers: list[Router], login: str, n: int) -> list[Any]:
    """One login at all routers in one breath, each from another station; the answers."""

    def log_in(at: int) -> Any:
        words: dict[str, Any] = {"Acct_Session_Id": f"{login}-{at}", "NAS_Port": at}
        words["Calling_Station_Id"] = f"02:00:00:00:{n:02x}:{at:02x}"
        request = routers[at].access_request(login, "pass", **words)
        return routers[at].ask(request)

    with ThreadPoolExecutor(len(routers)) as lines:
        return list(lines.map(log_in, range(len(routers))))


def use(router: Router, login: str, session: str, accept: Any, octets: int) -> None:
    """A session that uses all that it was allowed, in steps, and ends."""
    words = {"login": login, "Class": accept["Class"]}
    router.report(START, session, **words)
    for step in range(1, STEPS_N):
        down = octets * step // STEPS_N
        router.report(INTERIM, session, down=down, seconds=step, **words)
    router.report(STOP, session, down=octets, seconds=STEPS_N, **words)
