"""The whole road, once: login, use, cut, refusal, top-up, login; every cent and refusal explained.

radclient is the router and FreeRADIUS its ear, so nothing here is ours but the server and its
command line. The steps are one story: each begins where the last one ended.
"""

from __future__ import annotations

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import Installation, eventually
from tests.scenarios.radclient import Radclient
from tests.scenarios.router import INTERIM, Router

OPENING_MICROS = 5_000_000
NEUTRAL = "Login refused. Please contact your provider."
LOGIN = """
User-Name = "alice"
User-Password = "wonderland"
NAS-Port = 7
Calling-Station-Id = "02-00-00-00-00-07"
Acct-Session-Id = "story-1"
"""


def price(octets: int) -> int:
    """USD 0.01 for a million octets is a hundredth of a micro for one, rounded down."""
    return octets // 100


def record(kind: str, token: str, *, session: str, octets: tuple[int, int], seconds: int) -> str:
    """An accounting record as radclient reads it; octets are up and down."""
    return f"""
User-Name = "alice"
Acct-Status-Type = {kind}
Acct-Session-Id = "{session}"
NAS-Port = 7
Framed-IP-Address = 10.64.0.7
Class = {token}
Acct-Session-Time = {seconds}
Acct-Input-Octets = {octets[0]}
Acct-Output-Octets = {octets[1]}
"""


def test_the_story_from_the_login_to_the_cut_and_back(
    site: Installation, client: Radclient, listener: CoaListener
) -> None:
    token = the_login_is_accepted(site, client)
    used = the_interims_are_charged(site, client, token)
    repeats_and_late_records_change_nothing(site, client, token, used)
    the_session_is_cut_when_the_money_is_gone(site, client, token, listener)
    the_next_login_is_refused_and_explained(site, client)
    a_top_up_lets_the_subscriber_in_at_once(site, client)
    the_books_agree_and_every_micro_is_explained(site)


def the_login_is_accepted(site: Installation, client: Radclient) -> str:
    """The Accept grants what five dollars buy; answers its Class."""
    answer = client.send("auth", site.auth_port, LOGIN)
    assert answer.kind == "Access-Accept"
    assert answer.attributes[0][0] == "Message-Authenticator"
    assert answer["Mikrotik-Total-Limit"] == "500000000"
    assert answer["Mikrotik-Total-Limit-Gigawords"] == "0"
    assert 270 <= int(answer["Acct-Interim-Interval"]) <= 330
    assert int(answer["Session-Timeout"]) > 0
    balance = site.shown("balance", "show", "alice")
    assert balance["posted_micros"] == OPENING_MICROS
    assert balance["held_micros"] == OPENING_MICROS
    assert balance["spendable_micros"] == 0
    return answer["Class"]


def the_interims_are_charged(site: Installation, client: Radclient, token: str) -> tuple[int, int]:
    """The balance is the opening balance less the price of the octets, to the micro."""
    start = record("Start", token, session="story-1", octets=(0, 0), seconds=0)
    assert client.send("acct", site.acct_port, start).kind == "Accounting-Response"
    for seconds, octets in ((60, (1_000_001, 20_000_000)), (120, (3_456_789, 120_000_098))):
        words = record("Interim-Update", token, session="story-1", octets=octets, seconds=seconds)
        assert client.send("acct", site.acct_port, words).kind == "Accounting-Response"
        balance = site.shown("balance", "show", "alice")
        assert balance["currency"] == "USD"
        assert balance["posted_micros"] == OPENING_MICROS - price(sum(octets))
        assert balance["posted_micros"] == balance["held_micros"] + balance["spendable_micros"]
    return octets


def repeats_and_late_records_change_nothing(
    site: Installation, client: Radclient, token: str, used: tuple[int, int]
) -> None:
    """The same octets again, the same record under a new id, and an older one."""
    before = site.shown("balance", "show", "alice")
    same = record("Interim-Update", token, session="story-1", octets=used, seconds=120)
    late = record(
        "Interim-Update", token, session="story-1", octets=(1_000_001, 20_000_000), seconds=60
    )
    for words in (same, late):
        assert client.send("acct", site.acct_port, words).kind == "Accounting-Response"
    with Router(site) as router:
        repeated = router.record(
            INTERIM, "story-1", up=used[0], down=used[1], seconds=120, Acct_Delay_Time=0
        )
        for _ in range(3):  # the same identifier, authenticator and octets
            router.ask(repeated)
    assert site.shown("balance", "show", "alice") == before


def the_session_is_cut_when_the_money_is_gone(
    site: Installation, client: Radclient, token: str, listener: CoaListener
) -> None:
    """The Disconnect reaches the router and names the session; the Stop ends it."""
    octets = (100_000_000, 400_000_000)
    words = record("Interim-Update", token, session="story-1", octets=octets, seconds=300)
    assert client.send("acct", site.acct_port, words).kind == "Accounting-Response"
    order = listener.wait_for(1)[-1]
    assert (order.kind, order.dropped) == ("Disconnect-Request", "")
    assert order.attributes["Acct-Session-Id"] == '"story-1"'
    assert order.attributes["User-Name"] == '"alice"'
    assert order.attributes["Framed-IP-Address"] == "10.64.0.7"
    assert "Event-Timestamp" in order.attributes
    assert "Message-Authenticator" in order.attributes
    octets = (100_000_000, 400_012_300)  # what still passed before the router obeyed
    words = record("Stop", token, session="story-1", octets=octets, seconds=301)
    assert client.send("acct", site.acct_port, words).kind == "Accounting-Response"
    assert site.posted() == OPENING_MICROS - price(sum(octets))
    ended = site.shown("session", "list", "--login", "alice", "--all")
    assert [one["state"] for one in ended] == ["closed"]
    shown = site.shown("session", "show", str(ended[0]["session_id"]))
    assert shown["orders"] == ["disconnect (exhausted): done"]


def the_next_login_is_refused_and_explained(site: Installation, client: Radclient) -> None:
    """The subscriber reads a neutral text; the operator reads the reason."""
    answer = client.send("auth", site.auth_port, LOGIN.replace("story-1", "story-2"))
    assert answer.kind == "Access-Reject"
    assert answer["Reply-Message"] == NEUTRAL
    decision = site.shown("explain", "reject", "alice")[0]
    assert decision["code"] == "no-credit"
    assert "top up" in site.tollhouse("explain", "reject", "alice")


def a_top_up_lets_the_subscriber_in_at_once(site: Installation, client: Radclient) -> None:
    """No restart and no wait: the very next login is accepted, for what was paid in."""
    site.tollhouse("balance", "top-up", "alice", "2", "--reference", "story")
    answer = client.send("auth", site.auth_port, LOGIN.replace("story-1", "story-2"))
    assert answer.kind == "Access-Accept"
    assert int(answer["Mikrotik-Total-Limit"]) == (2_000_000 - price(12_300)) * 100
    again = site.run("balance", "top-up", "alice", "2", "--reference", "story")
    assert again.code == 0
    assert site.posted() == 2_000_000 - price(12_300)


def the_books_agree_and_every_micro_is_explained(site: Installation) -> None:
    """`ledger check` is clean; what `explain charge` lists adds up to the balance."""
    site.tollhouse("ledger", "check")
    explained = site.shown("explain", "charge", "alice")
    charged = sum(part["charged_micros"] for part in explained["sessions"])
    assert charged == price(500_012_300)
    assert explained["balance_micros"] == OPENING_MICROS + 2_000_000 - charged
    assert explained["balance_micros"] == site.posted()


def test_a_stopped_server_drains_and_starts_again(site: Installation) -> None:
    site.stop()
    site.start()
    with Router(site) as router:
        eventually(lambda: router.ask_once(router.status_server(), 1), "the server answers again")
