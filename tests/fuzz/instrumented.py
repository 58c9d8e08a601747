"""The compiled parts once more, built so that they report every octet out of bounds.

Clang builds every compiled room with the address and undefined-behaviour sanitizers and with the
counters of coverage, into build/fuzz; the files beside the sources are never touched.
`install` puts a finder in front of Python's own, so that an import takes the instrumented file.
The flavour is `address` (every octet of every allocation is watched), `undefined` (arithmetic and
shifts alone, five times as fast), or `planted` (as `address`, with bugs planted on purpose).

As a plugin of pytest (`-p tests.fuzz.instrumented`) it makes the ordinary tests run over them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"
COMPILED = tuple(f"{file.parent.name}.{file.stem}" for file in sorted(ROOT.glob("*/_*.pyx")))
SOURCES = (".pyx", ".pxd", ".h", ".c")
STORM = "tests.fuzz.storm"
FLAVOURS = {
    "address": "address,undefined",
    "undefined": "undefined",
    "planted": "address,undefined",
}
RUNTIMES = {
    "address": "asan_with_fuzzer.so",
    "undefined": "ubsan_with_fuzzer.so",
    "planted": "asan_with_fuzzer.so",
}
FLAVOUR_VARIABLE = "TOLLHOUSE_FUZZ_FLAVOUR"
SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX")


class NotInstrumented(Exception):
    """Something that fuzzing needs is not installed, or did not build; one line says what."""


class Finder(importlib.abc.MetaPathFinder):
    """Finds the instrumented file of a compiled module."""

    def __init__(self, flavour: str) -> None:
        self.flavour = flavour

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The file that was built for the flavour, for the modules that have one."""
        if name not in (*COMPILED, STORM):
            return None
        file = file_of(name, self.flavour)
        return importlib.util.spec_from_file_location(name, file)


def file_of(name: str, flavour: str) -> Path:
    """Where the instrumented file of a module is."""
    return BUILD / flavour / (name.replace(".", "/") + SUFFIX)


def install(flavour: str) -> None:
    """Take the instrumented modules from now on; they must not have been imported yet."""
    early = [name for name in (*COMPILED, STORM) if name in sys.modules]
    if early:
        raise NotInstrumented(f"{early[0]} is imported already")
    sys.meta_path.insert(0, Finder(flavour))


def runtime(flavour: str) -> Path:
    """The runtime of a flavour, coverage counters included, as atheris brings it."""
    found = importlib.util.find_spec("atheris")
    if found is None or found.origin is None:
        raise NotInstrumented("atheris is not installed; run: pip install atheris")
    file = Path(found.origin).parents[1] / RUNTIMES[flavour]
    if not file.is_file():
        raise NotInstrumented(f"atheris came without {file.name}")
    return file


def environment(flavour: str) -> dict[str, str]:
    """The environment in which a process loads instrumented modules.

    Python's own allocator would hide the bounds of small objects, so under `address` it is the
    C library's. Leaks are looked for by `tests.fuzz.sanitize`, since an interpreter that exits
    leaves much behind that is no leak.
    """
    found = dict(os.environ)
    found[FLAVOUR_VARIABLE] = flavour
    found["LD_PRELOAD"] = str(runtime(flavour))
    found["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=0:allocator_may_return_null=1"
    found["PYCRYPTODOME_DISABLE_DEEPBIND"] = "1"  # the sanitizer cannot be bound around
    found["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    if flavour != "undefined":
        found["PYTHONMALLOC"] = "malloc"
    return found


def build(flavour: str) -> None:
    """Build what is older than its sources. Raises NotInstrumented."""
    native = [file for file in ROOT.glob("*/_*") if file.suffix in SOURCES]
    newest = max(file.stat().st_mtime for file in (*native, ROOT / "tests/fuzz/storm.pyx"))
    files = [file_of(name, flavour) for name in (*COMPILED, STORM)]
    if all(file.is_file() and file.stat().st_mtime > newest for file in files):
        return
    compile_in(ROOT, flavour)
    quiet = {**os.environ, "CC": _clang(), "CFLAGS": "-O2 -g -w"}
    _run(["-m", "tests.fuzz.storm_build", str(BUILD / flavour)], ROOT, quiet)


def compile_in(directory: Path, flavour: str) -> None:
    """Build the compiled parts whose sources are in a directory. Raises NotInstrumented."""
    clang = _clang()
    target = BUILD / flavour
    # -fwrapv is among Python's own flags and would make an overflow defined. What Cython writes for
    # a constructor without arguments adds nothing to a null pointer, which harms nobody; pointers
    # that lead out of bounds are seen by the address sanitizer when they are used.
    sanitize = (
        f"-fsanitize={FLAVOURS[flavour]},fuzzer-no-link"
        " -fno-sanitize=pointer-overflow -fno-sanitize-recover=undefined"
    )
    variables = {
        **os.environ,
        "CC": clang,
        "LDSHARED": f"{clang} -shared",
        "TOLLHOUSE_ALLOW_WARNINGS": "1",
        "CFLAGS": f"-g -fno-omit-frame-pointer -fno-wrapv -UNDEBUG {sanitize}",
    }
    arguments = ["setup.py", "--quiet", "build_ext", "--force", "--build-lib", str(target)]
    _run([*arguments, "--build-temp", str(target / "objects")], directory, variables)


def _clang() -> str:
    found = shutil.which("clang")
    if found is None:
        raise NotInstrumented("clang is not installed; run: apt-get install clang")
    return found


def _run(arguments: list[str], directory: Path, variables: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-20:])
        raise NotInstrumented(f"the instrumented build failed:\n{tail}")


if FLAVOUR_VARIABLE in os.environ:
    install(os.environ[FLAVOUR_VARIABLE])
