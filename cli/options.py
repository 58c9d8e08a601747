"""Options and kinds of words that several commands share.

Each type turns a person's word into the value the house uses, or says in one line what is wrong
with it. What is secret is never repeated in that line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from cli.errors import HouseError
from domain.login import LOGIN_MAX_OCTETS, canonical_login, canonical_mac
from domain.money import parse_amount
from domain.period import parse_instant

Function = TypeVar("Function", bound=Callable[..., Any])

_OFFSET = re.compile(r"(?<=:[0-9]{2}) *([+-][0-9]{2}):?([0-9]{2})$")
PASSWORD_MAX_OCTETS = 128  # RFC 2865 section 5.2
NAME_MAX = 64
REASON_MAX = 500


class AmountType(click.ParamType[int]):
    """Money as people write it, to micros."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Micros, or the one sentence of domain.money."""
        if isinstance(value, int):
            return value
        try:
            return parse_amount(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class LoginType(click.ParamType[str]):
    """A login, to its canonical key."""

    name = "login"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The key the books use."""
        try:
            return check_login(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class MacType(click.ParamType[str]):
    """A MAC in any usual spelling, or one of a few words."""

    name = "mac"

    def __init__(self, *words: str) -> None:
        """`words` are accepted as they are."""
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """`aa:bb:cc:dd:ee:ff` or the word."""
        if value in self.words:
            return str(value)
        mac = canonical_mac(value)
        if mac is None:
            also = f", or {' or '.join(self.words)}" if self.words else ""
            self.fail(f"{value!r} is not a MAC; write 12 hex digits{also}", param, ctx)
        return mac


class NameType(click.ParamType[str]):
    """A name of a NAS or plan: letters, digits and `._-`."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself."""
        text = str(value)
        if not 0 < len(text) <= NAME_MAX or not all(
            char.isascii() and (char.isalnum() or char in "._-") for char in text
        ):
            self.fail(
                f"{text!r} is not a name; use up to {NAME_MAX} letters, digits, '.', '_', '-'",
                param,
                ctx,
            )
        return text


class InstantType(click.ParamType[int]):
    """A time as people write it, to UTC microseconds; without an offset it is this machine's."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The instant, or the one sentence of domain.period."""
        if isinstance(value, int):
            return value
        # An offset as our own tables print it: apart, and without a colon.
        text = _OFFSET.sub(r"\1:\2", str(value).strip())
        try:
            us = parse_instant(text, "UTC")
            moment = datetime.fromisoformat(text)
            return us if moment.tzinfo else parse_instant(moment.astimezone().isoformat(), "UTC")
        except (ValueError, OverflowError) as error:
            self.fail(str(error), param, ctx)


class WallTimeType(click.ParamType[str]):
    """A time as people write it, for a zone that is known later: `parse_instant` makes it one."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, with its offset as ISO 8601 has it; or the one sentence of domain.period."""
        text = _OFFSET.sub(r"\1:\2", str(value).strip())
        try:
            parse_instant(text, "UTC")
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return text


AMOUNT = AmountType()
INSTANT = InstantType()
LOGIN = LoginType()
MAC = MacType()
NAME = NameType()
WALL_TIME = WallTimeType()


def check_login(text: str) -> str:
    """The canonical key of a login. ValueError in one sentence for what no router could send."""
    login = canonical_login(text)
    if not login:
        raise ValueError("a login cannot be empty")
    if len(login.encode("utf-8", "surrogateescape")) > LOGIN_MAX_OCTETS:
        raise ValueError(f"a login has at most {LOGIN_MAX_OCTETS} octets")
    if not login.isprintable() or "\\" in login:
        raise ValueError("a login has no control characters and no backslash")
    return login


def check_password(text: str) -> bytes:
    """The octets of a password. ValueError never shows it."""
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a password has to be UTF-8 text") from None
    if not octets:
        raise ValueError("a password cannot be empty; for none use --credential none")
    if len(octets) > PASSWORD_MAX_OCTETS:
        raise ValueError(f"a password has at most {PASSWORD_MAX_OCTETS} octets")
    return octets


def password_from(text: str) -> bytes:
    """The password that an option names: the text itself, or with `-` a line of standard input."""
    if text == "-":
        if sys.stdin.isatty():
            text = click.prompt("Password", hide_input=True, err=True)
        else:
            text = sys.stdin.readline().rstrip("\r\n")
    try:
        return check_password(text)
    except ValueError as error:
        raise HouseError(str(error)) from None


class ReasonType(click.ParamType[str]):
    """Why something is done, in a line for the books."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without the space around it."""
        text = str(value).strip()
        if len(text) > REASON_MAX or not text.isprintable():
            self.fail(f"at most {REASON_MAX} printable characters", param, ctx)
        return text


def reason_option(function: Function) -> Function:
    """`--reason TEXT`, on what the audit should know the why of."""
    return click.option(
        "--reason", type=ReasonType(), default="", metavar="TEXT", help="Why; for the audit."
    )(function)


def output_option(function: Function) -> Function:
    """`--output table|json|csv`, on everything that lists or shows."""
    return click.option(
        "--output",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help="How to print: for people, or exact integers for programs.",
    )(function)


def report_option(function: Function) -> Function:
    """`--output table|json`, on what is one report and no list."""
    return click.option(
        "--output",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="How to print: for people, or one JSON object.",
    )(function)


def limit_option(function: Function) -> Function:
    """`--limit N`, on listings that can be long."""
    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        default=1000,
        show_default=True,
        metavar="N",
        help="Rows at most; 0 for all.",
    )(function)
