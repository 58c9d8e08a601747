"""Moving in: the guide for MikroTik as it is printed, and 400 running sessions switched over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pyrad import packet

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import CHECKOUT, Installation
from tests.scenarios.router import INTERIM, STOP, Router

GUIDE = (CHECKOUT / "docs/nas.md").read_text()
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATIONS = "02:00:00:00:{:02X}:{:02X}"
SESSIONS_N = 400
GB = 1_000_000_000


def steps() -> list[list[str]]:
    """The commands of the guide, block by block; a line that ends with a backslash goes on."""
    begin = GUIDE.index("## MikroTik, step by step")
    end = GUIDE.index("## What a NAS has been seen to do")
    blocks = [text for kind, text in BLOCK.findall(GUIDE[begin:end]) if kind == "sh"]
    return [text.replace("\\\n", " ").splitlines() for text in blocks]


def readme_steps() -> list[str]:
    """The commands of the README's guide."""
    text = (CHECKOUT / "README.md").read_text()
    begin = text.index("## A MikroTik in ten minutes")
    section = "\n".join(line.removeprefix("   ") for line in text[begin:].splitlines())
    blocks = [block for kind, block in BLOCK.findall(section) if kind == "sh"]
    return [line for block in blocks for line in block.splitlines()]


def plans() -> dict[str, str]:
    """The plan files that the guide shows, by name."""
    found = [text for kind, text in BLOCK.findall(GUIDE) if kind == "toml"]
    return {text.splitlines()[0].removeprefix("# "): text for text in found if text[0] == "#"}


def words_of(line: str, directory: Path) -> list[str]:
    """A line of the guide as this installation can run it: its router lives on loopback."""
    assert line.startswith("tollhouse "), line
    words = re.findall(r'"([^"]*)"|(\S+)', line)[1:]
    plain = [quoted or bare for quoted, bare in words]
    named = {"10.20.0.3": "127.0.0.1", **{name: str(directory / name) for name in plans()}}
    return [named.get(word, word) for word in plain]


def run(site: Installation, block: list[str]) -> str:
    """Run the commands of one block, each of which must succeed; what they printed."""
    return "".join(site.tollhouse(*words_of(line, site.directory)) for line in block)


def ask_all(router: Router, requests: list[Any]) -> list[int]:
    """Send so many at a time as have an identifier each; the codes of their genuine answers."""
    codes: list[int] = []
    for at in range(0, len(requests), 100):
        waiting = {request.id: request for request in requests[at : at + 100]}
        for request in waiting.values():
            octets = request.RequestPacket()
            router.send(octets, accounting=isinstance(request, packet.AcctPacket))
        while waiting:
            octets, _ = router.socket.recvfrom(4_096)
            request = waiting.pop(octets[1])
            reply = request.CreateReply(packet=octets)
            assert request.VerifyReply(reply, octets)
            codes.append(reply.code)
    return codes


@pytest.fixture(scope="module")
def secret(bare_site: Installation) -> str:
    """The guide, up to the start of the server; the secret that was made for the router."""
    for name, text in plans().items():
        (bare_site.directory / name).write_text(text)
    beginning, joining = steps()[:2]
    run(bare_site, beginning)
    printed = run(bare_site, joining)
    found = re.search(r"shown this once: (\S+)", printed)
    assert found is not None
    assert printed.count(f'secret="{found[1]}"') == 2, "in the lines for PPPoE and for hotspots"
    assert "/ppp aaa set use-radius=yes" in printed
    assert "/ip hotspot profile set [find] use-radius=yes" in printed
    bare_site.start()
    return found[1]


def test_the_guide_leads_from_an_empty_server_to_pppoe_and_hotspot_logins(
    bare_site: Installation, secret: str
) -> None:
    site = bare_site
    testing, asking = steps()[2:4]
    with CoaListener(secret) as listener:
        site.tollhouse("nas", "set", "tower-3", "--coa-port", str(listener.port))
        assert "the secret is right" in run(site, testing)
    with Router(site, secret=secret) as router:
        ppp = router.ask(
            router.access_request(
                "bob", "look-glass", Calling_Station_Id="02:00:00:00:00:01", Service_Type=2
            )
        )
        assert ppp.code == 2
        hotspot = router.ask(
            router.access_request(
                "table-4", "tea-party", Calling_Station_Id="02:00:00:00:00:02", NAS_Port=2
            )
        )
        assert (hotspot.code, hotspot["Session-Timeout"]) == (2, [7_200])
        refused = router.ask(router.access_request("bob", "wrong"))
        assert refused.code == 3
    said = run(site, asking)
    assert "bob" in said and "table-4" in said


def test_every_command_of_the_guide_in_the_readme_does_what_it_says(
    bare_site: Installation, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = bare_site
    monkeypatch.chdir(CHECKOUT)
    lines = [line.replace("tower-3", "tower-4").replace("bob", "rob") for line in readme_steps()]
    assert len(lines) > 8
    with CoaListener(secret, host="127.0.0.4", client="127.0.0.1") as listener:
        for line in lines:
            words = [
                "127.0.0.4" if word == "127.0.0.1" else word for word in words_of(line, CHECKOUT)
            ]
            said = site.run(*words)
            if words[:2] == ["nas", "add"]:
                site.tollhouse(
                    "nas", "set", "tower-4", "--coa-port", str(listener.port), "--secret", secret
                )
            assert said.code == 0, f"{line}\n{said.out}{said.err}"
            if words[:2] == ["nas", "test"]:
                assert "the secret is right" in said.out
    with Router(site, source="127.0.0.4", server="127.0.0.4", secret=secret) as router:
        accept = router.login("rob", "look-glass", Service_Type=2, Framed_Protocol=1)
    assert accept["Mikrotik-Rate-Limit"] == ["5M/20M 10M/40M 4M/16M 10/10"]
    assert site.posted("rob") == 0, "two months of 20 from 40"


def test_400_running_sessions_are_switched_over_and_the_router_reboots(
    bare_site: Installation, secret: str
) -> None:
    """Adopted for nothing; then the power fails, nothing is announced, and everybody redials."""
    site = bare_site
    names = [f"user-{n}" for n in range(SESSIONS_N)]
    rows = ["login,password,plan,balance", *(f"{name},pw-{name},home-20,1" for name in names)]
    table = site.directory / "users.csv"
    table.write_text("\n".join(rows) + "\n")
    site.tollhouse("subscriber", "import", str(table))
    with Router(site, secret=secret) as router:
        stations = [STATIONS.format(n >> 8, n & 255) for n in range(SESSIONS_N)]

        def report(kind: int, n: int, seconds: int, down: int) -> Any:
            said: dict[str, Any] = {"Calling_Station_Id": stations[n], "login": names[n]}
            return router.record(kind, f"old-{n}", seconds=seconds, down=down, **said)

        running = [report(INTERIM, n, 86_400 + n, GB + n) for n in range(SESSIONS_N)]
        assert ask_all(router, running) == [5] * SESSIONS_N
        listed = site.shown("session", "list", "--limit", "1000")
        mine = [row for row in listed if row["login"].startswith("user-")]
        assert len(mine) == SESSIONS_N
        assert all(row["adopted"] and row["charged_micros"] == 0 for row in mine)
        redials = [
            router.access_request(name, f"pw-{name}", Calling_Station_Id=stations[n], NAS_Port=n)
            for n, name in enumerate(names)
        ]
        assert ask_all(router, redials) == [2] * SESSIONS_N, "somebody is locked out"
        assert ask_all(router, [report(STOP, 0, 86_460, GB + GB // 10)]) == [5]
    assert site.posted("user-0") == 990_000, "0.1 GB after it was adopted"
    assert site.posted("user-1") == 1_000_000
    site.tollhouse("ledger", "check")


def test_the_guide_says_how_to_name_another_time_of_the_switch(
    bare_site: Installation, secret: str
) -> None:
    assert secret
    before = bare_site.shown("nas", "show", "tower-3")["accounting_since_us"]
    run(bare_site, steps()[4])
    assert bare_site.shown("nas", "show", "tower-3")["accounting_since_us"] != before
