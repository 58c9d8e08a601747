"""The types of watching; what it does is said in `_watch.pyx`."""

from aaa.vigil import Vigil
from domain.session import Session

def watch(vigil: Vigil, sessions: list[Session]) -> None:
    """Show the vigil sessions that were taken in, or what a batch made of them."""
