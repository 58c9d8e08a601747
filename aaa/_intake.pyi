"""The types of the intake; what each does is said in `_intake.pyx`."""

from aaa._index import Ids
from aaa.books import Books
from domain.account import Account, Subscriber
from domain.session import Session

def hold_accounts(books: Books, accounts: list[Account]) -> Ids:
    """Hold those that are not held whole yet; answers which, and marks all as whole."""

def hold_people(books: Books, subscribers: list[Subscriber], fresh: Ids) -> None:
    """Hold the subscribers of fresh accounts."""

def hold_sessions(
    books: Books, sessions: list[Session], all_names: bool, keys_shared: set[tuple[int, str]]
) -> None:
    """Hold sessions that are not held yet, and look up all of them by what they say."""
