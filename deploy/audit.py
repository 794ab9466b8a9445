"""``make audit``: ask vulnerability databases about everything that is pinned.

Of Python, each of ``requirements/*.txt`` is asked about (pip-audit, in an environment of its own:
``.audit``); of Node, each ``package-lock.json`` (npm). Nothing is installed or changed.

The exit status is 0 where all was asked about and nothing is known, 1 where something is known, and
3 where nothing is known, but a database could not be reached or did not know a package: that is no
answer, and never counts as a good one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[1]
PIP_AUDIT = ROOT / ".audit/bin/pip-audit"

KNOWN = 1
UNANSWERED = 3

_TIMEOUT_S = 600


@attrs.frozen
class Findings:
    """What is known about one file of pins.

    Attributes:
        file: which one.
        vulnerable: each vulnerability that is known, as a line.
        unanswered: why there is no answer, or for which packages; empty where there is one.
    """

    file: str
    vulnerable: Sequence[str] = ()
    unanswered: Sequence[str] = ()


Run = Callable[[Sequence[str], Path], str]
"""Runs a program in a folder, and returns what it writes to standard output, whatever its status.

It raises ``OSError`` where there is no such program.
"""


def run(command: Sequence[str], folder: Path) -> str:
    """Run a program in a folder, and return what it writes to standard output."""
    done = subprocess.run(  # noqa: S603  # our own commands
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    return done.stdout


def audited(root: Path, options: Sequence[str], run: Run) -> Iterator[Findings]:
    """Ask about every file of pins in a tree.

    Args:
        root: the tree.
        options: for pip-audit.
        run: runs the programs.
    """
    for pins in sorted(root.glob("requirements/*.txt")):
        command = (
            *(str(PIP_AUDIT), "--format=json", "--progress-spinner=off", "--disable-pip"),
            *("--require-hashes", *options, f"--requirement={pins}"),
        )
        yield _asked(pins.relative_to(root), run, command, root, python_findings)
    for lock in sorted(root.glob("**/package-lock.json")):
        if "node_modules" not in lock.parts:
            command = ("npm", "audit", "--package-lock-only", "--json")
            yield _asked(lock.relative_to(root), run, command, lock.parent, node_findings)


def python_findings(file: str, output: str) -> Findings:
    """Read what pip-audit writes; a package that it skips was not asked about."""
    document = json.loads(output)
    vulnerable = [
        f"{package['name']} {package['version']}: {each['id']}"
        + (f", fixed in {' '.join(each['fix_versions'])}" if each.get("fix_versions") else "")
        for package in document["dependencies"]
        for each in package.get("vulns", ())
    ]
    skipped = [
        f"{package['name']}: {package['skip_reason']}"
        for package in document["dependencies"]
        if "skip_reason" in package
    ]
    return Findings(file, vulnerable, skipped)


def node_findings(file: str, output: str) -> Findings:
    """Read what ``npm audit`` writes."""
    document = json.loads(output)
    if "vulnerabilities" not in document:
        return Findings(file, unanswered=[str(document.get("message", "npm gave no answer"))])
    vulnerable = [
        f"{name} {found['range']}: {found['severity']}"
        for name, found in document["vulnerabilities"].items()
    ]
    return Findings(file, vulnerable)


def report(findings: Sequence[Findings]) -> Iterator[str]:
    """Say what is known, file by file."""
    for each in findings:
        if each.vulnerable:
            yield f"{each.file}: {len(each.vulnerable)} known"
        elif each.unanswered:
            yield f"{each.file}: NOT AUDITED"
        else:
            yield f"{each.file}: nothing known"
        yield from (f"  {line}" for line in each.vulnerable)
        yield from (f"  no answer: {line}" for line in each.unanswered)


def status(findings: Sequence[Findings]) -> int:
    """Return the exit status: 0, ``KNOWN`` or ``UNANSWERED``."""
    if any(each.vulnerable for each in findings):
        return KNOWN
    return UNANSWERED if not findings or any(each.unanswered for each in findings) else 0


def main(arguments: Sequence[str], run: Run = run, root: Path = ROOT) -> tuple[int, Sequence[str]]:
    """Audit a tree as the command line says; return the exit status, and the lines to show."""
    parser = argparse.ArgumentParser("audit", description=__doc__)
    parser.add_argument("--service", choices=("osv", "pypi"), default="osv")
    parser.add_argument("--osv-url", help="a database like OSV's, where that cannot be reached")
    asked = parser.parse_args(arguments)
    where = [f"--osv-url={asked.osv_url}"] if asked.osv_url else []
    findings = list(audited(root, [f"--vulnerability-service={asked.service}", *where], run))
    return status(findings), list(report(findings))


def _asked(
    file: Path,
    run: Run,
    command: Sequence[str],
    folder: Path,
    read: Callable[[str, str], Findings],
) -> Findings:
    name = Path(command[0]).name
    try:
        return read(str(file), run(command, folder))
    except OSError:
        return Findings(str(file), unanswered=[f"{name} is not installed"])
    except subprocess.TimeoutExpired:
        return Findings(str(file), unanswered=[f"{name} took too long"])
    except (ValueError, LookupError, TypeError, AttributeError):
        reason = f"{name} reached no database, or said what is no report"
        return Findings(str(file), unanswered=[reason])


if __name__ == "__main__":
    code, lines = main(sys.argv[1:])
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.exit(code)
