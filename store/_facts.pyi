"""The types of packed facts and decisions; what each does is said in `_facts.pyx`."""

from collections.abc import Callable
from typing import Any

from aaa.ports import Decision
from domain.session import Session
from store._packed import Rows

def pack_facts(sessions: list[Session]) -> Rows:
    """Rows of `session_facts`, in the order of sessions."""

def pack_decisions(decisions: list[Decision], encoded: Callable[[Any], bytes]) -> Rows:
    """Rows of `decisions` in the order in which they were made."""
