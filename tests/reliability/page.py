"""Writes docs/reliability.md from what was recorded: `make docs`.

Every figure of the page lies in a JSON file that the tool which measured it wrote (`--record`):
the simulator, the planted bugs, chaos, the comparison, fuzzing. What was found on the way, with
cause and fix, is in `violations.json` and in the fuzzer's own list. Prose is in `page.md` beside
this module, with one marker for each table. Nothing is typed into the page by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "reliability.md"
PROSE = HERE / "page.md"
CHAOS = ROOT / "tests" / "chaos" / "results"
YEAR_US = 1_000_000 * 86_400 * 365.25


def read(path: Path) -> Any:
    """A recorded file. Raises FileNotFoundError: the page cannot be made without it."""
    return json.loads(path.read_text())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers get thousands separated."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return str(value).replace("|", "\\|")


# -------------------------------------------------------------------- the simulator


def simulated() -> str:
    """Size and pace of the recorded runs."""
    found = read(ROOT / "tests" / "simulation" / "results.json")
    figures = found["figures"]
    runs = found["runs"]
    virtual = found["virtual_us"]
    rows: list[tuple[str, object]] = [
        ("seeds", found["seeds_n"]),
        ("recorded runs, from commit to commit", f"{runs[0]['commit']} to {runs[-1]['commit']}"),
        ("seeds played twice, the second time under another hash seed",
         figures.get("seeds played twice", 0)),
        ("virtual time, years", round(virtual / YEAR_US, 2)),
        ("times as fast as real time", round(virtual / 1e6 / max(found["cpu_s"], 1))),
        ("seeds per second and core", round(found["seeds_n"] / max(found["cpu_s"], 1), 1)),
        ("callbacks run", found["steps_n"]),
    ]  # fmt: skip
    rows += [(name, figures[name]) for name in sorted(figures) if name != "seeds played twice"]
    return table(("what", "how many"), rows)


def crash_points() -> str:
    """How often the server passed each named point, and how often it died there."""
    found = read(ROOT / "tests" / "simulation" / "results.json")
    crashed = found["points_crashed"]
    rows = [
        (f"`{name}`", count, crashed.get(name, 0))
        for name, count in sorted(found["points_passed"].items())
    ]
    return table(("crash point", "passed", "died there"), rows)


def overdrafts() -> str:
    """The overdraft that came nearest to its bound, by the kind of router."""
    found = read(ROOT / "tests" / "simulation" / "results.json")["overdrafts"]
    rows = [
        (name, micros, bound, f"{100 * micros / bound:.0f} %" if bound else "-")
        for name, (micros, bound) in sorted(found.items())
    ]
    return table(("router", "worst overdraft, micros", "its bound, micros", "share"), rows)


def planted() -> str:
    """Every planted bug: what it breaks, who notices, after how many seeds."""
    found = read(ROOT / "tests" / "simulation" / "planted.json")
    rows = [
        (
            f"`{bug['name']}`",
            bug["breaks"],
            ", ".join(bug["found_by"]),
            ", ".join(str(n) if n is not None else "not yet" for n in bug["seeds_needed"]),
        )
        for bug in found["bugs"]
    ]
    head = ("bug", "what it breaks", "found by", "seeds needed")
    hits = [bug["seeds_needed"][0] for bug in found["bugs"] if bug["seeds_needed"][0] is not None]
    told = (
        f"{len(found['bugs'])} bugs were planted and {len(hits)} found, half of them within "
        f"{sorted(hits)[len(hits) // 2]} seeds and the last one within {max(hits)}; the same seeds "
        f"without bugs raised {len(found['false_alarms'])} alarms."
    )
    return f"{told}\n\n{table(head, rows)}"


# -------------------------------------------------------------------- found on the way


def violations() -> str:
    """What the simulator, chaos and the reviews found in the shipped code."""
    rows = [
        (one["found_by"], one["broken"], one["what"], one["cause"], one["fix"])
        for one in read(HERE / "violations.json")
    ]
    return table(("found by", "broken", "what happened", "cause", "fix"), rows)


# -------------------------------------------------------------------- real processes


def chaos() -> str:
    """The attacks on real servers."""
    rows = []
    for path in sorted(CHAOS.glob("*.json")):
        found = read(path)
        if "attack" not in found:
            continue
        recovery = found["recovery_ms"]
        rows.append(
            (
                found["attack"],
                found["database"],
                found["rounds"],
                found["acked"],
                found["lost"],
                found["doubled"],
                found["committed_unacked"],
                f"{recovery['p50']:.0f} / {recovery['p99']:.0f}" if recovery else "-",
                _verdict(found),
            )
        )
    head = ("attack", "database", "rounds", "acknowledged", "lost", "doubled")
    more = ("committed, not acknowledged", "ms to the first answer, p50 / p99", "verdict")
    return table(head + more, rows)


def _verdict(found: dict[str, Any]) -> str:
    if found["must_fail"]:
        return "fails, as it must" if found["passed"] else "did not fail, though it must"
    return "passed" if found["passed"] else "FAILED: " + "; ".join(found["findings"][:2])


def overload() -> str:
    """What was offered, carried and shed."""
    rows: list[tuple[object, ...]] = []
    for path in sorted(CHAOS.glob("overload-*.json")):
        found = read(path)
        for name, value in sorted(found["remarks"].items()):
            shown = value
            if isinstance(value, dict):
                shown = ", ".join(f"{rank} {count:,}" for rank, count in value.items())
            elif isinstance(value, list):
                shown = ", ".join(str(one) for one in value)
            rows.append((found["database"], name, shown))
    return table(("database", "what", "how much"), rows)


def compare() -> str:
    """The same histories, played to each server; and how each was set up."""
    found = read(CHAOS / "compare.json")
    rows = [
        (
            row["history"],
            row["told"],
            row["server"],
            row["acked"],
            row["lost"],
            row["doubled"],
            row["understated_octets"],
            row["overcounted_octets"],
            row["overdraft_octets"],
        )
        for row in found["rows"]
    ]
    head = ("history", "what happens", "server", "acknowledged", "records lost", "doubled")
    more = ("octets understated", "octets counted too much", "octets beyond the quota")
    lines = [table(head + more, rows), "", "How each was set up:", ""]
    for name, server in found["servers"].items():
        lines.append(f"* **{name}** ({server['version'].partition(', for host')[0]})")
        lines += [f"  * {what}: {how}" for what, how in server["switched_on"].items()]
    return "\n".join(lines)


def findings() -> str:
    """What fuzzing found."""
    lines = (ROOT / "tests" / "fuzz" / "findings.jsonl").read_text().splitlines()
    rows = [(one["where"], one["what"], one["fix"]) for one in map(json.loads, lines)]
    return table(("where", "what happened", "fix"), rows)


def fuzzed() -> str:
    """Executions by target."""
    found = read(ROOT / "tests" / "fuzz" / "results.json")
    rows = [(f"`{name}`", sum(by.values())) for name, by in sorted(found.items())]
    rows.append(("in all", sum(sum(by.values()) for by in found.values())))
    return table(("target", "executions"), rows)


MARKERS: dict[str, Callable[[], str]] = {
    "simulated": simulated,
    "crash_points": crash_points,
    "overdrafts": overdrafts,
    "planted": planted,
    "violations": violations,
    "chaos": chaos,
    "overload": overload,
    "compare": compare,
    "fuzzed": fuzzed,
    "findings": findings,
}


def page() -> str:
    """The whole page."""
    text = PROSE.read_text()
    for name, make in MARKERS.items():
        marker = f"<!-- {name} -->"
        assert text.count(marker) == 1, f"page.md has no {marker}"
        text = text.replace(marker, make())
    return text


def main() -> int:
    """Write the page."""
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
