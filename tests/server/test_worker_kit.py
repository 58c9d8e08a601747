"""What a worker finds in its environment is what the watching process has put there."""

from __future__ import annotations

import socket

from domain.share import Share
from server.worker_kit import kit_line, kit_of


def test_a_bench_survives_the_way_to_its_worker() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        name = bound.getsockname()
        share = Share(1, 3, guarded=True)
        line = kit_line(share, {("127.0.0.1", 1812): bound.dup().detach()}, 0, "/run/pages")
        kit = kit_of(line)
        (taken,) = kit.sockets.values()
        with taken:
            assert taken.getsockname() == name
            assert not taken.getblocking()
    assert (kit.share, kit.lifeline, kit.pages) == (share, 0, "/run/pages")
    assert list(kit.sockets) == [("127.0.0.1", 1812)]
