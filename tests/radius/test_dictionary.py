"""Whole dictionaries: Debian's tree with nothing skipped, and our own against it."""

from __future__ import annotations

import functools

import pytest

from radius import Dictionary, load_dictionary
from radius.entries import Attribute
from tests.radius.vector_files import (
    APART,
    DEBIAN,
    OURS,
    debian_dictionary,
    our_dictionary,
    read_debian,
    read_ours,
)

OUR_VENDORS = {
    "ADSL-Forum": 3561, "Microsoft": 311, "Mikrotik": 14988, "Cisco": 9, "ERX": 4874,
    "Huawei": 2011, "WISPr": 14122, "ChilliSpot": 14559,
}  # fmt: skip


# Numbers below 103 that no RFC gives a meaning.
UNASSIGNED = {17, 21, 54, 93}


def attribute_lines(name: str) -> int:
    return sum(line.split()[:1] == ["ATTRIBUTE"] for line in read_debian(name).splitlines())


def test_every_attribute_line_of_debians_tree_is_an_attribute() -> None:
    """237 files, 12 of them outside the root; 8,604 lines, none skipped."""
    files = sorted(file.name for file in DEBIAN.iterdir())
    loaded = load_dictionary(read_debian, "dictionary", *APART)
    assert len(files) == 237
    assert len(loaded.attributes) == sum(attribute_lines(name) for name in files) == 8604
    assert len({entry.file for entry in loaded.attributes} - set(files)) == 0


@pytest.mark.parametrize("name", APART)
def test_each_file_outside_the_root_loads_on_top_of_it(name: str) -> None:
    loaded = load_dictionary(read_debian, "dictionary", name)
    added = loaded.attributes[len(debian_dictionary().attributes) :]
    assert len(added) == attribute_lines(name) > 0
    assert all(entry.file == name for entry in added)


def test_every_attribute_is_found_by_its_path_and_by_its_name_in_any_case() -> None:
    loaded = debian_dictionary()
    for entry in loaded.attributes:
        latest = loaded.at(entry.path)
        assert latest is not None
        for name in (entry.name, entry.name.lower(), entry.name.upper()):
            found = loaded.find(name, entry.vendor)
            assert found is not None and found.name.lower() == entry.name.lower()


def test_every_value_line_of_the_root_has_its_attribute() -> None:
    assert debian_dictionary().orphans == ()


def test_the_orphans_of_debians_tree_are_in_the_file_that_has_them() -> None:
    loaded = load_dictionary(read_debian, "dictionary", "dictionary.freedhcp")
    assert loaded.orphans
    assert all(line.startswith("dictionary.freedhcp:") for line in loaded.orphans)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((8,), "Framed-IP-Address"),
        ((26, 14988, 8), "Mikrotik-Rate-Limit"),
        ((26, 9, 1), "Cisco-AVPair"),
        ((241, 4), "Original-Packet-Code"),
        ((245, 26, 11344, 1), "FreeRADIUS-802.1X-Anonce"),
        ((26, 24757, 1, 1), "WiMAX-Release"),
        ((26, 9, 200), "Attr-26.9.200"),
        ((26,), "Attr-26"),
        ((200,), "X-Ascend-Token-Immediate"),
        ((199, 7), "Attr-199.7"),
    ],
)
def test_a_path_has_the_name_of_its_attribute_or_its_numbers(
    path: tuple[int, ...], name: str
) -> None:
    assert debian_dictionary().name_of(path) == name


@pytest.mark.parametrize(
    ("path", "number", "name"),
    [
        ((6,), 2, "Framed-User"),
        ((40,), 3, "Interim-Update"),
        ((49,), 1, "User-Request"),
        ((61,), 5, "Virtual"),
        ((64,), 13, "VLAN"),
        ((101,), 503, "Session-Context-Not-Found"),
    ],
)
def test_our_dictionary_names_the_values_that_operators_know(
    path: tuple[int, ...], number: int, name: str
) -> None:
    assert our_dictionary().value_name(path, number) == name
    assert our_dictionary().value_number(path, name.lower()) == number


def test_our_dictionary_has_the_rfcs_and_the_vendors_we_meet_first() -> None:
    loaded = our_dictionary()
    assert {vendor.name: vendor.number for vendor in loaded.vendors} == OUR_VENDORS
    assert loaded.orphans == ()
    numbers = {entry.path[0] for entry in loaded.attributes}
    assert set(range(1, 103)) - numbers == UNASSIGNED
    for vendor in OUR_VENDORS.values():
        assert any(entry.vendor == vendor for entry in loaded.attributes)


def test_every_file_of_ours_is_included() -> None:
    used = {entry.file for entry in our_dictionary().attributes}
    values_only = {
        "dictionary.rfc3580",
        "dictionary.rfc4603",
        "dictionary.rfc5176",
        "dictionary.iana",
    }
    assert {file.name for file in OURS.iterdir()} == used | values_only | {"dictionary"}
    for name in values_only:
        assert f"$INCLUDE  {name}\n" in read_ours("dictionary")


@functools.cache
def debian_with_digest() -> Dictionary:
    """Debian's root and the file of RFC 5090, which it leaves out."""
    return load_dictionary(read_debian, "dictionary", "dictionary.rfc5090")


def meaning(entry: Attribute | None) -> tuple[object, ...]:
    assert entry is not None
    flags = (entry.tagged, entry.encrypt, entry.array, entry.concat)
    return entry.path, entry.type, entry.size, flags


def test_ours_says_what_debians_says() -> None:
    debian = debian_with_digest()
    for entry in our_dictionary().attributes:
        assert meaning(entry) == meaning(debian.find(entry.name, entry.vendor))
        assert meaning(entry) == meaning(debian.at(entry.path))


def test_ours_has_every_attribute_of_the_files_it_covers() -> None:
    ours, files = our_dictionary(), {file.name for file in OURS.iterdir()}
    missing = [
        entry.name
        for entry in debian_with_digest().attributes
        if entry.file in files and ours.find(entry.name, entry.vendor) is None
    ]
    # Attribute 207 of a draft; its 206, a second Digest-Response, gives way to that of the RFC.
    assert missing == ["Digest-Attributes"]


@pytest.mark.parametrize("file", sorted(file.name for file in OURS.iterdir()))
def test_ours_has_every_value_of_the_files_it_covers(file: str) -> None:
    ours = our_dictionary()
    for line in read_debian(file).splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["VALUE"]:
            entry = ours.find(words[1])
            assert entry is not None
            number = int(words[3], 16 if words[3].startswith("0x") else 10)
            assert ours.value_number(entry.path, words[2]) == number, line
