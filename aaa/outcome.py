"""What one request leads to, once its effects are durable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply to send, unsigned; the door signs it.

    `reply_code` None means silence. `attributes` are encoded octets in order, Proxy-State last,
    without Message-Authenticator. `label` is a bounded word for metrics: accepted, a refusal's
    code, start, interim, stop, on, off, other, status, silent, failed.
    """

    reply_code: int | None
    attributes: bytes = b""
    delay_us: int = 0
    label: str = ""


SILENT = Outcome(None, label="silent")
FAILED = Outcome(None, label="failed")
