"""Words become values or one clear sentence; a password never comes back in one."""

from __future__ import annotations

from typing import Any

import click
import pytest

from cli import options
from cli.errors import HouseError


def convert(kind: Any, word: str) -> Any:
    return kind.convert(word, None, None)


def fault(kind: Any, word: str) -> str:
    with pytest.raises(click.BadParameter) as caught:
        convert(kind, word)
    return caught.value.message


def test_amounts_become_micros() -> None:
    assert convert(options.AMOUNT, "5.01") == 5_010_000
    assert convert(options.AMOUNT, "-0.000001") == -1
    assert "not an amount" in fault(options.AMOUNT, "5,01")


def test_logins_become_their_canonical_key() -> None:
    assert convert(options.LOGIN, " Alice ") == "alice"
    assert convert(options.LOGIN, "00-0C-42-1F-2E-3D") == "00:0c:42:1f:2e:3d"


@pytest.mark.parametrize(
    ("word", "said"),
    [("  ", "empty"), ("x" * 254, "253"), ("a\x00b", "control"), ("a\\b", "backslash")],
)
def test_a_login_that_no_router_could_send_is_refused(word: str, said: str) -> None:
    assert said in fault(options.LOGIN, word)


def test_macs_come_in_any_spelling_or_as_an_allowed_word() -> None:
    kind = options.MacType("learn", "none")
    assert convert(kind, "000c.421f.2e3d") == "00:0c:42:1f:2e:3d"
    assert convert(kind, "learn") == "learn"
    assert "learn or none" in fault(kind, "00:0c")


def test_times_for_a_zone_that_is_known_later_stay_words() -> None:
    assert convert(options.WALL_TIME, " 2026-03-01 14:30 ") == "2026-03-01 14:30"
    assert convert(options.WALL_TIME, "2026-03-01 14:30 +0130") == "2026-03-01 14:30+01:30"
    assert "not a time" in fault(options.WALL_TIME, "soon")


@pytest.mark.parametrize("word", ["", "a b", "ü", "x" * 65, "a/b"])
def test_names_are_plain(word: str) -> None:
    assert "is not a name" in fault(options.NAME, word)
    assert convert(options.NAME, "tower-3.b_c") == "tower-3.b_c"


def test_passwords_have_limits_and_never_come_back() -> None:
    assert options.check_password("wonderland") == b"wonderland"
    for word in ("", "s3cret" * 30, "s3cret\udcff"):
        with pytest.raises(ValueError) as caught:
            options.check_password(word)
        assert "s3cret" not in str(caught.value)
    with pytest.raises(HouseError):
        options.password_from("")
