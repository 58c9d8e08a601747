"""How long it lasts, from the command line: after real traffic, for simple and whole plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.house import House, login, record

GB, MB = 10**9, 10**6
HOME = """
name = "home"
currency = "USD"

[package]
validity = "30d"

[price.volume]
amount = "0.001"
per = "GB"

[[bundle]]
name = "data"
volume = "2 GB"

[[cap]]
period = "validity"
most = "50"

[fair_use]
period = "validity"

[[fair_use.step]]
above = "3 GB"
down = "1M"
up = "1M"
"""


@pytest.fixture
def plans(tmp_path: Path) -> tuple[str, str]:
    """A whole plan, and a simple one with something included."""
    whole, simple = tmp_path / "home.toml", tmp_path / "simple.toml"
    whole.write_text(HOME)
    simple.write_text(
        'name = "simple"\ncurrency = "USD"\n[price.volume]\namount = "0.01"\nper = "GB"\n'
        '[included]\nvolume = "2 GB"\n'
    )
    return str(whole), str(simple)


def use(house: House) -> None:
    """1.5 GB in the last minute."""
    house.serve(
        login(),
        record("start"),
        record("interim", seconds=60, down=1000 * MB, up=500 * MB),
    )


def test_what_is_left_and_when_it_is_over(house: House, plans: tuple[str, str]) -> None:
    house.run("plan", "load", plans[0])
    house.run("subscriber", "set", "alice", "--plan", "home")
    use(house)
    before = house.json("balance", "show", "alice")
    said = house.json("forecast", "alice")
    data, fair, cap = said["lasting"]
    assert (data["name"], data["used"], data["left"]) == ("data", 1500 * MB, 500 * MB)
    assert (fair["what"], fair["used"]) == ("fair-use", 1500 * MB)
    assert (cap["what"], cap["left"]) == ("cap", 50_000_000)
    # An hour of this pace uses it up, and is past the step.
    for name in ("week_us", "period_us"):
        assert said["period_start_us"] < data[f"out_{name}"] < said["period_end_us"]
        assert data[f"out_{name}"] <= said["fair_use"][0][name] + 3_600 * MB
    assert said["charged_micros"] == 0
    assert {pace["pace"] for pace in said["paces"]} == {"last 7 days", "this period"}
    assert all(pace["period_cost_micros"] > 0 for pace in said["paces"])
    shown = house.run("forecast", "alice").stdout
    assert "at this pace the period will cost" in shown and "fair use above 3 GB: 20" in shown
    assert house.json("balance", "show", "alice") == before


def test_what_a_simple_plan_includes_lasts_likewise(sample: House, plans: tuple[str, str]) -> None:
    sample.run("plan", "load", plans[1])
    sample.run("subscriber", "set", "alice", "--plan", "simple")
    use(sample)
    said = sample.json("forecast", "alice")
    (row,) = said["lasting"]
    assert (row["name"], row["left"]) == ("included", 500 * MB)
    assert row["out_week_us"] is not None
    assert said["period_end_us"] - said["period_start_us"] >= 28 * 86_400 * MB


def test_what_the_period_costs_besides_usage_has_lines_of_its_own(
    sample: House, tmp_path: Path
) -> None:
    file = tmp_path / "priced.toml"
    file.write_text(
        HOME.replace('validity = "30d"', 'validity = "30d"\nprice = "2"')
        + '[price.activation]\nfee = "1"\n'
    )
    sample.run("plan", "load", str(file))
    sample.run("subscriber", "set", "alice", "--plan", "home")
    fee = {"what": "activation fee", "amount_micros": 1_000_000}
    (paid,) = sample.json("forecast", "alice")["besides"]
    assert paid.pop("paid_us") and paid == fee
    sample.run("subscriber", "renew", "alice")
    package, paid = sample.json("forecast", "alice")["besides"]
    assert package.pop("paid_us") >= paid.pop("paid_us") and paid == fee
    assert package == {"what": "package", "amount_micros": 2_000_000}
    sample.run("subscriber", "add", "bob", "--plan", "home", "--password", "generate")
    assert sample.json("forecast", "bob")["besides"] == [fee | {"paid_us": None}]
    shown = sample.run("forecast", "bob").stdout
    assert "besides: activation fee 1.00 USD, due with the first package" in shown


def test_who_used_nothing_keeps_everything(sample: House) -> None:
    said = sample.json("forecast", "alice")
    assert [pace["period_cost_micros"] for pace in said["paces"]] == [0, 0]
    assert [pace["money_out_us"] for pace in said["paces"]] == [None, None]
    assert "no subscriber bob" in sample.refuse("forecast", "bob")
    assert "--until" in sample.refuse("forecast", "alice", "--until", "2026-01-01")
