"""What the server tells routers of running sessions, and what comes of it.

FreeRADIUS receives the Disconnect and CoA requests and answers by the Acct-Session-Id: it obeys,
refuses, does not know the session, or stays silent (tests/peers/freeradius.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.freeradius import CoaListener, Received
from tests.scenarios.installation import LIMIT_S, Installation, eventually
from tests.scenarios.router import INTERIM, START, STOP, Router, total_limit

MB = 1_000_000
PRICE_MICROS = 10_000  # of a MB


@pytest.fixture
def router(site: Installation) -> Iterator[Router]:
    """The NAS of the sample."""
    with Router(site) as router:
        yield router


class Line:
    """A subscriber with some money, connected: a session of its own on the sample's NAS."""

    def __init__(self, site: Installation, router: Router, name: str, balance: str) -> None:
        """Add the subscriber, log in and start. The name decides how FreeRADIUS answers."""
        self.site = site
        self.router = router
        self.name = f"{name}-{site.database_url.partition(':')[0]}"
        words = ("--plan", "sample-prepaid", "--password", "pass", "--balance", balance)
        site.tollhouse("subscriber", "add", self.name, *words)
        self.accept = router.login(self.name, "pass", Acct_Session_Id=self.name)
        self.session_id = ""
        self.report(START)

    def report(self, status: int, **used: int) -> None:
        """Send a record of the session."""
        token = self.accept["Class"]
        self.router.report(status, self.name, login=self.name, Class=token, **used)

    def orders(self, listener: CoaListener) -> list[Received]:
        """What FreeRADIUS was told about this session, each request once."""
        named = f'"{self.name}"'
        return [one for one in listener.received if one.attributes["Acct-Session-Id"] == named]

    def ordered(self, listener: CoaListener, count: int) -> list[Received]:
        """Wait until it was told so many things."""
        return eventually(
            lambda: len(found := self.orders(listener)) >= count and found,
            f"{count} orders for {self.name}",
        )

    def shown(self) -> Any:
        """The session as the operator sees it."""
        if not self.session_id:
            (one,) = self.site.shown("session", "list", "--login", self.name, "--all")
            self.session_id = str(one["session_id"])
        return self.site.shown("session", "show", self.session_id)

    def told(self, words: str, *, limit_s: float = LIMIT_S) -> Any:
        """Wait until an order of the session stands like this, and show the session then."""
        shown = self.shown()

        def look() -> bool:
            shown.update(self.shown())
            return any(order.startswith(words) for order in shown["orders"])

        try:
            eventually(look, f"{self.name}: {words}", limit_s=limit_s)
        except AssertionError as never:
            raise AssertionError(f"{never}; the orders are {shown['orders']}") from None
        return shown


def test_coa_a_disconnect_and_each_of_its_answers(
    site: Installation, router: Router, listener: CoaListener
) -> None:
    names = ("silent", "obeyed", "refused", "gone")
    lines = {name: Line(site, router, name, "1") for name in names}
    for line in lines.values():
        line.report(INTERIM, down=100 * MB, seconds=60)
    for line in lines.values():
        order = line.ordered(listener, 1)[0]
        assert order.kind == "Disconnect-Request"
        assert order.dropped == ""
    obeyed = lines["obeyed"].told("disconnect (exhausted): done")
    assert obeyed["state"] == "open", "the Stop is still to come"
    lines["obeyed"].report(STOP, down=100 * MB, seconds=61)
    assert lines["obeyed"].shown()["state"] == "closed"

    refused = lines["refused"].told(
        "disconnect (exhausted): the NAS refused, Administratively-Prohibited"
    )
    assert refused["state"] == "open"
    lines["refused"].report(INTERIM, down=101 * MB, seconds=120)
    assert len(lines["refused"].ordered(listener, 2)) == 2, "told again at the next record"

    gone = lines["gone"].told("disconnect (exhausted): the NAS refused, Session-Context-Not-Found")
    assert (gone["state"], gone["held_micros"]) == ("closed", 0)
    assert gone["output_octets"] == 100 * MB
    assert site.posted(lines["gone"].name) == 0

    silent = lines["silent"].told("disconnect (exhausted): no answer; try `tollhouse nas test`")
    assert silent["state"] == "open"
    site.tollhouse("ledger", "check")


def test_a_top_up_during_a_session_raises_its_limits_at_once(
    site: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(site, router, "topped", "1")
    assert total_limit(line.accept) == 100 * MB
    line.report(INTERIM, down=40 * MB, seconds=60)
    site.tollhouse("balance", "top-up", line.name, "1")
    order = line.ordered(listener, 1)[0]
    assert order.kind == "CoA-Request"
    assert order.attributes["Mikrotik-Total-Limit"] == str(200 * MB)
    assert int(order.attributes["Session-Timeout"]) > 0
    line.told("limits (money changed): done")
    line.report(INTERIM, down=150 * MB, seconds=120)
    assert site.posted(line.name) == 2_000_000 - 150 * PRICE_MICROS
    assert len(line.orders(listener)) == 1, "past its first hold, and nobody minds"
    line.report(INTERIM, down=200 * MB, seconds=180)
    assert line.ordered(listener, 2)[1].kind == "Disconnect-Request"
    line.report(STOP, down=200 * MB, seconds=180)
    assert site.posted(line.name) == 0


def test_a_top_up_after_the_money_was_gone_keeps_the_session(
    site: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(site, router, "refused-then-paid", "1")
    line.report(INTERIM, down=100 * MB, seconds=60)
    line.ordered(listener, 1)
    site.tollhouse("balance", "top-up", line.name, "1")
    assert line.ordered(listener, 2)[1].kind == "CoA-Request"
    line.report(INTERIM, down=120 * MB, seconds=120)
    assert line.shown()["state"] == "open"
    assert [one.kind for one in line.orders(listener)] == ["Disconnect-Request", "CoA-Request"]


def test_the_operator_ends_a_session_and_hears_the_answer(
    site: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(site, router, "ended", "1")
    said = site.tollhouse("session", "disconnect", "--login", line.name)
    assert "disconnect (operator): done" in said
    assert [one.kind for one in line.orders(listener)] == ["Disconnect-Request"]
    other = Line(site, router, "refused-by-hand", "1")
    said_no = site.run("session", "disconnect", "--login", other.name)
    assert said_no.code == 1
    assert "Administratively-Prohibited" in said_no.out


def test_a_suspended_subscriber_is_disconnected_and_stays_out(
    site: Installation, router: Router, listener: CoaListener
) -> None:
    line = Line(site, router, "suspended", "1")
    site.tollhouse("subscriber", "suspend", line.name)
    assert line.ordered(listener, 1)[0].kind == "Disconnect-Request"
    line.report(STOP, down=MB, seconds=5)
    assert router.refused(line.name, "pass")
    assert site.shown("explain", "reject", line.name)[0]["code"] == "suspended"
    site.tollhouse("subscriber", "resume", line.name)
    router.login(line.name, "pass")


def test_nas_test_tells_whether_the_router_listens(
    site: Installation, listener: CoaListener
) -> None:
    said = site.run("nas", "test", "local")
    assert said.code == 0, said.out + said.err
    assert listener.received[-1].kind == "Disconnect-Request"
