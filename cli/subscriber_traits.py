"""What is said of a subscriber beside money and credential: names, place, addresses, replies.

Words come in as people type them, checked here one by one; what goes out are fields of the record.
`subscriber add`, `set` and `import` share it, so that a file and an option mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from cli.errors import HouseError
from cli.vocabulary import our_vocabulary
from domain.account import Subscriber
from domain.address import addresses_of, delegated_prefix, overlap, static_ipv4, static_ipv6
from domain.period import valid_timezone
from domain.plan import Access, Reply
from rating.reply_lines import LINES_MAX, OCTETS_MAX, LineFault, read_reply
from store import office_addresses
from store.office_connection import Connection

NONE: Final = "none"  # what an option says to take something away
WORDS_MAX: Final = 200

_GROUP = re.compile(r"[^\W_][\w .:/+-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def person(text: str) -> str:
    """A person's name: one line. ValueError in one sentence."""
    name = " ".join(text.split())
    if len(name) > WORDS_MAX or not name.isprintable():
        raise ValueError(f"a name is one line of at most {WORDS_MAX} characters")
    return name


def group(text: str) -> str:
    """The operator's own word for a set of subscribers. ValueError in one sentence."""
    if text and _GROUP.fullmatch(text) is None:
        raise ValueError(
            f"{text[:60]!r} is not a group; write at most 64 letters, digits, spaces and .:/+-_"
        )
    return text


def language(text: str) -> str:
    """A language tag as BCP 47 spells it. ValueError in one sentence."""
    if text and _LANGUAGE.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not a language; write such as en or pt-BR")
    head, *rest = text.split("-")
    return "-".join([head.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def timezone(text: str) -> str:
    """A name in the time zone database. ValueError in one sentence."""
    if text and not valid_timezone(text):
        raise ValueError(f"{text[:40]!r} is not a time zone; write such as Europe/Berlin")
    return text


READERS: Final[Mapping[str, Callable[[str], str]]] = {
    "name": person,
    "group_name": group,
    "language": language,
    "timezone": timezone,
    "framed_ip_address": static_ipv4,
    "framed_ipv6": static_ipv6,
    "delegated_ipv6_prefix": delegated_prefix,
}
"""Fields of a subscriber and how each is read; `none` or nothing takes it away."""

ADDRESSES: Final = ("framed_ip_address", "framed_ipv6", "delegated_ipv6_prefix")


def trait(field: str, text: str) -> str | None:
    """The value of one field; ValueError in one sentence."""
    if text.strip() in ("", NONE):
        return None if field in ADDRESSES else ""
    return READERS[field](text.strip())


def traits_of(given: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields that options gave; None among the options means not given. HouseError."""
    found: dict[str, str | None] = {}
    for field in READERS:
        text = given.get(field)
        if text is None:
            continue
        try:
            found[field] = trait(field, text)
        except ValueError as error:
            raise HouseError(f"{option_of(field)}: {error}") from None
    return found


def option_of(field: str) -> str:
    """What the option of a field is called."""
    names = {
        "group_name": "group",
        "framed_ip_address": "ip",
        "framed_ipv6": "ipv6",
        "delegated_ipv6_prefix": "delegated-prefix",
    }
    return f"--{names.get(field, field)}"


def with_replies(
    before: tuple[Reply, ...], lines: Sequence[str], dialect: str, accesses: tuple[Access, ...]
) -> tuple[Reply, ...]:
    """The replies with these lines in place of those for the same dialect and kinds of access.

    `none` alone takes these away; without a dialect and kinds it takes all away. HouseError.
    """
    if list(lines) == [NONE] and not dialect and not accesses:
        return ()
    kept = tuple(r for r in before if (r.dialect, r.accesses) != (dialect, accesses))
    if list(lines) == [NONE]:
        return kept
    if NONE in lines:
        raise HouseError("--reply none takes replies away; give it alone")
    if len(lines) > LINES_MAX:
        raise HouseError(f"--reply: at most {LINES_MAX} of them")
    try:
        fresh = read_reply(lines, our_vocabulary(), dialect=dialect, accesses=accesses)
    except LineFault as fault:
        raise HouseError(f"--reply: {fault}") from None
    found = (*kept, fresh)
    if sum(len(reply.octets) for reply in found) > OCTETS_MAX:
        raise HouseError(f"--reply: a subscriber's replies have at most {OCTETS_MAX} octets")
    return found


def altered_traits(before: Subscriber, given: Mapping[str, Any]) -> Subscriber:
    """The subscriber with the traits that options gave; HouseError for what cannot be."""
    traits: dict[str, Any] = traits_of(given)
    if given.get("reply_lines"):
        traits["replies"] = with_replies(
            before.replies,
            given["reply_lines"],
            given.get("reply_dialect") or "",
            tuple(sorted(Access(word) for word in set(given.get("reply_access") or ()))),
        )
    elif given.get("reply_dialect") or given.get("reply_access"):
        raise HouseError("--reply-dialect and --reply-access say whom a --reply is for; give one")
    after = replace(before, **traits)
    ipv6, delegated = after.framed_ipv6, after.delegated_ipv6_prefix
    if ipv6 and delegated and overlap(ipv6, delegated):
        raise HouseError(f"--ipv6 {ipv6} and --delegated-prefix {delegated} overlap")
    return after


async def refuse_taken(
    connection: Connection, before: Subscriber | None, after: Subscriber
) -> None:
    """HouseError if an address that changes is somebody else's, in whole or in part."""
    if before is not None and addresses_of(before) == addresses_of(after):
        return
    found = await office_addresses.in_the_way(connection, after)
    if found is None:
        return
    wanted, held, login = found
    if wanted == held:
        raise HouseError(f"{wanted} is the address of {login}")
    raise HouseError(f"{wanted} overlaps {held}, which is {login}'s")


def reply_lines(replies: tuple[Reply, ...]) -> list[str]:
    """Replies as they are shown: each line, and whom it is for in brackets."""
    found = []
    for reply in replies:
        whom = ", ".join([*([reply.dialect] if reply.dialect else []), *reply.accesses])
        found += [f"{line} ({whom})" if whom else line for line in reply.lines]
    return found
