"""The doctor finds what it should, says what to do, and shows no secret."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cli import doctor_machine
from store.sqlite_driver import install
from tests.cli.house import House, login
from tests.peers.ports import free_port


def remarks(house: House, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in house.json("doctor", code=code):
        found.setdefault(row["topic"], []).append(row)
    return found


def levels(house: House, topic: str, code: int = 0) -> list[str]:
    return [row["level"] for row in remarks(house, code)[topic]]


def test_the_sample_and_its_secret_are_pointed_at(house: House) -> None:
    found = remarks(house)
    assert "subscriber alice" in found["sample"][0]["text"]
    assert [row["level"] for row in found["NAS local"]] == ["warning", "warning"]
    assert "testing123" not in str(found) and "wonderland" not in str(found)
    assert found["database"][0]["text"].startswith("revision 0")


def test_a_backup_of_the_key_is_demanded_until_it_is_noted(sample: House) -> None:
    assert levels(sample, "key backup") == ["warning"]
    sample.run("doctor", "--key-backed-up")
    assert levels(sample, "key backup") == ["ok"]


def test_a_key_file_that_others_can_read_is_a_fault(sample: House) -> None:
    key_file = sample.config.parent.parent / "var" / "tollhouse.key"
    key_file.chmod(0o644)
    assert levels(sample, "key file", code=1) == ["fault"]


def test_a_missing_key_file_is_a_fault(sample: House) -> None:
    (sample.config.parent.parent / "var" / "tollhouse.key").unlink()
    assert "fault" in levels(sample, "key file", code=1)


def test_a_missing_database_is_a_fault(bare: House) -> None:
    found = remarks(bare, code=1)
    assert "run `tollhouse init`" in found["database"][0]["text"]


def test_a_server_that_does_not_run_is_a_warning(sample: House) -> None:
    text = sample.config.read_text()  # on the usual port a server of this machine may well answer
    sample.config.write_text(text.replace("port = 9812", f"port = {free_port()}"))
    (remark,) = remarks(sample)["server"]
    assert (remark["level"], remark["advice"]) == ("warning", "`tollhouse serve`")


@pytest.mark.parametrize(("allowed", "level"), [(212_992, "warning"), (4_194_304, "ok")])
def test_a_kernel_that_grants_too_small_a_buffer_is_pointed_at(
    sample: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int, level: str
) -> None:
    limit = tmp_path / "rmem_max"
    limit.write_text(f"{allowed}\n")
    monkeypatch.setattr(doctor_machine, "RMEM_MAX", limit)
    (remark,) = remarks(sample)["socket buffers"]
    assert remark["level"] == level
    assert str(allowed) in remark["text"] and "4194304" in remark["text"]
    if level == "warning":
        assert "sysctl -w net.core.rmem_max=4194304" in remark["advice"]


class Pages(BaseHTTPRequestHandler):
    """A server that runs well, but whose kernel had no room for some datagrams."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path == "/metrics":
            self.wfile.write(
                b'aaa_radius_socket_drops_total{port="1812"} 0.0\n'
                b'aaa_radius_socket_drops_total{port="1813"} 1.234567e+06\n'
            )

    def log_message(self, *_: object) -> None:
        pass


def test_datagrams_that_the_kernel_threw_away_are_pointed_at(sample: House) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as pages:
        Thread(target=pages.serve_forever, daemon=True).start()
        text = sample.config.read_text()
        settings, metrics = text.split("[metrics]\n")
        _, rest = metrics.split("port = ", 1)
        port = pages.server_address[1]
        sample.config.write_text(f"{settings}[metrics]\nport = {port}\n{rest.split(chr(10), 1)[1]}")
        (remark,) = remarks(sample)["lost datagrams"]
        pages.shutdown()
    assert remark["level"] == "warning"
    assert "1234567 at port 1813" in remark["text"] and "1812" not in remark["text"]


def test_a_clock_that_is_behind_the_books_is_a_fault(sample: House) -> None:
    sample.serve(login())
    path = Path(sample.database_url.removeprefix("sqlite:///"))
    connection = install().connect(str(path))
    connection.execute("UPDATE decisions SET decided_us = decided_us + 86400000000")
    connection.commit()
    connection.close()
    assert levels(sample, "clock", code=1) == ["fault"]


def test_people_can_read_it(sample: House) -> None:
    text = sample.run("doctor").stdout
    assert "WHAT TO DO" in text and "tollhouse doctor --key-backed-up" in text
