"""What an import charges and gives back: nothing to who moves in, and what plans declare else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House

HOME = """
name = "{name}"
currency = "USD"
timezone = "UTC"
[package]
price = "{price}"
validity = "30d"
{more}
"""
FREE = '{head}[price.activation]\nfee = "4"\n'.format(
    head='name = "free"\ncurrency = "USD"\n[price.volume]\namount = "1"\nper = "GB"\n'
)
FEE = '[price.activation]\nfee = "1"\n'
BEFORE, AFTER = "2020-01-01", "2035-01-01"


@pytest.fixture
def shop(sample: House, tmp_path: Path) -> House:
    """Plans for 2 USD that give back and that do not, one for 3 with a fee, one with a fee only."""
    texts = [FREE] + [
        HOME.format(name=name, price=price, more=more)
        for name, price, more in (
            ("home", "2", '[on_change]\nleft = "refund"'),
            ("strict", "2", '[on_change]\nleft = "forfeit"'),
            ("better", "3", FEE + '[on_change]\nleft = "keep"'),
        )
    ]
    for text in texts:
        (tmp_path / "plan.toml").write_text(text)
        sample.run("plan", "load", str(tmp_path / "plan.toml"))
    return sample


def load(house: House, *rows: str, update: bool = False, more: tuple[str, ...] = ()) -> str:
    """Import lines of login, plan, balance and end, after a rehearsal that changes nothing."""
    file = house.config.with_name("people.csv")
    body = [f"{row},x" for row in rows]
    file.write_text("\n".join(["login,plan,balance,valid_until,password", *body, ""]))
    words = ("subscriber", "import", str(file), *(("--update",) if update else ()), *more)
    before = list(house.json("subscriber", "list"))
    said: str = house.run(*words, "--dry-run").stdout
    assert list(house.json("subscriber", "list")) == before
    return said + "--\n" + str(house.run(*words).stdout)


def shown(house: House, login: str) -> Any:
    return house.json("subscriber", "show", login)


def posted(house: House, *logins: str) -> list[int]:
    return [house.money(login)["posted_micros"] // 10_000 for login in logins]


def test_who_moves_in_is_charged_nothing_and_no_fee_with_the_first_renewal(shop: House) -> None:
    said = load(
        shop, "ann,better,9,", f"ben,better,9,{AFTER}", f"cid,better,9,{BEFORE}", "dee,free,9,"
    )
    assert said.endswith(
        "added 4 subscribers; no activation fee is charged (4 begin a plan that has one); the time "
        "of 1 is still to be bought with `subscriber renew`\n"
    )
    assert posted(shop, "ann", "ben", "cid", "dee") == [900] * 4
    for login in ("ann", "ben", "cid"):
        shop.run("subscriber", "renew", login)
    assert posted(shop, "ann", "ben", "cid") == [600] * 3
    assert shop.run("ledger", "check").exit_code == 0


def test_with_charge_fees_who_is_new_buys_what_somebody_added_would(shop: House) -> None:
    rows = ("ann,better,9,", f"ben,better,9,{AFTER}", "cid,better,3,", "dee,free,9,")
    said = load(shop, *rows, more=("--charge-fees",))
    assert said.splitlines()[:5] == [
        "line 2: add ann: plan better, balance 9.00 USD, buys its time for 3.00 USD and activation "
        "for 1.00 USD",
        "line 3: add ben: plan better, balance 9.00 USD",
        "line 4: add cid: plan better, balance 3.00 USD",
        "line 5: add dee: plan free, balance 9.00 USD, buys activation for 4.00 USD",
        f"{shop.config.with_name('people.csv')}: would have added 4 subscribers; the time of 1 is "
        "still to be bought with `subscriber renew`; nothing was changed",
    ]
    assert posted(shop, "ann", "ben", "cid", "dee") == [500, 900, 300, 500]
    shop.run("balance", "top-up", "cid", "1")
    shop.run("subscriber", "renew", "cid")
    assert posted(shop, "cid") == [0] and shown(shop, "ann")["valid_until_us"]
    deeds = shop.json("audit", "list", "--login", "dee")
    assert any(deed["changes"]["after"].get("amount_micros") == -4_000_000 for deed in deeds)
    assert shop.run("ledger", "check").exit_code == 0


def test_a_fee_that_cannot_be_paid_is_a_fault_of_its_line(shop: House) -> None:
    file = shop.config.with_name("people.csv")
    file.write_text("login,plan,balance,password\nann,free,3,x\nben,free,9,x\n")
    said = shop.run("subscriber", "import", str(file), "--charge-fees", code=2).stderr
    assert "line 2: ann: activation of free" in said and "give it with the balance" in said
    assert len(shop.json("subscriber", "list")) == 1


def test_another_plan_treats_time_that_is_left_as_its_plan_declares(shop: House) -> None:
    load(shop, "ann,home,9,", "ben,strict,9,", "cid,home,9,", "dee,better,9,")
    for login in ("ann", "ben", "cid", "dee"):
        shop.run("subscriber", "renew", login)
    until = shown(shop, "dee")["valid_until_us"]
    rows = ("ann,better,,", "ben,home,,", f"cid,strict,,{AFTER}", "dee,home,,")
    # What is refunded falls by a micro in 1.3 seconds.
    said = re.sub(r"1\.99\d+", "1.99", load(shop, *rows, update=True))
    ann, ben, cid, dee, total, _, done = said.splitlines()
    assert "given up: its time until" in ann and "refund of what is left of home: 1.99" in ann
    assert "given up: its time until" in ben and "refund" not in ben
    assert "given up" not in cid and "kept: its time until" in dee
    assert total.partition("would have ")[2] == (done + "; nothing was changed")
    assert done == (
        "added 0 subscribers, changed 4, left 0 as they were; the time of 2 was given up, "
        "refunded 1.99 USD; no activation fee is charged (1 begin a plan that has one)"
    )
    assert posted(shop, "ann", "ben", "cid", "dee") == [899, 700, 700, 600]
    assert shown(shop, "dee")["valid_until_us"] == until
    deeds = shop.json("audit", "list", "--login", "ann")
    assert any(one["changes"]["after"].get("refund_micros", 0) > 1_990_000 for one in deeds)
    assert shop.run("ledger", "check").exit_code == 0
    shop.run("subscriber", "renew", "ann")
    assert posted(shop, "ann") == [599]
    # What `subscriber set` does of the same comes to the same; here with its fee.
    load(shop, "ben,better,,", update=True, more=("--charge-fees",))
    assert posted(shop, "ben") == [600]
