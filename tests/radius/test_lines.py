"""Attributes as lines: vectors, the words of FreeRADIUS itself, errors, and round trips."""

from __future__ import annotations

import os
import socket
import subprocess
import threading

import hypothesis
import hypothesis.strategies as st
import pytest

from radius import (
    Packet,
    decode_attributes,
    decode_packet,
    encode_attributes,
    encode_packet,
    load_dictionary,
    passwords,
)
from radius.errors import ValueTextError
from tests.radius.vector_files import (
    AUTHENTICATOR,
    SECRET,
    debian_dictionary,
    line_vectors,
    our_dictionary,
)

# Lines that FreeRADIUS prints otherwise, and why ours stands.
PRINTED_OTHERWISE = {
    "X-Ascend-Send-Secret": "hidden values are shown as they travel",
    "Ascend-Send-Secret": "hidden values are shown as they travel",
    "Tunnel-Password": "hidden values are shown as they travel",
    "MS-CHAP-MPPE-Keys": "hidden values are shown as they travel",
    "DS-Lite-Tunnel-Name": "the octet 0 at its end belongs to a name of the DNS",
    "Framed-IPv6-Prefix": "host bits behind the prefix are cleared, as RFC 3162 asks",
    "NAS-Filter-Rule": "one attribute is one line, though it may hold several rules",
    "Ascend-Data-Filter": "the binary filter is kept as octets",
}
MORE_LINES = (
    "Framed-IP-Netmask = 255.255.255.0",
    "Framed-Interface-Id = 2a:b:c:1",
    'Reply-Message = "tab\\there \\"q\\" é \\377 \\001"',
    "Framed-Protocol = PPP",
    "NAS-Port-Type = Virtual",
    "Framed-Compression = Van-Jacobson-TCP-IP",
    "Acct-Terminate-Cause = User-Request",
    "Error-Cause = Unsupported-Service",
    "Login-IPv6-Host = ::1",
    "PMIP6-Home-IPv4-HoA = 10.1.2.0/24",
    "Mikrotik-Wireless-VLANID-Type = 802.1q",
    "Service-Type = Framed-User",
    'Event-Timestamp = "Nov  3 2023 08:26:40 UTC"',
    "Acct-Status-Type = Interim-Update",
)


@pytest.mark.parametrize(
    ("same", "octets", "lines"),
    line_vectors(),
    ids=[" ".join(lines)[:60] for _, _, lines in line_vectors()],
)
def test_vectors_print_as_they_should_and_are_read_back(
    same: bool, octets: bytes, lines: list[str]
) -> None:
    dictionary = debian_dictionary()
    assert dictionary.format_all(decode_attributes(octets)) == lines
    read = dictionary.parse_all("\n".join(lines))
    assert (encode_attributes(read) == octets) is same
    assert dictionary.format_all(read) == lines


def test_freeradius_prints_the_same_lines(radclient: str) -> None:
    """radclient, with the same dictionary, shows what a reply of ours holds."""
    dictionary = debian_dictionary()
    pairs = [pair for _, octets, _ in line_vectors() for pair in decode_attributes(octets)]
    pairs += [pair for line in MORE_LINES for pair in [dictionary.parse(line)]]
    shown = ask(radclient, [pair for pair in pairs if pair[0] != 69 and not hides(pair)])
    expected = [
        line for line in dictionary.format_all(pairs) if name_of(line) not in PRINTED_OTHERWISE
    ]
    assert [line for line in shown if name_of(line) not in PRINTED_OTHERWISE] == expected


def hides(pair: tuple[int, bytes]) -> bool:
    return any("MS-CHAP-MPPE-Keys" in line for line in debian_dictionary().format(pair))


def name_of(line: str) -> str:
    return line.partition(" ")[0].partition(":")[0]


def ask(radclient: str, pairs: list[tuple[int, bytes]]) -> list[str]:
    """Answer one request of radclient with these attributes; return what it says it got."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(60)

        def answer() -> None:
            octets, client = server.recvfrom(4096)
            request = decode_packet(octets, SECRET)
            reply = Packet(2, request.identifier, bytes(16), pairs)
            server.sendto(encode_packet(reply, SECRET, request.authenticator), client)

        thread = threading.Thread(target=answer)
        thread.start()
        ran = subprocess.run(
            [radclient, "-x", "-t", "5", "-r", "1", f"127.0.0.1:{server.getsockname()[1]}", "auth",
             SECRET.decode()],
            input='User-Name = "bob"\nUser-Password = "x"\nMessage-Authenticator = 0x00\n',
            capture_output=True, text=True, check=True, timeout=120,
            env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip
        thread.join()
    lines = [line.strip() for line in ran.stdout.partition("Received ")[2].splitlines()[1:]]
    return [line for line in lines if not line.startswith("Message-Authenticator")]


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("Framed-IP-Address = 10.0.0.1", (8, b"\x0a\0\0\1")),
        ("framed-ip-address=10.0.0.1", (8, b"\x0a\0\0\1")),
        ("  Framed-IP-Address := 10.0.0.1 ,", (8, b"\x0a\0\0\1")),
        ("Reply-Message += 'a, b'", (18, b"a, b")),
        ('Reply-Message = "a, \\"b\\"", ', (18, b'a, "b"')),
        ("Service-Type = framed-user", (6, b"\0\0\0\2")),
        ("Service-Type = 77", (6, b"\0\0\0\x4d")),
        ("Tunnel-Type:1 = VLAN", (64, b"\x01\0\0\x0d")),
        ("Tunnel-Type = VLAN", (64, b"\0\0\0\x0d")),
        ("Tunnel-Private-Group-Id:1 = 100", (81, b"\x01100")),
        ("Tunnel-Private-Group-Id:0 = 100", (81, b"100")),
        ("Attr-200 = 0xabcd", (200, b"\xab\xcd")),
        ("Attr-4 = 0xabcd", (4, b"\xab\xcd")),
        ("Attr-26.9.250 = 0x41", (26, b"\0\0\0\x09\xfa\x03A")),
        ("attr-26.Cisco.250 = 0x41", (26, b"\0\0\0\x09\xfa\x03A")),
        ("Attr-26 = 0x000000090100", (26, b"\0\0\0\x09\x01\x00")),
        ("Attr-241.1 = 0x626f62", (241, b"\x01bob")),
        ("Attr-245.26.1.4 = 0x74", (245, b"\x1a\0\0\0\0\x01\x04t")),
        ("Vendor-Specific = 0x00000009", (26, b"\0\0\0\x09")),
        ("IP-Port-Limit-Info = 0x010600000001", (241, b"\x05\x01\x06\0\0\0\1")),
    ],
)
def test_lines_are_read_as_freeradius_users_write_them(line: str, pair: tuple[int, bytes]) -> None:
    assert debian_dictionary().parse(line) == pair


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "not of the form"),
        ("User-Name", "not of the form"),
        ("User-Name =", "not of the form"),
        ('User-Name = "open', "the closing quote is missing"),
        ("User-Name = a, b", "not of the form"),
        ("No-Such-Name = 1", "no attribute is called No-Such-Name"),
        ("Attr-26.Nobody.1 = 0x41", "no attribute is called Attr-26.Nobody.1"),
        ("Attr- = 0x41", "no attribute is called Attr-"),
        ("Attr-26.9.250 = 17", "write 0x"),
        ("Attr-300 = 0x41", "cannot be sent"),
        ("Attr-26.9.300 = 0x41", "does not fit"),
        ("Framed-IP-Address = 10.0.0.300", "not of type ipaddr"),
        ("Framed-IP-Address:1 = 10.0.0.1", "takes no tag"),
        ("Tunnel-Type:32 = VLAN", "between 0 and 31"),
        ("Tunnel-Type:1 = 16777216", "3 octets"),
        ("Service-Type = No-Such-Service", "a number or the name of a value"),
        ("Auth-Type = Accept", "cannot be sent"),
        ("3GPP-MS-Time-Zone = 0x00", "has 2 octets, not 1"),
        (f'Reply-Message = "{"x" * 254}"', "over the limit of 253"),
        (f"EAP-Message = 0x{'00' * 300}", "needs 2 attributes, not one"),
    ],
)
def test_a_wrong_line_is_refused_with_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(ValueTextError) as caught:
        debian_dictionary().parse(line)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pkt_07_a_value_that_does_not_fit_its_type_is_shown_by_number() -> None:
    dictionary = debian_dictionary()
    assert dictionary.format((4, b"\xab\xcd")) == ["Attr-4 = 0xabcd"]
    assert dictionary.format((26, b"\0\0\0\x09\x01")) == ["Attr-26 = 0x0000000901"]
    assert dictionary.format((241, b"\x05\x01\x00")) == ["Attr-241.5 = 0x0100"]
    assert dictionary.format((245, b"\x01\x80a")) == ["Attr-245 = 0x018061"]


def test_long_values_of_concat_types_are_split_and_kept_together() -> None:
    pairs = debian_dictionary().parse_all(f"EAP-Message = 0x{'ab' * 600}\n")
    assert [(kind, len(value)) for kind, value in pairs] == [(79, 253), (79, 253), (79, 94)]


def test_long_extended_values_are_split_and_joined() -> None:
    dictionary = debian_dictionary()
    line = f"FreeRADIUS-802.1X-EAPoL-Key-Msg = 0x{'cd' * 500}"
    pairs = dictionary.parse_all(line)
    assert [kind for kind, _ in pairs] == [245, 245, 245]
    assert dictionary.format_all(pairs) == [line]


def test_comments_and_empty_lines_are_left_out() -> None:
    text = "# two attributes\n\nUser-Name = bob\n  # another\nNAS-Port = 7\n"
    assert our_dictionary().parse_all(text) == [(1, b"bob"), (5, b"\0\0\0\7")]


def test_arrays_are_shown_one_element_a_line() -> None:
    dictionary = load_dictionary(
        lambda name: (
            "ATTRIBUTE Routers 3 ipaddr array\nATTRIBUTE Sizes 4 short array\nVALUE Sizes Big 2\n"
        )
    )
    assert dictionary.format((3, b"\x0a\0\0\1\x0a\0\0\2")) == [
        "Routers = 10.0.0.1",
        "Routers = 10.0.0.2",
    ]
    assert dictionary.format((4, b"\0\1\0\2")) == ["Sizes = 1", "Sizes = Big"]
    assert dictionary.format((3, b"\x0a\0\0\1\x0a")) == ["Attr-3 = 0x0a0000010a"]
    assert dictionary.parse("Routers = 10.0.0.9") == (3, b"\x0a\0\0\x09")


def hide(how: int, plain: bytes) -> bytes:
    if how == 1:
        return passwords.hide_password(plain, SECRET, AUTHENTICATOR)
    if how == 2:
        return passwords.hide_salted(plain, SECRET, AUTHENTICATOR, b"\x80\x01")
    return passwords.hide_block(plain, SECRET, AUTHENTICATOR)


def unhide(how: int, hidden: bytes) -> bytes | None:
    reveal = (passwords.unhide_password, passwords.unhide_salted, passwords.unhide_block)
    return reveal[how - 1](hidden, SECRET, AUTHENTICATOR)


@pytest.mark.parametrize(
    ("line", "octets"),
    [
        ('User-Password = "hello"', "021228648684a1164afc53c96a316a88996b"),
        ('Tunnel-Password:1 = "tunnelpw"', "4515018001f99263c00194deae3264258505da0f9a"),
        ('Tunnel-Password:0 = "tunnelpw"', "4515008001f99263c00194deae3264258505da0f9a"),
        ('Ascend-Send-Secret = "hello"', "1a1800000211d612c9ce762350981cca9868f8baf0c3d433"),
    ],
)
def test_hidden_values_are_hidden_and_revealed_when_asked(line: str, octets: str) -> None:
    dictionary = debian_dictionary()
    pair = dictionary.parse(line, hide=hide)
    assert encode_attributes([pair]).hex() == octets
    assert dictionary.format(pair, unhide=unhide) == [line]
    (shown,) = dictionary.format(pair)
    assert "hello" not in shown and "tunnelpw" not in shown and " = 0x" in shown


def test_a_hidden_value_that_cannot_be_revealed_is_shown_by_number() -> None:
    assert debian_dictionary().format((2, b"short"), unhide=unhide) == ["Attr-2 = 0x73686f7274"]


def test_a_tagged_vendor_value_has_its_tag_inside() -> None:
    dictionary = our_dictionary()
    pair = dictionary.parse('ERX-Service-Activate:1 = "GOLD(10m)"')
    assert encode_attributes([pair]).hex() == "1a120000130a410c01474f4c442831306d29"
    assert dictionary.format(pair) == ['ERX-Service-Activate:1 = "GOLD(10m)"']


AREAS = st.lists(
    st.tuples(
        st.integers(1, 255).filter(lambda kind: kind != 80),
        st.one_of(
            st.binary(min_size=1, max_size=40),
            st.builds(
                lambda vendor, rest: vendor.to_bytes(4, "big") + rest,
                st.sampled_from([9, 14988, 4874, 24757, 8164, 4846, 429, 529, 54]),
                st.binary(max_size=30),
            ),
        ),
    ),
    max_size=6,
)


@hypothesis.given(AREAS)
def test_whatever_is_shown_can_be_read_back_and_shows_the_same(
    pairs: list[tuple[int, bytes]],
) -> None:
    dictionary = debian_dictionary()
    lines = dictionary.format_all(pairs)
    assert dictionary.format_all(dictionary.parse_all("\n".join(lines))) == lines


def test_a_name_that_would_not_be_read_back_is_shown_by_its_number() -> None:
    text = (
        "ATTRIBUTE Speed 200 integer\n"
        "VALUE Speed 56 1\nVALUE Speed 056 2\nVALUE Speed T1,T3 3\nVALUE Speed Fast 4\n"
        "VALUE Speed fast 5\n"
    )
    small = load_dictionary(lambda name: text)
    shown = {1: "56", 2: "056", 3: "3", 4: "4", 5: "fast", 56: "0056"}
    for number, word in shown.items():
        pair = (200, number.to_bytes(4, "big"))
        assert small.format(pair) == [f"Speed = {word}"]
        assert small.parse(f"Speed = {word}") == pair


@pytest.mark.parametrize(
    "path",
    [
        "26.9",
        "26.99999999999.1",
        "241.26.9",
        "241.26.4294967296.1",
        "9" * 5_000,
        "1" + ".1" * 3_000,
    ],
)
def test_a_path_that_leads_nowhere_is_a_wrong_line_and_no_accident(path: str) -> None:
    with pytest.raises(ValueTextError):
        our_dictionary().parse(f"Attr-{path} = 0x01")


def test_blanks_without_end_cost_no_time_without_end() -> None:
    with pytest.raises(ValueTextError):
        our_dictionary().parse("User-Name = a" + " " * 20_000 + "b,c")
