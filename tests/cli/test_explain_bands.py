"""A charge by bands, bundles and tiers is explained line by line, and adds up (A11)."""

from __future__ import annotations

from pathlib import Path

from tests.aaa.test_charge import RICH
from tests.cli.house import House, login, record

MB = 1_000_000
# Its peak is on a day long past, so whatever the clock says it holds at no report.
QUIET = (
    RICH.replace('until = "10:00"', 'until = "10:00"\nholidays = "only"')
    + """
[[holiday]]
name = "opening"
date = "2020-02-03"
"""
)


def test_where_it_lay_what_covered_it_and_what_each_line_cost(house: House, tmp_path: Path) -> None:
    file = tmp_path / "rich.toml"
    file.write_text(QUIET)
    house.run("plan", "load", str(file))
    house.run("subscriber", "set", "alice", "--plan", "rich")
    house.serve(login(), record("start"))
    for n in range(1, 4):
        house.serve(record("interim", seconds=60 * n, up=MB * n, down=19 * MB * n))
    found = house.json("explain", "charge", "alice", "--rerate")
    (session,) = found["sessions"]
    assert session["adds_up"] and session["differences"] == [] and session["by_bands"]
    assert session["charged_micros"] == 30 * 100_000 + 25 * 50_000
    by_step = {row["step"]: row for row in session["steps"]}
    assert by_step["used"]["down"] == 57 * MB and by_step["used"]["up"] == 3 * MB
    assert (by_step["covered"]["allowance"], by_step["covered"]["octets"]) == ("daily", 5 * MB)
    lines = [row for row in session["steps"] if row["step"].startswith("line")]
    assert [row["micros"] for row in lines] == [3_000_000, 1_250_000]
    assert lines[1]["since"] == 30 * MB and lines[1]["exact_micros"] == "1250000"
    posted = {row["step"]: row["amount_micros"] for row in session["postings"]}
    assert posted == {"volume": 0} | {row["step"]: row["micros"] for row in lines}
    text = house.run("explain", "charge", "alice", "--rerate").stdout
    assert "covered by daily: 5000000 octets" in text
    assert "from 30000000 octets on at all other times: 25000000 octets (25.00 MB)" in text
    assert "rounded down = 1.25 USD" in text and "the same" in text
