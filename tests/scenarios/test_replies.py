"""What routers are told beside limits: by plan and subscriber, by dialect and kind of access.

radclient asks as RouterOS's PPPoE server and hotspot do, and as a Cisco BNG on the other address
of this machine; it reads the answers with FreeRADIUS's own dictionaries.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.installation import SECRET, Installation, eventually
from tests.scenarios.radclient import Answer, Radclient

PLAN = """
name = "home"
currency = "USD"

[speeds]
down = "10M"
up = "2M"

[speeds.mikrotik]
rate = "2M/10M 4M/20M 1M/5M 8/8 5"

[speeds.cisco]
down = "HOME-OUT"
up = "HOME-IN"

[[reply]]
attributes = ['Framed-Pool = "home"', "Framed-MTU = 1492"]
access = "ppp"

[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
dialect = "mikrotik"

[[reply]]
attributes = ["Idle-Timeout = 900"]
"""
PPPOE = """
Service-Type = Framed-User
Framed-Protocol = PPP
NAS-Port-Type = Ethernet
Called-Station-Id = "internet"
"""
HOTSPOT = """
NAS-Port-Type = Ethernet
Called-Station-Id = "hotspot1"
Mikrotik-Host-IP = 10.5.50.7
"""


@pytest.fixture(scope="module")
def open_site(bare_site: Installation) -> Installation:
    """A running server with a plan, subscribers, and a router of each family."""
    site = bare_site
    site.tollhouse("init", "--sample")
    (site.directory / "home.toml").write_text(PLAN)
    site.tollhouse("plan", "load", str(site.directory / "home.toml"))
    bng = ("--address", "::1", "--secret", SECRET, "--dialect", "cisco")
    site.tollhouse("nas", "set", "local", "--address", "127.0.0.1")
    site.tollhouse("nas", "add", "bng", *bng)
    for name in ("ann", "bob", "eve"):
        site.tollhouse("subscriber", "add", name, "--plan", "home", "--password", "pass")
    site.start()
    return site


class Asked:
    """Logins of one subscriber as different routers send them."""

    def __init__(self, site: Installation, radclient: str) -> None:
        """radclient speaks from 127.0.0.1, which is RouterOS here, or from ::1, the BNG."""
        self._site = site
        self._routeros = Radclient(radclient, secret=SECRET)
        self._bng = Radclient(radclient, host="[::1]", secret=SECRET)

    def login(self, name: str, request: str, *, cisco: bool = False) -> Answer:
        """The Accept; each login is the same connection, so it replaces the one before."""
        client = self._bng if cisco else self._routeros
        known = f'User-Name = "{name}"\nUser-Password = "pass"\nNAS-Port = 7\n'
        answer = client.send("auth", self._site.auth_port, known + request.lstrip())
        assert answer.kind == "Access-Accept", answer.output
        return answer

    def values(self, answer: Answer, name: str) -> list[str]:
        """All values of an attribute, without quotes."""
        return [value.strip('"') for key, value in answer.attributes if key == name]


@pytest.fixture
def asked(open_site: Installation, radclient: str) -> Asked:
    """Somebody to log in as."""
    return Asked(open_site, radclient)


def test_a_pool_of_pppoe_does_not_reach_a_hotspot(asked: Asked) -> None:
    ppp, hotspot = asked.login("bob", PPPOE), asked.login("bob", HOTSPOT)
    assert asked.values(ppp, "Framed-Pool") == ["home"]
    assert asked.values(ppp, "Framed-MTU") == ["1492"]
    assert "Framed-Pool" not in hotspot
    assert "Framed-MTU" not in hotspot
    for answer in (ppp, hotspot):
        assert asked.values(answer, "Mikrotik-Address-List") == ["active"]
        assert asked.values(answer, "Mikrotik-Rate-Limit") == ["2M/10M 4M/20M 1M/5M 8/8 5"]
        assert asked.values(answer, "Idle-Timeout") == ["900"]
    unknown = asked.login("bob", "")
    assert "Framed-Pool" not in unknown
    assert "Idle-Timeout" in unknown


def test_each_family_is_told_in_its_own_words(asked: Asked) -> None:
    answer = asked.login("ann", PPPOE, cisco=True)
    assert asked.values(answer, "Cisco-AVPair") == [
        "ip:sub-qos-policy-in=HOME-IN",
        "ip:sub-qos-policy-out=HOME-OUT",
    ]
    assert asked.values(answer, "Framed-Pool") == ["home"]
    assert "Mikrotik-Address-List" not in answer
    assert "Mikrotik-Rate-Limit" not in answer


def test_the_subscribers_reply_wins_and_its_address_takes_the_pools_place(
    open_site: Installation, asked: Asked
) -> None:
    open_site.tollhouse(
        *("subscriber", "set", "bob", "--ip", "100.64.0.7", "--ipv6", "2001:db8:0:7::/64"),
        *("--delegated-prefix", "2001:db8:1:ff00::/56", "--reply", "Idle-Timeout = 60"),
        *("--reply", 'Mikrotik-Rate-Limit = "512k/1M"'),
    )

    def told() -> Answer | None:
        answer = asked.login("bob", PPPOE)
        return answer if "Framed-IP-Address" in answer else None

    answer = eventually(told, "the server heard of the change")
    assert asked.values(answer, "Framed-IP-Address") == ["100.64.0.7"]
    assert asked.values(answer, "Framed-IPv6-Prefix") == ["2001:db8:0:7::/64"]
    assert asked.values(answer, "Delegated-IPv6-Prefix") == ["2001:db8:1:ff00::/56"]
    assert asked.values(answer, "Idle-Timeout") == ["60"]
    assert asked.values(answer, "Mikrotik-Rate-Limit") == ["512k/1M"]
    assert "Framed-Pool" not in answer
    assert asked.values(answer, "Framed-MTU") == ["1492"]
    assert asked.values(answer, "Mikrotik-Address-List") == ["active"]
    assert asked.values(asked.login("eve", PPPOE), "Idle-Timeout") == ["900"]


def test_an_address_is_one_subscribers(open_site: Installation) -> None:
    open_site.tollhouse("subscriber", "set", "bob", "--ip", "100.64.0.7")
    refused = open_site.run("subscriber", "set", "eve", "--ip", "100.64.0.7")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "tollhouse: 100.64.0.7 is the address of bob\n"
    open_site.tollhouse("subscriber", "set", "bob", "--delegated-prefix", "2001:db8:1:ff00::/56")
    inside = ("--delegated-prefix", "2001:db8:1:ff80::/57")
    assert "overlaps" in open_site.run("subscriber", "set", "eve", *inside).err
    assert open_site.shown("subscriber", "show", "eve")["delegated_ipv6_prefix"] is None


def test_a_wrong_attribute_is_refused_at_its_line_and_changes_nothing(
    open_site: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "home.toml"
    file.write_text(PLAN + "\n[[reply]]\nattributes = [\n  'Mikrotik-Adress-List = \"x\"',\n]\n")
    refused = open_site.run("plan", "load", str(file))
    line = PLAN.count("\n") + 4
    assert refused.code == 2
    assert refused.err == (
        f"tollhouse: {file}: line {line}: no attribute is called Mikrotik-Adress-List\n"
    )
    assert open_site.shown("plan", "show", "home")["version"] == 1
