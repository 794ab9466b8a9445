from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fanscore_appsync.api import API
from fanscore_appsync.cli.main import main
from fanscore_appsync.fields import FIELDS, NAMESPACES
from fanscore_appsync.resolvers import cloudformation, terraform

TEXTS = {
    "resolvers --format=cloudformation": cloudformation.template(FIELDS, NAMESPACES),
    "resolvers --format=terraform": terraform.module(FIELDS, NAMESPACES),
    "schema": API.sdl(),
}


def run(line: str, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(main, [*line.split(), *arguments])


@pytest.mark.parametrize("line", TEXTS)
def test_printing(line: str) -> None:
    """What AppSync needs for all fields is printed, and nothing else."""
    printed = run(line)
    assert (printed.exit_code, printed.stdout, printed.stderr) == (0, TEXTS[line], "")


@pytest.mark.parametrize("line", TEXTS)
def test_writing(line: str, tmp_path: Path) -> None:
    """A file gets the bytes that are printed, in place of what was in it."""
    path = tmp_path / "resolvers"
    path.write_text("before" * 100_000, encoding="utf-8")
    written = run(line, "--output", str(path))
    assert (written.exit_code, written.output) == (0, "")
    assert path.read_bytes() == TEXTS[line].encode()


def test_a_full_disk() -> None:
    """What cannot be written ends the command with status 1."""
    failed = run("resolvers --format=terraform --output=/dev/full")
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr == "fanscore: No space left on device\n"
