"""The words that operators write."""

from __future__ import annotations

from cli.vocabulary import our_dictionary, our_vocabulary
from nas.dialects import DIALECTS


def test_replies_are_written_in_the_shipped_names_and_for_the_dialects_there_are() -> None:
    vocabulary = our_vocabulary()
    assert vocabulary.dialects == tuple(DIALECTS)
    found = vocabulary.names.find("mikrotik-address-list")
    assert found is not None
    assert found.path == (26, 14988, 19)


def test_the_files_are_read_once() -> None:
    assert our_dictionary() is our_dictionary()
