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


SHOP = """
name = "shop"
currency = "USD"
[price.activation]
fee = "3"
[price.volume]
amount = "0.02"
per = "MB"
[[booster]]
name = "more"
price = "0.10"
volume = "5 MB"
[[booster]]
name = "rare"
price = "0.30"
volume = "5 MB"
"""
DEARER = (
    SHOP.replace('"shop"', '"dearer"').replace('"3"', '"4.50"').replace("5 MB", "10 MB")
).replace('"rare"', '"odd"')


def test_boosters_and_the_activation_fee_are_bought_as_they_were(
    house: House, span: tuple[str, ...], tmp_path: Path
) -> None:
    shop, dearer = tmp_path / "shop.toml", tmp_path / "dearer.toml"
    shop.write_text(SHOP)
    dearer.write_text(DEARER)
    house.run("plan", "load", str(shop))
    words = ("--plan", "shop", "--password", "pass", "--balance", "20")
    house.run("subscriber", "add", "bob", *words)
    house.run("subscriber", "boost", "bob", "--booster", "more")
    house.run("subscriber", "boost", "bob", "--booster", "rare")
    (tmp_path / "in.csv").write_text("login,password,plan,balance\ncarol,pass,shop,20\n")
    house.run("subscriber", "import", str(tmp_path / "in.csv"))
    for name in ("bob", "carol"):
        house.serve(
            login(name, "pass"),
            record("start", name, name),
            record("stop", name, name, seconds=60, up=0, down=15 * MB),
        )
    of = ("--of", "shop")
    found = house.json("plan", "try", str(dearer), *span, *of)
    # Bob: 15 MB less 10 of two boosters, 0.40 for these, 3 for the plan. On the draft one booster
    # covers 10 MB, and 4.50 for the plan. Carol moved in, and has used 15 MB.
    sums = {
        "usage": (100_000 + 300_000, 100_000 + 300_000),
        "packages": (0, 0),
        "boosters": (400_000, 100_000),
        "activation": (3_000_000, 4_500_000),
    }
    assert {
        part: (found[f"{part}_before_micros"], found[f"{part}_after_micros"]) for part in sums
    } == sums
    assert found["difference_micros"] == 1_200_000 and found["unsold_n"] == {"rare": 1}
    (bob,) = found["pay_most"]
    assert (bob["login"], bob["difference_micros"]) == ("bob", 1_200_000)
    # Compared with the plan that they had nothing comes out otherwise than it was charged.
    again = house.json("plan", "try", str(dearer), *span, *of, "--plan", "shop")
    assert {name: again[name] for name in found if name.endswith("_micros")} == {
        name: found[name] for name in found if name.endswith("_micros")
    }
    said = house.run("plan", "try", str(dearer), *span, *of, "--plan", "shop").stdout
    assert "boosters that dearer does not have were left out: 1 x rare" in said
    assert "activation fees" in said and "boosters  " in said
    # Who began without a fee owes the draft's.
    house.serve(login(), record("start"), record("interim", seconds=60, up=0, down=MB))
    found = house.json("plan", "try", str(dearer), *span, "--of", "sample-prepaid")
    assert (found["activation_before_micros"], found["activation_after_micros"]) == (0, 4_500_000)


CLASSES = """
name = "classes"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
[[class]]
name = "local"
services = "IX"
[[rate]]
classes = "local"
volume = { amount = "0" }
"""


def test_a_draft_with_classes_is_tried_on_what_services_counted(
    house: House, draft: Path, span: tuple[str, ...]
) -> None:
    draft.write_text(CLASSES)
    house.run("nas", "set", "local", "--dialect", "juniper")
    named = {"service": "IX", "seconds": 60, "up": 0}
    house.serve(
        login(),
        record("start", "7"),
        record("interim", "7:8", **named, down=4 * MB),
        record("interim", "7", seconds=60, up=0, down=10 * MB),
    )
    found = house.json("plan", "try", str(draft), *span)
    assert (found["usage_before_micros"], found["usage_after_micros"]) == (100_000, 60_000)
    assert (found["records_n"], found["unsorted_n"]) == (2, 0)
    # Of a router that is taken for another one nobody understands what it said of services.
    house.run("nas", "set", "local", "--dialect", "standard")
    found = house.json("plan", "try", str(draft), *span)
    assert (found["usage_after_micros"], found["unsorted_n"]) == (100_000, 1)
    assert (
        "1 records of services tell no session"
        in house.run("plan", "try", str(draft), *span).stdout
    )
