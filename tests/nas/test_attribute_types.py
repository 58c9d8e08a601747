"""The attribute numbers against FreeRADIUS's dictionaries, which others wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nas import attribute_types

DICTIONARIES = Path("/usr/share/freeradius")
FILES = {
    "": [
        "rfc2865",
        "rfc2866",
        "rfc2869",
        "rfc3162",
        "rfc5090",
        "rfc5176",
        "rfc3576",
        "rfc4818",
        "rfc6911",
    ],
    "CISCO": ["cisco"],
    "ERX": ["erx"],
    "MICROSOFT": ["microsoft"],
    "MIKROTIK": ["mikrotik"],
    "WISPR": ["wispr"],
}
VENDORS = ("CISCO", "ERX", "MICROSOFT", "MIKROTIK", "WISPR")
VALUES = {"LOGIN", "FRAMED", "PPP", "LOCAL"}


def numbers_of(vendor: str) -> dict[str, int]:
    """Attribute names in capitals with underscores, and their numbers."""
    found: dict[str, int] = {}
    for file in FILES[vendor]:
        text = (DICTIONARIES / f"dictionary.{file}").read_text("utf-8")
        for name, number in re.findall(r"^ATTRIBUTE\s+(\S+)\s+(\d+)\s", text, re.MULTILINE):
            found.setdefault(name.upper().replace("-", "_"), int(number))
    return found


def ours() -> list[tuple[str, str, int]]:
    """(vendor or nothing, name, number) of every attribute we name."""
    found = []
    for name, number in vars(attribute_types).items():
        if not name.isupper() or name in VALUES or name in VENDORS:
            continue
        vendor = next(
            (of for of in ("CISCO", "ERX", "MIKROTIK", "WISPR") if name.startswith(of + "_")), ""
        )
        if name.startswith("MS_"):
            vendor = "MICROSOFT"
        found.append((vendor, name, number))
    return found


@pytest.mark.parametrize(("vendor", "name", "number"), ours())
def test_an_attribute_has_the_number_the_dictionaries_give_it(
    vendor: str, name: str, number: int
) -> None:
    assert numbers_of(vendor)[name] == number


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_has_the_number_the_dictionaries_give_it(vendor: str) -> None:
    text = (DICTIONARIES / f"dictionary.{vendor.lower()}").read_text("utf-8")
    found = re.search(r"^VENDOR\s+\S+\s+(\d+)", text, re.MULTILINE)
    assert found is not None
    assert int(found[1]) == getattr(attribute_types, vendor)


@pytest.mark.parametrize(
    ("attribute", "value", "ours"),
    [
        ("Service-Type", "Login-User", attribute_types.LOGIN),
        ("Service-Type", "Framed-User", attribute_types.FRAMED),
        ("Framed-Protocol", "PPP", attribute_types.PPP),
        ("Acct-Authentic", "Local", attribute_types.LOCAL),
    ],
)
def test_a_value_has_the_number_the_dictionaries_give_it(
    attribute: str, value: str, ours: int
) -> None:
    text = "".join((DICTIONARIES / f"dictionary.{file}").read_text("utf-8") for file in FILES[""])
    found = re.search(rf"^VALUE\s+{attribute}\s+{value}\s+(\d+)", text, re.MULTILINE)
    assert found is not None
    assert int(found[1]) == ours
