"""What Prometheus reads."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from server.meters import Meters
from server.metrics import FAMILIES, render


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_every_family_has_its_source_and_a_name_by_the_conventions() -> None:
    meters = Meters()
    for family in FAMILIES:
        assert family.name.startswith("aaa_")
        assert not family.name.endswith("_total"), "the library adds it"
        assert (
            family.kind == "gauge"
            or hasattr(meters, family.source)
            or family.source
            in (
                "socket_drops",
                "desk_notes",
            )
        )
        assert family.help.endswith(".")
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_counters_gauges_and_histograms_come_out_in_seconds_and_with_labels() -> None:
    meters = Meters()
    meters.requests["edge", "access-request"] += 3
    meters.durations["access-request",].observe(700)
    meters.durations["access-request",].observe(3_000_000)
    meters.batch_sizes[()].observe(5)
    found = samples(render(meters, {"loop_lag": lambda: {(): 250_000}}))
    assert found["aaa_radius_requests_total", (("client", "edge"), ("code", "access-request"))] == 3
    code = ("code", "access-request")
    name = "aaa_radius_request_duration_seconds"
    assert found[f"{name}_bucket", (code, ("le", "0.001"))] == 1
    assert found[f"{name}_bucket", (code, ("le", "+Inf"))] == 2
    assert found[f"{name}_count", (code,)] == 2
    assert found[f"{name}_sum", (code,)] == 3.0007
    assert found["aaa_acct_commit_batch_size_count", ()] == 1
    assert found["aaa_event_loop_lag_seconds", ()] == 0.25


def test_a_counter_without_labels_is_there_from_the_start() -> None:
    assert samples(render(Meters(), {}))["aaa_radius_unknown_client_total", ()] == 0
