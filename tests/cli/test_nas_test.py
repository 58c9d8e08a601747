"""`nas test` asks a real router-like peer, and says what silence and answers mean."""

from __future__ import annotations

import pytest

from cli.errors import HouseError
from cli.nas_test import target_of
from domain.device import Device
from tests.cli.house import House
from tests.peers.freeradius import CoaListener


def device(*prefixes: str) -> Device:
    return Device(1, "t3", b"", prefixes, "standard", 3799)


def test_an_answer_from_freeradius_is_understood(sample: House, coa_listener: CoaListener) -> None:
    sample.run("nas", "set", "local", "--coa-port", str(coa_listener.port))
    result = sample.run("nas", "test", "local")
    assert "the secret is right" in result.stdout
    (received,) = coa_listener.wait_for(1)
    assert "tollhouse" in received.attributes["Acct-Session-Id"]


def test_silence_is_explained_and_is_no_success(sample: House) -> None:
    sample.run("nas", "set", "local", "--coa-port", "9")
    result = sample.run("nas", "test", "local", "--wait", "1", code=1)
    assert "No answer" in result.stdout and "another secret" in result.stdout


def test_a_nas_that_is_not_there_is_one_line(sample: House) -> None:
    assert "there is no NAS t9" in sample.refuse("nas", "test", "t9")


def test_a_single_address_is_the_target_of_its_own_accord() -> None:
    assert target_of(device("10.0.0.0/24", "192.0.2.1/32"), None) == "192.0.2.1"
    assert target_of(device("::1/128"), None) == "::1"


def test_a_prefix_needs_an_address_that_lies_in_it() -> None:
    whole = device("10.0.0.0/24")
    assert target_of(whole, "10.0.0.7") == "10.0.0.7"
    for address, said in (
        (None, "--address"),
        ("10.0.1.7", "not an address of"),
        ("x", "not an IP"),
    ):
        with pytest.raises(HouseError, match=said):
            target_of(whole, address)
