"""What a person can get wrong: one line that says what to do, exit code 2, and nothing changed.

The whole content of the books, as the listings show it, is compared before and after. Mistakes in
the settings are made with the program as a process of its own, because nothing works without them.
"""

from __future__ import annotations

import pytest

from tests.scenarios.installation import Installation

WRONG_PLANS = {
    "not-toml.toml": "name = ",
    "unknown-key.toml": 'name = "x"\ncurrency = "USD"\nprise = 3\n',
    "float.toml": 'name = "x"\ncurrency = "USD"\n[price.volume]\namount = 0.01\nper = "MB"\n',
    "no-currency.toml": 'name = "x"\n',
}
HEADER = "login,password,plan,balance\n"
WRONG_IMPORTS = {
    "no-header.csv": "carol,secret,sample-prepaid,5\n",
    "amount.csv": f"{HEADER}carol,secret,sample-prepaid,5\ndan,secret,sample-prepaid,5.O\n",
    "plan.csv": f"{HEADER}carol,secret,no-such-plan,5\n",
    "twice.csv": f"{HEADER}carol,s,sample-prepaid,5\ncarol,s,sample-prepaid,5\n",
    "known.csv": f"{HEADER}carol,s,sample-prepaid,5\nalice,s,sample-prepaid,5\n",
}
STRONG = "a-long-and-strong-secret"
WRONG_WORDS = (
    ("balance", "top-up", "alice", "five"),
    ("balance", "top-up", "alice", "1e3"),
    ("balance", "top-up", "alice", "0.0000001"),
    ("balance", "top-up", "nobody", "5"),
    ("balance", "correct", "alice", "-1", "--entry", "99", "--reason", "x"),
    ("subscriber", "add", "alice", "--plan", "sample-prepaid", "--password", "x"),
    ("subscriber", "add", "carol", "--plan", "no-such-plan", "--password", "x"),
    ("subscriber", "add", "carol", "--plan", "sample-prepaid"),
    ("subscriber", "set", "alice", "--mac", "00:11"),
    ("subscriber", "remove", "alice"),
    ("nas", "add", "other", "--address", "127.0.0.1", "--secret", STRONG),
    ("nas", "add", "other", "--address", "300.0.0.1", "--secret", STRONG),
    ("nas", "set", "local", "--coa-port", "70000"),
    ("nas", "remove", "no-such-nas"),
    ("session", "disconnect", "--login", "alice"),
    ("no-such-noun",),
)


@pytest.fixture(scope="module")
def books(bare_site: Installation) -> Installation:
    """The sample, without a server."""
    bare_site.tollhouse("init", "--sample")
    return bare_site


def content(site: Installation) -> list[str]:
    """Everything that the listings show."""
    return [
        site.tollhouse(*words, "--output", "json")
        for words in (
            ("subscriber", "list"),
            ("plan", "list"),
            ("nas", "list"),
            ("balance", "history", "alice"),
            ("session", "list", "--all"),
        )
    ]


def refused(site: Installation, *words: str) -> str:
    """Run a command that must be refused in one line, with nothing changed; the line."""
    before = content(site)
    said = site.run(*words)
    assert said.code == 2, (words, said)
    assert said.out == ""
    assert said.err.startswith("tollhouse: ")
    assert said.err.count("\n") == 1
    assert content(site) == before
    return said.err


@pytest.mark.parametrize("words", WRONG_WORDS, ids=" ".join)
def test_a_wrong_word_changes_nothing(books: Installation, words: tuple[str, ...]) -> None:
    refused(books, *words)


@pytest.mark.parametrize("name", WRONG_PLANS)
def test_a_wrong_plan_file_changes_nothing(books: Installation, name: str) -> None:
    path = books.directory / name
    path.write_text(WRONG_PLANS[name])
    assert name in refused(books, "plan", "load", str(path))


@pytest.mark.parametrize("name", WRONG_IMPORTS)
def test_a_wrong_csv_file_adds_nobody(books: Installation, name: str) -> None:
    path = books.directory / name
    path.write_text(WRONG_IMPORTS[name])
    before = content(books)
    said = books.run("subscriber", "import", str(path))
    assert said.code == 2, said
    assert "Traceback" not in said.err
    assert content(books) == before


def test_a_wrong_setting_stops_every_command_in_one_line(books: Installation) -> None:
    right = books.settings_file.read_text()
    try:
        for wrong in ("[radius]\nauth_prot = 1\n", "[radius]\nauth_port = 70000\n", "[radius"):
            books.settings_file.write_text(wrong)
            for words in (["serve"], ["nas", "list"], ["ledger", "check"]):
                said = books.run(*words)
                assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
                assert said.err.startswith("tollhouse: ")
        assert books.run_program("serve") == books.run("serve")
    finally:
        books.settings_file.write_text(right)
