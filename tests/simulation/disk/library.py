"""The compiled half of the disk: built when it is first needed, loaded once into each process.

`_faultvfs.c` becomes a shared object in `build/`, named by a digest of its source, so that a
change builds anew and two processes that build at once do not disturb one another. The bundled
SQLite loads it as an extension, for good; ctypes opens the same object for the control functions.
Building needs a C compiler and SQLite's headers and touches nothing outside `build/`.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from pysqlite3 import dbapi2

SOURCE = Path(__file__).with_name("_faultvfs.c")
LOG_SOURCE = SOURCE.with_name("_undolog.h")
CACHE = Path(__file__).resolve().parents[3] / "build" / "faultvfs"
VFS = "tollhouse-fault"
HEADER = "sqlite3ext.h"


class CannotBuild(Exception):
    """The compiler refused; the message holds its words and what to install."""


def built() -> Path:
    """Return the path of the shared object, compiling it if there is none for this source."""
    source = SOURCE.read_bytes() + LOG_SOURCE.read_bytes()
    digest = hashlib.sha256(source).hexdigest()[:16]
    target = CACHE / f"faultvfs-{digest}.so"
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        made = Path(scratch) / target.name
        compiler = os.environ.get("CC", "cc")
        words = [compiler, "-std=gnu11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"]
        done = subprocess.run(
            [*words, "-o", str(made), str(SOURCE)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CannotBuild(
                f"{compiler} cannot build {SOURCE.name}; it needs {HEADER} (Debian: apt-get "
                f"install gcc libc6-dev libsqlite3-dev):\n{done.stderr}"
            )
        made.replace(target)
    return target


@functools.cache
def library() -> ctypes.CDLL:
    """Load the VFS into the bundled SQLite and return its control functions, typed."""
    path = str(built())
    with_extension = dbapi2.connect(":memory:")
    with_extension.enable_load_extension(True)
    with_extension.load_extension(path)
    with_extension.close()
    functions = ctypes.CDLL(path, use_errno=True)
    number, large, disk = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p
    functions.fault_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    functions.fault_open.restype = disk
    functions.fault_close.argtypes = [disk]
    functions.fault_arm.argtypes = [disk, large, number, large, large]
    functions.fault_heal.argtypes = [disk]
    functions.fault_die.argtypes = [disk, large]
    functions.fault_dead.argtypes = [disk, large]
    functions.fault_dead.restype = number
    functions.fault_set.argtypes = [disk, number, number, large]
    functions.fault_figures.argtypes = [disk, ctypes.POINTER(ctypes.c_uint64)]
    functions.fault_default.argtypes = [number]
    functions.fault_seed.argtypes = [ctypes.c_uint64]
    return functions
