"""What one request leads to, once its effects are durable.

A value and nothing more: the desk makes it, the door signs and sends it. There is no outcome for
a batch that could not be committed but silence, so nobody is ever told what is not so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    """The reply to send, unsigned; the door signs it.

    `reply_code` None means silence. `attributes` are encoded octets in order, Proxy-State last,
    without Message-Authenticator. `label` is a bounded word for metrics: accepted, walled, a
    refusal's code, start, interim, stop, on, off, other, status, silent, failed, slow, awaiting.

    `check` is set, and nothing else, when a one-way password must be hashed first: run it off the
    loop, put its answer into the request's `hash_ok` and let the request join a later batch.

    `again_us` is set likewise when a record is to be decided later: after so long it joins a batch
    as one that was `put_off`. Nothing of it has been recorded until then.
    """

    reply_code: int | None
    attributes: bytes = b""
    delay_us: int = 0
    label: str = ""
    check: Callable[[], bool] | None = None
    again_us: int = 0


SILENT = Outcome(None, label="silent")
FAILED = Outcome(None, label="failed")
