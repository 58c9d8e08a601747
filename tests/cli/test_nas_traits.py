"""Prefixes are canonical and each is said once."""

from __future__ import annotations

import pytest

from cli.errors import HouseError
from cli.nas_traits import prefixes_of


def test_prefixes_become_canonical() -> None:
    given = ("10.0.0.1", "2001:DB8::", "10.0.0.1/32", " 192.0.2.0/24 ")
    assert prefixes_of(given) == ("10.0.0.1/32", "2001:db8::/128", "192.0.2.0/24")


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "10.0.0.1/24", "host.example", "::g"])
def test_what_is_no_prefix_is_named(text: str) -> None:
    with pytest.raises(HouseError, match="--address"):
        prefixes_of((text,))
