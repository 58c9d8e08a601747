"""Figures of several workers as those of one: what is added, what is the worst, what stays."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from server.worker_figures import WorkerFigures

PAGE = """# HELP aaa_ready Ready.
# TYPE aaa_ready gauge
aaa_ready {ready}
# HELP aaa_sessions Sessions.
# TYPE aaa_sessions gauge
aaa_sessions {sessions}
# HELP aaa_event_loop_lag_seconds Lag.
# TYPE aaa_event_loop_lag_seconds gauge
aaa_event_loop_lag_seconds {lag}
# HELP aaa_requests_total Requests.
# TYPE aaa_requests_total counter
aaa_requests_total{{kind="interim"}} {requests}
# HELP aaa_times_seconds Times.
# TYPE aaa_times_seconds histogram
aaa_times_seconds_bucket{{le="1"}} {requests}
aaa_times_seconds_bucket{{le="+Inf"}} {requests}
aaa_times_seconds_sum 1.5
aaa_times_seconds_count {requests}
# HELP aaa_radius_socket_drops_total Drops.
# TYPE aaa_radius_socket_drops_total counter
aaa_radius_socket_drops_total{{port="1813"}} 7
"""


def page(*, ready: int = 1, sessions: int = 0, lag: float = 0.0, requests: int = 0) -> str:
    """A worker's page."""
    return PAGE.format(ready=ready, sessions=sessions, lag=lag, requests=requests)


def shown(figures: WorkerFigures) -> dict[str, float]:
    """The page of all, by the name of the sample."""
    families = text_string_to_metric_families(figures.page().decode())
    return {
        "".join([one.name, *(f"[{value}]" for value in one.labels.values())]): one.value
        for family in families
        for one in family.samples
    }


def test_parts_are_added_up_and_of_the_rest_the_worst_is_shown() -> None:
    figures = WorkerFigures(2)
    figures.heard(0, page(sessions=3, lag=0.5, requests=10))
    figures.heard(1, page(ready=0, sessions=4, lag=0.25, requests=5))
    found = shown(figures)
    assert found["aaa_sessions"] == 7
    assert found["aaa_ready"] == 0
    assert found["aaa_event_loop_lag_seconds"] == 0.5
    assert found["aaa_requests_total[interim]"] == 15
    assert found["aaa_times_seconds_bucket[1]"] == found["aaa_times_seconds_count"] == 15
    assert found["aaa_times_seconds_sum"] == 3


def test_what_a_worker_had_counted_stays_counted_when_it_dies() -> None:
    figures = WorkerFigures(2)
    figures.heard(0, page(sessions=3, requests=10))
    figures.heard(1, page(sessions=4, requests=5))
    figures.ended(1)
    found = shown(figures)
    assert found["aaa_requests_total[interim]"] == 15
    assert found["aaa_sessions"] == 3, "its sessions are counted by its successor"
    figures.heard(1, page(sessions=4, requests=1))
    found = shown(figures)
    assert found["aaa_requests_total[interim]"] == 16
    assert found["aaa_sessions"] == 7


def test_drops_at_a_socket_that_outlives_its_worker_are_counted_once() -> None:
    figures = WorkerFigures(1)
    figures.heard(0, page())
    figures.ended(0)
    figures.heard(0, page())
    assert shown(figures)["aaa_radius_socket_drops_total[1813]"] == 7


def test_of_nobody_there_is_nothing_to_show() -> None:
    assert WorkerFigures(2).page() == b""
