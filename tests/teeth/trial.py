"""Tests of a copy of the packages, broken or not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

ROOT = Path(__file__).parents[2]
AT_ONCE = 2
TIMEOUT_S = 1800
"""A break that leaves the tests running for so long has made something endless.

It counts as caught, and so must be more than any machine needs: a test that waits says so sooner.
"""

ENDLESS = "(endless)"

_ENGINE = "fanscore_core/engine"
_ENGINE_TESTS = "tests/unit/fanscore_core/engine"
_ENGINE_LAWS = "tests/property/test_engine_laws.py"
_AUTH = "tests/unit/fanscore_appsync/local/auth"

MODULES: Mapping[str, str] = {
    **{
        name: f"{_ENGINE}/{name}.py"
        for name in (
            "definition",
            "question",
            "recording",
            "rounds",
            "state",
            "steps",
            "stubs",
            "trace",
        )
    },
    "demand": "fanscore_core/demand.py",
    "merging": "fanscore_core/merging.py",
    "demand_record": "fanscore_core/pipelines/demand_record.py",
    "authorization": "fanscore_appsync/authorization.py",
    "app": "fanscore_appsync/app.py",
    "retries": "fanscore_adapters/retries.py",
    "dynamodb": "fanscore_adapters/dynamodb/adapter.py",
    "dynamodb_writes": "fanscore_adapters/dynamodb/writes.py",
    "sources": "fanscore_adapters/sources.py",
    "consumers": "fanscore_core/pipelines/consumers.py",
    "consumer_app": "fanscore_appsync/consumer_app.py",
    "jws": "fanscore_appsync/local/auth/jws.py",
    **{
        name: f"fanscore_core/{name}.py"
        for name in (
            "cohorts",
            "decision_line",
            "diff_rules",
            "finding_classes",
            "merkle",
            "newcomer_bias",
            "policy_changes",
            "policy_diff",
            "receipt",
            "receipt_replay",
            "sealing",
            "seat_chances",
        )
    },
    "receipts": "fanscore_core/pipelines/receipts.py",
    "receipt_documents": "fanscore_adapters/documents/receipts.py",
    "line_documents": "fanscore_adapters/documents/decision_lines.py",
    "seal_documents": "fanscore_adapters/documents/sealing.py",
    "replay": "fanscore_appsync/cli/replay.py",
    "recordings": "fanscore_appsync/cli/recordings.py",
}
"""Where the modules that are broken stand, below ``src``."""

_CORE = "tests/unit/fanscore_core"
_DOCUMENTS = "tests/unit/fanscore_adapters/documents"
_CLI = "tests/unit/fanscore_appsync/cli"
_RECEIPT_LAWS = "tests/property/test_receipt_laws.py"
_DIFF_TESTS = (
    f"{_CORE}/test_policy_diff.py",
    f"{_CORE}/test_seat_chances.py",
    f"{_CORE}/test_diff_rules.py",
    f"{_CLI}/test_policy_diff.py",
    "tests/property/test_diff_laws.py",
)

_TESTS: Mapping[str, Sequence[str]] = {
    "demand": (
        "tests/unit/fanscore_core/test_demand.py",
        "tests/unit/fanscore_core/pipelines/test_demand_record.py",
        "tests/unit/fanscore_adapters/items/test_demand.py",
        "tests/unit/fanscore_appsync/routes/test_demand_records.py",
        "tests/property/test_demand_laws.py",
    ),
    "merging": (
        "tests/unit/fanscore_core/test_demand.py",
        "tests/unit/fanscore_core/test_entry_record.py",
        "tests/unit/fanscore_core/pipelines/test_demand_record.py",
        "tests/unit/fanscore_appsync/routes/test_demand_records.py",
        "tests/property/test_demand_laws.py",
        "tests/property/test_entry_laws.py",
    ),
    "demand_record": (
        "tests/unit/fanscore_core/pipelines/test_demand_record.py",
        "tests/unit/fanscore_appsync/routes/test_demand_records.py",
    ),
    "authorization": (
        "tests/unit/fanscore_appsync/test_authorization.py",
        "tests/e2e/test_authorization_matrix.py",
    ),
    "app": (
        "tests/unit/fanscore_appsync/test_app.py",
        "tests/unit/fanscore_appsync/test_log.py",
        "tests/unit/fanscore_appsync/test_report.py",
        "tests/unit/fanscore_appsync/test_handler.py",
        "tests/unit/fanscore_appsync/routes/test_demand_records.py",
    ),
    "retries": (
        "tests/unit/fanscore_adapters/test_retries.py",
        "tests/unit/fanscore_adapters/aws/test_eventbridge.py",
        "tests/unit/fanscore_adapters/dynamodb",
        "tests/unit/fanscore_adapters/http/test_client.py",
    ),
    "dynamodb": (
        "tests/unit/fanscore_adapters/dynamodb",
        "tests/contracts/test_conditional_writes.py",
        "tests/contracts/test_tables.py",
        "tests/aws/faults/test_calls.py",
    ),
    "dynamodb_writes": (
        "tests/unit/fanscore_adapters/dynamodb",
        "tests/contracts/test_conditional_writes.py",
        "tests/contracts/test_tables.py",
        "tests/aws/faults/test_calls.py",
    ),
    "sources": ("tests/unit/fanscore_adapters/test_sources.py",),
    "consumers": (
        "tests/unit/fanscore_core/pipelines/test_consumers.py",
        "tests/unit/fanscore_appsync/test_consumers.py",
        "tests/property/test_consumer_laws.py",
    ),
    "consumer_app": (
        "tests/unit/fanscore_appsync/test_consumers.py",
        "tests/unit/fanscore_appsync/test_consumer_handlers.py",
        "tests/unit/fanscore_appsync/test_log.py",
    ),
    "jws": (
        f"{_AUTH}/test_jws.py",
        f"{_AUTH}/test_user_pool.py",
        f"{_AUTH}/test_roca.py",
        f"{_AUTH}/test_issuer.py",
        "tests/hostile/test_tokens.py",
    ),
    **dict.fromkeys(
        (
            "cohorts",
            "diff_rules",
            "finding_classes",
            "newcomer_bias",
            "policy_changes",
            "policy_diff",
            "seat_chances",
        ),
        _DIFF_TESTS,
    ),
    "decision_line": (
        f"{_CORE}/test_decision_line.py",
        f"{_DOCUMENTS}/test_decision_lines.py",
        _RECEIPT_LAWS,
    ),
    "merkle": ("tests/property/test_merkle_laws.py", f"{_CORE}/test_sealing.py"),
    "receipt": (f"{_CORE}/test_receipt.py", f"{_DOCUMENTS}/test_receipts.py", _RECEIPT_LAWS),
    "receipt_replay": (f"{_CORE}/test_receipt_replay.py", f"{_CLI}/test_receipts.py"),
    "sealing": (f"{_CORE}/test_sealing.py", f"{_DOCUMENTS}/test_sealing.py", _RECEIPT_LAWS),
    "receipts": (f"{_CORE}/pipelines/test_receipts.py", _RECEIPT_LAWS),
    "receipt_documents": (
        f"{_DOCUMENTS}/test_receipts.py",
        f"{_CLI}/test_receipts.py",
        _RECEIPT_LAWS,
    ),
    "line_documents": (f"{_DOCUMENTS}/test_decision_lines.py", _RECEIPT_LAWS),
    "seal_documents": (f"{_DOCUMENTS}/test_sealing.py", _RECEIPT_LAWS),
    "replay": (f"{_CLI}/test_replay.py", f"{_CLI}/test_receipts.py"),
    "recordings": (f"{_CLI}/test_replay.py", "tests/property/test_recording_laws.py"),
}


class Broken(Protocol):
    """A break: by hand or by rule."""

    @property
    def module(self) -> str:
        """Which module of ``MODULES`` it breaks."""
        ...

    @property
    def name(self) -> str:
        """What it is."""
        ...

    def apply(self, source: str) -> str:
        """Return the source of the module, broken."""
        ...


BrokenT = TypeVar("BrokenT", bound=Broken)


def tests_of(module: str) -> Sequence[str]:
    """Return the tests that concern a module, those nearest to it first."""
    if module in _TESTS:
        return _TESTS[module]
    nearest = sorted((ROOT / _ENGINE_TESTS).glob(f"test_{module}*.py"))
    others = sorted(set((ROOT / _ENGINE_TESTS).glob("test_*.py")) - set(nearest))
    return [*map(str, nearest), _ENGINE_LAWS, *map(str, others)]


@contextmanager
def unbroken() -> Iterator[Path]:
    """Lend a copy of the packages as they are now, so that work on them can go on."""
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        shutil.copytree(ROOT / "src", folder, dirs_exist_ok=True)
        yield Path(folder)


def first_failures(copy: Path, tried: Sequence[BrokenT]) -> Iterator[tuple[BrokenT, str | None]]:
    """Try breaks, some at once; yield each with the first test that failed, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = pool.map(lambda each: _first_failure(copy, each), tried)
        yield from zip(tried, failures, strict=True)


def failure_without_a_break(copy: Path, modules: Sequence[str]) -> str | None:
    """Return the first test that fails as things are, of those that concern some modules."""
    return _test(copy, list(dict.fromkeys(path for each in modules for path in tests_of(each))))


def _first_failure(unbroken_copy: Path, broken: Broken) -> str | None:
    with tempfile.TemporaryDirectory(prefix="teeth-") as folder:
        copy = Path(folder)
        shutil.copytree(unbroken_copy, copy, dirs_exist_ok=True)
        changed = copy / MODULES[broken.module]
        changed.write_text(broken.apply(changed.read_text()))
        for compiled in (changed.parent / "__pycache__").glob(f"{changed.stem}.*"):
            compiled.unlink()
        return _test(copy, tests_of(broken.module))


def _test(copy: Path, tests: Sequence[str]) -> str | None:
    """Run tests on a copy until one fails, and return its name."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
    command += ["-p", "tests.teeth.only_the_copy", *tests]
    environment = os.environ | {
        "FANSCORE_COPY": str(copy),
        "HYPOTHESIS_PROFILE": "teeth",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}",
    }
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            timeout=TIMEOUT_S,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ENDLESS
    if not done.returncode:
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (?:\S+/)?(\S+)", done.stdout, re.MULTILINE)
    if failed:
        return failed[1]
    if "Error" in done.stderr:  # the packages cannot even be imported
        return "(import)"
    raise RuntimeError(done.stdout + done.stderr)
