"""Every setting reaches the part that it is for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import msgspec

from cli import settings, wiring
from cli.settings import Place
from cli.settings_table import LogSettings, Settings

CHANGED = b"""
[radius]
listen = ["127.0.0.1"]
auth_port = 1
acct_port = 2
reject_delay_ms = 3
reply_cache_s = 7
queue_max = 2000
batch_max = 9
receive_buffer_octets = 100000
[accounting]
interim_s = 61
clock_skew_s = 62
stale_min_s = 63
start_wait_s = 64
hold_margin_s = 65
disconnect_wait_s = 66
[metrics]
listen = "::1"
port = 5
"""


def test_every_changed_setting_changes_what_is_wired() -> None:
    changed = settings.parse(CHANGED, "x")
    assert asdict(wiring.desk_settings(changed)) == {
        "reject_delay_us": 3_000,
        "interim_s": 61,
        "clock_skew_s": 62,
        "start_wait_s": 64,
        "hold_margin_s": 65,
        "stale_min_s": 63,
        "disconnect_wait_s": 66,
        "known_max_n": wiring.KNOWN_MAX_N,
    }
    limits = wiring.limits(changed)
    assert (limits.listen, limits.auth_port, limits.acct_port) == (("127.0.0.1",), 1, 2)
    assert (limits.reply_keep_us, limits.queue_max_n, limits.batch_max_n) == (7_000_000, 2000, 9)
    assert limits.receive_buffer_octets == 100_000
    sections = set(msgspec.structs.asdict(changed)) - {"database", "keys", "log", "retention"}
    assert sections == {"radius", "accounting", "metrics"}, "a new section needs wiring"


def test_the_disk_is_watched_where_the_database_is_a_file() -> None:
    changed = settings.parse(CHANGED, "x")
    place = Place(changed, Path("x"), "sqlite:////srv/t/t.db", Path("k"))
    assert wiring.outside(place).disk_path == "/srv/t"
    assert wiring.outside(place).metrics_listen == ("::1", 5)
    away = Place(changed, Path("x"), "postgresql://h/n", Path("k"))
    assert wiring.outside(away).disk_path is None


def test_the_log_is_json_where_no_person_reads_it() -> None:
    assert wiring.log_form(LogSettings()) == "json"
    assert wiring.log_form(LogSettings(format="console")) == "console"
    assert Settings().log.format == "auto"
