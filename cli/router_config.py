"""The lines to paste into a router so that it asks this server: `nas show NAME --router-config`.

One Jinja2 template for each dialect that has such lines, beside this module; they hold the syntax
of the vendors and nothing is decided in them. A shared secret is in the text only when it was
asked for, written so that the router reads the very octets that are stored here.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from pathlib import Path

import jinja2

from aaa.sealing import DEVICE_SECRET
from cli.errors import HouseError
from cli.office import Office
from cli.settings_table import Settings
from domain.device import Device

KINDS = ("ppp", "hotspot", "dhcp")
ALL = "all"
TEMPLATES = {  # dialect to its template and the kinds of access it has lines for
    "mikrotik": ("mikrotik.j2", KINDS),
    "cisco": ("cisco.j2", ("ppp", "dhcp")),
}
_PLAIN = re.compile(rb"[A-Za-z0-9 !#%&'()*+,./:;<=>@\[\]^_`{|}~-]")
_TYPED = re.compile(rb"[!-~]+")


@functools.cache
def _templates() -> jinja2.Environment:
    """Text, not HTML: nothing is escaped but by the quoting of the router's own language."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "router_templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    found.globals["quoted_routeros"] = quoted_routeros
    return found


def lines(
    device: Device,
    kind: str,
    *,
    server: str | None,
    secret: bytes | None,
    settings: Settings,
) -> str:
    """The text to paste. `kind` is one of KINDS or ALL.

    HouseError for a dialect or kind without lines, and for a secret that cannot be typed there.
    """
    if device.dialect not in TEMPLATES:
        raise HouseError(
            f"there are no lines to paste for dialect {device.dialect}; docs/nas.md says what "
            "such a device must do"
        )
    name, kinds = TEMPLATES[device.dialect]
    if kind != ALL and kind not in kinds:
        raise HouseError(f"dialect {device.dialect} has lines for {', '.join(kinds)}, not {kind}")
    if secret is not None and device.dialect == "cisco":
        _check_typed(device, secret)
    chosen = kinds if kind == ALL else (kind,)
    return (
        _templates()
        .get_template(name)
        .render(
            name=device.name,
            kinds=chosen,
            services=chosen,
            server=server,
            secret=secret.decode() if secret is not None and device.dialect == "cisco" else secret,
            auth_port=settings.radius.auth_port or 1812,
            acct_port=settings.radius.acct_port or 1813,
            coa_port=device.coa_port,
            interim_s=device.interim_s or settings.accounting.interim_s,
        )
    )


def open_secret(office: Office, device: Device) -> bytes:
    """The shared secret in clear. HouseError when it was sealed with another key."""
    try:
        return office.keys.open(DEVICE_SECRET, str(device.device_id), device.secret)
    except ValueError as error:
        raise HouseError(str(error)) from None


def address_of(text: str) -> str:
    """The server's address as it is written in a router. HouseError when it is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise HouseError(f"--server: {text!r} is not an IP address") from None


def quoted_routeros(secret: bytes) -> str:
    """Octets as a string of RouterOS: what is special there, or no text, is \\ and two digits."""
    octets = (bytes([octet]) for octet in secret)
    inner = "".join(o.decode() if _PLAIN.match(o) else f"\\{o.hex().upper()}" for o in octets)
    return f'"{inner}"'


def _check_typed(device: Device, secret: bytes) -> None:
    """IOS takes neither spaces nor `?` nor what is no text."""
    if not _TYPED.fullmatch(secret) or b"?" in secret:
        raise HouseError(
            "this secret cannot be typed in IOS (spaces, `?` or octets that are no text): "
            f"`tollhouse nas set {device.name} --secret generate` makes one that can"
        )
