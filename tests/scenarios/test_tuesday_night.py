"""The Tuesday night: a provider with 400 running sessions is switched over, and nobody notices.

The customers come from a file while their sessions run. Their router reports to us from one minute
to the next; it reboots without a word, and all of them dial in again at once. Whose package is
over waits behind the wall; ten pay, one changes the plan, all get a day for the trouble. In the
end the books are exact: nobody paid for what was before, and nobody for what was given.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import SECRET, Installation, eventually
from tests.scenarios.router import ANSWER_S, INTERIM, START, STOP, Router

TOWER = "127.0.0.7"
CUSTOMERS_N, PREPAID_N, EXPIRED_N, RENEWED_N = 400, 100, 30, 10
MB, GB = 1_000_000, 1_000_000_000
BALANCE_MICROS, PRICE_MICROS, MB_MICROS = 20_000_000, 12_000_000, 10_000
LIST = "Mikrotik-Address-List"
TOGETHER_N = 50  # requests that wait for their answers at the same time

PLANS = (
    """
name = "night-unlimited"
currency = "USD"
[package]
validity = "30d"
price = "12.00"
[speeds]
down = "{down}"
up = "5M"
[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
[on_expired]
session_timeout_s = 600
[[on_expired.reply]]
attributes = ['Mikrotik-Address-List = "expired"']
""",
    """
name = "night-fast"
currency = "USD"
[package]
validity = "30d"
price = "19.00"
[speeds]
down = "100M"
up = "20M"
[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
""",
    """
name = "night-prepaid"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
""",
)


class Customer:
    """One of the 400, with the session that it has at the moment."""

    def __init__(self, site: Installation, n: int) -> None:
        """Names differ between the databases, which share the listener."""
        self.n = n
        self.login = f"night{n:03}-{site.database_url.partition(':')[0]}"
        self.mac = f"02:00:00:07:{n >> 8:02x}:{n & 255:02x}"
        self.prepaid = n < PREPAID_N
        self.expired = PREPAID_N <= n < PREPAID_N + EXPIRED_N
        self.session = f"old-{self.login}"
        self.token: Any = None
        self.down = 3 * GB + n

    @property
    def row(self) -> dict[str, str]:
        """A line of the file that the old system gave."""
        plan = "night-prepaid" if self.prepaid else "night-unlimited"
        until = "never" if self.prepaid else "2020-01-01" if self.expired else "2098-06-01"
        money = {"plan": plan, "balance": "20.00", "valid_until": until}
        return {"login": self.login, "password": f"pw-{self.n}", **money, "mac": self.mac}

    def login_request(self, router: Router) -> Any:
        """Dial in."""
        self.session = f"new-{self.login}"
        words = {"Calling_Station_Id": self.mac, "Acct_Session_Id": self.session}
        return router.access_request(self.login, f"pw-{self.n}", **words)

    def record(self, router: Router, status: int, seconds: int) -> Any:
        """Report the session."""
        words: dict[str, Any] = {"Calling_Station_Id": self.mac}
        if self.token is not None:
            words["Class"] = self.token
        used = {"down": self.down, "seconds": seconds}
        return router.record(status, self.session, login=self.login, **used, **words)


class Tower:
    """The router of the 400: several sockets, so that many ask at once, and an ear for orders."""

    def __init__(self, sockets: list[Router], ear: CoaListener) -> None:
        self.sockets = sockets
        self.ear = ear

    def ask(self, asked: list[tuple[Customer, Any]]) -> list[tuple[Customer, Any]]:
        """Send requests, so many at a time, each from a socket of its own; their answers."""
        found = []
        for at in range(0, len(asked), TOGETHER_N):
            some = list(zip(self.sockets, asked[at : at + TOGETHER_N], strict=False))
            for router, (_, request) in some:
                router.send(request.RequestPacket(), accounting=request.code == 4)
            for router, (customer, request) in some:
                answer = router.answer_to(request, ANSWER_S)
                assert answer is not None, f"no answer for {customer.login}"
                found.append((customer, answer))
        return found

    def report(self, customers: list[Customer], status: int, seconds: int) -> None:
        """Every session reports."""
        asked = [
            (customer, customer.record(self.sockets[n % TOGETHER_N], status, seconds))
            for n, customer in enumerate(customers)
        ]
        self.ask(asked)

    def dial(self, customers: list[Customer]) -> dict[str, Any]:
        """Everybody dials in and begins; the Accepts by login."""
        asked = [
            (one, one.login_request(self.sockets[n % TOGETHER_N]))
            for n, one in enumerate(customers)
        ]
        accepts = {}
        for customer, answer in self.ask(asked):
            assert answer.code == 2, f"{customer.login} is locked out"
            customer.token, customer.down = answer["Class"], 0
            accepts[customer.login] = answer
        self.report(customers, START, 0)
        return accepts

    def told(self, word: str, value: str) -> set[str]:
        """The sessions whose newest order says `word = value`."""
        newest: dict[str, str] = {}
        for order in self.ear.received:
            assert order.dropped == ""
            session = order.attributes.get("Acct-Session-Id", "").strip('"')
            newest[session] = order.attributes.get(word, "").strip('"')
        return {session for session, said in newest.items() if said == value}


@pytest.fixture
def tower(site: Installation) -> Iterator[Tower]:
    """It is added now, while its sessions run."""
    words = ("--address", TOWER, "--secret", SECRET, "--dialect", "mikrotik")
    with CoaListener(host=TOWER) as ear, ExitStack() as stack:
        site.tollhouse("nas", "add", "tower", *words, "--coa-port", str(ear.port))
        sockets = [
            stack.enter_context(Router(site, source=TOWER, server=TOWER)) for _ in range(TOGETHER_N)
        ]
        knock = sockets[0].access_request("nobody", "knocks")
        eventually(lambda: sockets[0].ask_once(knock, 0.2), "the server knows the router")
        yield Tower(sockets, ear)


def test_a_tuesday_night(site: Installation, tower: Tower, tmp_path: Path) -> None:
    customers = [Customer(site, n) for n in range(CUSTOMERS_N)]
    expired = [one for one in customers if one.expired]
    the_customers_come_from_a_file(site, customers, tmp_path)
    their_sessions_are_adopted_and_cost_nothing(site, tower, customers)
    whose_package_is_over_goes_behind_the_wall(site, tower, expired)
    what_is_used_from_now_on_costs(site, tower, customers)
    the_router_reboots_and_nobody_is_locked_out(site, tower, customers)
    ten_renew_and_are_restored(site, tower, expired[:RENEWED_N])
    one_changes_the_plan_live(site, tower, customers[PREPAID_N + EXPIRED_N])
    all_get_a_day_for_the_trouble(site, customers)
    tower.report(customers, STOP, 600)
    the_books_and_the_audit_are_clean(site, customers, expired[:RENEWED_N])


def the_customers_come_from_a_file(
    site: Installation, customers: list[Customer], directory: Path
) -> None:
    """A dry run says what would come, and then it comes."""
    for text in PLANS:
        path = directory / "plan.toml"
        path.write_text(text.format(down="20M") if "{down}" in text else text)
        site.tollhouse("plan", "load", str(path))
    file = directory / "customers.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(customers[0].row))
        writer.writeheader()
        writer.writerows(one.row for one in customers)
    site.tollhouse("subscriber", "import", str(file), "--dry-run")
    prefix = customers[0].login[:5]
    assert site.shown("subscriber", "find", prefix) == []
    site.tollhouse("subscriber", "import", str(file))


def their_sessions_are_adopted_and_cost_nothing(
    site: Installation, tower: Tower, customers: list[Customer]
) -> None:
    """They have run for a day and used gigabytes, for which the old system was paid."""
    tower.report(customers, INTERIM, 86_400)
    sessions = site.shown("session", "list", "--nas", "tower", "--limit", "0")
    assert len(sessions) == CUSTOMERS_N
    assert all(one["adopted"] and one["charged_micros"] == 0 for one in sessions)


def whose_package_is_over_goes_behind_the_wall(
    site: Installation, tower: Tower, expired: list[Customer]
) -> None:
    """By CoA, while they are on line."""
    wanted = {one.session for one in expired}
    eventually(lambda: tower.told(LIST, "expired") == wanted, "30 are walled")


def what_is_used_from_now_on_costs(
    site: Installation, tower: Tower, customers: list[Customer]
) -> None:
    """A megabyte each: a cent for who pays by the megabyte, nothing for the others."""
    for one in customers:
        one.down += MB
    tower.report(customers, INTERIM, 86_700)
    assert site.posted(customers[0].login) == BALANCE_MICROS - MB_MICROS
    assert site.posted(customers[PREPAID_N].login) == BALANCE_MICROS


def the_router_reboots_and_nobody_is_locked_out(
    site: Installation, tower: Tower, customers: list[Customer]
) -> None:
    """No Accounting-On, no Stop: 400 logins from stations that are on line, as far as we know."""
    accepts = tower.dial(customers)
    walled = [login for login, one in accepts.items() if one["Session-Timeout"][0] <= 660]
    assert sorted(walled) == sorted(one.login for one in customers if one.expired)
    open_ones = site.shown("session", "list", "--nas", "tower", "--limit", "0")
    assert {one["acct_session_id"] for one in open_ones} == {one.session for one in customers}


def ten_renew_and_are_restored(site: Installation, tower: Tower, renewed: list[Customer]) -> None:
    """Each pays once, whatever the cashier does twice, and has the service back."""
    for one in renewed:
        for _ in range(2):
            site.tollhouse("subscriber", "renew", one.login, "--reference", f"r-{one.n}")
    wanted = {one.session for one in renewed}
    eventually(lambda: tower.told(LIST, "active") >= wanted, "10 are restored")
    for one in renewed:
        assert site.posted(one.login) == BALANCE_MICROS - PRICE_MICROS


def one_changes_the_plan_live(site: Installation, tower: Tower, one: Customer) -> None:
    """Both plans cost nothing by usage, so the line stays up and becomes faster."""
    said = site.tollhouse("subscriber", "set", one.login, "--plan", "night-fast")
    assert f"tower, session {one.session}: changed by CoA" in said
    eventually(
        lambda: tower.told("Mikrotik-Rate-Limit", "20M/100M") == {one.session}, "it is faster"
    )


def all_get_a_day_for_the_trouble(site: Installation, customers: list[Customer]) -> None:
    """Who had paid for this night gets a day more; once, though it is asked twice."""
    words = ("subscriber", "extend", "--nas", "tower", "--days", "1", "--reason", "switched over")
    reference = ("--reference", "night-1")
    running = [one for one in customers if not one.prepaid and not one.expired]
    would = json.loads(site.tollhouse(*words, *reference, "--dry-run", "--output", "json"))
    assert len(would) == len(running) + RENEWED_N
    before = site.shown("subscriber", "show", running[1].login)["valid_until_us"]
    for _ in range(2):
        site.tollhouse(*words, *reference)
    after = site.shown("subscriber", "show", running[1].login)["valid_until_us"]
    assert after - before == 86_400 * MB


def the_books_and_the_audit_are_clean(
    site: Installation, customers: list[Customer], renewed: list[Customer]
) -> None:
    """To the micro, for each of the 400."""
    paid = {one.login for one in renewed}
    listed = site.shown("subscriber", "list", "--limit", "0")
    balances = {one["login"]: one["posted_micros"] for one in listed}
    for one in customers:
        owed = MB_MICROS if one.prepaid else PRICE_MICROS if one.login in paid else 0
        assert balances[one.login] == BALANCE_MICROS - owed, one.login
    assert site.run("ledger", "check").code == 0
    assert site.run("audit", "verify").code == 0
    done = site.shown("audit", "list", "--action", "subscriber renew")
    assert len([one for one in done if one["subject"] in paid]) == RENEWED_N
