"""Compiled modules in the package: Lambda cannot keep what it compiles, and would at each start."""

from __future__ import annotations

import py_compile
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

RUNTIME = (3, 13)
"""The version of Python that the package is made for."""

_TASK = "/var/task"
"""Where Lambda unpacks it, as tracebacks show it."""


def runs_here() -> bool:
    """Whether what this interpreter compiles is of use to the one on Lambda."""
    return sys.implementation.name == "cpython" and sys.version_info[:2] == RUNTIME


def compiled(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Compile the modules among files, to stand beside their sources.

    They are taken for current without a look at the source, whose time the zip does not keep.

    Args:
        files: content by path. What is no valid module, such as a template of one, is passed over.
    """
    found = {}
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "source.py"), Path(folder, "target.pyc")
        for name in sorted(files):
            if name.endswith(".py"):
                source.write_bytes(files[name])
                try:
                    py_compile.compile(
                        str(source),
                        str(target),
                        f"{_TASK}/{name}",
                        doraise=True,
                        quiet=2,
                        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                    )
                except py_compile.PyCompileError:
                    continue
                found[_beside(PurePosixPath(name))] = target.read_bytes()
    return found


def _beside(name: PurePosixPath) -> str:
    """Return where Python looks for what is compiled of a module (PEP 3147)."""
    compiled_name = f"{name.stem}.{sys.implementation.cache_tag}.pyc"
    return (name.parent / "__pycache__" / compiled_name).as_posix()
