"""What a dialect is: the attribute language of one family of devices, and what they can do.

A dialect has no state. It reads and writes attributes and states capabilities; whatever decides
about a session asks these and never a vendor's name. A new family is one module in
`nas/dialects` and one line in their table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from domain.device import Device
from domain.grant import Grant
from domain.session import Session
from domain.usage import Usage
from nas.attribute_kind import Attribute, Kind
from nas.login import LoginHints
from radius import Packet

__all__ = ["Attribute", "Dialect", "Speeds"]


class Speeds(Protocol):
    """How fast a session may be: bits a second, or what a family of devices calls it."""

    @property
    def down_bps(self) -> int | None:
        """To the subscriber; None is the device's own."""

    @property
    def up_bps(self) -> int | None:
        """From the subscriber; None is the device's own."""

    @property
    def policy_down(self) -> str | None:
        """A policy that the device knows by this name, on traffic to the subscriber."""

    @property
    def policy_up(self) -> str | None:
        """The same on traffic from the subscriber."""

    @property
    def mikrotik_rate(self) -> str | None:
        """A whole RouterOS rate string, which says more than two numbers can."""


class Dialect(Protocol):
    """The language of one family of devices."""

    name: str  # as in `nas add --dialect`
    default_coa_port: int  # where the family listens for Disconnect and CoA (COA-01)
    has_octet_limit: bool  # the device itself ends a session at an octet limit
    plain_records: bool  # accounting is read by the RFCs' attributes alone
    plain_logins: bool  # `read_login` is `nas.login.read_hints` of the packet alone
    has_limit_coa: bool  # it takes new limits for a running session
    has_disconnect: bool  # it ends a session when told to
    granularity_s: int  # how late, at worst, it notices that a limit is reached
    coa_setup: str  # what to type into it so that it listens to orders
    live_kinds: frozenset[Kind]  # what a CoA may change while a session runs
    none_of: Mapping[Kind, list[Attribute]]  # what a CoA says to take a kind away, if it can

    def read_usage(
        self, packet: Packet, device: Device, arrived_us: int, source_address: str
    ) -> Usage:
        """The neutral record of an Accounting-Request; `arrived_us` is our clock."""

    def read_login(self, packet: Packet) -> LoginHints:
        """What an Access-Request says beside its credential."""

    def write_grant(self, grant: Grant, hints: LoginHints) -> list[Attribute]:
        """The attributes of an Access-Accept that grant this, in order.

        Session-Timeout and Acct-Interim-Interval are always among them; speeds never are.
        """

    def write_speeds(self, speeds: Speeds) -> list[Attribute]:
        """The attributes that tell the speeds of a plan, none where it says nothing here."""

    def peak_bps(self, speeds: Speeds) -> int:
        """The most that passes at these speeds, both directions summed; 0: not known."""

    def write_limits(self, grant: Grant) -> list[Attribute]:
        """The attributes of a CoA-Request that replace the limits of a running session.

        Only for a dialect with `has_limit_coa`.
        """

    def session_keys(self, session: Session, for_coa: bool) -> list[Attribute]:
        """The attributes that pick out one session in a CoA- or Disconnect-Request.

        All of them must match on the device (COA-07), so fewer are safer: a mismatch is answered
        as if the session were gone. `for_coa` is for families that want other keys in a
        CoA-Request than in a Disconnect-Request (RFC 5176 s3.6); those here do not.
        """
