"""`radacct`: our sessions as the table that every provider's own tools read, for reading only.

The columns are those of FreeRADIUS's SQL schema, in its spelling. It is a view, so it costs
nothing until it is asked and cannot drift from the books. Sessions that were only accepted and
never began are left out, as a NAS never told of them. Times are UTC.
"""

from __future__ import annotations

from typing import Final

VIEW: Final = "radacct"

# Acct-Terminate-Cause as FreeRADIUS writes it (RFC 2866, 5.10; RFC 3580 adds none).
_CAUSES: Final = (
    (1, "User-Request"),
    (2, "Lost-Carrier"),
    (3, "Lost-Service"),
    (4, "Idle-Timeout"),
    (5, "Session-Timeout"),
    (6, "Admin-Reset"),
    (7, "Admin-Reboot"),
    (8, "Port-Error"),
    (9, "NAS-Error"),
    (10, "NAS-Request"),
    (11, "NAS-Reboot"),
    (12, "Port-Unneeded"),
    (13, "Port-Preempted"),
    (14, "Port-Suspended"),
    (15, "Service-Unavailable"),
    (16, "Callback"),
    (17, "User-Error"),
    (18, "Host-Request"),
)


def view_sql(dialect: str) -> str:
    """The CREATE VIEW for `sqlite` or `postgresql`."""
    sqlite = dialect == "sqlite"
    unique = "printf('%032x', session_id)" if sqlite else "lpad(to_hex(session_id), 32, '0')"
    causes = " ".join(f"WHEN {number} THEN '{name}'" for number, name in _CAUSES)
    columns = {
        "radacctid": "session_id",
        "acctsessionid": "acct_session_id",
        "acctuniqueid": unique,
        "username": "user_name",
        "groupname": "''",
        "realm": "''",
        "nasipaddress": "coalesce(nullif(nas_ip_address, ''), source_address)",
        "nasportid": "nas_port_id",
        "nasporttype": "''",
        "acctstarttime": _time("start_us", sqlite=sqlite),
        "acctupdatetime": _time("last_event_us", sqlite=sqlite),
        "acctstoptime": _time("stop_us", sqlite=sqlite),
        "acctinterval": "interim_s",
        "acctsessiontime": "session_s",
        "acctauthentic": "'RADIUS'",
        "connectinfo_start": "''",
        "connectinfo_stop": "''",
        "acctinputoctets": "input_octets",
        "acctoutputoctets": "output_octets",
        "calledstationid": "called_station_id",
        "callingstationid": "calling_station_id",
        "acctterminatecause": (
            f"CASE WHEN state = 1 THEN '' ELSE CASE terminate_cause {causes} ELSE '' END END"
        ),
        "servicetype": "''",
        "framedprotocol": "''",
        "framedipaddress": "framed_ip_address",
        "framedipv6address": "framed_ipv6_address",
        "framedipv6prefix": "framed_ipv6_prefix",
        "framedinterfaceid": "''",
        "delegatedipv6prefix": "delegated_ipv6_prefix",
        "class": "''",
    }
    listed = ", ".join(f"{meaning} AS {name}" for name, meaning in columns.items())
    return f"CREATE VIEW {VIEW} AS SELECT {listed} FROM sessions WHERE state IN (1, 2)"


def _time(column: str, *, sqlite: bool) -> str:
    """An instant as the database's own type; NULL stays NULL."""
    if sqlite:
        return f"datetime({column} / 1000000, 'unixepoch')"
    return f"(timestamptz 'epoch' + {column} * interval '1 microsecond')"
