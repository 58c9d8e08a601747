"""Structured logs: one JSON object a line for machines, or text for a person at a terminal.

Nothing is logged for a packet on the hot road; figures are for that (`server.metrics`). Secrets,
passwords and packets' contents are never passed to a log call; what looks like a secret by its
name is blanked all the same, as a second lock.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Protocol, TextIO

import orjson
import structlog

_SECRET_NAMES: Final = ("secret", "password", "credential", "authenticator", "key", "token")
LEVELS: Final = ("debug", "info", "warning", "error")


class Log(Protocol):
    """What the server says to its operator: an event in plain words, and named facts."""

    def info(self, event: str, **facts: Any) -> Any:
        """Something an operator may like to know."""

    def warning(self, event: str, **facts: Any) -> Any:
        """Something an operator should look at."""

    def error(self, event: str, **facts: Any) -> Any:
        """Something that is broken."""


def configure(*, level: str, form: str, stream: TextIO | None = None) -> None:
    """Set up logging for the process: `form` is "json" or "console", `level` one of LEVELS.

    Raises ValueError for another level or form.
    """
    if level not in LEVELS or form not in ("json", "console"):
        raise ValueError(f"log level {level!r} or format {form!r} is not one we know")
    out = stream or sys.stderr
    last: Any
    if form == "json":
        last = structlog.processors.JSONRenderer(serializer=_json)
    else:
        last = structlog.dev.ConsoleRenderer(colors=out.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            blank_secrets,
            *([structlog.processors.format_exc_info] if form == "json" else []),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )


def get_log(**facts: Any) -> Log:
    """The log of the process; each line of it has these facts."""
    log: Log = structlog.get_logger(**facts)
    return log


def blank_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank facts whose name says that they are nobody's business (structlog processor)."""
    for name in event:
        if any(word in name.lower() for word in _SECRET_NAMES):
            event[name] = "***"
    return event


def _json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=repr).decode()
