"""The types of `_said.pyx`: it has nothing that the interpreter could call."""

from typing import Any, Final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_said.pxd` says what it is."""
