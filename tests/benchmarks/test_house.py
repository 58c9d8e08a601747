"""A crowd put into the database in bulk is as right as one that logged in over the wire."""

from __future__ import annotations

from pathlib import Path

from benchmarks.house import Tollhouse


def test_copied_subscribers_and_sessions_are_served_and_the_books_agree(tmp_path: Path) -> None:
    house = Tollhouse(
        tmp_path / "house",
        f"sqlite:///{tmp_path / 'house' / 'bench.db'}",
        subscribers_n=40,
        sessions_n=20,
    )
    try:
        house.start()
        port, poor = house.acct_port, 40
        touched = house.traffic.run("interim", port, to=20, count=40, window=8, timeout=60)
        ended = house.traffic.run(
            "interim",
            port,
            to=20,
            count=10,
            timeout=60,
            poor_every=2,
            poor_from=poor,
            poor_to=poor + 3,
        )
        logins = house.traffic.run(
            "mschap", house.auth_port, first=20, to=40, count=20, window=4, timeout=60
        )
        assert house.resident_octets() > 10_000_000
        house.stop()
        assert "in order" in house.check()
    finally:
        house.close()
    assert touched.clean and touched.answered == 40
    assert ended.exhausted == ended.disconnects == 3
    assert logins.clean and logins.answered == 20
