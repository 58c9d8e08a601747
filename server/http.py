"""The operator's small HTTP port: `/metrics`, `/livez`, `/readyz`. Read-only, no secrets.

Twisted's web server on the same loop; it listens on loopback unless told otherwise. What the
pages say is decided in `server.pages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twisted.web.resource import Resource
from twisted.web.server import Site

from server.pages import Page

IDLE_TIMEOUT_S: Final = 30


class _Leaf(Resource):
    isLeaf = True

    def __init__(self, page: Page) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._page = page

    def render_GET(self, request: Any) -> bytes:
        """Answer with the page as it is now (HEAD comes here too)."""
        status, content_type, body = self._page()
        request.setResponseCode(status)
        request.setHeader(b"content-type", content_type.encode())
        request.setHeader(b"cache-control", b"no-store")
        return body


class _Site(Site):
    displayTracebacks = False
    noisy = False

    def log(self, request: Any) -> None:
        """Requests of a scraper are not worth a line."""


def build_site(pages: Mapping[str, Page]) -> Site:
    """A site with one page for each path segment under the root."""
    root: Any = Resource()  # type: ignore[no-untyped-call]
    for name, page in pages.items():
        root.putChild(name.encode(), _Leaf(page))
    return _Site(root, timeout=IDLE_TIMEOUT_S)  # type: ignore[no-untyped-call]
