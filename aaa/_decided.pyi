"""The types of decisions that let somebody in; what each does is said in `_decided.pyx`."""

from typing import Any, Final, final

from aaa.ports import Decision

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_decided.pxd` says what it is."""

@final
class LetIn:
    """The decision about a login that the turnstile let in; it looks like a `Decision`."""

    login: str
    session_id: int
    decided_us: int
    device_id: int
    mac: str
    n: int
    code: str
    user_name: str
    request: dict[str, Any]
    reply: dict[str, Any]

    def plain(self) -> Decision:
        """The same as a record of plain Python."""
