"""What the server changes by itself is in the audit, with the batch that changed it."""

from __future__ import annotations

import json
from typing import Any

from domain.account import MacMode
from domain.device import Latch
from tests.aaa.gate import Gate


def deeds(gate: Gate) -> list[dict[str, Any]]:
    """What the audit says that the server did."""
    return [row for row in gate.rows("audit") if row["who"] == "server"]


def test_a_mac_that_is_learned_is_told_with_the_login_that_taught_it(gate: Gate) -> None:
    gate.add_subscriber("bob", mac_mode=MacMode.LEARN)
    gate.accept("bob", mac="4C-5E-0C-00-00-01")
    (deed,) = deeds(gate)
    assert (deed["action"], deed["kind"], deed["subject"]) == ("learn MAC", "subscriber", "bob")
    assert json.loads(deed["before"]) == {"mac": None, "mac_mode": "learn"}
    assert json.loads(deed["after"]) == {"mac": "4c:5e:0c:00:00:01", "mac_mode": "fixed"}


def test_a_login_that_teaches_nothing_is_not_told(gate: Gate) -> None:
    gate.add_subscriber("bob")
    gate.accept("bob")
    assert deeds(gate) == []


def test_what_an_address_has_proved_is_told_once_it_counts(gate: Gate) -> None:
    gate.add_subscriber("bob")
    request = gate.login("bob")
    request.latches = (Latch.MESSAGE_AUTHENTICATOR,)
    gate.serve(request)
    (deed,) = deeds(gate)
    assert (deed["action"], deed["subject"]) == ("latch", request.device.name)
    assert json.loads(deed["after"]) == {
        "address": request.source_address,
        "latch": "message-authenticator",
    }
