"""The small HTTP port, on Twisted's own test transport."""

from __future__ import annotations

from twisted.internet.testing import StringTransport

from server.http import build_site
from server.pages import PLAIN, Page


def ask(request: bytes, **pages: Page) -> bytes:
    site = build_site(pages)
    channel = site.buildProtocol(None)
    transport = StringTransport()
    channel.makeConnection(transport)
    channel.dataReceived(request + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer: bytes = transport.value()
    site.stopFactory()
    return answer


def ready() -> tuple[int, str, bytes]:
    return 503, PLAIN, b"draining\n"


def test_a_page_answers_with_its_status_type_and_body() -> None:
    answer = ask(b"GET /readyz HTTP/1.1", readyz=ready)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"draining\n")
    assert b"text/plain; charset=utf-8" in answer
    assert b"no-store" in answer


def test_head_answers_without_a_body() -> None:
    answer = ask(b"HEAD /readyz HTTP/1.1", readyz=ready)
    assert answer.startswith(b"HTTP/1.1 503 ") and not answer.endswith(b"draining\n")


def test_what_is_not_there_is_not_there_and_nothing_is_written() -> None:
    assert ask(b"GET /secret HTTP/1.1", readyz=ready).startswith(b"HTTP/1.1 404 ")
    assert ask(b"POST /readyz HTTP/1.1", readyz=ready).startswith(b"HTTP/1.1 405 ")
