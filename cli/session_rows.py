"""What is printed of a session: in a list, and of one alone.

Shared by the commands that list, show and look up sessions, so that a session is the same row
wherever it is met. Nothing is read from the database here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from cli.output import Column, Kind
from domain.session import Session, Walled
from store.office_sessions import ListedSession

LISTED = [
    Column("session_id", "SESSION"),
    Column("login", "LOGIN"),
    Column("nas", "NAS"),
    Column("state", "STATE"),
    Column("started_us", "STARTED", Kind.INSTANT),
    Column("session_s", "TIME", Kind.SECONDS),
    Column("output_octets", "DOWN", Kind.OCTETS),
    Column("input_octets", "UP", Kind.OCTETS),
    Column("charged_micros", "CHARGED", Kind.MONEY),
    Column("held_micros", "HELD", Kind.MONEY),
    Column("framed_ip_address", "ADDRESS"),
    Column("calling_station_id", "STATION"),
    Column("acct_session_id", "ACCT-SESSION-ID"),
    Column("adopted", "ADOPTED", Kind.FLAG, only_if_set=True),
    Column("walled", "WALLED", only_if_set=True),
    Column("currency", "CURRENCY", hidden=True),
]
# Who had an address: when from and until, whether that is certain, and not what it cost.
LOOKED_UP = [
    *LISTED[:5],
    Column("stop_us", "STOPPED", Kind.INSTANT),
    Column("last_event_us", "LAST HEARD", Kind.INSTANT),
    *LISTED[5:8],
    Column("framed_ip_address", "ADDRESS"),
    Column("framed_ipv6_address", "IPv6", only_if_set=True),
    Column("framed_ipv6_prefix", "IPv6 PREFIX", only_if_set=True),
    Column("delegated_ipv6_prefix", "DELEGATED", only_if_set=True),
    Column("calling_station_id", "STATION"),
    Column("acct_session_id", "ACCT-SESSION-ID"),
    Column("doubt", "DOUBT", only_if_set=True),
]
SHOWN = [
    *LISTED[:11],
    Column("framed_ipv6_prefix", "IPv6 prefix", only_if_set=True),
    Column("framed_ipv6_address", "IPv6 address", only_if_set=True),
    Column("delegated_ipv6_prefix", "delegated prefix", only_if_set=True),
    Column("calling_station_id", "Calling-Station-Id"),
    Column("called_station_id", "Called-Station-Id", only_if_set=True),
    Column("acct_session_id", "Acct-Session-Id"),
    Column("user_name", "User-Name"),
    Column("nas_port_id", "NAS-Port-Id", only_if_set=True),
    Column("source_address", "its records come from"),
    Column("plan", "plan"),
    Column("granted_micros", "granted", Kind.MONEY),
    Column("hold_state", "hold"),
    Column("timeout_s", "Session-Timeout", Kind.SECONDS),
    Column("limit_octets", "octet limit", Kind.OCTETS, only_if_set=True),
    Column("free_octets", "included volume used", Kind.OCTETS, only_if_set=True),
    Column("free_s", "included time used", Kind.SECONDS, only_if_set=True),
    Column("adopted", "adopted", Kind.FLAG, only_if_set=True),
    Column("walled", "behind the wall", only_if_set=True),
    Column("access", "access", only_if_set=True),
    Column("unrated_input", "up, nobody's to pay", Kind.OCTETS, only_if_set=True),
    Column("unrated_output", "down, nobody's to pay", Kind.OCTETS, only_if_set=True),
    Column("unrated_s", "time, nobody's to pay", Kind.SECONDS, only_if_set=True),
    Column("replaced_by", "replaced by session", only_if_set=True),
    Column("review_input", "up, under review", Kind.OCTETS, only_if_set=True),
    Column("review_output", "down, under review", Kind.OCTETS, only_if_set=True),
    Column("last_seen_us", "last record", Kind.INSTANT),
    Column("stop_us", "stopped", Kind.INSTANT),
    Column("terminate_cause", "Acct-Terminate-Cause", only_if_set=True),
    Column("records_n", "records", Kind.NUMBER),
    Column("orders", "orders"),
    Column("currency", "currency", hidden=True),
]


def wall_name(wall: Walled) -> str:
    """The word for a wall: why somebody stands there; empty for none."""
    return "" if wall is Walled.NO else wall.name.lower().replace("_", "-")


def as_row(one: ListedSession, names: dict[int, str]) -> dict[str, Any]:
    """A session as it is printed; `names` are those of the NAS."""
    found = one.session
    plain = {column.name for column in [*SHOWN, *LOOKED_UP]} & {
        field.name for field in fields(Session)
    }
    row: dict[str, Any] = {name: getattr(found, name) for name in sorted(plain)}
    row["login"] = one.login
    row["currency"] = one.currency
    row["nas"] = names.get(found.device_id, f"(removed: {found.device_id})")
    row["state"] = found.state.name.lower()
    row["hold_state"] = found.hold_state.name.lower()
    row["walled"] = wall_name(found.walled)
    row["started_us"] = found.start_us or found.created_us
    row["held_micros"] = found.held_micros
    return row
