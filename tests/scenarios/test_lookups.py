"""Who had this address, what happened to her, and undoing it: over UDP, on both databases."""

from __future__ import annotations

from tests.scenarios.installation import Installation
from tests.scenarios.radclient import Radclient

STATION = "02-00-00-00-0A-01"
ADDRESS = "100.64.3.7"
LOGIN = f"""
User-Name = "alice"
User-Password = "wonderland"
Calling-Station-Id = "{STATION}"
Acct-Session-Id = "lookup-1"
"""
RECORD = f"""
User-Name = "alice"
Acct-Status-Type = %s
Acct-Session-Id = "lookup-1"
Calling-Station-Id = "{STATION}"
Framed-IP-Address = {ADDRESS}
Framed-IPv6-Prefix = 2001:db8:0:7::/64
Class = %s
Acct-Session-Time = %d
Acct-Input-Octets = 0
Acct-Output-Octets = %d
"""


def test_a_session_is_found_by_all_it_was_given(site: Installation, client: Radclient) -> None:
    token = client.send("auth", site.auth_port, LOGIN)["Class"]
    for kind, seconds, octets in (("Start", 0, 0), ("Interim-Update", 60, 50_000_000)):
        client.send("acct", site.acct_port, RECORD % (kind, token, seconds, octets))
    running = site.shown("subscriber", "find", ADDRESS)
    assert [(row["login"], row["found_by"]) for row in running] == [("alice", "session")]
    client.send("acct", site.acct_port, RECORD % ("Stop", token, 61, 100_000_000))

    (ended,) = site.shown("session", "list", "--closed", "--ip", ADDRESS)
    for given in (("--ip", "2001:db8:0:7:1:2:3:4"), ("--mac", "0200.0000.0a01")):
        assert site.shown("session", "list", *given) == [ended], given
    assert site.shown("session", "list", "--ip", "100.64.3.70") == []
    before = site.shown("session", "list", "--ip", ADDRESS, "--at", "2020-01-01")
    assert before == [], "nobody had it before"
    assert site.shown("subscriber", "find", ADDRESS) == []


def test_its_story_is_told_and_its_charge_undone_once(site: Installation) -> None:
    rows = site.shown("subscriber", "timeline", "alice")
    told = [row["what"] for row in rows]
    assert told.index("login") < told.index("began") < told.index("ended")
    (charged,) = [row["entry"] for row in rows if row["what"] == "money" and row["session_id"]]
    words = ("balance", "reverse", "alice", str(charged), "--reason", "outage")
    assert "1.00 USD booked" in site.tollhouse(*words)
    again = site.run(*words)
    assert (again.code, "is corrected by entry" in again.err) == (2, True)
    assert site.shown("balance", "show", "alice")["posted_micros"] == 5_000_000
    assert site.run("ledger", "check").code == 0


def test_purging_beside_a_running_server_takes_only_what_is_old(site: Installation) -> None:
    words = site.settings_file.read_text()
    site.settings_file.write_text(f"{words}\n[retention]\nsessions_days = 30\njournal_days = 30\n")
    try:
        rows = {row["kind"]: row["rows_n"] for row in site.shown("purge")}
    finally:
        site.settings_file.write_text(words)
    assert (rows["sessions"], rows["journal"]) == (0, 0)
    assert len(site.shown("session", "list", "--closed", "--ip", ADDRESS)) == 1
    assert site.run("ledger", "check").code == 0
