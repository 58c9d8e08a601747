"""The figures as Prometheus reads them: names, units, labels, in one table.

The table below is the whole list. `Collector` turns it and the plain counters of `server.meters`
into metric families when somebody scrapes, so counting costs nothing more than adding one.
`docs/metrics.md` is written from the same table by `python -m server.metrics_reference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector as RegistryCollector

from server.meters import Histogram, Meters

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]
Gauge = Callable[[], Mapping[Labels, float]]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Family(NamedTuple):
    """One published metric. `source` is a field of Meters, or names what is looked up."""

    name: str
    kind: Kind
    labels: Labels
    source: str
    help: str
    divisor: int = 1  # from the counted unit to the published one


_US: Final = 1_000_000

FAMILIES: Final = (
    Family("aaa_radius_requests", "counter", ("client", "code"), "requests",
           "Requests from known devices whose sums are right, repeats included."),
    Family("aaa_radius_responses", "counter", ("client", "code"), "responses",
           "Replies sent, those to repeats left out."),
    Family("aaa_radius_duplicates", "counter", ("code",), "duplicates",
           "Repeats of a request that is being decided or was answered lately."),
    Family("aaa_radius_dropped", "counter", ("reason",), "dropped",
           "Sound packets that got no answer by policy."),
    Family("aaa_radius_malformed", "counter", ("reason",), "malformed",
           "Packets from known devices that are not RADIUS, or whose sums are wrong."),
    Family("aaa_radius_bad_authenticator", "counter", ("client",), "bad_authenticator",
           "Packets whose authenticator or Message-Authenticator is wrong: compare the secrets."),
    Family("aaa_radius_missing_message_authenticator", "counter", ("client",),
           "missing_message_authenticator",
           "Packets dropped because they carry no Message-Authenticator."),
    Family("aaa_radius_unknown_client", "counter", (), "unknown_client",
           "Datagrams from addresses that are no device of ours."),
    Family("aaa_radius_shed", "counter", ("class",), "shed",
           "Requests turned away because too many waited, worst first: covered (an interim that a "
           "later one covers), interim, login, known (a login of somebody who is online or was "
           "lately), near (an interim of a session near the end of its hold), start, stop."),
    Family("aaa_radius_coalesced", "counter", (), "coalesced",
           "Interims that were decided behind a later one of the same session, under overload."),
    Family("aaa_radius_unsent", "counter", (), "unsent",
           "Datagrams that the kernel did not take."),
    Family("aaa_radius_socket_drops", "counter", ("port",), "socket_drops",
           "Datagrams that the kernel dropped because the port's receive buffer was full."),
    Family("aaa_radius_receive_buffer_bytes", "gauge", ("port",), "receive_buffers",
           "Receive buffer as the kernel granted it, the smallest of the port's sockets."),
    Family("aaa_radius_receive_buffer_wanted_bytes", "gauge", (), "receive_buffer_wanted",
           "Receive buffer as configured; where less was granted, ask `tollhouse doctor`."),
    Family("aaa_radius_request_duration_seconds", "histogram", ("code",), "durations",
           "From the arrival of a request to its decision being durable, reject delay left out.",
           _US),
    Family("aaa_radius_queue_length", "gauge", ("class",), "queue_length",
           "Requests and tasks that wait for the next batch."),
    Family("aaa_auth", "counter", ("result", "reason"), "logins",
           "Logins decided: accept, reject or silent, and why."),
    Family("aaa_auth_hash_queue_length", "gauge", (), "hash_queue_length",
           "Logins whose password hash is being computed or waits for it."),
    Family("aaa_acct_packets", "counter", ("type",), "records",
           "Accounting records decided, by type; failed: not recorded and not answered."),
    Family("aaa_acct_commit_seconds", "histogram", (), "batch_times",
           "Time a batch took to be loaded, decided and committed.", _US),
    Family("aaa_acct_commit_batch_size", "histogram", (), "batch_sizes",
           "Requests and tasks in one batch."),
    Family("aaa_sessions_active", "gauge", ("client",), "sessions_active",
           "Sessions that live, by device."),
    Family("aaa_desk", "gauge", ("figure",), "desk_figures",
           "Figures of the desk's working set."),
    Family("aaa_desk_events", "counter", ("event",), "desk_notes",
           "What happened in decisions: conflicts, suspense, resets and the like."),
    Family("aaa_disconnect", "counter", ("kind", "result"), "orders",
           "Orders to devices that came to an end: ack, nak, silence, obsolete."),
    Family("aaa_disconnect_duration_seconds", "histogram", ("kind",), "order_times",
           "From the first sending of an order to its end.", _US),
    Family("aaa_disconnect_pending", "gauge", (), "orders_pending",
           "Orders that wait or are being carried out."),
    Family("aaa_renewals", "counter", ("result",), "renewals",
           "Packages bought again by themselves: renewed; or not: no-money, held (something else "
           "moved the account, so it is tried again), refused. Tries after a payment count if they "
           "renew."),
    Family("aaa_db_up", "gauge", (), "db_up",
           "1 when the database has committed something lately."),
    Family("aaa_db_failed_batches", "counter", (), "failed_batches",
           "Batches that could not be made durable; nobody was answered."),
    Family("aaa_failed_tasks", "counter", ("task",), "failed_tasks",
           "Tasks of our own that failed and were tried again."),
    Family("aaa_ready", "gauge", (), "ready",
           "1 when /readyz and Status-Server are answered well."),
    Family("aaa_disk_free_bytes", "gauge", (), "disk_free",
           "Free space where the database lives, when it lives here."),
    Family("aaa_event_loop_lag_seconds", "gauge", (), "loop_lag",
           "How late the event loop was at the last look.", _US),
    Family("aaa_build_info", "gauge", ("version",), "build_info",
           "Always 1; the version is in the label."),
)  # fmt: skip


class Collector(RegistryCollector):
    """Reads the counters and the gauges when asked (prometheus_client's custom collector)."""

    def __init__(self, meters: Meters, gauges: Mapping[str, Gauge]) -> None:
        self._meters = meters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """Every family of the table."""
        for family in FAMILIES:
            if family.kind == "histogram":
                yield _histogram(family, getattr(self._meters, family.source))
            elif family.source in self._gauges:
                yield _plain(family, self._gauges[family.source]())
            else:
                yield _plain(family, getattr(self._meters, family.source, {}))


def render(meters: Meters, gauges: Mapping[str, Gauge]) -> bytes:
    """The text a scrape gets."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(meters, gauges))
    return generate_latest(registry)


def _plain(family: Family, values: Mapping[Labels, float]) -> Metric:
    made: CounterMetricFamily | GaugeMetricFamily
    if family.kind == "counter":
        made = CounterMetricFamily(family.name, family.help, labels=family.labels)
    else:
        made = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    if not family.labels and not values and family.kind == "counter":
        made.add_metric((), 0)
    for labels, value in sorted(values.items()):
        made.add_metric(labels, value / family.divisor if family.divisor > 1 else value)
    return made


def _histogram(family: Family, values: Mapping[Labels, Histogram]) -> Metric:
    made = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    for labels, histogram in sorted(values.items()):
        buckets: list[tuple[str, float]] = []
        below_n = 0
        for bound, count_n in zip(histogram.bounds, histogram.counts, strict=False):
            below_n += count_n
            buckets.append((f"{bound / family.divisor:g}", below_n))
        buckets.append(("+Inf", below_n + histogram.counts[-1]))
        made.add_metric(labels, buckets, histogram.total / family.divisor)
    return made
