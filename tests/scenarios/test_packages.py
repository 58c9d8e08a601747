"""Packages over UDP: bought by hand and by themselves, given after an outage, acted on at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import Installation, eventually
from tests.scenarios.router import INTERIM, START, STOP, Router

MONTH = """
name = "month"
currency = "USD"
timezone = "UTC"
[speeds]
down = "20M"
up = "5M"
[package]
price = "2"
validity = "30d"
"""
DAYS_30 = timedelta(days=30)


@pytest.fixture(scope="module")
def shop(site: Installation) -> Installation:
    """The sample's site, which sells a month for 2 USD."""
    path = Path(site.directory) / "month.toml"
    path.write_text(MONTH)
    site.tollhouse("plan", "load", str(path))
    return site


@pytest.fixture
def router(shop: Installation) -> Iterator[Router]:
    """The NAS of the sample."""
    with Router(shop) as router:
        yield router


class Line:
    """A subscriber of the month; what its session is called says how its router answers."""

    def __init__(self, site: Installation, name: str, *traits: str) -> None:
        """Add the subscriber; each database has its own names, since they share the listener."""
        self.site = site
        self.name = f"{name}-month-{site.database_url.partition(':')[0]}"
        words = ("--plan", "month", "--password", "pass", *traits)
        self.added = site.tollhouse("subscriber", "add", self.name, *words)

    def begin(self, router: Router) -> None:
        """Log in and start."""
        self.router = router
        self.token = router.login(self.name, "pass", Acct_Session_Id=self.name)["Class"]
        self.report(START)

    def report(self, status: int, **used: int) -> None:
        """Send a record of the session."""
        self.router.report(status, self.name, login=self.name, Class=self.token, **used)

    def set(self, *words: str) -> str:
        """Change the subscriber; what was printed."""
        return self.site.tollhouse("subscriber", "set", self.name, *words)

    def until(self) -> datetime:
        """The end of what is paid."""
        us = self.shown()["valid_until_us"]
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)

    def shown(self) -> Any:
        """The subscriber as the operator sees it."""
        return self.site.shown("subscriber", "show", self.name)

    def told(self, listener: CoaListener) -> list[str]:
        """The kinds of requests that FreeRADIUS got about the session."""
        named = f'"{self.name}"'
        every = listener.received
        return [one.kind for one in every if one.attributes.get("Acct-Session-Id") == named]


def written(moment: datetime) -> str:
    """A moment as `--valid-until` takes it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S+00:00")


def test_too_little_money_buys_nothing_and_enough_buys_a_month(
    shop: Installation, router: Router
) -> None:
    line = Line(shop, "poor")
    assert "2.00 USD are needed and 0.00 USD can be spent" in line.added
    said = shop.run("subscriber", "renew", line.name)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"tollhouse: {line.name}: 2.00 USD are needed and 0.00 USD can be spent\n"
    assert router.refused(line.name, "pass")
    shop.tollhouse("balance", "top-up", line.name, "4.50")
    renew = ("subscriber", "renew", line.name, "--reference", "r1")
    shop.tollhouse(*renew)
    first = line.until()
    line.begin(router)
    assert "renewed with this reference before" in shop.tollhouse(*renew)
    shop.tollhouse("subscriber", "renew", line.name, "--reference", "r2")
    assert line.until() == first + DAYS_30
    assert shop.posted(line.name) == 500_000
    shop.tollhouse("ledger", "check")
    shop.tollhouse("audit", "verify")


def test_a_package_that_renews_itself_keeps_the_session_on_line(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "keeps", "--balance", "4")
    line.begin(router)
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=6)
    line.set("--auto-renew", "yes", "--valid-until", written(end))
    eventually(lambda: line.until() == end + DAYS_30, "the package is bought again")
    eventually(lambda: datetime.now(UTC) > end + timedelta(seconds=3), "its old end is past")
    line.report(INTERIM, seconds=9)
    assert "Disconnect-Request" not in line.told(listener)
    assert shop.posted(line.name) == 0
    (newest,) = shop.shown("audit", "list", "--limit", "1")
    assert (newest["who"], newest["action"]) == ("server", "subscriber renew")
    assert 'aaa_renewals_total{result="renewed"} 1.0' in shop.page("metrics")


def test_who_has_no_money_at_the_end_is_cut_and_is_back_when_it_comes(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "late", "--balance", "2")
    line.begin(router)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    line.set("--auto-renew", "yes", "--valid-until", written(soon))
    eventually(lambda: "Disconnect-Request" in line.told(listener), "the session is cut")
    line.report(STOP, seconds=3)
    assert router.refused(line.name, "pass")
    assert shop.shown("explain", "reject", line.name)[0]["code"] == "expired"
    shop.tollhouse("balance", "top-up", line.name, "2")
    eventually(lambda: not router.refused(line.name, "pass"), "the login works again")
    assert shop.posted(line.name) == 0


def test_what_becomes_of_each_running_session_is_told(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    obeyed, refused = (Line(shop, name, "--balance", "2") for name in ("told", "refused"))
    for line in (obeyed, refused):
        line.begin(router)
    assert obeyed.set("--name", "Ann Lee").endswith(f"session {obeyed.name}: nothing to tell\n")
    said = shop.tollhouse("subscriber", "suspend", obeyed.name)
    assert said == (
        f"suspended subscriber {obeyed.name}\n  local, session {obeyed.name}: disconnected\n"
    )
    said_no = shop.run("subscriber", "suspend", refused.name)
    assert said_no.code == 1
    assert "refused: Administratively-Prohibited" in said_no.out
    shop.tollhouse("subscriber", "resume", refused.name)


def test_a_closed_subscriber_is_disconnected(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "leaves", "--balance", "2")
    line.begin(router)
    assert shop.tollhouse("subscriber", "remove", line.name).endswith(": disconnected\n")
    assert line.told(listener)[-1] == "Disconnect-Request"


def test_all_of_a_nas_are_given_a_day_after_an_outage(shop: Installation, router: Router) -> None:
    lines = [Line(shop, name, "--balance", "2") for name in ("wet", "dry")]
    for line in lines:
        line.begin(router)
    before = [line.until() for line in lines]
    words = ("subscriber", "extend", "--nas", "local", "--days", "1", "--reason", "storm")
    dry = shop.tollhouse(*words, "--dry-run")
    assert all(line.name in dry for line in lines) and "nothing was changed" in dry
    assert [line.until() for line in lines] == before
    real = shop.tollhouse(*words, "--reference", "storm-5")
    assert [line.until() for line in lines] == [end + timedelta(days=1) for end in before]
    assert "extended before" in shop.tollhouse(*words, "--reference", "storm-5")
    assert "extended" in real
    shop.tollhouse("ledger", "check")


def test_what_is_changed_while_no_server_runs_is_told_when_it_starts(
    shop: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(shop, "asleep", "--balance", "2")
    line.begin(router)
    shop.stop()
    said = shop.tollhouse("subscriber", "suspend", line.name)
    assert said.endswith(": no server is running; the router is told when one starts\n")
    shop.start()
    eventually(lambda: "Disconnect-Request" in line.told(listener), "the session is cut")
