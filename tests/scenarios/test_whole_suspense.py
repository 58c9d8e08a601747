"""Usage of nobody, given to a subscriber of a whole plan while the server runs and more is used.

Every amount below was worked out by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.peers.freeradius import CoaListener
from tests.scenarios.installation import Installation
from tests.scenarios.router import INTERIM, START, STOP, Router
from tests.scenarios.subscriber_line import S_US, Story

MB: Final = 10**6
PLAN: Final = """
name = "nights"
currency = "EUR"
timezone = "Europe/Berlin"
sessions = 2
[price.volume]
amount = "1"
per = "GB"
[[band]]
name = "night"
from = "00:00"
until = "06:00"
[[rate]]
bands = ["night"]
volume = { amount = "0.25", per = "GB" }
[[bundle]]
name = "shared"
volume = "1 GB"
period = "month"
"""


@pytest.fixture
def story(moved_site: tuple[Installation, CoaListener]) -> Iterator[Story]:
    """The NAS of the sample, a MikroTik that can be told by CoA."""
    site, listener = moved_site
    with Router(site) as router:
        yield Story(site, router, listener)


def test_what_a_mistyped_login_used_is_its_owners_as_if_it_had_been_from_the_first_octet(
    story: Story,
) -> None:
    story.load(PLAN)
    story.at("2026-11-12 20:00")
    line = story.line("owner", "nights", "--balance", "10")
    line.begin()
    typo = f"onwer-{story.kind}"

    def mistyped(status: int, hours: int, **used: int) -> None:
        words = {"Event_Timestamp": story.clock.now_us() // S_US}
        record = story.router.record(
            status, typo, login=typo, seconds=hours * 3_600, **words, **used
        )
        assert story.router.ask(record).code == 5

    mistyped(START, 0)
    story.at("2026-11-12 22:00")
    line.report(INTERIM, down=300 * MB)
    mistyped(INTERIM, 2, down=400 * MB)
    story.at("2026-11-13 02:00")
    mistyped(INTERIM, 6, down=1_400 * MB)
    (row,) = [one for one in story.site.shown("suspense", "list") if one["user_name"] == typo]
    said = story.site.tollhouse("suspense", "assign", str(row["suspense_id"]), line.login)
    # 700 MB are left of the bundle: 400 go until ten, 300 of the 500 until midnight. The other
    # 200 cost 0.20, and the 500 of the night 0.125.
    assert said == f"assigned to {line.login}: 0.325 EUR charged\n"
    assert line.posted() == 9_675_000
    story.at("2026-11-13 03:00")
    line.report(INTERIM, down=800 * MB)  # 200 before midnight and 300 behind it, none covered
    assert line.posted() == 9_675_000 - 200_000 - 75_000
    mistyped(INTERIM, 7, down=1_800 * MB)
    assert line.posted() == 9_400_000 - 100_000
    story.at("2026-11-13 04:00")
    mistyped(STOP, 8, down=2_000 * MB)
    line.report(STOP, down=800 * MB)
    assert line.posted() == 9_300_000 - 50_000
    assert [line.costs(key) for key in (typo, line.login)] == [475_000, 275_000]
    story.prove(line.login)
