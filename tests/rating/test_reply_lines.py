"""Reply attributes as people write them: what is taken, and whose the rest is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plan import Access
from radius import decode_attributes
from rating.reply_lines import LINE_MAX_CHARACTERS, LineFault, Vocabulary, read_line, read_reply
from tests.radius.vector_files import our_dictionary

WORDS = Vocabulary(our_dictionary(), ("standard", "mikrotik"))


@pytest.mark.parametrize(
    ("line", "octets"),
    [
        ('Framed-Pool = "home"', "5806686f6d65"),
        ("framed-pool = home", "5806686f6d65"),
        ("Framed-IP-Address = 255.255.255.254", "0806fffffffe"),  # of the pool, 14.1
        ("Framed-IP-Address = 127.0.0.1", "08067f000001"),
        ("Framed-IP-Netmask = 255.255.255.0", "0906ffffff00"),
        ("Framed-Route = '10.9.0.0/24'", "160d31302e392e302e302f3234"),
        ("Idle-Timeout = 900", "1c0600000384"),
        ('Mikrotik-Address-List = "x"', "1a0900003a8c130378"),
        ('Mikrotik-Rate-Limit = "2M/10M"', "1a0e00003a8c0808324d2f31304d"),
        ("MS-Primary-DNS-Server = 192.0.2.1", "1a0c000001371c06c0000201"),
        ('Cisco-AVPair = "ip:vrf-id=red"', "1a1500000009010f" + b"ip:vrf-id=red".hex()),
        ("Attr-26.9999.7 = 0xaa", "1a090000270f0703aa"),
        ("Tunnel-Type:1 = VLAN", "40060100000d"),
        ("Egress-VLANID = 0x31000007", "380631000007"),
    ],
)
def test_a_line_becomes_the_octets_that_are_sent(line: str, octets: str) -> None:
    reply = read_reply([f"  {line} "], WORDS)
    assert reply.octets.hex() == octets
    assert reply.lines == (line,)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("User-Name = bob", "makes it"),
        ("Service-Type = Framed-User", "asked for"),
        ("Framed-Protocol = PPP", "asked for"),
        ("Framed-IP-Address = 192.0.2.7", "--ip"),
        ("Framed-IPv6-Address = 2001:db8::7", "--ipv6"),
        ("Framed-IPv6-Prefix = 2001:db8::/64", "--ipv6"),
        ("Delegated-IPv6-Prefix = 2001:db8::/56", "--delegated-prefix"),
        ("State = 0x00", "makes it"),
        ("Class = 0x00", "makes it"),
        ("Session-Timeout = 60", "max_session_s"),
        ("Termination-Action = RADIUS-Request", "end at"),
        ("Proxy-State = 0x00", "makes it"),
        ("Acct-Interim-Interval = 60", "interim_s"),
        ("EAP-Message = 0x00", "makes it"),
        ("Message-Authenticator = 0x00", "makes it"),
        ("User-Password = x", "hidden"),
        ("Tunnel-Password = x", "hidden"),
        ("MS-MPPE-Recv-Key = 0x00", "hidden"),
        ("MS-CHAP2-Success = 0x00", "makes it"),
        ("Attr-26.311.7 = 0x00000001", "makes it"),
        ("Mikrotik-Total-Limit = 1", "money"),
        ("Mikrotik-Recv-Limit-Gigawords = 1", "money"),
        ("Attr-27 = 0x00000001", "max_session_s"),
        ("Acct-Session-Id = x", "requests"),
        ("NAS-Port = 1", "requests"),
        ('Filter-Id = ""', "no value"),
    ],
)
def test_what_is_the_servers_own_cannot_be_written(line: str, why: str) -> None:
    with pytest.raises(LineFault, match="cannot be a reply") as caught:
        read_reply(["Idle-Timeout = 1", line], WORDS)
    assert why in str(caught.value)
    assert caught.value.index == 1


@pytest.mark.parametrize(
    "line",
    [
        *("", "Idle-Timeout", "Idle-Timeout = soon", "Idel-Timeout = 1", "Filter-Id = x\ny"),
        *("Filter-Id:1 = x", "Tunnel-Type:77 = VLAN", "Mikrotik-Rate-Limit = fast"),
        *(f"Filter-Id = {'x' * 254}", f"Filter-Id = {'x' * LINE_MAX_CHARACTERS}"),
        "Auth-Type = Accept",
    ],
)
def test_a_wrong_line_is_refused_in_one_sentence(line: str) -> None:
    with pytest.raises(LineFault) as caught:
        read_reply([line], WORDS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_whom_a_reply_is_for_is_kept_with_it() -> None:
    reply = read_reply(["Filter-Id = a"], WORDS, dialect="mikrotik", accesses=(Access.PPP,))
    assert (reply.dialect, reply.accesses) == ("mikrotik", (Access.PPP,))


@given(st.text(max_size=80) | st.from_regex(r"Attr-[0-9.]{1,9} = 0x([0-9a-f]{2}){0,6}"))
def test_whatever_is_taken_can_stand_in_a_packet(line: str) -> None:
    try:
        pairs = read_line(line, WORDS.names)
    except ValueError:
        return
    assert list(decode_attributes(read_reply([line], WORDS).octets)) == pairs
