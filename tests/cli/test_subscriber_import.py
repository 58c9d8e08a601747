"""A file of subscribers goes in whole or not at all, fast, and every faulty line is named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cli import import_file
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
    assert "nothing was changed" in result.stderr.splitlines()[-1]
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


def test_five_thousand_rows_go_in_at_once(house: House, file: Path) -> None:
    rows = "".join(f"\nuser{n},secret{n},sample-prepaid,{n % 50}.25" for n in range(5_000))
    file.write_text(HEAD + rows)
    begun = time.monotonic()
    assert "added 5000" in house.run("subscriber", "import", str(file)).stdout
    print(f"5,000 rows in {time.monotonic() - begun:.1f} s")
    file.write_text("login,group" + "".join(f"\nuser{n},g{n % 9}" for n in range(2_000)))
    assert "changed 2000" in house.run("subscriber", "import", str(file), "--update").stdout
    assert len(house.json("subscriber", "list", "--limit", "0")) == 5_001
    assert house.money("user4999")["posted_micros"] == 49_250_000
    assert house.serve(login("user1234", "secret1234"))[0].label == "accepted"
    assert house.run("ledger", "check").exit_code == 0


FULL = (
    "login,password,credential,plan,balance,name,group,language,timezone,valid_until,ip,ipv6,"
    "delegated_prefix,mac,status,credit_limit,nas\n"
)
NT = "8846f7eaee8fb117ad06bdd830b7586c"  # of `password`
CRYPT = (  # of `Hello world!`
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS"
    "35inz1"
)


def test_every_column_arrives_where_it_belongs(house: House, file: Path) -> None:
    file.write_text(
        FULL + f"ann,{NT},nt,sample-prepaid,1,Ann Lee,block 7,pt-br,Asia/Tokyo,2030-01-01,"
        "100.64.0.7,2001:db8::7,2001:db8:1:ff00::/56,02-00-00-00-00-07,active,2,local\n"
        f"ben,{CRYPT},crypt,sample-prepaid,1,,,,,never,,,,,suspended,,any\n"
    )
    house.run("subscriber", "import", str(file))
    ann = house.json("subscriber", "show", "ann")
    wanted = {
        "name": "Ann Lee",
        "group_name": "block 7",
        "language": "pt-BR",
        "timezone": "Asia/Tokyo",
        "framed_ip_address": "100.64.0.7",
        "framed_ipv6": "2001:db8::7",
        "delegated_ipv6_prefix": "2001:db8:1:ff00::/56",
        "credential": "nt",
        "mac": "02:00:00:00:00:07",
        "nas": ["local"],
        "credit_limit_micros": 2_000_000,
        "valid_until_us": 1_893_423_600_000_000,  # midnight of Tokyo
    }
    assert {name: ann[name] for name in wanted} == wanted
    ben = house.json("subscriber", "show", "ben")
    assert (ben["status"], ben["credential"], ben["nas"]) == ("suspended", "crypt", [])
    house.run("subscriber", "resume", "ben")
    assert house.serve(login("ann", "password", mac="02-00-00-00-00-07"))[0].label == "accepted"
    (asked,) = house.serve(login("ben", "Hello world!"))
    assert asked.check is not None and asked.check()
    (refused,) = house.serve(login("ben", "hello world!"))
    assert refused.check is not None and not refused.check()


def test_an_update_changes_what_is_given_and_never_the_money(house: House, file: Path) -> None:
    file.write_text(
        FULL + "bob,x,,sample-prepaid,5,Bob,g1,,,,100.64.0.1,,,,,,\n"
        "cid,y,,sample-prepaid,5,Cid,,,,,100.64.0.2,,,,,,\n"
        "dee,z,,sample-prepaid,5,Dee,,,,,,,,,,,\n"
    )
    house.run("subscriber", "import", str(file))
    before = house.json("subscriber", "list")
    # Two swap their addresses, one is told nothing new, one is new; money is in the file.
    file.write_text(
        "login,password,plan,balance,name,ip,status,credit_limit\n"
        "bob,x,,99,Robert,100.64.0.2,suspended,3\n"
        "cid,new,sample-prepaid,99,none,100.64.0.1,,\n"
        "dee,z,sample-prepaid,99,Dee,,,0\n"
        "eve,w,sample-prepaid,7,,,,\n"
    )
    said = house.run("subscriber", "import", str(file), "--update", "--dry-run").stdout
    assert house.json("subscriber", "list") == before
    assert said.splitlines()[:3] == [
        "line 2: change bob: status: active -> suspended, name: Bob -> Robert, "
        "framed_ip_address: 100.64.0.1 -> 100.64.0.2, credit_limit: 0.00 USD -> 3.00 USD",
        "line 3: change cid: credential changed, name: Cid -> -, "
        "framed_ip_address: 100.64.0.2 -> 100.64.0.1",
        "line 5: add eve: plan sample-prepaid, balance 7.00 USD",
    ]
    assert "would have added 1 subscribers, changed 2, left 1 as they were" in said
    said = house.run("subscriber", "import", str(file), "--update", "--reason", "audit it").stdout
    assert said == "added 1 subscribers, changed 2, left 1 as they were\n"
    rows = {row["login"]: row for row in house.json("subscriber", "list")}
    assert [rows[name]["posted_micros"] for name in ("bob", "cid", "dee", "eve")] == [
        5_000_000,
        5_000_000,
        5_000_000,
        7_000_000,
    ]
    bob, cid = (house.json("subscriber", "show", name) for name in ("bob", "cid"))
    assert (bob["name"], bob["framed_ip_address"]) == ("Robert", "100.64.0.2")
    assert (cid["name"], cid["framed_ip_address"]) == ("", "100.64.0.1")
    assert (bob["group_name"], bob["status"]) == ("g1", "suspended")
    assert house.serve(login("cid", "new"))[0].label == "accepted"
    (deed,) = house.json("audit", "list", "--login", "bob", "--limit", "1")
    assert (deed["action"], deed["reason"]) == ("subscriber import", "audit it")
    assert deed["changes"]["before"]["status"] == "active"
    again = house.run("subscriber", "import", str(file), "--update", "--dry-run").stdout
    assert "added 0 subscribers, changed 0, left 4" in again
    assert house.run("ledger", "check").exit_code == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("bob,100.64.0.7,,\ncid,100.64.0.7,,", "line 3: 100.64.0.7 overlaps 100.64.0.7, which is"),
        ("bob,100.64.0.9,,", "line 2: 100.64.0.9 overlaps 100.64.0.9, which is ann's"),
        ("bob,100.64.0.300,,", "line 2: ip: '100.64.0.300' is not an IPv4 address"),
        ("bob,,closed,", "line 2: there is no status 'closed'"),
        ("bob,,,crypt", "line 2: the password is not a crypt hash"),
        ("bob,,,md5", "line 2: there is no credential 'md5'"),
    ],
)
def test_addresses_and_words_that_cannot_be_are_refused_by_line(
    sample: House, file: Path, rows: str, said: str
) -> None:
    add = ("subscriber", "add", "ann", "--plan", "sample-prepaid", "--password", "x")
    sample.run(*add, "--ip", "100.64.0.9")
    lines = [line.split(",") for line in rows.splitlines()]
    body = [f"{one},x,sample-prepaid,1,{','.join(rest)}" for one, *rest in lines]
    file.write_text("\n".join([f"{HEAD},ip,status,credential", *body, ""]))
    assert said in sample.run("subscriber", "import", str(file), code=2).stderr
    assert len(sample.json("subscriber", "list")) == 2


def test_an_update_needs_a_login_and_of_a_new_one_a_plan(sample: House, file: Path) -> None:
    file.write_text("login,name\nalice,Alice\nbob,Bob\n")
    said = sample.run("subscriber", "import", str(file), "--update", code=2).stderr
    assert "line 3: there is no subscriber bob yet, and a new one needs a plan" in said
    file.write_text("name\nAlice\n")
    assert "does not name login" in sample.refuse("subscriber", "import", str(file), "--update")


def test_a_dry_run_shows_what_is_sound_beside_what_is_not(sample: House, file: Path) -> None:
    file.write_text(f"{HEAD}\nbob,x,sample-prepaid,1\neve,x,none,1\n")
    result = sample.run("subscriber", "import", str(file), "--dry-run", code=2)
    assert result.stdout == "line 2: add bob: plan sample-prepaid, balance 1.00 USD\n"
    assert "line 3: there is no plan 'none'" in result.stderr


@pytest.mark.parametrize(
    "password", ["two\nlines", "a\r\nb", "unit\x1fgroup\x1d", "para\u2029graph"]
)
def test_a_password_that_unicode_would_break_arrives_whole(file: Path, password: str) -> None:
    file.write_text(f'{HEAD}\nbob,"{password}",home,1\n', encoding="utf-8", newline="")
    faults: list[str] = []
    (line,) = import_file.read(file, faults)
    assert not faults
    assert line.applicant.password == password.encode()
