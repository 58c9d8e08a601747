"""The figures of several workers as those of one server.

Each worker tells its own figures; here they are folded into one page. What a worker counted before
it died stays counted, up to when it was last asked, so that no counter falls when its successor
begins at nothing. Gauges are added up where each worker has a part of the whole, else the worst of
them is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector as RegistryCollector

Sample = tuple[str, tuple[tuple[str, str], ...]]
Samples = dict[Sample, float]

WORST: Final[dict[str, Callable[[Iterable[float]], float]]] = {
    "aaa_db_up": min,
    "aaa_ready": min,
    "aaa_disk_free_bytes": min,
    "aaa_radius_receive_buffer_bytes": min,
    "aaa_radius_receive_buffer_wanted_bytes": min,
    "aaa_event_loop_lag_seconds": max,
    "aaa_build_info": max,
}
# A worker's sockets outlive it, and the kernel goes on counting at them.
OUTLIVING: Final = frozenset({"aaa_radius_socket_drops"})


class WorkerFigures(RegistryCollector):
    """What was heard of each worker last, and what those before it had counted."""

    def __init__(self, workers_n: int) -> None:
        self._last: list[dict[str, Metric]] = [{} for _ in range(workers_n)]
        self._before: dict[str, Samples] = {}

    def heard(self, worker: int, page: str) -> None:
        """A worker's figures, as its page tells them now."""
        families = text_string_to_metric_families(page)
        self._last[worker] = {family.name: family for family in families}

    def ended(self, worker: int) -> None:
        """This worker is no more: keep what it had counted."""
        for name, family in self._last[worker].items():
            if family.type != "gauge" and name not in OUTLIVING:
                kept = self._before.setdefault(name, {})
                for key, value in _samples(family):
                    kept[key] = kept.get(key, 0.0) + value
        # The families stay, empty, so that what only it had counted is still shown.
        self._last[worker] = {
            name: Metric(name, family.documentation, family.type)
            for name, family in self._last[worker].items()
        }

    def collect(self) -> Iterator[Metric]:
        """Each family once, over all workers (prometheus_client's custom collector)."""
        names = sorted({name for families in self._last for name in families})
        for name in names:
            yield self._folded(name, [one[name] for one in self._last if name in one])

    def _folded(self, name: str, families: list[Metric]) -> Metric:
        first = families[0]
        found: dict[Sample, list[float]] = {}
        for key, value in self._before.get(name, {}).items():
            found.setdefault(key, []).append(value)
        for family in families:
            for key, value in _samples(family):
                found.setdefault(key, []).append(value)
        fold = WORST.get(name, sum)
        made = Metric(name, first.documentation, first.type)
        for (sample, labels), values in found.items():
            made.add_sample(sample, dict(labels), fold(values))
        return made

    def page(self) -> bytes:
        """The text a scrape gets."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)


def _samples(family: Metric) -> Iterator[tuple[Sample, float]]:
    for sample in family.samples:
        yield (sample.name, tuple(sample.labels.items())), sample.value
