"""Each class that the settings name has a shelf, and what is kept for ever has none."""

from __future__ import annotations

from typing import get_type_hints

from cli.settings_table import RetentionSettings
from store import schema
from store.retention import SHELVES, Kind


def test_every_setting_has_its_shelf_and_every_shelf_its_setting() -> None:
    assert {f"{kind}_days" for kind in SHELVES} == set(get_type_hints(RetentionSettings))
    assert set(SHELVES) == set(Kind)


def test_ledger_purchases_and_audit_have_none() -> None:
    kept = {schema.entries, schema.postings, schema.purchases, schema.audit, schema.accounts}
    assert not kept & {shelf.table for shelf in SHELVES.values()}


def test_a_row_is_named_by_its_whole_key() -> None:
    for kind, shelf in SHELVES.items():
        assert {column.name for column in shelf.key} == {
            column.name for column in shelf.table.primary_key
        }, kind
