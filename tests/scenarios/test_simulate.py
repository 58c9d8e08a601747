"""`tollhouse simulate` against a running server: the README's second minute.

The session runs two hundred times as fast as the clock, so that a balance is gone in a second;
the counters are those of exact instants of the session, so the bill is the same every time.
"""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.peers.ports import free_port
from tests.scenarios.installation import Installation, Said

OPENING_MICROS = 5_000_000
FAST = ("--speed", "200")


@pytest.fixture(scope="module")
def coa_port() -> int:
    """Where the simulated router listens."""
    return free_port()


@pytest.fixture(scope="module")
def site(bare_site: Installation, coa_port: int) -> Installation:
    """A running server with the sample."""
    bare_site.tollhouse("init", "--sample")
    bare_site.tollhouse("nas", "set", "local", "--coa-port", str(coa_port))
    bare_site.start()
    return bare_site


def simulate(site: Installation, coa_port: int, *words: str) -> Said:
    """Play as a program of its own."""
    return site.run_program(
        *("simulate", "--auth-port", str(site.auth_port), "--acct-port", str(site.acct_port)),
        *("--coa-port", str(coa_port), *words),
    )


def summary(said: Said) -> Any:
    """The summary of a play that went well."""
    assert said.code == 0, said
    return json.loads(said.out)


def test_the_money_goes_down_until_the_server_cuts_the_session(
    site: Installation, coa_port: int
) -> None:
    said = simulate(site, coa_port, *FAST)
    assert said.code == 0, said
    lines = said.out.splitlines()
    assert lines[0].split() == ["TIME", "DOWN", "UP", "PAID", "BALANCE", "WHAT", "HAPPENED"]
    assert "login accepted, 500.00 MB within " in lines[1]
    assert "interim 20" in said.out
    assert "Disconnect-Request; answered Disconnect-ACK" in said.out
    assert lines[-1].startswith("The server ended the session after 00:03:2")
    (session,) = site.shown("session", "list", "--login", "alice", "--all")
    used = session["input_octets"] + session["output_octets"]
    assert used >= 500_000_000
    assert site.posted() == OPENING_MICROS - used // 100
    assert session["state"] == "closed"
    site.tollhouse("ledger", "check")


def test_a_login_without_money_is_refused_with_the_words_of_the_server(
    site: Installation, coa_port: int
) -> None:
    site.tollhouse("balance", "correct", "alice", "-9", "--entry", "1", "--reason", "test")
    said = simulate(site, coa_port, *FAST)
    assert said.code == 1
    assert "Login refused. Please contact your provider." in said.out
    assert site.shown("explain", "reject", "alice")[0]["code"] == "no-credit"


@pytest.fixture
def paid(site: Installation) -> int:
    """Alice has exactly one dollar; the balance in micros."""
    missing = 1_000_000 - site.posted()
    words = ("--entry", "1", "--reason", "one dollar for the test")
    amount = f"{missing / 1_000_000:.6f}"
    site.tollhouse("balance", "correct", "alice", amount, *words)
    return site.posted()


def test_a_router_that_obeys_stops_at_its_octet_limit_to_the_octet(
    site: Installation, coa_port: int, paid: int
) -> None:
    found = summary(simulate(site, coa_port, *FAST, "--obey-limits", "--output", "json"))
    assert found["ended"] == "limit"
    assert found["input_octets"] + found["output_octets"] == 100_000_000
    assert (found["opening_micros"], found["closing_micros"]) == (paid, 0)
    assert found["unanswered_n"] == 0


@pytest.mark.parametrize("method", ["pap", "chap"])
def test_a_count_of_interims_ends_a_session_that_could_go_on(
    site: Installation, coa_port: int, paid: int, method: str
) -> None:
    words = ("--count", "3", "--method", method, "--output", "json")
    found = summary(simulate(site, coa_port, *FAST, *words))
    assert (found["ended"], found["interims_n"], found["session_s"]) == ("count", 3, 30)
    assert found["input_octets"] + found["output_octets"] == 75_000_000
    assert found["closing_micros"] == paid - 750_000


def test_a_wrong_password_is_refused(site: Installation, coa_port: int, paid: int) -> None:
    said = simulate(site, coa_port, "--password", "looking-glass")
    assert said.code == 1
    assert "tollhouse explain reject alice" in said.out


def test_a_busy_port_for_orders_is_told_in_one_line(site: Installation, coa_port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("127.0.0.1", coa_port))
        said = simulate(site, coa_port)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "--coa-port" in said.err
