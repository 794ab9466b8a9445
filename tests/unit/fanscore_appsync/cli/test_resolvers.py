from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fanscore_appsync.cli.main import main
from fanscore_appsync.fields import FIELDS, NAMESPACES
from fanscore_appsync.resolvers import cloudformation, terraform

TEXTS = {
    "cloudformation": cloudformation.template(FIELDS, NAMESPACES),
    "terraform": terraform.module(FIELDS, NAMESPACES),
}


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["resolvers", *arguments])


@pytest.mark.parametrize("name", TEXTS)
def test_printing(name: str) -> None:
    """The resolvers of all fields are printed, and nothing else."""
    printed = run("--format", name)
    assert (printed.exit_code, printed.stdout, printed.stderr) == (0, TEXTS[name], "")


@pytest.mark.parametrize("name", TEXTS)
def test_writing(name: str, tmp_path: Path) -> None:
    """A file gets the bytes that are printed, in place of what was in it."""
    path = tmp_path / "resolvers"
    path.write_text("before" * 100_000, encoding="utf-8")
    written = run("--format", name, "--output", str(path))
    assert (written.exit_code, written.output) == (0, "")
    assert path.read_bytes() == TEXTS[name].encode()


def test_a_full_disk() -> None:
    """What cannot be written ends the command with status 1."""
    failed = run("--format", "terraform", "--output", "/dev/full")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr == "fanscore: No space left on device\n"
