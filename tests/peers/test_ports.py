"""A port that was given out stays free until the server under test has bound it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers import ports
from tests.peers.ports import BLOCK_N, FIRST, LAST, RANGE_FILE, Block, free_port, is_free, room

ROOT = Path(__file__).resolve().parents[2]
KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
HOSTS = ("127.0.0.1", "127.0.0.9", "", "::1", "::")


def block_of(port: int) -> int:
    """The number of a port's block."""
    first, last = map(int, RANGE_FILE.read_text().split())
    return (port - room((first, last))[0]) // BLOCK_N


@pytest.fixture
def block() -> Iterator[Block]:
    taken = Block(room((32_768, 60_999)))
    yield taken
    taken.close()


def test_the_kernel_gives_none_of_these_ports_to_a_client() -> None:
    first, last = map(int, RANGE_FILE.read_text().split())
    assert not first <= free_port() <= last


@pytest.mark.parametrize(
    ("ephemeral", "expected"),
    [
        ((32_768, 60_999), range(FIRST, LAST)),
        ((20_000, 60_999), range(FIRST, 20_000)),
        ((1_024, 60_000), range(60_001, 65_536)),
        ((1_024, 65_535), range(FIRST, LAST)),
    ],
)
def test_the_ports_lie_outside_the_range_of_the_kernel_where_it_leaves_room(
    ephemeral: tuple[int, int], expected: range
) -> None:
    assert room(ephemeral) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", HOSTS)
def test_a_port_that_somebody_has_on_any_address_is_not_free(
    host: str, kind: socket.SocketKind
) -> None:
    port = free_port()
    assert is_free(port)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as other:
        other.bind((host, port))
        assert not is_free(port)


def test_the_ports_of_a_block_come_in_turn_and_those_in_use_are_passed_over(block: Block) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", block.ports[1]))
        got = [block.free() for _ in range(BLOCK_N)]
    assert got[:2] == [block.ports[0], block.ports[2]]
    assert len({*got}) == BLOCK_N - 1 and {*got} <= {*block.ports}
    assert got[-1] == got[0], "again from the first"


def test_a_block_without_a_free_port_says_so(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(OSError, match=f"ports {block.ports[0]} to {block.ports[-1]} are all"):
        block.free()


def test_nobody_else_gets_a_block_before_it_is_left() -> None:
    three = range(40_000, 40_000 + 3 * BLOCK_N)
    blocks = [Block(three) for _ in range(3)]
    assert sorted(block.ports[0] for block in blocks) == [three[0], three[BLOCK_N], three[-BLOCK_N]]
    with pytest.raises(OSError, match="all 3 blocks of ports are taken"):
        Block(three)
    blocks[1].close()
    again = Block(three)
    assert again.ports == blocks[1].ports
    for block in (blocks[0], blocks[2], again):
        block.close()


def test_another_process_gets_ports_of_another_block() -> None:
    program = "from tests.peers.ports import free_port; print(free_port(), flush=True); input()"
    mine = free_port()
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    theirs = []
    for other in others:
        assert other.stdout is not None
        theirs.append(int(other.stdout.readline()))
    for other in others:
        other.communicate("\n")
    assert len({block_of(port) for port in (mine, *theirs)}) == 3


def test_a_forked_process_takes_a_block_of_its_own() -> None:
    mine = free_port()
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writes, b"%d" % free_port())
        finally:
            os._exit(0)
    os.close(writes)
    with open(reads, encoding="ascii") as pipe:
        theirs = int(pipe.read())
    os.waitpid(child, 0)
    assert block_of(theirs) != block_of(mine)
