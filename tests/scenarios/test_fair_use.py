"""Fair use over UDP: slower by CoA while it runs, and fast again by a booster or at midnight."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import pytest

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import Installation, eventually
from tests.scenarios.router import ANSWER_S, INTERIM, START, STOP, Router
from tests.scenarios.subscriber_line import PASSWORD, S_US, Story

MB, GB = 10**6, 10**9
RATE: Final = "Mikrotik-Rate-Limit"
FULL, SLOW = "10M/50M", "1M/5M"
FAIR = """
name = "fair"
currency = "EUR"
timezone = "Europe/Berlin"
[speeds]
down = "50M"
up = "10M"
[fair_use]
period = "day"
[[fair_use.step]]
above = "10 GB"
down = "5M"
up = "1M"
[[booster]]
name = "boost-5"
volume = "5 GB"
price = "1.50"
"""


@pytest.fixture
def story(moved_site: tuple[Installation, CoaListener]) -> Iterator[Story]:
    """The NAS of the sample, where the plan is sold."""
    site, listener = moved_site
    with Router(site) as router:
        story = Story(site, router, listener)
        story.load(FAIR)
        yield story


def test_who_used_much_is_slower_and_a_booster_gives_the_speed_back_at_once(story: Story) -> None:
    line = story.line("heavy", "fair", "--balance", "3")
    assert line.begin()[RATE] == [FULL]
    story.at("2026-10-05 13:00")
    line.report(INTERIM, down=10 * GB - 1)
    assert line.orders() == []
    line.report(INTERIM, down=10 * GB)
    line.told(RATE, SLOW)
    boost = ("subscriber", "boost", line.login, "--booster", "boost-5", "--key", "till-1")
    story.site.tollhouse(*boost)
    line.told(RATE, FULL)
    story.site.tollhouse(*boost)
    assert line.posted() == 1_500_000
    story.at("2026-10-05 14:00")
    # The booster covers what is used from the purchase on; some of these 5 GB were used before.
    line.report(INTERIM, down=15 * GB)
    line.report(INTERIM, down=15 * GB + 100 * MB)
    line.told(RATE, SLOW)
    story.at("2026-10-06 00:00:00")
    line.told(RATE, FULL)
    assert len(line.orders()) == 4
    line.report(STOP, down=16 * GB)
    assert line.posted() == 1_500_000
    story.prove(line.login)


HALL: Final = "127.0.0.9"
CROWD_N, PER_S = 200, 200  # sessions, and orders that the router takes in a second
TOGETHER_N: Final = 50


def test_at_midnight_two_hundred_are_fast_again_and_their_router_is_not_flooded(
    story: Story,
) -> None:
    site = story.site
    names = [f"hall{n:03}-{story.kind}" for n in range(CROWD_N)]
    story.at("2026-10-06 12:00")
    words = ("--address", HALL, "--secret", story.router.secret.decode(), "--dialect", "mikrotik")
    with CoaListener(host=HALL) as ear, ExitStack() as stack:
        site.tollhouse(
            "nas", "add", "hall", *words, "--coa-port", str(ear.port), "--coa-per-s", str(PER_S)
        )
        ports = [
            stack.enter_context(Router(site, source=HALL, server=HALL)) for _ in range(TOGETHER_N)
        ]
        knock = ports[0].access_request("nobody", "knocks")
        eventually(lambda: ports[0].ask_once(knock, 0.2), "the server knows the router")
        rows = "".join(f"{name},{PASSWORD},fair,0\n" for name in names)
        file = site.directory / "hall.csv"
        file.write_text(f"login,password,plan,balance\n{rows}")
        site.tollhouse("subscriber", "import", str(file))
        tokens = dict.fromkeys(names, b"")
        for name, answer in asked(
            ports, names, lambda port, name: port.access_request(name, PASSWORD)
        ):
            tokens[name] = answer["Class"]
        for status, text, down in (
            (START, "2026-10-06 12:00:30", 0),
            (INTERIM, "2026-10-06 20:00", 11 * GB),
        ):
            story.at(text)
            stamp = story.clock.now_us() // S_US
            list(
                asked(
                    ports,
                    names,
                    lambda port, name, status=status, down=down, stamp=stamp: port.record(
                        status,
                        name,
                        login=name,
                        Class=tokens[name],
                        down=down,
                        seconds=28_770,
                        Event_Timestamp=stamp,
                    ),
                )
            )
        eventually(lambda: told(ear, SLOW) == set(names), "all are slower")
        before_n = len(ear.received)
        story.at("2026-10-07 00:00:00")
        began_s = time.monotonic()
        eventually(lambda: told(ear, FULL) == set(names), "all are fast again")
        took_s = time.monotonic() - began_s
        assert took_s > 0.9 * (CROWD_N / PER_S - 1), "they were told faster than the router wants"
        assert len(ear.received) == before_n + CROWD_N
    story.prove()


def asked(ports: list[Router], names: list[str], make: Any) -> Iterator[tuple[str, Any]]:
    """Ask for each name, so many at the same time."""
    for at in range(0, len(names), TOGETHER_N):
        some = names[at : at + TOGETHER_N]
        sent = [make(port, name) for port, name in zip(ports, some, strict=False)]
        for port, request in zip(ports, sent, strict=False):
            port.send(request.RequestPacket(), accounting=request.code == 4)
        for port, request, name in zip(ports, sent, some, strict=False):
            answer = port.answer_to(request, ANSWER_S)
            assert answer is not None and answer.code in (2, 5), name
            yield name, answer


def told(ear: CoaListener, rate: str) -> set[str]:
    """The sessions whose newest order says this rate."""
    newest = {}
    for order in ear.received:
        session = order.attributes.get("Acct-Session-Id", "").strip('"')
        newest[session] = order.attributes.get(RATE, "").strip('"')
    return {session for session, said in newest.items() if said == rate}
