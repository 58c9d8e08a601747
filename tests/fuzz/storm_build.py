"""Build the storm targets into a directory: `python -m tests.fuzz.storm_build DIRECTORY`.

It stands apart from setup.py because nothing of it ships; the compiler and its flags are those of
the environment, as `tests.fuzz.instrumented` sets them. The C files go to build/.
"""

from __future__ import annotations

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup


def main(directory: str) -> None:
    """Build for a directory."""
    extension = Extension("tests.fuzz.storm", ["tests/fuzz/storm.pyx"])
    setup(
        name="storm",
        packages=[],
        ext_modules=cythonize(  # type: ignore[no-untyped-call]
            [extension],
            build_dir="build/fuzz/c",
            include_path=["."],
            quiet=True,
            show_all_warnings=False,
        ),
        script_args=[
            "--quiet", "build_ext", "--force",
            "--build-lib", directory, "--build-temp", f"{directory}/objects",
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
