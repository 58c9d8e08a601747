"""Every way to prove who one is, as radclient does it, and requests that prove nothing.

The subscribers keep their passwords in each of the ways there are, because what a method needs of
the stored password decides whether it can work at all.
"""

from __future__ import annotations

import pytest

from tests.scenarios.installation import Installation
from tests.scenarios.radclient import Answer, Radclient
from tests.scenarios.router import Router

# RFC 2759 section 9.2 and RFC 3079 section 3.5: user User, password clientPass.
CHALLENGE = "5b5d7c7d7b3f2f3e3c2c602132262628"
PEER_CHALLENGE = "21402324255e262a28295f2b3a337c7e"
NT_RESPONSE = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df"
SUCCESS = b"\x00S=407A5589115FD0D6209F510FE9C04566932CDA56"
SEND_KEY = "8b7cdc149b993a1ba118cb153f56dccb"
RECEIVE_KEY = "d5f0e9521e3ea9589645e86051c82226"
MAC = "00:0c:42:1f:2e:3d"

PAP, CHAP, MSCHAP = "User-Password", "CHAP-Password", "MS-CHAP-Password"


@pytest.fixture(scope="module")
def people(site: Installation) -> Installation:
    """Subscribers with clear, NT-hashed and one-way hashed passwords, and a MAC."""
    plan = ("--plan", "sample-prepaid", "--balance", "1")
    for login, kind in (("clear", "clear"), ("nt", "nt"), ("hash", "hash")):
        words = ("--credential", kind, "--password", "-")
        site.tollhouse("subscriber", "add", login, *plan, *words, typed="correct horse\n")
    site.tollhouse("subscriber", "add", "User", *plan, "--password", "clientPass")
    site.tollhouse("subscriber", "add", MAC, *plan)
    return site


def ask(site: Installation, client: Radclient, login: str, method: str, password: str) -> Answer:
    """One login by a method that radclient knows."""
    words = f'User-Name = "{login}"\n{method} = "{password}"\nNAS-Port = 1\n'
    return client.send("auth", site.auth_port, words)


@pytest.mark.parametrize(
    ("login", "methods"),
    [("clear", (PAP, CHAP, MSCHAP)), ("nt", (PAP, MSCHAP)), ("hash", (PAP,))],
)
def test_ath_a_stored_password_serves_the_methods_it_can(
    people: Installation, client: Radclient, login: str, methods: tuple[str, ...]
) -> None:
    for method in (PAP, CHAP, MSCHAP):
        right = ask(people, client, login, method, "correct horse")
        assert right.kind == ("Access-Accept" if method in methods else "Access-Reject"), method
        wrong = ask(people, client, login, method, "correct house")
        assert wrong.kind == "Access-Reject", method
        assert wrong["Reply-Message"] == "Login refused. Please contact your provider."


def test_ath_a_method_that_cannot_work_is_refused_with_its_own_reason(
    people: Installation, client: Radclient
) -> None:
    ask(people, client, "hash", CHAP, "correct horse")
    assert people.shown("explain", "reject", "hash")[0]["code"] == "method-impossible"


def test_msc_mschapv1_brings_the_keys_for_mppe(people: Installation, client: Radclient) -> None:
    answer = ask(people, client, "clear", MSCHAP, "correct horse")
    assert "MS-CHAP-MPPE-Keys" in answer
    refusal = ask(people, client, "clear", MSCHAP, "wrong")
    assert "E=691" in refusal["MS-CHAP-Error"]


def test_msc_rfc_2759_section_9_2_is_accepted_with_its_success_and_keys(
    people: Installation, client: Radclient
) -> None:
    response = f"0100{PEER_CHALLENGE}{'00' * 8}{NT_RESPONSE}"
    words = (
        f'User-Name = "User"\nNAS-Port = 1\nMS-CHAP-Challenge = 0x{CHALLENGE}\n'
        f"MS-CHAP2-Response = 0x{response}\n"
    )
    answer = client.send("auth", people.auth_port, words)
    assert answer.kind == "Access-Accept"
    success = bytes.fromhex(answer["MS-CHAP2-Success"].removeprefix("0x"))
    assert success == b"\x01" + SUCCESS[1:]
    assert answer["MS-MPPE-Send-Key"] == f"0x{SEND_KEY}"
    assert answer["MS-MPPE-Recv-Key"] == f"0x{RECEIVE_KEY}"


def test_msc_one_altered_bit_of_the_response_is_a_wrong_password(
    people: Installation, client: Radclient
) -> None:
    response = f"0100{PEER_CHALLENGE}{'00' * 8}83{NT_RESPONSE[2:]}"
    words = (
        f'User-Name = "User"\nNAS-Port = 1\nMS-CHAP-Challenge = 0x{CHALLENGE}\n'
        f"MS-CHAP2-Response = 0x{response}\n"
    )
    answer = client.send("auth", people.auth_port, words)
    assert answer.kind == "Access-Reject"
    assert "E=691" in answer["MS-CHAP-Error"]


@pytest.mark.parametrize("spelling", ["00-0C-42-1F-2E-3D", "000c.421f.2e3d", MAC.upper()])
@pytest.mark.parametrize(
    "proof",
    [
        'User-Password = "{mac}"',
        'CHAP-Password = "{mac}"',
        "Service-Type = Call-Check\nMessage-Authenticator = 0x00",
    ],
    ids=["the-mac-as-pap", "the-mac-as-chap", "call-check"],
)
def test_ath_03_a_mac_logs_in_without_a_password_in_any_spelling(
    people: Installation, client: Radclient, spelling: str, proof: str
) -> None:
    words = f'User-Name = "{spelling}"\nCalling-Station-Id = "{spelling}"\nNAS-Port = 2\n'
    words += proof.format(mac=spelling)
    answer = client.send("auth", people.auth_port, words)
    assert answer.kind == "Access-Accept", people.tollhouse("explain", "reject", MAC)


def test_ath_03_a_mac_logs_in_with_an_empty_password(people: Installation) -> None:
    with Router(people) as router:  # radclient leaves an empty password out
        router.login(MAC, "", Calling_Station_Id=MAC, NAS_Port=2)


def test_blr_11_a_request_that_proves_nothing_has_to_be_signed(
    people: Installation, client: Radclient
) -> None:
    words = f'User-Name = "{MAC}"\nNAS-Port = 2\n'
    answer = client.send("auth", people.auth_port, words, wait_s=0.3)
    assert answer.kind == ""
    assert "No reply from server" in answer.output


def test_an_unknown_login_is_told_no_more_than_a_wrong_password(
    people: Installation, client: Radclient
) -> None:
    wrong = ask(people, client, "clear", PAP, "correct house")
    unknown = ask(people, client, "nobody", PAP, "correct horse")
    assert unknown.kind == wrong.kind == "Access-Reject"
    assert unknown["Reply-Message"] == wrong["Reply-Message"]
    decision = people.shown("explain", "reject", "--last", "1")[0]
    assert (decision["code"], decision["user_name"]) == ("unknown-subscriber", "nobody")


def test_aut_a_signed_request_with_a_wrong_secret_meets_silence(
    people: Installation, client: Radclient
) -> None:
    words = 'User-Name = "clear"\nUser-Password = "correct horse"\nMessage-Authenticator = 0x00\n'
    answer = client.send("auth", people.auth_port, words, secret="mistaken", wait_s=0.3)
    assert answer.kind == ""
    assert "No reply from server" in answer.output
    words = 'User-Name = "clear"\nAcct-Status-Type = Start\nAcct-Session-Id = "w"\n'
    answer = client.send("acct", people.acct_port, words, secret="mistaken", wait_s=0.3)
    assert answer.kind == ""
    assert "No reply from server" in answer.output


def test_hid_an_unsigned_pap_login_with_a_wrong_secret_is_explained_as_such(
    people: Installation, client: Radclient
) -> None:
    words = 'User-Name = "clear"\nUser-Password = "correct horse"\n'
    assert client.send("auth", people.auth_port, words, secret="mistaken", wait_s=0.3).kind == ""
    assert "shared secret" in people.tollhouse("explain", "reject", "clear")


def test_sts_status_server_is_answered_on_both_ports(
    people: Installation, client: Radclient
) -> None:
    words = "Message-Authenticator = 0x00\n"
    assert client.send("status", people.auth_port, words).kind == "Access-Accept"
    assert client.send("status", people.acct_port, words).kind == "Accounting-Response"


def test_s30_no_password_or_secret_is_ever_written_to_the_log(people: Installation) -> None:
    log = people.log()
    assert '"event":"serving"' in log
    for secret in ("correct horse", "clientPass", "wonderland", "testing123", "mistaken"):
        assert secret not in log
