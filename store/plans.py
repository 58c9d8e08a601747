"""Plans in their table: the record as JSON, beside the columns that are searched.

What a plan means was settled on the day it was loaded; the stored record says it in full, so that
no later reading of its source text can change a price. Fields that a newer program knows and an old
row lacks take their defaults.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Select, select

from accounting.in_force import Version
from domain.plan import Plan
from store.rows import Row
from store.schema import plans

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Plan)

PLAN_COLUMNS = (plans.c.body, plans.c.source, plans.c.sample)


def plan_row(plan: Plan, *, created_us: int, at_once: bool = False) -> dict[str, Any]:
    """The row of a plan, ready for `insert(plans)`."""
    body = {name: getattr(plan, name) for name in plan.__slots__ if name != "source"}
    return {
        "plan_id": plan.plan_id,
        "name": plan.name,
        "version": plan.version,
        "currency": plan.currency,
        "sample": plan.sample,
        "created_us": created_us,
        "body": _ENCODER.encode(body).decode(),
        "source": plan.source,
        "at_once": at_once,
    }


def plan_of(row: Row) -> Plan:
    """The plan of a row of PLAN_COLUMNS."""
    body, source, sample = row
    return _plan(body, source, bool(sample))


def version_of(row: Row) -> Version:
    """The version of a row of PLAN_COLUMNS, `created_us` and `at_once`."""
    *plan, created_us, at_once = row
    return Version(plan_of(plan), int(created_us), bool(at_once))


@lru_cache(maxsize=256)
def _plan(body: str, source: str, sample: bool) -> Plan:
    """Plans never change, and every batch of logins reads those that it needs."""
    return replace(_DECODER.decode(body), source=source, sample=sample)


def select_plans() -> Select[Any]:
    """All versions of all plans, as rows for `plan_of`, by name and then newest first."""
    return select(*PLAN_COLUMNS).order_by(plans.c.name, plans.c.version.desc())
