"""[[reply]] and the walled gardens of a plan file: what devices are told beside limits.

Every attribute is checked against the dictionary when the file is loaded, and a fault is told with
the line it stands on. Whom a wall lets in gets only what stands in its own replies, so a wall
without any would be a door, and is refused.
"""

from __future__ import annotations

from typing import Final

from domain.plan import Access, Garden, Reply
from rating.plan_lines import Table
from rating.reply_lines import LINES_MAX, OCTETS_MAX, LineFault, Vocabulary, read_reply

REPLIES_MAX: Final = 30
SESSION_TIMEOUT_S: Final = (60, 86_400)
SESSION_TIMEOUT_DEFAULT_S: Final = 600

REPLY_KEYS: Final = ("attributes", "dialect", "access")
GARDENS: Final = ("on_expired", "on_no_credit", "on_suspended")
GARDEN_KEYS: Final = ("session_timeout_s", "reply")


def read_replies(table: Table, vocabulary: Vocabulary | None) -> tuple[Reply, ...]:
    """The [[reply]] sections of a table. Raises PlanError.

    A caller whose plans may have replies gives a vocabulary.
    """
    found: list[Reply] = []
    for section in table.tables("reply", REPLIES_MAX):
        assert vocabulary is not None, "a plan with replies cannot be read without a dictionary"
        found.append(_reply(section, vocabulary))
    if sum(len(reply.octets) for reply in found) > OCTETS_MAX:
        raise table.fault("reply", f"these replies have over {OCTETS_MAX} octets; write fewer")
    return tuple(found)


def read_garden(top: Table, key: str, vocabulary: Vocabulary | None) -> Garden | None:
    """[on_expired] and the like; None without it. Raises PlanError."""
    table = top.table(key)
    if table is None:
        return None
    replies = read_replies(table, vocabulary)
    if not replies:
        raise table.fault(
            None,
            f"[{key}] has no [[{key}.reply]]: it would let everybody in to everything; "
            "leave it out to refuse",
        )
    timeout_s = table.whole("session_timeout_s", *SESSION_TIMEOUT_S)
    return Garden(timeout_s or SESSION_TIMEOUT_DEFAULT_S, replies)


def _reply(table: Table, vocabulary: Vocabulary) -> Reply:
    """One [[reply]] section."""
    lines = table.texts("attributes", LINES_MAX)
    example = "attributes = ['Framed-Pool = \"home\"']"
    lines = table.required("attributes", lines or None, example)
    dialect = table.text("dialect")
    if dialect is not None and dialect not in vocabulary.dialects:
        words = ", ".join(f'"{name}"' for name in vocabulary.dialects)
        raise table.fault("dialect", f"dialect: {dialect[:40]!r} is not one of {words}")
    try:
        return read_reply(lines, vocabulary, dialect=dialect or "", accesses=_accesses(table))
    except LineFault as fault:
        raise table.fault_in("attributes", fault.index, str(fault)) from None


def _accesses(table: Table) -> tuple[Access, ...]:
    """`access`, one word or several."""
    found: list[Access] = []
    for word in table.texts("access", len(Access)) or []:
        try:
            found.append(Access(word))
        except ValueError:
            words = ", ".join(f'"{access}"' for access in Access)
            raise table.fault("access", f"access: {word[:40]!r} is not one of {words}") from None
    return tuple(dict.fromkeys(found))
