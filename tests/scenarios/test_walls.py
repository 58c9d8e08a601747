"""Walled gardens and changes of running sessions over UDP, as routers and operators see them.

A MikroTik is told by CoA, which FreeRADIUS receives and reads; a Cisco, whose CoA cannot carry the
garden, by Disconnect, and its next login finds what there is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.freeradius import CoaListener, Received
from tests.scenarios.installation import SECRET, Installation, eventually
from tests.scenarios.router import INTERIM, START, STOP, Router, total_limit

MB = 1_000_000
PAST, FUTURE = "2020-01-01", "2099-01-01"
BRAS = "127.0.0.2"
FILTER_ID = 11

HOME = """
name = "walled-home"
currency = "USD"
sessions = 2
[speeds]
down = "{down}"
up = "5M"
[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
dialect = "mikrotik"
[on_expired]
session_timeout_s = 300
[[on_expired.reply]]
attributes = ['Mikrotik-Address-List = "expired"']
dialect = "mikrotik"
[[on_expired.reply]]
attributes = ['Filter-Id = "expired"']
dialect = "cisco"
[on_suspended]
[[on_suspended.reply]]
attributes = ['Mikrotik-Address-List = "suspended"']
dialect = "mikrotik"
"""
PREPAID = """
name = "walled-prepaid"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
[on_no_credit]
session_timeout_s = 300
[[on_no_credit.reply]]
attributes = ['Mikrotik-Address-List = "broke"', 'Mikrotik-Rate-Limit = "64k/64k"']
"""


@pytest.fixture(scope="module")
def shop(site: Installation) -> Installation:
    """The sample's site, which sells two plans with gardens."""
    load(site, HOME.format(down="20M"))
    load(site, PREPAID)
    return site


@pytest.fixture
def router(shop: Installation) -> Iterator[Router]:
    """The NAS of the sample, a MikroTik."""
    with Router(shop) as router:
        yield router


def load(site: Installation, text: str, *words: str) -> None:
    """Load a plan."""
    path = Path(site.directory) / "plan.toml"
    path.write_text(text)
    site.tollhouse("plan", "load", str(path), *words)


class Line:
    """A subscriber and one session of it."""

    def __init__(self, site: Installation, name: str, *traits: str) -> None:
        """Add the subscriber; each database has its own names, since they share the listener."""
        self.site = site
        self.name = f"{name}-{site.database_url.partition(':')[0]}"
        self.key = self.name
        site.tollhouse("subscriber", "add", self.name, "--password", "pass", *traits)

    def begin(self, router: Router) -> Any:
        """Log in and start; the Accept."""
        self.router = router
        self.accept = router.login(self.name, "pass", Acct_Session_Id=self.key)
        self.report(START)
        return self.accept

    def report(self, status: int, **used: int) -> None:
        """Send a record of the session."""
        token = self.accept["Class"]
        self.router.report(status, self.key, login=self.name, Class=token, **used)

    def set(self, *words: str) -> None:
        """Change the subscriber."""
        self.site.tollhouse("subscriber", "set", self.name, *words)

    def ordered(self, listener: CoaListener, count: int) -> Received:
        """Wait until FreeRADIUS was told so many things about the session; the newest."""
        named = f'"{self.key}"'

        def told() -> list[Received]:
            every = listener.received
            return [one for one in every if one.attributes.get("Acct-Session-Id") == named]

        found = eventually(
            lambda: len(orders := told()) >= count and orders, f"{count} orders for {self.key}"
        )
        assert len(found) == count
        assert found[-1].dropped == ""
        return found[-1]

    def charged(self) -> int:
        """What the newest session was charged, in micros."""
        (newest, *_) = self.site.shown("session", "list", "--login", self.name, "--all")
        micros = newest["charged_micros"]
        assert isinstance(micros, int)
        return micros


def address_list(order: Received) -> str:
    """The list that a CoA-Request puts the client into."""
    assert order.kind == "CoA-Request"
    return order.attributes["Mikrotik-Address-List"].strip('"')


def test_an_expired_login_is_walled_and_a_renewal_restores_it_by_coa(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "expired", "--plan", "walled-home", "--valid-until", PAST)
    accept = line.begin(router)
    assert 270 <= accept["Session-Timeout"][0] <= 330
    assert "Mikrotik-Rate-Limit" not in accept
    line.report(INTERIM, down=7 * MB, seconds=60)
    decision = shop.shown("explain", "reject", line.name)[0]
    assert (decision["code"], decision["facts"]["walled"]) == ("accepted", "expired")
    line.set("--valid-until", FUTURE)
    order = line.ordered(listener, 1)
    assert address_list(order) == "active"
    assert order.attributes["Mikrotik-Rate-Limit"] == '"5M/20M"'
    assert int(order.attributes["Session-Timeout"]) > 86_400
    line.report(STOP, down=9 * MB, seconds=90)
    explained = shop.shown("explain", "charge", line.name, "--rerate")["sessions"][0]
    assert explained["unrated"] == {
        "output_octets": 7 * MB, "input_octets": 0, "session_s": 60,
    }  # fmt: skip
    assert (explained["differences"], explained["adds_up"]) == ([], True)


def test_on_a_cisco_the_session_ends_and_the_next_login_finds_what_there_is(
    shop: Installation,
) -> None:
    with CoaListener(host=BRAS) as ear, Router(shop, source=BRAS, server=BRAS) as bras:
        words = ("--address", BRAS, "--secret", SECRET, "--dialect", "cisco")
        shop.tollhouse("nas", "add", "bras", *words, "--coa-port", str(ear.port))
        line = Line(shop, "bras", "--plan", "walled-home")
        knock = bras.access_request(line.name, "pass")
        eventually(lambda: bras.ask_once(knock, 0.2), "the server knows the NAS")
        line.begin(bras)
        line.set("--valid-until", PAST)
        assert line.ordered(ear, 1).kind == "Disconnect-Request"
        line.report(STOP, down=MB, seconds=5)
        line.key += "-again"
        accept = line.begin(bras)
        assert accept[FILTER_ID] == [b"expired"]
        line.set("--valid-until", FUTURE)
        assert line.ordered(ear, 1).kind == "Disconnect-Request"
        line.report(STOP, down=MB, seconds=9)
        line.key += "-again"
        assert FILTER_ID not in line.begin(bras)


def test_a_suspended_session_is_walled_while_it_runs_and_comes_back(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "suspended", "--plan", "walled-home")
    line.begin(router)
    shop.tollhouse("subscriber", "suspend", line.name)
    assert address_list(line.ordered(listener, 1)) == "suspended"
    line.report(INTERIM, down=MB, seconds=60)
    shop.tollhouse("subscriber", "resume", line.name)
    assert address_list(line.ordered(listener, 2)) == "active"
    line.report(STOP, down=MB, seconds=61)


def test_who_has_no_money_waits_behind_the_wall_and_a_top_up_opens_it(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "broke", "--plan", "walled-prepaid")
    accept = line.begin(router)
    assert accept["Mikrotik-Rate-Limit"] == ["64k/64k"]
    line.report(INTERIM, down=3 * MB, seconds=60)
    shop.tollhouse("balance", "top-up", line.name, "1")
    order = line.ordered(listener, 1)
    assert address_list(order) == "active"
    assert order.attributes["Mikrotik-Total-Limit"] == str(103 * MB)
    line.report(INTERIM, down=103 * MB, seconds=120)
    order = line.ordered(listener, 2)
    assert (address_list(order), line.charged()) == ("broke", 1_000_000)
    line.report(STOP, down=105 * MB, seconds=180)
    assert (line.charged(), shop.posted(line.name)) == (1_000_000, 0)
    shop.tollhouse("ledger", "check")


def test_new_speeds_of_a_plan_that_holds_at_once_reach_the_sessions_that_run(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "faster", "--plan", "walled-home")
    line.begin(router)
    load(shop, HOME.format(down="50M"), "--now")
    order = line.ordered(listener, 1)
    assert order.attributes["Mikrotik-Rate-Limit"] == '"5M/50M"'
    load(shop, HOME.format(down="20M"), "--now")
    assert line.ordered(listener, 2).attributes["Mikrotik-Rate-Limit"] == '"5M/20M"'
    line.report(STOP, down=MB, seconds=60)


def test_a_paying_session_is_told_nothing_of_gardens(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "paying", "--plan", "walled-prepaid", "--balance", "1")
    assert total_limit(line.begin(router)) == 100 * MB
    line.report(STOP, down=10 * MB, seconds=60)
    assert (line.charged(), shop.posted(line.name)) == (100_000, 900_000)
