"""Sessions by bands and the pots of their accounts are proved one by the other (A2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.aaa.gate import Gate, class_of
from tests.aaa.test_charge import MB, RICH


@pytest.fixture
def spent(sqlite_url: str) -> Iterator[Gate]:
    """A session that has used a bundle and more."""
    gate = used_up(sqlite_url)
    yield gate
    gate.close()


def used_up(url: str) -> Gate:
    """A gate with a session that has used a bundle and more."""
    gate = Gate(url)
    gate.add_plan(RICH)
    gate.add_subscriber(plan="rich")
    token = class_of(gate.accept(id="A"))
    gate.record("start", token=token)
    gate.at(600).record("interim", token=token, st=600, o=20 * MB, i=MB)
    assert gate.check() == []
    return gate


def spoil(gate: Gate, statement: str) -> None:
    async def write() -> None:
        async with gate.database.office() as connection:
            await connection.execute(text(statement))

    gate.run(write())


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE pots SET used = used + 1 WHERE pot LIKE 'bundle%'", "sessions took 5000000, its"),
        ("DELETE FROM pots", "its pots counted 0"),
        ("UPDATE pots SET pot = 'booster/more/7' WHERE pot LIKE 'bundle%'", "boosters: sessions"),
        ("UPDATE session_totals SET uses = x''", "sessions took 0"),
        ("UPDATE pots SET used = used + 1 WHERE pot LIKE 'tier/%'", "tier month of rich (volume)"),
        ("DELETE FROM pots WHERE pot LIKE 'tier/%'", "tier month of rich (volume)"),
        ("UPDATE session_totals SET input_octets = 1", "its rated totals are (1,"),
        ("UPDATE session_totals SET uses = CAST(uses || uses AS BLOB)", "cannot be read"),
        ("UPDATE session_facts SET plan_id = (SELECT min(plan_id) FROM plans)", "has no bands"),
    ],
)
def test_a2_what_does_not_add_up_is_found(spent: Gate, statement: str, said: str) -> None:
    spoil(spent, statement)
    found = [one for one in spent.check() if one.invariant == "A2"]
    assert any(said in one.text for one in found), found
    assert {one.account_id for one in found} == {spent.account().account_id}


def test_a2_a_session_that_is_charged_other_than_it_used_is_found(spent: Gate) -> None:
    spoil(spent, "UPDATE session_totals SET charged_micros = charged_micros - 1")
    assert any("what it used costs" in one.text for one in spent.check())


def test_pots_count_more_than_sessions_took_only_where_some_were_purged(spent: Gate) -> None:
    spoil(spent, "UPDATE pots SET used = used + 1 WHERE pot LIKE 'tier/%'")
    assert len(spent.check()) == 1
    spoil(
        spent,
        "INSERT INTO purged SELECT account_id, 1, 0, 0, 0, 0, 0, 0, 0 FROM session_totals",
    )
    assert spent.check() == []


COUNTED = """
name = "counted"
currency = "USD"
[price.volume]
amount = "0.01"
per = "MB"
[price.session]
fee = "0.05"
[[cap]]
period = "day"
most = "1"
[fair_use]
period = "month"
[[fair_use.step]]
above = "50 MB"
down = "1M"
up = "1M"
[[booster]]
name = "more"
volume = "5 MB"
price = "0"
"""


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("", ""),
        ("UPDATE pots SET used = used - 1 WHERE pot LIKE 'cap/%'", "cap day of counted: sessions"),
        ("DELETE FROM pots WHERE pot LIKE 'cap/%'", "come to 400000, its pots to 0"),
        ("UPDATE pots SET used = used + 1 WHERE pot LIKE 'fair-use/%'", "30000000, its pots to"),
        (
            "INSERT INTO pots SELECT account_id, 'cap/day/gone', 1, 0, 7, 0, 2, 2, NULL FROM pots"
            " WHERE pot LIKE 'cap/%'",
            "cap day of gone: sessions come to 0, its pots to 7",
        ),
    ],
)
def test_a2_caps_and_fair_use_have_counted_what_sessions_cost_and_used(
    sqlite_url: str, statement: str, said: str
) -> None:
    gate = Gate(sqlite_url)
    gate.add_plan(COUNTED)
    gate.add_subscriber(plan="counted")
    for number in range(2):  # the second one costs its fee and nothing else
        token = class_of(gate.accept(id=f"s{number}"))
        gate.record("start", token=token, id=f"s{number}")
        used = {"o": 30 * MB} if number == 0 else {}
        gate.at(600 + number).record("stop", token=token, id=f"s{number}", st=600, **used)
    assert sorted(row["used"] for row in gate.rows("pots")) == [400_000, 30 * MB]
    assert gate.check() == []
    if statement:
        spoil(gate, statement)
        (found,) = gate.check()
        assert said in found.text and found.invariant == "A2"
    gate.close()


def test_a2_both_databases_are_asked_alike(postgresql_url: str) -> None:
    gate = used_up(postgresql_url)
    spoil(gate, "UPDATE pots SET used = 7 WHERE pot LIKE 'bundle%'")
    (found,) = gate.check()
    assert found.text == 'bundle "daily" of rich: sessions took 5000000, its pots counted 7'
    gate.close()
