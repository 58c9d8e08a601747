"""The types of an interim's packed rows; what each does is said in `_interims.pyx`."""

from aaa.ports import AccountMove
from domain.session import Charge, Session
from store._packed import Rows

def pack_moves(moves: list[AccountMove]) -> Rows:
    """AccountMoves as rows of the statement `move`, in the order of accounts."""

def pack_advances(sessions: list[Session]) -> Rows:
    """What moves of sessions as rows of `session_totals`, in the order of sessions."""

def pack_charges(charges: list[Charge]) -> Rows:
    """Charges as rows of `charges`, by key. Two additions to one row stay two: each is met."""

def pack_sums(charges: list[Charge]) -> Rows:
    """As `pack_charges`, but several additions to one row are one: PostgreSQL meets a row once."""
