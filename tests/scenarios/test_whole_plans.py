"""Whole plans over UDP: bundles shared, a night crossed at one go, caps, minimum, tiers, a crash.

Every amount below was worked out by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import Installation
from tests.scenarios.router import ANSWER_S, INTERIM, STOP, Router
from tests.scenarios.subscriber_line import Line, Story

MB, GB = 10**6, 10**9
HEAD = 'currency = "EUR"\ntimezone = "Europe/Berlin"\n'


@pytest.fixture
def story(moved_site: tuple[Installation, CoaListener]) -> Iterator[Story]:
    """The NAS of the sample, a MikroTik that can be told by CoA."""
    site, listener = moved_site
    with Router(site) as router:
        yield Story(site, router, listener)


PAIR = f"""
name = "pair"
{HEAD}
sessions = 2
[price.volume]
amount = "1"
per = "GB"
[[bundle]]
name = "shared"
volume = "1 GB"
period = "month"
"""


def test_two_devices_cannot_use_an_octet_of_one_bundle_twice(story: Story) -> None:
    story.load(PAIR)
    line = story.line("pair", "pair", "--balance", "10")
    phone, tablet = f"{line.login}-phone", f"{line.login}-tablet"
    for session in (phone, tablet):
        line.begin(session)
    story.at("2026-10-20 12:10")
    line.report(INTERIM, session=phone, down=400 * MB)
    line.report(INTERIM, session=tablet, down=350 * MB)
    assert line.posted() == 10 * MB
    story.at("2026-10-20 12:20")
    # 250 MB are left; both report at the same moment 200 MB more than before.
    both = [
        line.record(INTERIM, session=phone, down=600 * MB),
        line.record(INTERIM, session=tablet, down=550 * MB + 7),
    ]
    for record in both:
        story.router.send(record.RequestPacket(), accounting=True)
    for record in both:
        assert story.router.answer_to(record, ANSWER_S) is not None
    # 150 MB and 7 octets beyond the bundle: 1,000 octets are a micro, in each session's own line.
    assert 10 * MB - line.posted() in (150_000, 150_000 - 1)
    charged = line.costs(phone) + line.costs(tablet)
    assert charged == 10 * MB - line.posted()
    story.at("2026-10-20 12:30")
    line.report(STOP, session=phone, down=1_600 * MB)
    line.report(STOP, session=tablet, down=550 * MB + 7)
    assert 10 * MB - line.posted() == charged + MB
    assert line.orders(phone)[-1:] == line.orders(tablet)[-1:] == []
    story.prove(line.login)


NIGHT = f"""
name = "night"
{HEAD}
[price.volume]
amount = "1"
per = "GB"
[[band]]
name = "night"
from = "00:00"
until = "06:00"
[[rate]]
bands = ["night"]
volume = {{ amount = "0.25", per = "GB" }}
"""


def test_an_interim_across_the_night_in_which_clocks_go_back_is_cut_where_bands_change(
    story: Story,
) -> None:
    story.load(NIGHT)
    line = story.line("owl", "night", "--balance", "10")
    story.at("2026-10-24 22:30")
    line.begin()
    story.at("2026-10-25 00:30")
    # Two hours, three quarters of them before midnight: 1,000,000,003 * 5400 // 7200 octets, the
    # rest at night, in which 4,000 octets are a micro.
    line.report(INTERIM, down=1_000_000_003)
    assert line.posted() == 10_000_000 - 750_000 - 62_500
    story.at("2026-10-25 07:00")
    # Seven hours and a half, for 2:00 to 3:00 comes twice; six and a half of them are night.
    line.report(STOP, down=9_000_000_003)
    day, night = 750_000_002 + 1_066_666_667, 250_000_001 + 6_933_333_333
    assert day + night == 9_000_000_003
    assert line.posted() == 10_000_000 - day // 1_000 - night // 4_000
    story.prove(line.login)


STEPS = f"""
name = "steps"
{HEAD}
[price.down]
amount = "1"
per = "GB"
period = "month"
[[price.down.tier]]
from = "2 GB"
amount = "0.50"
[price.up]
amount = "0.20"
per = "100 MB"
mode = "package"
period = "week"
[price.time]
amount = "0.60"
per = "hour"
mode = "package"
period = "day"
[price.session]
fee = "0.05"
"""
CALL = f"""
name = "call"
{HEAD}
[price.time]
amount = "3.60"
per = "hour"
increment_s = 10
minimum = "1 minute"
[price.session]
fee = "0.05"
[[cap]]
period = "session"
most = "100"
"""


def test_tiers_and_packages_of_a_day_a_week_and_a_month_count_over_sessions(story: Story) -> None:
    story.load(STEPS)
    story.load(CALL)
    story.at("2026-10-26 08:00")
    # Its weeks and months are counted from this Monday on.
    line = story.line("steps", "steps", "--balance", "10")
    call = story.line("call", "call", "--balance", "1")
    call.begin()
    story.at("2026-10-26 08:01")
    call.report(STOP)
    assert call.posted() == 1_000_000 - 50_000 - 60_000
    told = []
    for number, (begins, ends, down, up) in enumerate(
        (
            ("2026-10-26 10:00", "2026-10-26 10:30", 1_500 * MB, 50 * MB),
            ("2026-10-26 11:00", "2026-10-26 11:20", 1_000 * MB, 60 * MB),
            ("2026-10-27 09:00", "2026-10-27 09:10", 200 * MB, 10 * MB),
            ("2026-11-02 09:00", "2026-11-02 09:59", 100 * MB, 10 * MB),
        )
    ):
        session = f"{line.login}-{number}"
        story.at(begins)
        line.begin(session)
        story.at(ends)
        line.report(STOP, session=session, down=down, up=up)
        told.append(line.costs(session))
    assert told == [
        50_000 + 1_500_000 + 200_000 + 600_000,
        50_000 + 500_000 + 250_000 + 200_000 + 0,  # 50 minutes of the hour that was begun
        50_000 + 100_000 + 0 + 600_000,  # 120 MB of 200 up
        50_000 + 50_000 + 200_000 + 600_000,  # a new week
    ]
    story.prove(line.login, call.login)


CAPPED = """
name = "{name}"
{head}
[price.volume]
amount = "1"
per = "GB"
[[cap]]
period = "day"
most = "2"
then = "{then}"
"""
GARDEN = """
[[reply]]
attributes = ['Mikrotik-Address-List = "active"']
[on_no_credit]
session_timeout_s = 300
[[on_no_credit.reply]]
attributes = ['Mikrotik-Address-List = "capped"']
"""
LIST: Final = "Mikrotik-Address-List"


def test_a_cap_lets_go_on_or_stops_and_the_next_day_opens_it_again(story: Story) -> None:
    for name, then, garden in (("free", "free", ""), ("stop", "stop", GARDEN), ("cut", "stop", "")):
        story.load(CAPPED.format(name=f"capped-{name}", then=then, head=HEAD) + garden)
    story.at("2026-11-03 20:00")
    free = story.line("free", "capped-free", "--balance", "10")
    stop = story.line("stop", "capped-stop", "--balance", "10")
    cut = story.line("cut", "capped-cut", "--balance", "10")
    for line in (free, stop, cut):
        line.begin()
    story.at("2026-11-03 21:00")
    for line in (free, stop, cut):
        line.report(INTERIM, down=3 * GB)
    stop.told(LIST, "capped")
    cut.told("Disconnect-Request", "")
    cut.report(STOP, down=3 * GB)
    assert cut.refused()
    story.at("2026-11-03 22:00")
    for line in (free, stop):
        line.report(INTERIM, down=5 * GB)
        assert line.posted() == 8_000_000
    story.at("2026-11-04 00:00:01")
    stop.told(LIST, "active")
    cut.begin(f"again-{cut.login}")
    story.at("2026-11-04 01:00")
    # What a report costs counts under the cap of the day in which it ends.
    for line in (free, stop):
        line.report(STOP, down=5_500 * MB)
        assert line.posted() == 8_000_000 - 500_000
    cut.report(STOP, session=f"again-{cut.login}", down=GB)
    assert cut.posted() == 8_000_000 - 1_000_000
    assert free.orders() == []
    story.prove(free.login, stop.login, cut.login)


CARRIED = f"""
name = "carried"
{HEAD}
[price.volume]
amount = "1"
per = "GB"
[[bundle]]
name = "daily"
volume = "3 GB"
period = "day"
rollover = {{ most = "1 GB" }}
"""


def test_what_a_day_leaves_is_carried_over_up_to_its_most_and_for_one_day(story: Story) -> None:
    story.load(CARRIED)
    story.at("2026-11-05 09:00")
    line = story.line("thrifty", "carried", "--balance", "10")
    line.begin()
    story.at("2026-11-05 20:00")
    line.report(INTERIM, down=GB)  # 2 GB are left, of which 1 may go on
    story.at("2026-11-06 00:00:00")
    line.report(INTERIM, down=GB)
    assert left(line) == 4 * GB
    story.at("2026-11-06 12:00")
    line.report(INTERIM, down=4_500 * MB)
    assert (left(line), line.posted()) == (500 * MB, 10_000_000)
    story.at("2026-11-06 18:00")
    line.report(INTERIM, down=5_500 * MB)  # half of it is beyond
    assert (left(line), line.posted()) == (0, 9_500_000)
    story.at("2026-11-07 00:00:00")
    line.report(INTERIM, down=5_500 * MB)
    assert left(line) == 3 * GB  # nothing was left
    story.at("2026-11-07 10:00")
    line.report(STOP, down=5_700 * MB)
    # On the 8th nobody is on line. What came of the 7th is lost with it, and of its own three
    # one goes on to the 9th.
    story.at("2026-11-09 08:00")
    assert left(line) == 4 * GB
    line.begin(f"again-{line.login}")
    story.at("2026-11-09 09:00")
    line.report(STOP, session=f"again-{line.login}", down=5 * GB)
    assert (left(line), line.posted()) == (0, 8_500_000)
    story.prove(line.login)


def left(line: Line) -> int:
    """What is left of the bundle, octets."""
    rows = line.story.site.shown("subscriber", "show", line.login)["allowances"]
    return sum(row["left"] for row in rows if row["name"] == "daily")
