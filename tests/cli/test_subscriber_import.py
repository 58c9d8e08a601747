"""A file of subscribers goes in whole or not at all, fast, and every faulty line is named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cli import subscriber_import
from tests.cli.house import House, login

HEAD = "login,password,plan,balance"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


def test_all_rows_are_added_with_their_money(house: House, file: Path) -> None:
    file.write_text(
        f"{HEAD},mac,credit_limit,credential,nas,valid_until\n"
        'bob,"a,b ",sample-prepaid,20,,,,,\n'
        "\n"
        "Carol,x,sample-prepaid,,learn,1.5,nt,local,never\n"
        "00-0C-42-1F-2E-3D,,sample-prepaid,0.000001,,,,,2030-01-01\n"
    )
    assert house.run("subscriber", "import", str(file)).stdout == "added 3 subscribers\n"
    rows = {row["login"]: row for row in house.json("subscriber", "list")}
    assert rows["bob"]["posted_micros"] == 20_000_000
    assert rows["00:0c:42:1f:2e:3d"]["posted_micros"] == 1
    carol = house.json("subscriber", "show", "carol")
    assert (carol["mac_mode"], carol["credit_limit_micros"], carol["nas"]) == (
        "learn",
        1_500_000,
        ["local"],
    )
    assert house.serve(login("bob", "a,b "))[0].label == "accepted"
    assert house.run("ledger", "check").exit_code == 0


FAULTS = [
    ("alice,x,sample-prepaid,1", "line 2: there is a subscriber alice already"),
    ("bob,x,none,1", "line 2: there is no plan 'none'"),
    ("bob,x,sample-prepaid,1e3", "line 2: '1e3' is not an amount"),
    ("bob,x,sample-prepaid,-1", "line 2: an opening balance cannot be negative"),
    ("bob,x,sample-prepaid", "line 2: 3 fields instead of 4"),
    ("bob,,sample-prepaid,1", "line 2: bob: a password is missing"),
    (",x,sample-prepaid,1", "line 2: a login cannot be empty"),
    ("bob,x,sample-prepaid,1\nBob,y,sample-prepaid,1", "line 3: login bob stands in line 2"),
    ('bob,"x,sample-prepaid,1', "not CSV"),
]


@pytest.mark.parametrize(("rows", "said"), FAULTS)
def test_a_faulty_line_is_named_and_nothing_is_added(
    sample: House, file: Path, rows: str, said: str
) -> None:
    file.write_text(f"{HEAD}\n{rows}\nzoe,x,sample-prepaid,1\n")
    result = sample.run("subscriber", "import", str(file), code=2)
    assert said in result.stderr
    assert "nothing was added" in result.stderr.splitlines()[-1]
    assert [row["login"] for row in sample.json("subscriber", "list")] == ["alice"]


def test_every_faulty_line_is_listed(sample: House, file: Path) -> None:
    file.write_text(HEAD + "".join(f"\nu{n},x,sample-prepaid,{n % 2 or 'y'}" for n in range(10)))
    lines = sample.run("subscriber", "import", str(file), code=2).stderr.splitlines()
    assert [line.split(": ")[1] for line in lines[:-1]] == [f"line {n}" for n in range(2, 12, 2)]
    assert "5 faulty lines" in lines[-1]


def test_faults_of_every_kind_are_listed_together_in_the_order_of_the_file(
    sample: House, file: Path
) -> None:
    file.write_text(f"{HEAD}\nalice,x,sample-prepaid,1\nbob,x,sample-prepaid,y\neve,x,none,1\n")
    lines = sample.run("subscriber", "import", str(file), code=2).stderr.splitlines()
    assert [line.split(": ")[1] for line in lines[:-1]] == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not name login, password, plan, balance"),
        (b"login,password,plan\n", "does not name balance"),
        (b"login,password,plan,balance,colour\n", "no column 'colour'"),
        (b"login,password,plan,balance,login\n", "named twice"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_is_none_is_one_line(
    sample: House, file: Path, content: bytes, said: str
) -> None:
    file.write_bytes(content)
    assert said in sample.refuse("subscriber", "import", str(file))


def test_a_missing_file_is_one_line(sample: House, file: Path) -> None:
    assert "cannot read" in sample.refuse("subscriber", "import", str(file))


def test_a_dry_run_adds_nothing_and_no_password_is_printed(sample: House, file: Path) -> None:
    file.write_text(f"{HEAD}\nbob,tr0ub4dor,sample-prepaid,1\neve,tr0ub4dor,none,1\n")
    said = sample.run("subscriber", "import", str(file), code=2).output
    file.write_text(f"{HEAD}\nbob,tr0ub4dor,sample-prepaid,1\n")
    said += sample.run("subscriber", "import", str(file), "--dry-run").output
    assert "tr0ub4dor" not in said
    assert len(sample.json("subscriber", "list")) == 1


def test_the_mark_that_some_programs_put_first_does_no_harm(sample: House, file: Path) -> None:
    file.write_text(f"\ufeff{HEAD}\r\nbob,x,sample-prepaid,1\r\n", encoding="utf-8")
    sample.run("subscriber", "import", str(file))
    assert sample.money("bob")["posted_micros"] == 1_000_000


def test_twenty_thousand_rows_go_in_at_once(house: House, file: Path) -> None:
    rows = "".join(f"\nuser{n},secret{n},sample-prepaid,{n % 50}.25" for n in range(20_000))
    file.write_text(HEAD + rows)
    begun = time.monotonic()
    assert "added 20000" in house.run("subscriber", "import", str(file)).stdout
    print(f"20,000 rows in {time.monotonic() - begun:.1f} s")
    assert len(house.json("subscriber", "list", "--limit", "0")) == 20_001
    assert house.money("user19999")["posted_micros"] == 49_250_000
    assert house.serve(login("user12345", "secret12345"))[0].label == "accepted"
    assert house.run("ledger", "check").exit_code == 0


@pytest.mark.parametrize(
    "password", ["two\nlines", "a\r\nb", "unit\x1fgroup\x1d", "para\u2029graph"]
)
def test_a_password_that_unicode_would_break_arrives_whole(file: Path, password: str) -> None:
    file.write_text(f'{HEAD}\nbob,"{password}",home,1\n', encoding="utf-8", newline="")
    faults: list[str] = []
    (line,) = subscriber_import.read(file, faults)
    assert not faults
    assert line.applicant.password == password.encode()
