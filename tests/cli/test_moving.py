"""The export queries of docs/moving.md run, and what they print can be imported as it is.

They are written in what PostgreSQL and MySQL have in common and run here on PostgreSQL, on tables
with the columns of each system.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli.settings import CHECKOUT
from tests.cli.house import House, login
from tests.peers.postgres import PostgresCluster

PAGE = (CHECKOUT / "docs" / "moving.md").read_text(encoding="utf-8")

RADIUS = """
CREATE TABLE radcheck (id serial, username text, attribute text, op text, value text);
CREATE TABLE radreply (id serial, username text, attribute text, op text, value text);
CREATE TABLE radusergroup (id serial, username text, groupname text, priority integer);
INSERT INTO radcheck (username, attribute, op, value) VALUES
  ('ann', 'Cleartext-Password', ':=', 'sec,"ret"'),
  ('ann', 'Expiration', ':=', '31 Dec 2030 18:30:00'),
  ('ann', 'Calling-Station-Id', '==', '00-0C-42-1F-2E-3D'),
  ('ann', 'Simultaneous-Use', ':=', '1'),
  ('ben', 'NT-Password', ':=', '0x8846F7EAEE8FB117AD06BDD830B7586C'),
  ('ben', 'Auth-Type', ':=', 'Reject'),
  ('cid', 'Crypt-Password', ':=', '$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.'),
  ('cid', 'Expiration', ':=', '01 jan 2031');
INSERT INTO radreply (username, attribute, op, value) VALUES
  ('ann', 'Framed-IP-Address', ':=', '100.64.0.7'),
  ('ann', 'Delegated-IPv6-Prefix', ':=', '2001:db8:1:ff00::/56'),
  ('ben', 'Framed-IP-Address', ':=', '255.255.255.254');
INSERT INTO radusergroup (username, groupname, priority) VALUES
  ('ann', 'other', 5), ('ann', 'sample prepaid', 1),
  ('ben', 'sample-prepaid', 1), ('cid', 'sample-prepaid', 1);
"""
DALORADIUS = """
CREATE TABLE userinfo (id serial, username text, firstname text, lastname text, email text);
CREATE TABLE userbillinfo (id serial, username text, planName text, nextbill date);
INSERT INTO userinfo (username, firstname, lastname) VALUES ('ann', 'Ann', 'Lee "AL"');
INSERT INTO userbillinfo (username, planName) VALUES ('ann', 'sample-prepaid'), ('ben', '');
UPDATE radusergroup SET groupname = 'fast' WHERE username = 'ann' AND priority = 1;
INSERT INTO radusergroup VALUES (9, 'cid', 'daloRADIUS-Disabled-Users', 0);
"""
PHPNUXBILL = """
CREATE TABLE tbl_customers (id integer, username text, password text, pppoe_password text,
  fullname text, balance numeric(15,2), status text);
CREATE TABLE tbl_user_recharges (id integer, customer_id integer, username text, namebp text,
  expiration date, time time, status text, type text);
INSERT INTO tbl_customers VALUES
  (1, 'ann', 'web', 'line', 'Ann Lee', 12.50, 'Active'),
  (2, 'ben', 'web2', '', 'Ben', 0, 'Banned'),
  (3, 'cid', 'web3', '', 'Cid', 1, 'Active');
INSERT INTO tbl_user_recharges VALUES
  (1, 1, 'ann', 'old plan', '2020-01-01', '00:00:00', 'off', 'PPPOE'),
  (2, 1, 'ann', 'sample prepaid', '2030-12-31', '18:30:00', 'on', 'PPPOE'),
  (3, 2, 'ben', 'sample-prepaid', '2030-12-31', '18:30:00', 'on', 'Hotspot');
"""
UNTIL_US = 1_924_972_200_000_000  # 2030-12-31 18:30 UTC


def exported(cluster: PostgresCluster, system: str, tables: str, file: Path) -> Path:
    """What the page tells to do for a system, on tables of its kind: the file that comes of it."""
    chapter = PAGE.split(f"\n## {system}\n")[1].split("\n## ")[0]
    head = re.findall(r"^echo (login,\S+) > people\.csv$", chapter, re.MULTILINE)[0]
    (query,) = re.findall(r"```sql\n(.*?)```", chapter, re.DOTALL)
    url = cluster.create_database()
    database = urlsplit(url).path[1:]
    try:
        cluster.execute(tables, database=database)
        printed = cluster.execute(query, database=database)
    finally:
        cluster.drop_database(url)
    file.write_text(f"{head}\n{printed.rstrip()}\n", encoding="utf-8")
    return file


def imported(house: House, file: Path) -> dict[str, dict[str, object]]:
    """The dry run, the import, the same again with --update; then everybody who came."""
    said = house.run("subscriber", "import", str(file), "--dry-run").stdout
    assert "nothing was changed" in said
    house.run("subscriber", "import", str(file))
    again = house.run("subscriber", "import", str(file), "--update", "--dry-run").stdout
    assert "added 0 subscribers, changed 0" in again, again
    names = [row["login"] for row in house.json("subscriber", "list")]
    return {name: house.json("subscriber", "show", name) for name in names}


def test_people_of_freeradius_come_with_all_they_have(
    sample: House, postgres_cluster: PostgresCluster, tmp_path: Path
) -> None:
    file = exported(postgres_cluster, "FreeRADIUS with SQL", RADIUS, tmp_path / "people.csv")
    people = imported(sample, file)
    ann, ben, cid = (people[name] for name in ("ann", "ben", "cid"))
    wanted = {
        "plan": "sample-prepaid",
        "group_name": "sample prepaid",
        "credential": "clear",
        "mac": "00:0c:42:1f:2e:3d",
        "framed_ip_address": "100.64.0.7",
        "delegated_ipv6_prefix": "2001:db8:1:ff00::/56",
        "valid_until_us": UNTIL_US,
        "status": "active",
    }
    assert {name: ann[name] for name in wanted} == wanted
    assert (ben["credential"], ben["status"], ben["framed_ip_address"]) == ("nt", "suspended", None)
    assert (cid["credential"], cid["valid_until_us"]) == ("crypt", 1_924_992_000_000_000)
    for name in ("ann", "ben"):  # their plan here is prepaid
        sample.run("balance", "top-up", name, "1")
    mac = {"mac": "00-0C-42-1F-2E-3D"}
    assert sample.serve(login("ann", 'sec,"ret"', **mac))[0].label == "accepted"
    sample.run("subscriber", "resume", "ben")
    assert sample.serve(login("ben", "password"))[0].label == "accepted"


def test_people_of_daloradius_come_with_their_names_and_plans(
    sample: House, postgres_cluster: PostgresCluster, tmp_path: Path
) -> None:
    tables = RADIUS + DALORADIUS
    people = imported(
        sample, exported(postgres_cluster, "daloRADIUS", tables, tmp_path / "people.csv")
    )
    shown = [
        (people[name]["name"], people[name]["plan"], people[name]["group_name"])
        for name in ("ann", "ben")
    ]
    assert shown == [
        ('Ann Lee "AL"', "sample-prepaid", "fast"),
        ("", "sample-prepaid", "sample-prepaid"),
    ]
    assert [people[name]["status"] for name in ("ann", "ben", "cid")] == [
        "active",
        "suspended",
        "suspended",
    ]


def test_customers_of_phpnuxbill_come_with_their_money(
    sample: House, postgres_cluster: PostgresCluster, tmp_path: Path
) -> None:
    file = exported(postgres_cluster, "PHPNuxBill", PHPNUXBILL, tmp_path / "people.csv")
    people = imported(sample, file)
    assert sorted(people) == ["alice", "ann", "ben"]
    ann = people["ann"]
    assert (ann["posted_micros"], ann["valid_until_us"]) == (12_500_000, UNTIL_US)
    assert (ann["name"], people["ben"]["status"]) == ("Ann Lee", "suspended")
    assert sample.serve(login("ann", "line"))[0].label == "accepted"


@pytest.mark.parametrize("words", ["subscriber import", "explain reply", "audit list", "nas add"])
def test_the_commands_of_the_page_are_there(sample: House, words: str) -> None:
    assert f"tollhouse {words}" in PAGE
    sample.run(*words.split(), "--help")
