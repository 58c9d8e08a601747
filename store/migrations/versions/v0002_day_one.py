"""Day one: packages, walled gardens, adoption, static addresses, the audit, looking things up.

Its DDL is in `v0002_sqlite.sql` and `v0002_postgresql.sql`, frozen. Plans that had a number of days
get a package of that validity and no price, which is what they meant.
"""

from __future__ import annotations

import json

from alembic import op
from sqlalchemy import column, select, table, update

from store.migrations.ddl import run_ddl

revision = "0002"
down_revision = "0001"

_PLANS = table("plans", column("plan_id"), column("body"))


def upgrade() -> None:
    """Add what is new, and say the plans anew."""
    run_ddl("v0002")
    connection = op.get_bind()
    for plan_id, body in connection.execute(select(_PLANS.c.plan_id, _PLANS.c.body)).all():
        plan = json.loads(body)
        days = plan.pop("validity_days", None)
        if days is not None:
            plan["package"] = {"validity": {"count": days, "span": "days"}}
        changed = update(_PLANS).where(_PLANS.c.plan_id == plan_id)
        connection.execute(changed.values(body=json.dumps(plan, sort_keys=True)))
