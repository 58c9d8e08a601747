"""Plans that change while a session runs, simple and whole ones, over UDP and across restarts.

A session is charged to its end by the plan that it began with. Where the prices are others, its
device is told to end it; some do not obey, and then it goes on, and so do the books.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import Installation, eventually
from tests.scenarios.router import ANSWER_S, INTERIM, STOP, Router
from tests.scenarios.subscriber_line import Line, Story

MB, GB = 10**6, 10**9
SIMPLE = """
name = "simple"
currency = "EUR"
timezone = "Europe/Berlin"
[price.volume]
amount = "2"
per = "GB"
"""
RICH = """
name = "{name}"
currency = "EUR"
timezone = "Europe/Berlin"
[speeds]
down = "{down}"
up = "5M"
[price.volume]
amount = "1"
per = "GB"
[[bundle]]
name = "daily"
volume = "500 MB"
period = "day"
[fair_use]
period = "day"
[[fair_use.step]]
above = "2 GB"
down = "2M"
up = "1M"
"""


@pytest.fixture
def story(moved_site: tuple[Installation, CoaListener]) -> Iterator[Story]:
    """The sample's site, where three plans are sold."""
    site, listener = moved_site
    with Router(site) as router:
        story = Story(site, router, listener)
        if not site.run("plan", "show", "simple").code:
            yield story
            return
        story.load(SIMPLE)
        for name, down in (("rich", "20M"), ("rich-fast", "50M")):
            story.load(RICH.format(name=name, down=down))
        yield story


def test_a_session_ends_where_the_prices_are_others_and_the_next_one_has_them(
    story: Story,
) -> None:
    story.at("2026-10-12 13:00")
    up = story.line("upward", "simple", "--balance", "10")
    down = story.line("downward", "rich", "--balance", "10")
    for line in (up, down):
        line.begin()
    story.at("2026-10-12 13:10")
    for line in (up, down):
        line.report(INTERIM, down=GB)
    assert (up.posted(), down.posted()) == (8_000_000, 9_500_000)
    up.set("--plan", "rich")
    down.set("--plan", "simple")
    for line in (up, down):
        line.told("Disconnect-Request", "")
        line.report(STOP, down=2 * GB)
    assert (up.posted(), down.posted()) == (6_000_000, 8_500_000)
    story.at("2026-10-12 13:20")
    for line in (up, down):
        line.begin(f"again-{line.login}")
    story.at("2026-10-12 13:30")
    for line in (up, down):
        line.report(STOP, session=f"again-{line.login}", down=GB)
    # The day's 500 MB are those of the plan that brings them, and were not begun before.
    assert (up.posted(), down.posted()) == (5_500_000, 6_500_000)
    story.prove(up.login, down.login)


def test_two_whole_plans_of_the_same_prices_change_by_coa_and_their_pots_are_their_own(
    story: Story,
) -> None:
    story.at("2026-10-13 08:00")
    line = story.line("faster", "rich", "--balance", "10")
    line.begin()
    story.at("2026-10-13 08:10")
    line.report(INTERIM, down=GB)
    assert line.posted() == 9_500_000
    said = line.set("--plan", "rich-fast")
    assert "changed by CoA" in said
    line.told("Mikrotik-Rate-Limit", "5M/50M")
    story.at("2026-10-13 08:20")
    line.report(STOP, down=2 * GB)
    assert line.posted() == 8_500_000
    story.prove(line.login)


def refusing(story: Story, name: str, plan: str) -> tuple[Line, str]:
    """A line whose router does not obey."""
    line = story.line(name, plan, "--balance", "100")
    session = f"refused-{line.login}"
    line.begin(session)
    return line, session


def under_way(story: Story, lines: list[tuple[Line, str]], plans: list[str], down: int) -> None:
    """Change plans while reports are on the wire, and see these acknowledged."""
    sent = [line.record(INTERIM, session=session, down=down) for line, session in lines]
    for record in sent:
        story.router.send(record.RequestPacket(), accounting=True)
    for (line, _), plan in zip(lines, plans, strict=True):
        said = story.site.run("subscriber", "set", line.login, "--plan", plan)
        assert said.code in (0, 1), said.err  # 1: the router refused
    for record in sent:
        assert story.router.answer_to(record, ANSWER_S) is not None


def test_sessions_whose_router_does_not_obey_go_on_at_their_prices_over_kills_and_changes(
    story: Story,
) -> None:
    story.at("2026-10-14 08:00")
    lines = [
        refusing(story, "simple-rich", "simple"),
        refusing(story, "rich-simple", "rich"),
        refusing(story, "rich-rich", "rich"),
    ]
    story.at("2026-10-14 08:10")
    under_way(story, lines, ["rich", "simple", "simple"], GB)
    story.at("2026-10-14 08:20")
    under_way(story, lines, ["simple", "rich", "rich-fast"], 2 * GB)
    sent = [line.record(INTERIM, session=session, down=3 * GB) for line, session in lines]
    for record in sent:
        story.router.send(record.RequestPacket(), accounting=True)
    story.site.kill()
    story.site.start()
    story.at("2026-10-14 08:30")
    for record in sent:
        answer = story.router.ask(record)
        assert answer.code == 5
    under_way(story, lines, ["rich", "simple", "simple"], 4 * GB)
    for line, session in lines:
        line.report(STOP, session=session, down=5 * GB)
    assert [line.posted() for line, _ in lines] == [90_000_000, 95_500_000, 95_500_000]
    story.prove(*(line.login for line, _ in lines))


SOLD = """
name = "{name}"
currency = "EUR"
timezone = "Europe/Berlin"
[package]
price = "{price}"
validity = "1d"
auto_renew = true
[price.volume]
amount = "1"
per = "GB"
[[bundle]]
name = "all"
volume = "{volume}"
"""


def test_at_the_end_of_the_period_the_next_plan_is_bought_and_its_bundle_begins(
    story: Story,
) -> None:
    story.load(SOLD.format(name="small", price="1", volume="1 GB"))
    story.load(SOLD.format(name="large", price="2", volume="3 GB"))
    story.at("2026-10-15 08:00")
    line = story.line("larger", "small", "--balance", "10")
    line.begin()
    assert line.posted() == 9_000_000
    line.set("--next-plan", "large")
    story.at("2026-10-15 20:00")
    line.report(INTERIM, down=2 * GB)
    assert line.posted() == 8_000_000
    # It is bought a moment before the end, so that no line that goes on notices, though the session
    # holds all the money.
    story.at("2026-10-16 07:59:50")
    eventually(lambda: line.posted() == 6_000_000, "the next plan is bought")
    line.report(INTERIM, down=2 * GB)
    line.told("Disconnect-Request", "")
    line.report(STOP, down=2 * GB)
    assert line.posted() == 6_000_000
    story.at("2026-10-16 08:00:05")
    following = f"next-{line.login}"
    line.begin(following)
    story.at("2026-10-16 12:00")
    line.report(INTERIM, session=following, down=4 * GB)
    assert line.posted() == 5_000_000
    story.at("2026-10-17 07:59:50")
    eventually(lambda: line.posted() == 3_000_000, "it is bought again")
    story.at("2026-10-17 08:00:03")  # the time begins when it was first bought, at 8:00 and a bit
    line.report(INTERIM, session=following, down=4 * GB)
    story.at("2026-10-17 12:00")
    line.report(STOP, session=following, down=6 * GB)
    assert line.posted() == 3_000_000
    assert {order.kind for order in line.orders(following)} == {"CoA-Request"}
    story.prove(line.login)


VERSION = """
name = "versioned"
currency = "EUR"
timezone = "Europe/Berlin"
[package]
price = "{price}"
validity = "1d"
auto_renew = true
[speeds]
down = "{down}"
up = "5M"
[price.volume]
amount = "{amount}"
per = "GB"
[[bundle]]
name = "all"
volume = "{volume}"
"""


def test_a_new_version_waits_for_the_next_period_unless_the_operator_says_that_it_holds(
    story: Story,
) -> None:
    story.load(VERSION.format(price="1", down="20M", amount="1", volume="1 GB"))
    story.at("2026-10-18 08:00")
    line = story.line("waiting", "versioned", "--balance", "100")
    line.begin()
    assert line.posted() == 99_000_000
    said = story.load(VERSION.format(price="2", down="30M", amount="3", volume="4 GB"))
    assert "1 subscribers keep the version that they have bought until their time ends" in said
    # In the period that was paid, logins have its prices, its bundle and its speed.
    story.at("2026-10-18 12:00")
    line.report(STOP, down=GB // 2)
    second = f"second-{line.login}"
    assert "5M/20M" in str(line.begin(second)["Mikrotik-Rate-Limit"])
    assert line.orders() == []
    story.at("2026-10-18 16:00")
    line.report(INTERIM, session=second, down=2 * GB)
    assert line.posted() == 97_500_000
    # The next period was bought as the new version: its bundle, and its speed while it runs on.
    story.at("2026-10-19 07:59:50")
    eventually(lambda: line.posted() == 95_500_000, "the new version is bought")
    story.at("2026-10-19 08:00:05")
    line.told("Mikrotik-Rate-Limit", "5M/30M", second)
    line.report(INTERIM, session=second, down=2 * GB)
    story.at("2026-10-19 12:00")
    line.report(INTERIM, session=second, down=5 * GB)
    assert line.posted() == 95_500_000
    line.report(STOP, session=second, down=7 * GB)
    assert line.posted() == 94_500_000  # a session keeps the price that it began with
    third = f"third-{line.login}"
    line.begin(third)
    line.report(INTERIM, session=third, down=GB)
    assert line.posted() == 91_500_000
    # With the operator's word a version holds for what runs.
    said = story.load(VERSION.format(price="2", down="30M", amount="7", volume="5 GB"), "--now")
    assert "versioned holds at once: 1 accounts are granted its bundles now" in said
    line.told("Disconnect-Request", "", third)
    line.report(STOP, session=third, down=GB)
    fourth = f"fourth-{line.login}"
    line.begin(fourth)
    story.at("2026-10-19 16:00")
    line.report(STOP, session=fourth, down=2 * GB)
    assert line.posted() == 84_500_000  # one more gigabyte is granted, and one costs 7
    story.prove(line.login)
