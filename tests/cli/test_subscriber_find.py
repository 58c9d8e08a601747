"""A support desk has one word, and is not asked what kind of word it is."""

from __future__ import annotations

from tests.cli.house import House, login, record


def found(house: House, text: str) -> list[tuple[str, str]]:
    return [(row["login"], row["found_by"]) for row in house.json("subscriber", "find", text)]


def test_login_station_and_nobody(house: House) -> None:
    house.serve(login(mac="00-0C-42-1F-2E-3D"), record("start"))
    assert found(house, "ALI") == [("alice", "login")]
    assert found(house, "nobody") == []
    assert found(house, "10.9.9.9") == []
    assert "FOUND BY" in house.run("subscriber", "find", "alice").stdout


def test_a_mac_that_was_fixed_is_found_in_any_spelling(sample: House) -> None:
    sample.run("subscriber", "set", "alice", "--mac", "00:0c:42:1f:2e:3d")
    assert found(sample, "000c.421f.2e3d") == [("alice", "MAC")]


def test_an_empty_word_is_refused(sample: House) -> None:
    assert "1 to 253 octets" in sample.refuse("subscriber", "find", "")
