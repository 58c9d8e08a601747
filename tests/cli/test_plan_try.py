"""Recorded usage on a draft, from the command line: sums, who pays what, and bad input."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House, login, record

FROM, TO = "2020-01-01", "2020-12-31"
DRAFT = """
name = "draft"
currency = "USD"
[price.session]
fee = "0.50"
[price.volume]
amount = "0.02"
per = "MB"
[[bundle]]
name = "b"
volume = "10 MB"
"""
MB = 1_000_000


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.toml"
    path.write_text(DRAFT)
    return path


@pytest.fixture
def span() -> tuple[str, ...]:
    """Around now, as the traffic of these tests is made now."""
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    days = [(now + timedelta(days=n)).strftime("%Y-%m-%d") for n in (-1, 2)]
    return "--from", days[0], "--to", days[1]


def use(house: House) -> None:
    """Alice's two sessions: 15 MB and 5 MB, a cent a MB."""
    house.serve(
        login(),
        record("start", "s1"),
        record("interim", "s1", seconds=60, up=5 * MB, down=3 * MB),
        record("stop", "s1", seconds=120, up=5 * MB, down=10 * MB),
        login(),
        record("start", "s2"),
        record("interim", "s2", seconds=60, up=0, down=5 * MB),
    )


def test_a_draft_beside_what_was_charged_and_beside_another_plan(
    house: House, draft: Path, span: tuple[str, ...], tmp_path: Path
) -> None:
    use(house)
    before = house.json("balance", "show", "alice")
    found = house.json("plan", "try", str(draft), *span)
    assert (found["records_n"], found["sessions_n"], found["subscribers_n"]) == (5, 2, 1)
    assert found["usage_before_micros"] == 200_000 and found["save_most"] == []
    # 10 MB are in the bundle, 10 MB cost two cents each, and two sessions have begun.
    assert found["after_micros"] == 200_000 + 2 * 500_000
    (row,) = found["pay_most"]
    assert (row["login"], row["difference_micros"]) == ("alice", 1_000_000)
    path = tmp_path / "try.csv"
    said = house.run(
        "plan", "try", str(draft), *span, "--plan", "sample-prepaid", "--csv", str(path)
    ).stdout
    assert "draft against sample-prepaid version 1" in said
    assert "0 would pay less, 1 more, 0 the same" in said and "#" in said
    (line,) = csv.DictReader(path.read_text().splitlines())
    assert (line["before_micros"], line["difference_micros"]) == ("200000", "1000000")
    assert house.json("balance", "show", "alice") == before
    assert house.json("plan", "list") == house.json("plan", "list", "--versions")


def test_only_who_is_on_a_plan_and_has_its_currency_counts(
    sample: House, draft: Path, span: tuple[str, ...]
) -> None:
    use(sample)
    of = ("--of", "sample-prepaid")
    assert sample.json("plan", "try", str(draft), *span, *of)["records_n"] == 5
    assert "nobody is on a plan none-such" in sample.refuse(
        "plan", "try", str(draft), *span, "--of", "none-such"
    )
    quiet = sample.run("plan", "try", str(draft), "--from", FROM, "--to", TO).stdout
    assert quiet.splitlines()[1:] == ["0 reports of 0 sessions, 0 subscribers"]
    draft.write_text(DRAFT.replace("USD", "EUR"))
    said = sample.run("plan", "try", str(draft), *span).stdout
    assert "subscribers have another currency and were left out" in said


def wrong(**said: Any) -> tuple[str, ...]:
    given = {"from": FROM, "to": TO} | said
    return tuple(word for name, value in given.items() for word in (f"--{name}", value))


WRONG = [
    (wrong(to=FROM), "--to must come after --from"),
    (wrong(to="2023-01-01"), "at most 366 days later"),
    (wrong(**{"from": "soon"}), "'soon' is not a time"),
    (wrong(plan="none"), "there is no plan none"),
    (wrong(plan="sample-prepaid@x"), "write a version as a number after the @"),
    (wrong(plan="euro.toml"), "cannot be compared"),
    (wrong(csv="/none/such/file.csv"), "cannot write /none/such/file.csv"),
]


def test_what_cannot_be_tried_is_one_line(
    sample: House, draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(draft.parent)
    Path("euro.toml").write_text('name = "euro"\ncurrency = "EUR"\n')
    for words, said in WRONG:
        assert said in sample.refuse("plan", "try", str(draft), *words)
    assert "cannot read nothing.toml" in sample.refuse("plan", "try", "nothing.toml", *wrong())
    path = draft.with_name("bad.toml")
    path.write_text(DRAFT.replace("volume =", "volumes ="))
    assert "line 11: " in sample.refuse("plan", "try", str(path), *wrong())
