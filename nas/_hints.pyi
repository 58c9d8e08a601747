"""The types of the compiled reader of logins; what it does is said in `_hints.pyx`."""

from collections.abc import Callable
from typing import Any, Final

from nas.login import LoginHints
from radius import Packet

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_hints.pxd` says what it is."""

def hints_of(
    kind: type[LoginHints], packet: Packet, is_captive: Callable[[Packet], bool], dhcp: bool
) -> LoginHints:
    """What a packet says; `is_captive` is asked only if there are attributes of vendors."""

def said(
    area: bytes, /
) -> tuple[
    bytes | None,
    str,
    str,
    str,
    int | None,
    str,
    int | None,
    str,
    str,
    str,
    str,
    int | None,
    int | None,
]:
    """The first thirteen fields of `nas.login.LoginHints`, in order, from attribute octets."""
