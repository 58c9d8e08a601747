"""Hashes that were made elsewhere are checked as their makers would.

`vectors/crypt.json` holds the published vectors: those of the SHA-crypt specification, of FreeBSD's
and OpenSSL's md5, and of crypt_blowfish.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aaa.crypt_hashes import check_crypt, check_form

VECTORS = json.loads((Path(__file__).parent / "vectors" / "crypt.json").read_text())


@pytest.mark.parametrize(("password", "hashed"), VECTORS)
def test_published_vectors_are_met_and_no_other_password_is(password: str, hashed: str) -> None:
    check_form(hashed.encode())
    assert check_crypt(password.encode(), hashed.encode())
    assert not check_crypt(b"x" + password.encode(), hashed.encode())
    assert not check_crypt(b"", hashed.encode())
    assert not check_crypt(password.encode() + b"\0", hashed.encode())


@pytest.mark.parametrize("kind", ["$2a$", "$2b$", "$2y$"])
def test_the_names_of_bcrypt_mean_the_same_and_it_reads_72_octets(kind: str) -> None:
    hashed = VECTORS[-1][1].replace("$2a$", kind).encode()
    assert check_crypt(b"U*U*U", hashed)
    long = b"$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6"
    assert check_crypt(b"\xaa" * 72 + b"chars after 72 are ignored as usual", long)


@pytest.mark.parametrize(
    ("hashed", "said"),
    [
        (b"secret", "not a crypt hash"),
        (b"abJnggxhB/yWI", "not a crypt hash"),  # DES
        (b"$1$abcdefgh$short", "not a crypt hash"),
        (b"$6$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "not a crypt hash"),
        (b"$5$rounds=10$s$" + b"a" * 43, "10 rounds"),
        (b"$5$rounds=999999999$s$" + b"a" * 43, "999999999 rounds"),
        (b"$2b$31$" + b"a" * 53, "cost 31"),
        (b"$2x$05$" + b"a" * 53, "not a crypt hash"),
        (b"$y$j9T$x$y", "not a crypt hash"),
        (b"", "not a crypt hash"),
        (b"$1$abcdefgh$" + b"a" * 22 + b"\n", "not a crypt hash"),
    ],
)
def test_what_cannot_be_served_is_said_and_is_no_wrong_password(hashed: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("$", r"\$")):
        check_form(hashed)
    with pytest.raises(ValueError, match="damaged"):
        check_crypt(b"x", hashed)
