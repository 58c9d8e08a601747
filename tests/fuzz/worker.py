"""One process that fuzzes one target: `python -m tests.fuzz.worker TARGET [libFuzzer's arguments]`.

Started by `tests.fuzz.run`, which sets the environment; by hand it replays one file:
`python -m tests.fuzz.worker TARGET FILE`. What leads it is coverage: of the compiled parts where
they are instrumented, of the bytecode where the target names Python modules.
"""

from __future__ import annotations

import importlib
import sys

import atheris  # type: ignore[import-untyped]

import tests.fuzz.instrumented  # noqa: F401 - it installs its finder when it is imported
from tests.fuzz.targets import TARGETS


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer has done what its arguments say; it ends the process itself."""
    target = TARGETS[arguments[1]]
    if target.looks:
        with atheris.instrument_imports(include=list(target.looks)):
            for name in target.looks:
                importlib.import_module(name)
            check = target.function()
    else:
        check = target.function()
    atheris.Setup([arguments[0], *arguments[2:]], check, enable_python_coverage=bool(target.looks))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
