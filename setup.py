"""Build the compiled parts of Tollhouse; everything else about the package is in pyproject.toml.

Compiled code lives where it is hot and nowhere else: one ``_name.pyx`` in a root package, its data
sheet ``_name.pxd``, its stub ``_name.pyi`` and, where plain C is the clearest way to say it, a
hand-written ``_name_c.c`` (and ``.h``) compiled into the same extension. This file finds them by
that pattern, so a new one needs no line here. There is no fallback: if a compiler is missing the
build fails, and if an extension is missing the import fails.

Environment switches:

``TOLLHOUSE_DEBUG_BUILD=1``
    bounds, overflow and None checks, line tracing, C asserts, no optimisation, annotated HTML in
    build/
``TOLLHOUSE_NATIVE_LATER=1``
    install without the compiled parts: `make setup` builds them next, several at a time
``TOLLHOUSE_ALLOW_WARNINGS=1``
    compiler warnings do not stop the build (for a compiler newer than the ones we know)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup

NATIVE_LATER = os.environ.get("TOLLHOUSE_NATIVE_LATER", "0") not in ("", "0")
DEBUG = os.environ.get("TOLLHOUSE_DEBUG_BUILD", "0") not in ("", "0")
ALLOW_WARNINGS = os.environ.get("TOLLHOUSE_ALLOW_WARNINGS", "0") not in ("", "0")

DIRECTIVES: dict[str, Any] = {
    "language_level": "3",
    "boundscheck": DEBUG,
    "wraparound": DEBUG,
    "initializedcheck": DEBUG,
    "nonecheck": DEBUG,
    "overflowcheck": DEBUG,
    "linetrace": DEBUG,
}


def extension(source: Path) -> Extension:
    """Return the extension for one ``package/_name.pyx`` with its C companion, if it has one."""
    companion = source.with_name(f"{source.stem}_c.c")
    return Extension(
        name=".".join(source.with_suffix("").parts),
        sources=[str(source), *([str(companion)] if companion.exists() else [])],
        include_dirs=[str(source.parent), "."],
        depends=[str(path) for path in sorted(Path().glob("*/_*.h"))],
        define_macros=[("CYTHON_TRACE", "1")] if DEBUG else [],
        undef_macros=["NDEBUG"] if DEBUG else [],
        extra_compile_args=[
            *(["-O0", "-g"] if DEBUG else ["-O2", "-g0"]),
            # Cython 3.3 writes C that is quiet under both, so nothing is switched off: what is
            # reported is about a line of ours.
            "-Wall",
            "-Wextra",
            *([] if ALLOW_WARNINGS else ["-Werror"]),
        ],
    )


def extensions() -> list[Extension]:
    """Return every extension as Cython sees it; its C files go to build/, not beside us."""
    sources = sorted(Path().glob("*/_*.pyx"))
    if not sources or NATIVE_LATER:
        return []
    cythonized: list[Extension] = cythonize(
        [extension(source) for source in sources],
        build_dir="build/cython-debug" if DEBUG else "build/cython",
        nthreads=os.cpu_count() or 1,
        compiler_directives=DIRECTIVES,
        annotate=DEBUG,
    )
    return cythonized


setup(ext_modules=extensions())
