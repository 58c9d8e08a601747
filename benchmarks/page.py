"""The table of a comparison, for a terminal and for README.md.

README.md keeps the newest figures between two markers; what stands between them is made from the
newest file in `results/` and nothing else, and a test compares them. `python -m benchmarks.page`
writes it again. Nothing here measures.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.figures import CONTESTANTS, SQLITE, Figures
from benchmarks.targets import TARGETS

HERE = Path(__file__).parent
README = HERE / "README.md"
RESULTS = HERE / "results"
BEGIN, END = "<!-- the newest comparison: begin -->", "<!-- the newest comparison: end -->"
WORKS = {
    "interims": "Interims",
    "pap": "PAP logins",
    "chap": "CHAP logins",
    "mschap": "MS-CHAPv2 logins",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns line up, so that it reads well on a terminal too."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def shown(value: float | None, unit: str) -> str:
    """A figure with its unit, with as many digits as mean something."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def verdicts(figures: Figures) -> str:
    """Each target, what was measured, and whether it was reached."""
    rows = []
    for target in TARGETS:
        value = target.ask(figures)
        least, aim = (
            "-"
            if bound is None
            else f"{'≤' if target.low_is_good else '≥'} {bound:g} {target.unit}"
            for bound in (target.least, target.aim)
        )
        rows.append((target.work, least, aim, shown(value, target.unit), target.verdict(value)))
    return table(("work", "at least", "aim", "measured", ""), rows)


def rates(figures: Figures) -> str:
    """The rate of each server at its best window, work by work."""
    rows = []
    seen = {server for work in WORKS for server in figures.curves.get(work, {})}
    for server in (one for one in CONTESTANTS if one in seen):
        cells = [server]
        for work in WORKS:
            best = figures.best(work, server)
            mark = " (with losses)" if best and best.troubles else ""
            cells.append(f"{best.rate:,.0f} at {best.window}{mark}" if best else "-")
        rows.append(cells)
    return table(("a second, at the best window", *WORKS.values()), rows)


def curves(figures: Figures) -> str:
    """Interims a second window by window, medians of the rounds."""
    servers = figures.curves.get("interims", {})
    windows = sorted({one.window for curve in servers.values() for one in curve})
    rows = []
    for server in (one for one in CONTESTANTS if one in servers):
        points = {one.window: one for one in servers.get(server, [])}
        cells = [
            f"{points[window].rate:,.0f}{'!' if points[window].troubles else ''}"
            if window in points
            else "-"
            for window in windows
        ]
        rows.append((server, *cells))
    return table(("interims a second by window", *map(str, windows)), rows)


def latencies(figures: Figures) -> str:
    """Waiting times at half the top rate, of all rounds the worst."""
    rows = [
        (
            server,
            f"{statistics.median(one.rates):,.0f}",
            *(shown(max(waits) / 1000, "ms") for waits in (one.p50_us, one.p99_us, one.max_us)),
            shown(max(one.disconnect_p99_us) / 1000, "ms"),
            f"{one.disconnected} of {one.exhausted}",
        )
        for server, one in figures.steady.items()
    ]
    head = ("at half the top rate", "a second", "p50", "p99", "max", "Disconnect p99", "sent")
    return table(head, rows)


def paces(figures: Figures) -> str:
    """Each moment at a constant rate, medians of the rounds, and the machine's own floor."""
    rows = [
        (
            f"{server}, {one.moment}" + (" (with losses)" if one.lost_n else ""),
            f"{statistics.median(one.rates):,.0f}",
            *(
                shown(statistics.median(waits) / 1000, "ms")
                for waits in (one.p50_us, one.p99_us, one.max_us)
            ),
            *(
                f"{statistics.median(cores):.2f}" if cores else "-"
                for cores in (one.server_cores, one.own_cores, one.queued_cores)
            ),
        )
        for server, all_of in figures.paces.items()
        for one in all_of
    ]
    head = (
        *("interims at a constant rate", "a second", "p50", "p99", "max"),
        *("cores of the server", "of the generator", "waited for"),
    )
    told = table(head, rows)
    if figures.flushes_us:
        waits = (
            f"{name} {shown(statistics.median(of) / 1000, 'ms')}"
            for name, of in figures.flushes_us.items()
        )
        told += (
            "\n\nA bare flush of 64 KiB written in place on that disk: " + ", ".join(waits) + "."
        )
    return told


def floods(figures: Figures) -> str:
    """Offered and answered, and what became of the rest; medians of the rounds."""
    rows = []
    for server, all_of in figures.floods.items():
        for one in all_of:
            turned = ", ".join(
                f"{word} {statistics.median(rates):,.0f}" for word, rates in one.turned.items()
            )
            rows.append(
                (
                    f"{server}, {one.factor:g} × its top rate",
                    *(f"{statistics.median(one.offered):,.0f}",),
                    *(f"{statistics.median(one.answered):,.0f}",),
                    shown(statistics.median(one.p99_us) / 1000, "ms"),
                    turned or "-",
                    f"{statistics.median(one.dropped):,.0f}",
                    f"{one.started} of {one.starts}",
                    shown(statistics.median(one.start_p99_us) / 1000, "ms"),
                    f"{statistics.median(one.server_cores):.2f}",
                    f"{statistics.median(one.own_cores):.2f}",
                )
            )
    head = (
        *("interims a second", "offered", "answered", "p99", "turned away, by rank"),
        *("dropped by the kernel", "Starts answered", "p99 of Starts"),
        *("cores of the server", "of the generator"),
    )
    return table(head, rows)


def crews(figures: Figures) -> str:
    """One worker and two; medians of the rounds."""
    rows = [
        (
            f"{workers}, {way}",
            f"{statistics.median(one.rates):,.0f}",
            shown(statistics.median(one.p99_us) / 1000, "ms"),
            *(
                f"{statistics.median(cores):.2f}" if cores else "-"
                for cores in (one.server_cores, one.database_cores, one.own_cores)
            ),
        )
        for way, crew in figures.crews.items()
        for workers, one in crew.items()
    ]
    head = ("workers on PostgreSQL", "interims a second", "p99", "cores of the workers")
    return table((*head, "of the database", "of the generators"), rows)


def scales(figures: Figures) -> str:
    """Few sessions and very many."""
    rows = []
    for server, one in figures.scale.items():
        for name, many in (("few", one.few_n), ("many", one.many_n)):
            cells = [f"{server}, {many:,} open"]
            for order in ("login", "random"):
                told = one.rates.get(f"{name} {order}")
                cells.append(f"{sum(told) / len(told):,.0f}" if told else "-")
            octets = one.resident_octets.get(name)
            cells.append(shown(octets / 1e6 if octets else None, "MB"))
            begun = one.serving_s if name == "many" else []
            cells.append(shown(min(begun) if begun else None, "s"))
            rows.append(cells)
    head = ("window 256", "login order", "random order", "memory", "first answer after")
    return table(head, rows)


def does(figures: Figures) -> str:
    """What each server did for a packet."""
    kinds = ("logins", "interims", "durability", "duplicates")
    rows = [
        (server, *(told.get(kind, "") for kind in kinds))
        for server, told in figures.per_packet.items()
    ]
    return table(("server", *kinds), rows)


def whole(figures: Figures) -> str:
    """The comparison as text."""
    machine = ", ".join(figures.machine.values())
    conditions = ", ".join(f"{name} {value}" for name, value in figures.conditions.items())
    parts = [
        f"{figures.date}, commit {figures.commit}; {machine}.\n{conditions}.",
        verdicts(figures),
    ]
    if figures.curves:
        told = "A `!` marks windows in which requests were lost or refused.\n\n"
        parts += [rates(figures), told + curves(figures)]
    if figures.steady:
        parts.append(latencies(figures))
    if figures.paces:
        parts.append(paces(figures))
    if figures.floods:
        parts.append(floods(figures))
    if figures.crews:
        parts.append(crews(figures))
    if SQLITE in figures.scale:
        parts.append(scales(figures))
    parts.append("What each did for a packet:\n\n" + does(figures))
    return "\n\n".join(parts)


def newest() -> Path | None:
    """The file of the newest recorded comparison; their names begin with the date."""
    return max(RESULTS.glob("*.json"), default=None, key=lambda path: path.name)


def with_newest(text: str) -> str:
    """README.md with the newest comparison between its markers."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    file = newest()
    made = whole(Figures.load(file)) if file else "No comparison has been recorded."
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def main() -> None:
    """Write README.md again."""
    README.write_text(with_newest(README.read_text()))


if __name__ == "__main__":
    main()
