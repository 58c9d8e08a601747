"""[[reply]] and gardens of a plan file."""

from __future__ import annotations

import pytest

from domain.plan import Access, Garden
from rating.plan_file import KEYS
from rating.plan_lines import PlanError, Table, read_document
from rating.plan_replies import GARDENS, REPLIES_MAX, read_garden, read_replies
from rating.reply_lines import LINES_MAX, OCTETS_MAX, Vocabulary
from tests.radius.vector_files import our_dictionary

WORDS = Vocabulary(our_dictionary(), ("standard", "mikrotik", "cisco"))


def table(text: str) -> Table:
    return read_document(text, KEYS)


def test_sections_are_kept_in_their_order() -> None:
    text = "".join(f'[[reply]]\nattributes = "Filter-Id = f{n}"\n' for n in range(REPLIES_MAX))
    found = read_replies(table(text), WORDS)
    assert [reply.lines for reply in found] == [(f"Filter-Id = f{n}",) for n in range(REPLIES_MAX)]
    with pytest.raises(PlanError, match=r"at most 30 sections \[\[reply\]\]"):
        read_replies(table(text + "[[reply]]\n"), WORDS)


def test_an_access_that_is_said_twice_counts_once() -> None:
    text = '[[reply]]\nattributes = "Filter-Id = a"\naccess = ["ppp", "wireless", "ppp"]\n'
    (reply,) = read_replies(table(text), WORDS)
    assert reply.accesses == (Access.PPP, Access.WIRELESS)


def test_more_lines_and_octets_than_an_accept_has_room_for_are_refused() -> None:
    many = ", ".join(["'Idle-Timeout = 1'"] * (LINES_MAX + 1))
    with pytest.raises(PlanError, match="line 2: attributes has at most 30 texts"):
        read_replies(table(f"[[reply]]\nattributes = [{many}]\n"), WORDS)
    long = f"[[reply]]\nattributes = 'Filter-Id = {'x' * 200}'\n"
    assert len(read_replies(table(4 * long), WORDS)) == 4
    with pytest.raises(PlanError, match=f"line 1: these replies have over {OCTETS_MAX} octets"):
        read_replies(table(5 * long), WORDS)


@pytest.mark.parametrize("key", GARDENS)
def test_a_garden_is_read_from_its_own_sections(key: str) -> None:
    text = f'[{key}]\n[[{key}.reply]]\nattributes = "Filter-Id = wall"\n'
    garden = read_garden(table(text), key, WORDS)
    assert isinstance(garden, Garden)
    assert garden.session_timeout_s == 600
    assert [reply.octets for reply in garden.replies] == [b"\x0b\x06wall"]
    assert all(read_garden(table(text), other, WORDS) is None for other in GARDENS if other != key)


@pytest.mark.parametrize("key", GARDENS)
def test_a_wall_without_replies_would_be_a_door(key: str) -> None:
    with pytest.raises(PlanError, match=rf"line 1: \[{key}\] has no \[\[{key}.reply\]\]"):
        read_garden(table(f"[{key}]\n"), key, WORDS)
