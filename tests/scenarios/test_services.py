"""Services of an ISG and of a Juniper over UDP: one zero-rated, one priced, billed once.

radclient is the router and names vendors' attributes by FreeRADIUS's own dictionaries. Every amount
was worked out by hand: 1.00 a GB, video 3.00, local nothing.
"""

from __future__ import annotations

import pytest

from tests.scenarios.installation import Installation
from tests.scenarios.radclient import Radclient

MB = 1_000_000
PLAN = """
name = "classes"
currency = "EUR"

[price.volume]
amount = "1"
per = "GB"

[[class]]
name = "local"
services = ["IX-LOCAL"]

[[class]]
name = "video"
services = ["VIDEO"]

[[rate]]
classes = ["local"]
volume = { amount = "0" }

[[rate]]
classes = ["video"]
volume = { amount = "3", per = "GB" }
"""


class Gateway:
    """A router whose sessions have services, and the subscriber behind it."""

    def __init__(self, site: Installation, client: Radclient, dialect: str, name: str = "") -> None:
        self.site, self.client, self.dialect = site, client, dialect
        self.login = f"{name or dialect}-{site.database_url.partition(':')[0]}"
        self.token = ""
        site.tollhouse("nas", "set", "local", "--dialect", dialect)
        words = ("--plan", "classes", "--password", "pass", "--balance", "10")
        site.tollhouse("subscriber", "add", self.login, *words)

    def named(self, service: str) -> tuple[str, list[str]]:
        """The Acct-Session-Id of a service's records, and what they say besides."""
        key = f"{self.login}-9"
        if self.dialect == "juniper":
            return f"{key}:{service}", [f'ERX-Service-Session = "{service}(20m)"']
        info = f'Cisco-Service-Info = "N{service}"'
        return f"{key}.{service}", [f'Cisco-AVPair = "parent-session-id={key}"', info]

    def begin(self) -> None:
        """Log in and start."""
        lines = [f'User-Name = "{self.login}"', 'User-Password = "pass"', "NAS-Port = 1"]
        lines += [f'Acct-Session-Id = "{self.login}-9"', "Message-Authenticator = 0x00"]
        accept = self.client.send("auth", self.site.auth_port, "\n".join(lines))
        assert accept.kind == "Access-Accept", accept.output
        self.token = accept["Class"]
        self.report("Start", "", 0, 0)

    def report(self, kind: str, service: str, seconds: int, megabytes: int) -> None:
        """A record of the session, or of a service in it; it must be answered."""
        lines = self.record(kind, service, seconds, megabytes)
        answer = self.client.send("acct", self.site.acct_port, lines)
        assert answer.kind == "Accounting-Response", answer.output

    def record(self, kind: str, service: str, seconds: int, megabytes: int) -> str:
        """The attributes of such a record."""
        key, more = self.named(service) if service else (f"{self.login}-9", [])
        if not service:
            more = [f"Class = {self.token}"]
        lines = [f'User-Name = "{self.login}"', f"Acct-Status-Type = {kind}", *more]
        lines += [f'Acct-Session-Id = "{key}"', "NAS-Port = 1"]
        if kind != "Start":
            lines += [f"Acct-Session-Time = {seconds}", "Acct-Input-Octets = 0"]
            lines += [f"Acct-Output-Octets = {megabytes * MB}"]
        return "\n".join(lines)

    def costs(self) -> int:
        """What the session costs by now, in cents."""
        (session,) = self.site.shown("explain", "charge", self.login)["sessions"]
        micros = session["charged_micros"]
        assert isinstance(micros, int) and micros % 10_000 == 0
        return micros // 10_000


@pytest.mark.parametrize("dialect", ["cisco", "juniper"])
def test_a_session_and_its_services_are_billed_once(
    site: Installation, client: Radclient, dialect: str
) -> None:
    plan = site.directory / "classes.toml"
    plan.write_text(PLAN)
    site.tollhouse("plan", "load", str(plan))
    router = Gateway(site, client, dialect)
    router.begin()
    router.report("Start", "VIDEO", 0, 0)
    router.report("Start", "IX-LOCAL", 0, 0)
    router.report("Interim-Update", "IX-LOCAL", 300, 200)
    router.report("Interim-Update", "VIDEO", 300, 100)
    router.report("Interim-Update", "VIDEO", 300, 100)  # once more
    router.report("Interim-Update", "", 301, 500)
    assert router.costs() == 30 + 20
    router.report("Interim-Update", "", 600, 700)  # before its services: at the price of the rest
    assert router.costs() == 50 + 20
    router.report("Interim-Update", "IX-LOCAL", 600, 300)
    if dialect == "cisco":  # once is enough: how it is kept has no dialect
        site.kill()
        site.start()
    router.report("Interim-Update", "IX-LOCAL", 300, 200)  # late, and already counted
    router.report("Stop", "VIDEO", 900, 150)
    router.report("Stop", "IX-LOCAL", 900, 1_000)  # 800 since the session's last report
    router.report("Stop", "", 901, 900)  # which has 200 more: 50 of video, 150 of them local
    assert router.costs() == 70 + 15
    found = site.run("explain", "charge", router.login, "--rerate")
    assert found.code == 0 and "class local: counted 1.00 GB down" in found.out, found.out
    assert "are not in what the session reported by then" in found.out
    assert site.run("ledger", "check").code == 0
    assert 'event="class-excess"' in site.page("metrics")


def test_a_stop_that_overtakes_those_of_its_services_leaves_them_their_classes(
    site: Installation, client: Radclient
) -> None:
    plan = site.directory / "classes.toml"
    plan.write_text(PLAN)
    site.tollhouse("plan", "load", str(plan))
    router = Gateway(site, client, "cisco", "overtaken")
    router.begin()
    router.report("Start", "IX-LOCAL", 0, 0)
    both = [router.record("Stop", "", 300, 500), router.record("Stop", "IX-LOCAL", 300, 200)]
    answers = client.send_all("acct", site.acct_port, both)
    assert answers.output.count("Received Accounting-Response") == 2, answers.output
    assert router.costs() == 30, "the 200 MB of the service are free"
    assert 'event="class-awaited"' in site.page("metrics")
    assert site.run("explain", "charge", router.login, "--rerate").code == 0
    assert site.run("ledger", "check").code == 0
