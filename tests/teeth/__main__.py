"""Break copies of the engine on purpose, and see the tests catch each break.

Prints one line for each break: what was broken, and the first test that failed for it. Exits with 1
if the tests fail without a break, or do not fail with one, or if there is nothing to break where a
break says so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.teeth.breaks import BREAKS, Break

ROOT = Path(__file__).parents[2]
COMPILED = shutil.ignore_patterns("__pycache__")
LAWS = "tests/property/test_engine_laws.py"
UNITS = "tests/unit/fanscore_core/engine"
MODULES = ("definition", "question", "recording", "rounds", "state", "steps", "stubs", "trace")
AT_ONCE = 2
TIMEOUT_S = 300


def main() -> int:
    """Break the engine as it is now in each of the ways, and say whether all is caught."""
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        unbroken = Path(folder)
        shutil.copytree(ROOT / "src", unbroken, dirs_exist_ok=True, ignore=COMPILED)
        stale = [each for each in BREAKS if module(unbroken, each).read_text().count(each.old) != 1]
        for each in stale:
            print(f"{each.name}: expected exactly once in {each.module}.py: {each.old!r}")
        return 1 if stale else try_all(unbroken)


def try_all(unbroken: Path) -> int:
    """Try the engine unbroken and with each break, and print what came of it."""
    tried: tuple[Break | None, ...] = (None, *BREAKS)
    width = max(len(each.name) for each in BREAKS)
    sound = True
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = pool.map(partial(first_failure, unbroken), tried)
        for each, failure in zip(tried, failures, strict=True):
            sound &= (failure is None) == (each is None)
            name = each.name if each else "(nothing is broken)"
            print(f"{name:{width}}  {failure or 'no test fails'}", flush=True)
    print(f"{len(BREAKS)} breaks:", "each is caught" if sound else "NOT as it should be")
    return 0 if sound else 1


def first_failure(unbroken: Path, broken: Break | None) -> str | None:
    """Test a copy of the engine, broken if told so, and give the first test that failed."""
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        copy = Path(folder)
        shutil.copytree(unbroken, copy, dirs_exist_ok=True)
        if broken is not None:
            changed = module(copy, broken)
            changed.write_text(changed.read_text().replace(broken.old, broken.new))
        return try_copy(copy)


def module(src: Path, broken: Break) -> Path:
    """Give the module that a break changes."""
    return src / "fanscore_core" / "engine" / f"{broken.module}.py"


def try_copy(copy: Path) -> str | None:
    """Run the tests of the engine on a copy until one fails, and give its name."""
    units = sorted(path for name in MODULES for path in (ROOT / UNITS).glob(f"test_{name}*.py"))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    command += ["-p", "tests.teeth.only_the_copy", LAWS, *map(str, units)]
    environment = os.environ | {
        "FANSCORE_COPY": str(copy),
        "HYPOTHESIS_PROFILE": "teeth",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}",
    }
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        timeout=TIMEOUT_S,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = re.search(r"^FAILED \S+/(\S+)", done.stdout, re.MULTILINE)
    if done.returncode and not failed:
        raise RuntimeError(done.stdout + done.stderr)
    return failed[1] if failed else None


if __name__ == "__main__":
    sys.exit(main())
