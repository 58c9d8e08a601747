"""Entries of a dictionary: whose an attribute is, and whether it can travel."""

from __future__ import annotations

import pytest

from radius.entries import CONTAINERS, NUMBERS, TYPES, Attribute, Vendor
from radius.vendors import VendorFormat


@pytest.mark.parametrize(
    ("path", "vendor"),
    [
        ((8,), 0),
        ((26,), 0),
        ((26, 9, 1), 9),
        ((26, 24757, 1, 1), 24757),
        ((241, 5, 1), 0),
        ((241, 26), 0),
        ((245, 26, 11344, 1), 11344),
    ],
)
def test_the_vendor_of_an_attribute_is_in_its_path(path: tuple[int, ...], vendor: int) -> None:
    assert Attribute("A", path, "string").vendor == vendor


@pytest.mark.parametrize(
    ("path", "virtual", "travels"),
    [((1,), False, True), ((255,), False, True), ((256,), False, False), ((0,), False, False),
     ((1,), True, False), ((26, 9, 5000), False, True)],
)  # fmt: skip
def test_a_servers_own_attributes_do_not_travel(
    path: tuple[int, ...], virtual: bool, travels: bool
) -> None:
    assert Attribute("A", path, "string", virtual=virtual).travels is travels


def test_containers_and_numbers_are_types() -> None:
    assert CONTAINERS < TYPES and NUMBERS < TYPES and not CONTAINERS & NUMBERS


def test_a_vendor_has_the_usual_format_unless_it_says_otherwise() -> None:
    assert Vendor("A", 1).format == VendorFormat(1, 1, False)
