"""Writes `docs/metrics.md` from the table of metrics: `python -m server.metrics_reference`.

A test compares the page with what this writes, so the page cannot rot. What stands in the table
itself is decided in `server.metrics`.
"""

from __future__ import annotations

import sys

from server.metrics import FAMILIES

_HEAD = """\
# Metrics

`GET /metrics` on the metrics port answers in the Prometheus text format. Units are seconds and
bytes; every label has a bounded set of values: `client` is the name of a device, never a user, a
MAC or a session. This page is written from the code by
`python -m server.metrics_reference > docs/metrics.md`.

| Metric | Kind | Labels | Meaning |
|---|---|---|---|
"""

_TAIL = """
A histogram has the series `_bucket`, `_sum` and `_count`. `GET /livez` answers 200 while the event
loop turns; `GET /readyz` answers 200 when new logins are welcome, and 503 with the reasons, one a
line, when they are not. Status-Server is answered exactly when `/readyz` says 200.
"""


def reference() -> str:
    """The page."""
    rows = []
    for family in FAMILIES:
        name = family.name + ("_total" if family.kind == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in family.labels) or "-"
        rows.append(f"| `{name}` | {family.kind} | {labels} | {family.help} |\n")
    return _HEAD + "".join(rows) + _TAIL


if __name__ == "__main__":
    sys.stdout.write(reference())
