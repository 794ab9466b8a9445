"""What ``make audit`` makes of the answers of pip-audit and npm."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deploy.audit import KNOWN, ROOT, UNANSWERED, Findings, main, report

GOOD = {"dependencies": [{"name": "urllib3", "version": "2.8.0", "vulns": []}], "fixes": []}
BAD = {
    "dependencies": [
        {
            "name": "urllib3",
            "version": "2.5.0",
            "vulns": [
                {"id": "GHSA-gm62-xv2j-4w53", "fix_versions": ["2.6.0"], "aliases": []},
                {"id": "GHSA-2xpw-w6gg-jr37", "fix_versions": [], "aliases": []},
            ],
        }
    ]
}
SKIPPED = {"dependencies": [{"name": "urllib3", "skip_reason": "Dependency not found on PyPI"}]}
NODE_GOOD = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}}
NODE_BAD = {"vulnerabilities": {"minimist": {"range": "<0.2.4", "severity": "critical"}}}
NODE_REFUSED = {"message": "request to https://registry.example failed", "error": {}}

PYTHON, NODE = "requirements/dev.txt", "tests/console/package-lock.json"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a tree with pins of both kinds, and with what somebody else pinned."""
    for name in (PYTHON, NODE, "tests/console/node_modules/other/package-lock.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


class Programs:
    """pip-audit and npm, which answer as they are told."""

    def __init__(self, python: object, node: object) -> None:
        """Tell what each answers: JSON, text, or an error to raise."""
        self.answers: Mapping[str, object] = {"pip-audit": python, "npm": node}
        self.commands: list[tuple[str, ...]] = []

    def __call__(self, command: Sequence[str], folder: Path) -> str:
        """Answer, and note what was asked."""
        self.commands.append((*command, folder.name))
        match self.answers[Path(command[0]).name]:
            case Exception() as error:
                raise error
            case str(text):
                return text
            case document:
                return json.dumps(document)


NO_PYTHON = "pip-audit reached no database, or said what is no report"


@pytest.mark.parametrize(
    ("python", "node", "status", "lines"),
    [
        pytest.param(
            *(GOOD, NODE_GOOD, 0),
            [f"{PYTHON}: nothing known", f"{NODE}: nothing known"],
            id="nothing known",
        ),
        pytest.param(
            *(BAD, NODE_BAD, KNOWN),
            [
                f"{PYTHON}: 2 known",
                "  urllib3 2.5.0: GHSA-gm62-xv2j-4w53, fixed in 2.6.0",
                "  urllib3 2.5.0: GHSA-2xpw-w6gg-jr37",
                f"{NODE}: 1 known",
                "  minimist <0.2.4: critical",
            ],
            id="something known",
        ),
        pytest.param(
            *("", NODE_REFUSED, UNANSWERED),
            [
                f"{PYTHON}: NOT AUDITED",
                f"  no answer: {NO_PYTHON}",
                f"{NODE}: NOT AUDITED",
                "  no answer: request to https://registry.example failed",
            ],
            id="no database",
        ),
        pytest.param(
            *(SKIPPED, NODE_GOOD, UNANSWERED),
            [
                f"{PYTHON}: NOT AUDITED",
                "  no answer: urllib3: Dependency not found on PyPI",
                f"{NODE}: nothing known",
            ],
            id="a database that does not know the package",
        ),
        pytest.param(
            *(FileNotFoundError(), FileNotFoundError(), UNANSWERED),
            [
                f"{PYTHON}: NOT AUDITED",
                "  no answer: pip-audit is not installed",
                f"{NODE}: NOT AUDITED",
                "  no answer: npm is not installed",
            ],
            id="no programs",
        ),
        pytest.param(
            *(subprocess.TimeoutExpired("pip-audit", 1), NODE_BAD, KNOWN),
            [
                f"{PYTHON}: NOT AUDITED",
                "  no answer: pip-audit took too long",
                f"{NODE}: 1 known",
                "  minimist <0.2.4: critical",
            ],
            id="something known, and no answer",
        ),
    ],
)
def test_what_is_known_and_what_is_not(
    tree: Path, python: object, node: object, status: int, lines: Sequence[str]
) -> None:
    """No answer is no good answer: it has a status of its own, and is said plainly."""
    assert main([], Programs(python, node), tree) == (status, lines)


@pytest.mark.parametrize("output", ["[]", "null", "{}", '{"dependencies": [1]}', "Traceback", "7"])
def test_what_is_no_report_is_no_answer(tree: Path, output: str) -> None:
    """Whatever else a program writes counts as no answer."""
    code, lines = main([], Programs(output, output), tree)
    assert (code, [line for line in lines if "known" in line]) == (UNANSWERED, [])


def test_nothing_to_ask_about_is_no_answer(tmp_path: Path) -> None:
    """A tree without pins was not audited."""
    assert main([], Programs(GOOD, NODE_GOOD), tmp_path) == (UNANSWERED, [])


def test_pins_are_asked_about_and_nothing_is_installed(tree: Path) -> None:
    """pip-audit resolves nothing and npm reads the lock alone; another database can be named."""
    programs = Programs(GOOD, NODE_GOOD)
    main(["--osv-url=https://osv.example/v1/query"], programs, tree)
    (python, node) = programs.commands
    assert {"--disable-pip", "--require-hashes", "--vulnerability-service=osv"} <= {*python}
    assert "--osv-url=https://osv.example/v1/query" in python
    assert node == ("npm", "audit", "--package-lock-only", "--json", "console")


def test_a_package_that_is_skipped_beside_one_that_is_known() -> None:
    """What is known is told first, and what was not asked about after it."""
    both = Findings("dev.txt", ["urllib3 2.5.0: GHSA"], ["six: not found"])
    assert list(report([both])) == [
        "dev.txt: 1 known",
        "  urllib3 2.5.0: GHSA",
        "  no answer: six: not found",
    ]


# What is pinned and how it is installed

FLOORS: Mapping[str, tuple[int, ...]] = {
    "cryptography": (50, 0, 0),  # CVE-2026-69247
    "h11": (0, 16, 0),  # CVE-2025-43859
    "idna": (3, 15),  # CVE-2026-45409
    "joserfc": (1, 8, 0),  # CVE-2026-49852, and what 1.8 hardened
    "pytest": (9, 0, 3),  # CVE-2025-71176
    "starlette": (1, 3, 1),  # CVE-2026-48710, CVE-2026-54283
    "urllib3": (2, 7, 0),  # CVE-2026-44431, CVE-2026-44432
}
"""The first release of each without what is known, where we install it."""

OURS = ("demo.txt", "serve.txt", "dev.txt", "lambda.txt")


@pytest.mark.parametrize("name", OURS)
def test_nothing_is_pinned_that_is_known_to_be_vulnerable(name: str) -> None:
    """No pin is below the first release without a vulnerability that was known when it was set."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9-]+)==([0-9.]+)", text, re.MULTILINE))
    assert pins
    low = {
        package: pins[package]
        for package, floor in FLOORS.items()
        if package in pins and tuple(map(int, pins[package].split("."))) < floor
    }
    assert low == {}


@pytest.mark.parametrize(
    "bound",
    ["cryptography>=50.0", "h11>=0.16", "joserfc>=1.8", "pytest>=9.0.3", "starlette>=1.3.1"],
)
def test_lower_bounds_leave_out_what_is_vulnerable(bound: str) -> None:
    """Whoever installs an extra without our pins gets no release that is known to be vulnerable."""
    assert f'"{bound}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_packages_of_node_run_nothing_when_they_are_installed() -> None:
    """Everywhere that packages of Node are installed, their scripts are not run."""
    places = [
        ROOT / "Makefile",
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob(".ci/*"),
        ROOT / "README.md",
    ]
    installs = [
        line
        for place in places
        for line in place.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bnpm (ci|i|install)\b", line)
    ]
    assert len(installs) >= 2
    assert [line for line in installs if "npm ci --ignore-scripts" not in line] == []
