"""Logs: one line for each event, secrets never."""

from __future__ import annotations

import io
import json

import pytest
import structlog

from server import logs


@pytest.fixture(autouse=True)
def _restore() -> object:
    yield
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_logs_are_one_object_a_line_with_level_and_utc_time() -> None:
    stream = io.StringIO()
    logs.configure(level="info", form="json", stream=stream)
    logs.get_log().info("serving", devices=3, hostile="a\nb\x1b[31m\u202e")
    (line,) = lines(stream)
    assert line["event"] == "serving" and line["level"] == "info" and line["devices"] == 3
    assert str(line["timestamp"]).endswith("Z")
    assert stream.getvalue().count("\n") == 1


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    logs.configure(level="warning", form="json", stream=stream)
    logs.get_log().info("chatter")
    logs.get_log().warning("matter")
    assert [line["event"] for line in lines(stream)] == ["matter"]


def test_secrets_are_blanked_by_their_name() -> None:
    stream = io.StringIO()
    logs.configure(level="info", form="json", stream=stream)
    logs.get_log().info("x", secret="planted", user_password="planted", api_key="planted", n=1)
    assert "planted" not in stream.getvalue()


def test_an_error_brings_its_traceback() -> None:
    stream = io.StringIO()
    logs.configure(level="info", form="json", stream=stream)
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        logs.get_log().error("failed", exc_info=error)
    assert "RuntimeError: broken" in str(lines(stream)[0]["exception"])


def test_the_console_form_is_for_people() -> None:
    stream = io.StringIO()
    logs.configure(level="info", form="console", stream=stream)
    logs.get_log().info("serving", devices=3)
    assert "serving" in stream.getvalue() and "devices=3" in stream.getvalue()


@pytest.mark.parametrize(("level", "form"), [("loud", "json"), ("info", "xml")])
def test_an_unknown_level_or_form_is_refused(level: str, form: str) -> None:
    with pytest.raises(ValueError, match="not one we know"):
        logs.configure(level=level, form=form)
