"""`tollhouse ledger`: do the books agree with themselves, and with a copy of them?

The rules are in `store.books_check`, each with the id of the invariant it proves; here what was
found is listed and becomes an exit code. The hash is computed in `store.ledger_hash`.
"""

from __future__ import annotations

import click

from cli.errors import EXIT_FOUND
from cli.office import Office, office_command
from cli.options import output_option
from cli.output import Column, Kind, render, render_one
from store import books_check, office_deeds
from store.ledger_hash import hash_ledger

LISTED = [
    Column("invariant", "RULE"),
    Column("account_id", "ACCOUNT", Kind.NUMBER),
    Column("text", "WHAT IS WRONG"),
]

HASHED = [
    Column("ledger_hash", "LEDGER HASH"),
    Column("entries_n", "ENTRIES", Kind.NUMBER),
    Column("postings_n", "POSTINGS", Kind.NUMBER),
]


@click.group("ledger", no_args_is_help=True)
def ledger() -> None:
    """Check the books, or take their hash.

    \b
    Examples:
      tollhouse ledger check
      tollhouse ledger hash
    """


@ledger.command("check")
@output_option
@office_command
async def check(office: Office, *, output: str) -> int:
    """Compute every kept sum again and list what differs, by the id of the rule it breaks.

    Entries and all books together must balance, the sums on accounts must be those of their
    entries, charges and holds, and the journal and the audit must be as they were written. Exit
    code 1 when something is found.

    \b
    Example:
      tollhouse ledger check --output json
    """
    found = await books_check.check_books(office.database)
    proof = await office_deeds.prove(office.database)
    if proof.broken_seq is not None:
        said = f"the audit is broken at deed {proof.broken_seq}; see `tollhouse audit verify`"
        found.append(books_check.Finding("S40", said))
    if found or output != "table":
        render([finding._asdict() for finding in found], LISTED, output)
    else:
        click.echo("the books are in order")
    return EXIT_FOUND if found else 0


@ledger.command("hash")
@output_option
@office_command
async def hash_(office: Office, *, output: str) -> None:
    """One hash over all entries and postings, in their order, as they are at this moment.

    Two ledgers with one hash are the same, on whichever database they lie. `tollhouse backup` and
    `tollhouse restore` print it too.

    \b
    Example:
      tollhouse ledger hash --output json
    """
    async with office.database.reading() as connection:
        found = await hash_ledger(connection)
    render_one(found._asdict(), HASHED, output)
