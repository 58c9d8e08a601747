"""The names of attributes and dialects, for everybody who reads what an operator wrote.

The dictionary files lie beside the program and take a moment to read, so they are read once, and
only by commands that need a name.
"""

from __future__ import annotations

import functools
from pathlib import Path

from cli.settings import CHECKOUT
from nas.dialects import DIALECTS
from radius import Dictionary, load_dictionary
from rating.reply_lines import Vocabulary

DICTIONARY = CHECKOUT / "conf" / "dictionary"


@functools.cache
def our_dictionary(directory: Path = DICTIONARY) -> Dictionary:
    """The names of attributes, from the files that are shipped."""
    return load_dictionary(lambda name: (directory / name).read_text(encoding="utf-8"))


def our_vocabulary() -> Vocabulary:
    """What reply attributes may be written in."""
    return Vocabulary(our_dictionary(), tuple(DIALECTS))
