"""Every setting is documented, limited and says its unit; the shipped file holds the defaults."""

from __future__ import annotations

from typing import get_type_hints

import msgspec

from cli import settings
from cli.settings_table import Settings

UNITS = ("_days", "_s", "_ms", "_octets", "_max", "port", "url", "file", "listen", "level")
UNITS += ("format", "workers")


def test_the_shipped_file_is_the_defaults() -> None:
    shipped = (settings.CHECKOUT / "conf" / "tollhouse.toml").read_bytes()
    assert settings.parse(shipped, "conf/tollhouse.toml") == Settings()


def test_every_number_has_limits_and_a_unit_in_its_name() -> None:
    for section, struct in settings.sections().items():
        properties = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
        for name in get_type_hints(struct):
            described = properties[name]
            assert described["description"].endswith("."), f"{section}.{name}"
            assert name.endswith(UNITS), f"{section}.{name}"
            if described.get("type") == "integer":
                assert "minimum" in described and "maximum" in described, f"{section}.{name}"
