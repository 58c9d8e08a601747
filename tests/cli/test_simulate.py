"""The command line of `tollhouse simulate`, and its last words.

Here nobody is behind the ports but what a test puts there; tests/scenarios plays it for real.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from cli.simulate import last_words, summary
from cli.simulate_play import Play, Script
from cli.simulate_view import Purse
from radius import Packet, encode_attributes
from radius.packet import sign_reply
from tests.cli.simulated import SECRET, FakeServer, StoodClock
from tests.peers.ports import free_port


def simulate(tmp_path: Path, *words: str) -> Result:
    """Run the command with settings that lead to no database."""
    config = tmp_path / "tollhouse.toml"
    config.write_text('[database]\nurl = "sqlite:///none.db"\n')
    return CliRunner().invoke(main, ["--config", str(config), "simulate", *words])


def played() -> Play:
    """A play that is over as far as a test says."""
    with FakeServer(lambda packet, octets: []) as server:
        uplink = server.uplink()
    script = Script(uplink, "alice", b"x", "pap", 8, 10, 1, 0, False)
    play = Play(script, None, clock=StoodClock(), tag="t")
    play.router.counters.output_octets = 500_000_000
    play.router.counters.session_s = 200
    play.opening = Purse("USD", 5_000_000, 0)
    play.closing = Purse("USD", -20_000, 0)
    return play


@pytest.mark.parametrize(
    "words",
    [
        ("--server", "localhost"),
        ("--rate", "20 MB"),
        ("--rate", "7"),
        ("--speed", "0"),
        ("--interval", "-1"),
        ("--auth-port", "65536"),
        ("--method", "eap"),
        ("--secret", ""),
        ("--password", ""),
        ("--password", "x" * 129),
        ("--login", "a\\b"),
    ],
    ids=" ".join,
)
def test_a_wrong_word_is_told_in_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = simulate(tmp_path, *words)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("tollhouse: ")
    if words[0] in ("--secret", "--password"):
        assert "x" * 129 not in done.stderr


def test_settings_that_were_named_must_be_there(tmp_path: Path) -> None:
    words = ["--config", str(tmp_path / "none.toml"), "simulate"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "cannot read the settings file" in done.stderr


def test_a_refusal_is_exit_code_1_and_shows_what_the_server_said(tmp_path: Path) -> None:
    def refuse(packet: Packet, octets: bytes) -> list[bytes]:
        said = encode_attributes([(18, b"go away")])
        where = (3, packet.identifier, packet.authenticator)
        return [sign_reply(*where, said, SECRET, with_message_authenticator=True)]

    with FakeServer(refuse) as server:
        port = str(server.uplink().auth_port)
        words = ("--auth-port", port, "--acct-port", port, "--coa-port", port)
        done = simulate(tmp_path, *words, "--server", "127.0.0.1", "--output", "json")
        assert done.exit_code == 2, "the port for orders is the server's own"
        free = str(free_port())
        done = simulate(tmp_path, *words[:4], "--coa-port", free, "--output", "json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["ended"], found["reply_message"]) == ("refused", "go away")
    assert found["opening_micros"] is None


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("disconnect", "The server ended the session"),
        ("limit", "The router ended the session at its octet limit"),
        ("timeout", "The router ended the session at its Session-Timeout"),
        ("count", "The session was stopped after 0 interims"),
        ("interrupted", "The session was interrupted and stopped"),
    ],
)
def test_the_last_words_say_how_it_ended_and_what_it_cost(ended: str, words: str) -> None:
    play = played()
    play.ending.ended = ended
    assert last_words(play) == (
        f"{words} after 00:03:20 and 500.00 MB; the balance went from 5.00 USD to -0.02 USD."
    )


def test_the_summary_is_exact() -> None:
    play = played()
    play.ending.ended = "disconnect"
    found = summary(play)
    assert (found["opening_micros"], found["closing_micros"]) == (5_000_000, -20_000)
    assert (found["output_octets"], found["session_s"]) == (500_000_000, 200)
    assert found["acct_session_id"] == "sim-t"
