"""The types of spellings; what each function does is said in `_spelling.pyx`."""

from typing import Any, Final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_spelling.pxd` says what it is."""

def mac(text: str) -> str | None:
    """What `domain.login.canonical_mac` says."""

def folded(text: str) -> bool:
    """Is it plainly its own canonical login? If not, it may be all the same."""
