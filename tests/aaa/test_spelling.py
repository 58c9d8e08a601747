"""MACs and logins read at once, against `domain.login`, which reads them all."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from aaa._spelling import folded, mac
from domain.login import canonical_login, canonical_mac

SPELLINGS = (
    "02:00:00:00:00:0a",
    "02:00:00:00:00:0A",
    "02-00-00-00-00-0A",
    "0200.0000.000a",
    "02000000000A",
    " 02:00:00:00:00:0a",
    "02:00:00:00:00:0g",
    "02:00:00:00:00-0a",
    "02:00:00:00:00:0a:ssid",
    "",
    "alice",
    "Alice",
    "alice@example.net",
    "abcdefabcdef",
    "abcdefabcdeg",
    "\u00e9lise",
    "02:00:00:00:00:0\u0660",
)
texts = some.text(alphabet="0123456789abcdefABCDEFgz:-. @_\u00e9", max_size=20)


@pytest.mark.parametrize("text", SPELLINGS)
def test_nai_05_every_spelling_reads_as_it_always_does(text: str) -> None:
    assert mac(text) == canonical_mac(text)
    assert not folded(text) or canonical_login(text) == text


@given(texts)
@example("02:00:00:00:00:0A")
def test_nai_05_no_text_reads_otherwise(text: str) -> None:
    assert mac(text) == canonical_mac(text)
    assert not folded(text) or canonical_login(text) == text


def test_common_logins_are_their_own_at_once() -> None:
    assert folded("alice") and folded("user00001234") and folded("alice@example.net")
    assert not folded("Alice") and not folded("02:00:00:00:00:0a")
