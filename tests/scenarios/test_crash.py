"""kill -9 in the middle of a stream, again and again: what was acknowledged is counted, once.

The router's own list of what was acknowledged is the measure. Sessions that go on repeat what was
not answered; sessions that are abandoned never do, so for them nothing but the server's promise
stands for the last record it acknowledged.
"""

from __future__ import annotations

import random
from collections import Counter

from tests.scenarios.installation import Installation
from tests.scenarios.router import Router
from tests.scenarios.stream import Fleet

ROUNDS_N = 4  # `make chaos` plays hundreds
STREAMS_N = 12
ABANDONED_N = 4
OPENING_MICROS = 100_000_000_000
PLAN = """
name = "many"
currency = "USD"
sessions = 1000
[price.volume]
amount = "0.01"
per = "MB"
"""


def test_a1_a2_every_acknowledged_packet_is_counted_once_across_kills(
    bare_site: Installation,
) -> None:
    site = bare_site
    prepare(site)
    chance = random.Random(20)
    with Router(site) as router:
        fleet = Fleet(router, "bob", "pass", seed=7)
        fleet.begin(STREAMS_N)
        for _ in range(ROUNDS_N):
            site.start()
            fleet.run(chance.randrange(5, 150))
            site.kill()
            fleet.hear_the_rest()
            fleet.abandon(ABANDONED_N)
            fleet.begin(ABANDONED_N)
        site.start()
        fleet.stop_all()
        fleet.run(None)
    compare(site, fleet)
    site.stop()


def prepare(site: Installation) -> None:
    """A subscriber with much money and many slots."""
    site.tollhouse("init", "--sample")
    plan_file = site.directory / "many.toml"
    plan_file.write_text(PLAN)
    site.tollhouse("plan", "load", str(plan_file))
    words = ("--plan", "many", "--password", "pass", "--balance", str(OPENING_MICROS // 10**6))
    site.tollhouse("subscriber", "add", "bob", *words)


def compare(site: Installation, fleet: Fleet) -> None:
    """The books against the router's list."""
    listed = site.shown("session", "list", "--login", "bob", "--all", "--limit", "0")
    begun = {one["acct_session_id"]: one for one in listed if one["state"] in ("open", "closed")}
    names = Counter(one["acct_session_id"] for one in listed if one["state"] in ("open", "closed"))
    assert set(names.values()) == {1}, "a session was split in two"
    assert any(0 < stream.acked_octets < stream.sent_octets for stream in fleet.every), (
        "no kill hit a packet in flight"
    )
    charged = 0
    for stream in fleet.every:
        one = begun.get(stream.name)
        if one is None:
            assert not stream.started, f"{stream.name} was acknowledged and is not there"
            continue
        counted = one["input_octets"] + one["output_octets"]
        assert stream.acked_octets <= counted <= stream.sent_octets, stream
        assert one["charged_micros"] == counted // 100, stream
        assert (one["state"] == "closed") == stream.stopped, stream
        charged += one["charged_micros"]
    assert site.posted("bob") == OPENING_MICROS - charged
    entries = site.shown("balance", "history", "bob", "--limit", "0")
    times = Counter(entry["session_id"] for entry in entries if entry["kind"] == "charge")
    assert set(times.values()) == {1}
    assert len(times) == sum(stream.stopped and stream.sent_octets > 99 for stream in fleet.every)
    site.tollhouse("ledger", "check")
    site.tollhouse("explain", "charge", "bob", "--sessions", "100", "--rerate")
